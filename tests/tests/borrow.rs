//! `borrow`: what it does and how far it goes. What it refuses to look at is in `borrow_refusals`.

use levee::error::LeveeError;
use levee::state::{ReserveConfig, MAX_BORROWS};
use levee_tests::{
    assert_refused, calls, exact, free, sol_config, stable_config, view, Lending, PriceSpec, Token,
};

/// Refuses that the borrower borrows `atoms` of `token`, after a refresh of all it needs.
fn refuse(lending: &mut Lending, token: &Token, atoms: u64, error: LeveeError) {
    let (world, user) = (&mut lending.world, &lending.borrower);
    let mut list = world.reserve_list(user);
    if world
        .obligation(user)
        .debt_in(&token.keys.reserve)
        .is_zero()
    {
        list.push(token.keys.reserve);
    }
    let refresh = world.refresh(&world.tokens_of(&list));
    let borrow = calls::borrow(user, token, &list, atoms);
    assert_refused(world, &[refresh, borrow], &[&user.keypair], error);
}

/// Asserts that the borrower may borrow `atoms` of the dollar and not one more.
fn assert_largest_borrow(lending: &mut Lending, atoms: u64) {
    let usdc = lending.usdc;
    refuse(lending, &usdc, atoms + 1, LeveeError::LtvExceeded);
    lending
        .world
        .borrow(&lending.borrower, &usdc, atoms)
        .unwrap();
    refuse(lending, &usdc, 1, LeveeError::LtvExceeded);
}

#[test]
fn a_borrow_pays_and_becomes_a_debt() {
    let mut lending = Lending::new();
    lending.owe(1_000.0);
    let (world, user, usdc) = (&lending.world, &lending.borrower, &lending.usdc);
    assert_eq!(world.balance(user, usdc), usdc.atoms(1_000.0));
    assert_eq!(view::owed(world, user, usdc), usdc.atoms(1_000.0));
    assert_eq!(world.token_balance(&usdc.keys.vault), usdc.atoms(999_000.0));
    assert_eq!(world.reserve(usdc).available_atoms, usdc.atoms(999_000.0));
    let obligation = world.obligation(user);
    assert_eq!(obligation.borrow_count, 1);
    assert_eq!(obligation.last_risk_increase_slot, world.slot());
    let debt = obligation.debt_in(&usdc.keys.reserve);
    assert_eq!(debt, world.reserve(usdc).scaled_debt());
}

#[test]
fn a_borrow_of_nothing_is_refused() {
    let mut lending = Lending::new();
    let usdc = lending.usdc;
    refuse(&mut lending, &usdc, 0, LeveeError::ZeroAmount);
}

#[test]
fn debt_reaches_the_ltv_exactly_and_not_one_atom_more() {
    assert_largest_borrow(&mut Lending::new(), 7_500_000_000);
}

#[test]
fn the_borrow_factor_shrinks_what_may_be_borrowed() {
    let mut lending = Lending::with(free(sol_config), |feed| ReserveConfig {
        borrow_factor_bps: 12_500,
        ..free(stable_config)(feed)
    });
    assert_largest_borrow(&mut lending, 6_000_000_000);
}

#[test]
fn a_collaterals_confidence_interval_is_taken_off_its_price() {
    let mut lending = Lending::new();
    let sol = lending.sol;
    let calm = exact(&lending.world, 100.0);
    // $100 less 2.12 times $1.
    let spec = PriceSpec {
        confidence: 100_000_000,
        ..calm
    };
    lending.world.set_price(&sol, &spec);
    assert_largest_borrow(&mut lending, 7_341_000_000);
}

#[test]
fn a_debts_confidence_interval_is_put_on_its_price() {
    let mut lending = Lending::new();
    let usdc = lending.usdc;
    let calm = exact(&lending.world, 1.0);
    // $1 and 2.12 times one cent.
    let spec = PriceSpec {
        confidence: 1_000_000,
        ..calm
    };
    lending.world.set_price(&usdc, &spec);
    let largest = 7_500 * 1_000_000 * 10_000 / 10_212;
    assert_largest_borrow(&mut lending, largest);
}

#[test]
fn a_lower_average_lowers_collateral_and_a_higher_one_does_not_raise_it() {
    for (average, largest) in [(90, 6_750_000_000), (110, 7_500_000_000)] {
        let mut lending = Lending::new();
        let sol = lending.sol;
        let calm = exact(&lending.world, 100.0);
        let spec = PriceSpec {
            ema: average * 100_000_000,
            ..calm
        };
        lending.world.set_price(&sol, &spec);
        assert_largest_borrow(&mut lending, largest);
    }
}

#[test]
fn a_higher_average_raises_debt_and_a_lower_one_does_not_lower_it() {
    let raised = 7_500_000_000 * 10 / 11;
    for (average, largest) in [(110_000_000, raised), (90_000_000, 7_500_000_000)] {
        let mut lending = Lending::new();
        let usdc = lending.usdc;
        let calm = exact(&lending.world, 1.0);
        let spec = PriceSpec {
            ema: average,
            ..calm
        };
        lending.world.set_price(&usdc, &spec);
        assert_largest_borrow(&mut lending, largest);
    }
}

#[test]
fn debts_reach_the_borrow_cap_exactly_and_not_one_atom_more() {
    let mut lending = Lending::with(free(sol_config), |feed| ReserveConfig {
        borrow_cap_atoms: 100_000_000,
        ..free(stable_config)(feed)
    });
    let usdc = lending.usdc;
    let over = LeveeError::BorrowCapReached;
    refuse(&mut lending, &usdc, 100_000_001, over);
    lending.owe(60.0);
    refuse(&mut lending, &usdc, 40_000_001, over);
    lending.owe(40.0);
    refuse(&mut lending, &usdc, 1, over);
    // What is repaid makes room.
    lending.world.repay(&lending.borrower, &usdc, 5).unwrap();
    lending.world.borrow(&lending.borrower, &usdc, 5).unwrap();
}

