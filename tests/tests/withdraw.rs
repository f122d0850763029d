//! `withdraw`.

use levee::error::LeveeError;
use levee::state::ReserveConfig;
use levee_risk::fixed::ScaledSupply;
use levee_risk::units::Atoms;
use levee_tests::{
    assert_refused, calls, exact, forge, free, sol_config, stable_config, view, Lending, PriceSpec,
};

/// Refuses a withdrawal by the borrower of `atoms` of SOL, after a refresh of both tokens.
fn refuse(lending: &mut Lending, atoms: u64, error: LeveeError) {
    let list = lending.world.reserve_list(&lending.borrower);
    let tokens = lending.world.tokens_of(&list);
    let refresh = lending.world.refresh(&tokens);
    let withdraw = calls::withdraw(&lending.borrower, &lending.sol, &list, atoms);
    let signers = [&lending.borrower.keypair];
    assert_refused(&mut lending.world, &[refresh, withdraw], &signers, error);
}

#[test]
fn a_withdrawal_pays_and_shrinks_the_position() {
    let mut lending = Lending::new();
    let (world, user, sol) = (&mut lending.world, &lending.borrower, &lending.sol);
    world.withdraw(user, sol, 1).unwrap();
    assert_eq!(world.balance(user, sol), 1);
    assert_eq!(view::deposited(world, user, sol), sol.atoms(100.0) - 1);
    assert_eq!(world.token_balance(&sol.keys.vault), sol.atoms(100.0) - 1);
    assert_eq!(world.reserve(sol).available_atoms, sol.atoms(100.0) - 1);
}

#[test]
fn the_largest_number_withdraws_all_and_closes_the_position() {
    let mut lending = Lending::new();
    let (world, user, sol) = (&mut lending.world, &lending.borrower, &lending.sol);
    world.withdraw(user, sol, u64::MAX).unwrap();
    assert_eq!(world.balance(user, sol), sol.atoms(100.0));
    assert_eq!(world.obligation(user).deposit_count, 0);
    assert!(world.reserve(sol).scaled_supply().is_zero());
}

#[test]
fn without_debt_no_price_is_asked_for() {
    let mut lending = Lending::new();
    lending.world.advance(100_000, 1_000_000);
    let withdraw = calls::withdraw(&lending.borrower, &lending.sol, &[], 5);
    lending
        .world
        .must(&[withdraw], &[&lending.borrower.keypair]);
    assert_eq!(lending.world.balance(&lending.borrower, &lending.sol), 5);
}

#[test]
fn a_withdrawal_of_nothing_is_refused() {
    refuse(&mut Lending::new(), 0, LeveeError::ZeroAmount);
}

#[test]
fn the_whole_deposit_passes_and_one_atom_more_is_refused() {
    let mut lending = Lending::new();
    let all = lending.sol.atoms(100.0);
    refuse(&mut lending, all + 1, LeveeError::InsufficientDeposit);
    refuse(&mut lending, u64::MAX - 1, LeveeError::InsufficientDeposit);
    let (world, user, sol) = (&mut lending.world, &lending.borrower, &lending.sol);
    world.withdraw(user, sol, all).unwrap();
    assert_eq!(world.obligation(user).deposit_count, 0);
}

#[test]
fn a_reserve_without_a_deposit_of_the_obligation_pays_nothing() {
    let mut lending = Lending::new();
    let error = LeveeError::InsufficientDeposit;
    for atoms in [1, u64::MAX] {
        let withdraw = calls::withdraw(&lending.borrower, &lending.usdc, &[], atoms);
        let signers = [&lending.borrower.keypair];
        assert_refused(&mut lending.world, &[withdraw], &signers, error);
    }
}

#[test]
fn only_the_owner_withdraws() {
    let mut lending = Lending::new();
    let (thief, sol) = (&lending.liquidator, &lending.sol);
    lending.world.fund(thief, sol, 0);
    let mut withdraw = calls::withdraw(thief, sol, &[], 1);
    withdraw.accounts[2].pubkey = lending.borrower.obligation;
    let error = LeveeError::NotObligationOwner;
    assert_refused(&mut lending.world, &[withdraw], &[&thief.keypair], error);
}

#[test]
fn collateral_can_fall_to_what_the_debt_needs_and_not_one_atom_further() {
    let mut lending = Lending::new();
    lending.owe(6_000.0);
    // 80 SOL carry $6,000 at 75 %.
    let most = lending.sol.atoms(20.0);
    refuse(&mut lending, most + 1, LeveeError::LtvExceeded);
    let (world, user, sol) = (&mut lending.world, &lending.borrower, &lending.sol);
    world.withdraw(user, sol, most).unwrap();
    refuse(&mut lending, 1, LeveeError::LtvExceeded);
}

#[test]
fn all_collateral_cannot_leave_while_there_is_debt() {
    let mut lending = Lending::new();
    lending.owe(25.0);
    let (world, user) = (&mut lending.world, &lending.borrower);
    let list = [lending.usdc.keys.reserve];
    let refresh = world.refresh(&[lending.usdc]);
    let withdraw = calls::withdraw(user, &lending.sol, &list, u64::MAX);
    let error = LeveeError::LtvExceeded;
    assert_refused(world, &[refresh, withdraw], &[&user.keypair], error);
}

#[test]
fn a_doubtful_price_on_either_side_stops_a_withdrawal_with_debt() {
    let mut lending = Lending::new();
    lending.owe(100.0);
    for token in [lending.sol, lending.usdc] {
        let dollars = if token.decimals == 9 { 100.0 } else { 1.0 };
        let calm = exact(&lending.world, dollars);
        let wide = PriceSpec {
            confidence: calm.price.unsigned_abs() / 50 + 1,
            ..calm
        };
        let diverging = PriceSpec {
            ema: calm.price * 4 / 3 + 1,
            ..calm
        };
        for (spec, error) in [
            (wide, LeveeError::PriceConfidenceTooWide),
            (diverging, LeveeError::PriceDivergesFromAverage),
        ] {
            lending.world.set_price(&token, &spec);
            refuse(&mut lending, 1, error);
        }
        lending.world.set_price(&token, &calm);
    }
    lending
        .world
        .withdraw(&lending.borrower, &lending.sol, 1)
        .unwrap();
}

#[test]
fn a_price_of_sixty_seconds_is_young_enough_and_one_of_sixty_one_is_not() {
    let mut lending = Lending::new();
    lending.owe(100.0);
    lending.world.advance(1, 60);
    lending
        .world
        .withdraw(&lending.borrower, &lending.sol, 1)
        .unwrap();
    lending.world.advance(1, 1);
    refuse(&mut lending, 1, LeveeError::PriceTooOld);
}

#[test]
fn a_withdrawal_with_debt_wants_all_reserves_refreshed_in_this_slot() {
    let mut lending = Lending::new();
    lending.owe(100.0);
    lending.world.advance(1, 0);
    let list = lending.world.reserve_list(&lending.borrower);
    let withdraw = calls::withdraw(&lending.borrower, &lending.sol, &list, 1);
    let half = lending.world.refresh(&[lending.sol]);
    let signers = [&lending.borrower.keypair];
    let error = LeveeError::ReserveNotRefreshed;
    assert_refused(
        &mut lending.world,
        &[half, withdraw.clone()],
        &signers,
        error,
    );
    let whole = lending.world.refresh(&[lending.sol, lending.usdc]);
    lending.world.must(&[whole, withdraw], &signers);
}

#[test]
fn the_reserve_list_must_be_the_obligations_own() {
    let mut lending = Lending::new();
    let other = lending.world.add_token(6, 1.0, stable_config);
    let stranger = lending.world.add_token(6, 1.0, stable_config);
    let (world, user) = (&mut lending.world, &lending.borrower);
    world.fund(user, &other, 1_000);
    world.deposit(user, &other, 1_000).unwrap();
    world.borrow(user, &lending.usdc, 100_000_000).unwrap();
    view::refresh_all(world);
    let list = world.reserve_list(user);
    for wrong in calls::wrong_lists(&list, stranger.keys.reserve) {
        let withdraw = calls::withdraw(user, &lending.sol, &wrong, 1);
        let error = LeveeError::WrongReserveList;
        assert_refused(world, &[withdraw], &[&user.keypair], error);
    }
    let withdraw = calls::withdraw(user, &lending.sol, &list, 1);
    world.must(&[withdraw], &[&user.keypair]);
}