#[test]
fn borrows_count_towards_the_outflow_window() {
    let mut lending = Lending::with(free(sol_config), |feed| ReserveConfig {
        outflow_cap_atoms: 100_000_000,
        outflow_window_slots: 10,
        ..free(stable_config)(feed)
    });
    let usdc = lending.usdc;
    // The lender's dollars came in within the first window.
    lending.world.advance(10, 0);
    lending.owe(100.0);
    refuse(&mut lending, &usdc, 1, LeveeError::OutflowCapReached);
    lending.world.repay(&lending.borrower, &usdc, 5).unwrap();
    refuse(&mut lending, &usdc, 6, LeveeError::OutflowCapReached);
    lending.world.borrow(&lending.borrower, &usdc, 5).unwrap();
    lending.world.advance(10, 0);
    lending.owe(100.0);
}

#[test]
fn the_vault_lends_its_last_atom_and_not_one_more() {
    let mut lending = Lending::new();
    let usdc = lending.usdc;
    let rest = 1_000_000_000;
    let (world, lender) = (&mut lending.world, &lending.lender);
    world
        .withdraw(lender, &usdc, usdc.atoms(1e6) - rest)
        .unwrap();
    for atoms in [rest + 1, u64::MAX] {
        refuse(
            &mut lending,
            &usdc,
            atoms,
            LeveeError::InsufficientLiquidity,
        );
    }
    lending
        .world
        .borrow(&lending.borrower, &usdc, rest)
        .unwrap();
    assert_eq!(lending.world.token_balance(&usdc.keys.vault), 0);
}

#[test]
fn the_smallest_debt_is_the_dust_value() {
    let mut lending = Lending::new();
    let usdc = lending.usdc;
    refuse(&mut lending, &usdc, 1, LeveeError::DebtBelowDust);
    refuse(&mut lending, &usdc, 24_999_999, LeveeError::DebtBelowDust);
    lending
        .world
        .borrow(&lending.borrower, &usdc, 25_000_000)
        .unwrap();
    // It is the whole debt that counts, not what is added.
    lending.world.borrow(&lending.borrower, &usdc, 1).unwrap();
}

#[test]
fn the_origination_fee_is_owed_rounded_up_and_belongs_to_the_protocol() {
    let mut lending = Lending::with(free(sol_config), |feed| ReserveConfig {
        origination_fee_bps: 100,
        ..stable_config(feed)
    });
    let (world, user, usdc) = (&mut lending.world, &lending.borrower, &lending.usdc);
    world.borrow(user, usdc, 1_000_000_001).unwrap();
    assert_eq!(world.balance(user, usdc), 1_000_000_001);
    assert_eq!(view::owed(world, user, usdc), 1_010_000_002);
    let fees = world.reserve(usdc).protocol_fees();
    assert_eq!(fees.atoms_down().0, 10_000_001);
}

#[test]
fn the_origination_fee_counts_towards_the_ltv() {
    let mut lending = Lending::with(free(sol_config), |feed| ReserveConfig {
        origination_fee_bps: 100,
        ..stable_config(feed)
    });
    let usdc = lending.usdc;
    let largest = 7_500_000_000 * 100 / 101;
    refuse(&mut lending, &usdc, largest + 1, LeveeError::LtvExceeded);
    lending
        .world
        .borrow(&lending.borrower, &usdc, largest)
        .unwrap();
}

#[test]
fn the_largest_amount_with_a_fee_is_refused_without_a_crash() {
    let mut lending = Lending::with(sol_config, stable_config);
    let usdc = lending.usdc;
    refuse(&mut lending, &usdc, u64::MAX, LeveeError::MathOverflow);
}

#[test]
fn nothing_is_lent_without_collateral_or_on_a_token_without_ltv() {
    let mut lending = Lending::with(
        |feed| ReserveConfig {
            ltv_bps: 0,
            ..free(sol_config)(feed)
        },
        free(stable_config),
    );
    let usdc = lending.usdc;
    refuse(&mut lending, &usdc, 25_000_000, LeveeError::LtvExceeded);
    let (world, user) = (&mut lending.world, &lending.liquidator);
    let list = [usdc.keys.reserve];
    let refresh = world.refresh(&[usdc]);
    let borrow = calls::borrow(user, &usdc, &list, 25_000_000);
    let error = LeveeError::LtvExceeded;
    assert_refused(world, &[refresh, borrow], &[&user.keypair], error);
}

#[test]
fn the_fifth_borrow_passes_and_the_sixth_is_refused() {
    let mut lending = Lending::new();
    let tokens: Vec<_> = (0..=MAX_BORROWS)
        .map(|_| {
            let token = lending.world.add_token(6, 1.0, free(stable_config));
            lending.world.supplier(&token, 1_000_000_000);
            lending.world.fund(&lending.borrower, &token, 0);
            token
        })
        .collect();
    for token in &tokens[..MAX_BORROWS] {
        lending
            .world
            .borrow(&lending.borrower, token, 30_000_000)
            .unwrap();
    }
    refuse(
        &mut lending,
        &tokens[5],
        30_000_000,
        LeveeError::TooManyBorrows,
    );
    // A debt that exists already still grows, and a closed one makes room.
    lending
        .world
        .borrow(&lending.borrower, &tokens[4], 1)
        .unwrap();
    lending
        .world
        .repay(&lending.borrower, &tokens[0], u64::MAX)
        .unwrap();
    lending
        .world
        .borrow(&lending.borrower, &tokens[5], 30_000_000)
        .unwrap();
}