#[test]
fn the_vault_pays_its_last_atom_and_not_one_more() {
    let mut lending = Lending::new();
    lending.owe(7_000.0);
    let (world, lender, usdc) = (&mut lending.world, &lending.lender, &lending.usdc);
    let available = world.reserve(usdc).available_atoms;
    assert_eq!(available, usdc.atoms(993_000.0));
    for atoms in [available + 1, u64::MAX] {
        let withdraw = calls::withdraw(lender, usdc, &[], atoms);
        let error = LeveeError::InsufficientLiquidity;
        assert_refused(world, &[withdraw], &[&lender.keypair], error);
    }
    world.withdraw(lender, usdc, available).unwrap();
    assert_eq!(world.token_balance(&usdc.keys.vault), 0);
}

#[test]
fn the_outflow_window_lets_exactly_its_cap_out_and_then_waits_for_the_next() {
    let mut lending = Lending::with(
        |feed| ReserveConfig {
            outflow_cap_atoms: 1_000,
            outflow_window_slots: 10,
            ..free(sol_config)(feed)
        },
        free(stable_config),
    );
    let withdraw = |lending: &mut Lending, atoms| {
        let (world, user) = (&mut lending.world, &lending.borrower);
        world.withdraw(user, &lending.sol, atoms).unwrap();
    };
    let over = LeveeError::OutflowCapReached;
    // The borrower's SOL came in within the first window; the second one begins with the first that moves.
    lending.world.advance(10, 0);
    refuse(&mut lending, 1_001, over);
    withdraw(&mut lending, 400);
    refuse(&mut lending, 601, over);
    withdraw(&mut lending, 600);
    refuse(&mut lending, 1, over);
    // What comes in may leave again.
    lending
        .world
        .deposit(&lending.borrower, &lending.sol, 7)
        .unwrap();
    refuse(&mut lending, 8, over);
    withdraw(&mut lending, 7);
    lending.world.advance(9, 0);
    refuse(&mut lending, 1, over);
    lending.world.advance(1, 0);
    refuse(&mut lending, 1_001, over);
    withdraw(&mut lending, 1_000);
    refuse(&mut lending, 1, over);
}

#[test]
fn a_withdrawal_that_leaves_less_than_an_atom_closes_the_position() {
    // Supply indexes that are no whole numbers, and one at which a scaled unit is half an atom.
    let indexes = [
        0x1_5555_5555_5555_5555,
        0x3_243f_6a88_85a3_08d3,
        0x7fff_ffff_ffff_ffff_ffff_ffff,
    ];
    for index in indexes {
        let mut lending = Lending::new();
        let (world, lender, usdc) = (&mut lending.world, &lending.lender, &lending.usdc);
        world.withdraw(lender, usdc, usdc.atoms(999_000.0)).unwrap();
        forge::set_indexes(world, usdc, index, 1 << 64);
        let user = &lending.liquidator;
        for atoms in [7, 1_000, 1_000_003] {
            world.deposit(user, usdc, atoms).unwrap();
            let held = view::deposited(world, user, usdc);
            let all = world.reserve(usdc).scaled_supply();
            let own = world.obligation(user).deposit_in(&usdc.keys.reserve);
            let without_fraction =
                ScaledSupply::from_atoms_up(Atoms(held), world.reserve(usdc).supply_index());
            assert_ne!(
                own,
                without_fraction.unwrap(),
                "no fraction of an atom at {index:x}"
            );
            world.withdraw(user, usdc, held).unwrap();
            assert_eq!(world.obligation(user).deposit_count, 0, "at {index:x}");
            let rest = world.reserve(usdc).scaled_supply();
            assert_eq!(rest, all.checked_sub(own).unwrap());
        }
    }
}
