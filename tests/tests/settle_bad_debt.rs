//! `settle_bad_debt`: what a closed position still owes in other reserves.

use levee::error::LeveeError;
use levee::state::{Limbs, Obligation, Position, Reserve};
use levee_client::{instructions as ix, pda};
use levee_tests::{
    assert_refused, forge, free, stable_config, view, Foreign, Lending, Token, World,
};
use solana_instruction::Instruction;

/// The borrower owes $3,000 and another $4,500, and SOL fell to `dollars`.
fn two_debts(dollars: f64) -> (Lending, Token) {
    let mut lending = Lending::new();
    let other = lending.world.add_token(6, 1.0, free(stable_config));
    lending.post(&other, 1.0);
    let supply = other.atoms(1e6);
    lending.world.supplier(&other, supply);
    lending.owe(3_000.0);
    let owed = other.atoms(4_500.0);
    lending
        .world
        .borrow(&lending.borrower, &other, owed)
        .expect("the collateral allows that");
    lending.world.fund(&lending.liquidator, &other, supply);
    lending.fall(dollars);
    (lending, other)
}

/// Liquidates the borrower's debt in `other` for SOL, the dollar's reserve being `writable` or not.
fn liquidate_other(lending: &mut Lending, other: &Token, writable: bool) {
    let sol = lending.sol;
    let (world, liquidator) = (&mut lending.world, &lending.liquidator);
    let mut list = world.liquidation(liquidator, &lending.borrower, other, &sol, u64::MAX, 0);
    let accounts = &mut list[1].accounts;
    let last = accounts.last_mut().expect("the dollar's reserve");
    assert_eq!(last.pubkey, lending.usdc.keys.reserve);
    last.is_writable = writable;
    // A refresh in the same transaction would make it writable for both.
    view::refresh_all(world);
    world.must(&list[1..], &[&liquidator.keypair]);
}

fn settle(lending: &Lending, token: &Token) -> Instruction {
    let (world, obligation) = (&lending.world, lending.borrower.obligation);
    ix::settle_bad_debt(world.market, obligation, token.keys.reserve)
}

/// A debt of the borrower's that nothing stands behind.
fn owing(dollars: f64) -> Lending {
    let mut lending = Lending::new();
    lending.owe(dollars);
    let obligation = lending.borrower.obligation;
    forge::strip_deposits(&mut lending.world, &obligation);
    lending
}

fn anybody<C: levee_tests::Chain>(world: &mut World<C>) -> solana_keypair::Keypair {
    world.keypair()
}

#[test]
fn a_position_of_two_debts_is_closed_to_the_end() {
    // $6,000 pay one of them whole and a part of the other.
    let (mut lending, other) = two_debts(60.0);
    let (world, sol, usdc) = (&mut lending.world, lending.sol, lending.usdc);
    let (liquidator, borrower) = (&lending.liquidator, &lending.borrower);
    for debt in [other, usdc] {
        world
            .liquidate(liquidator, borrower, &debt, &sol, u64::MAX)
            .expect("insolvent");
    }
    assert_eq!(world.obligation(borrower).position_count(), 0);
    assert!(view::supply_is_whole(world, &other));
    assert!(!view::supply_is_whole(world, &usdc));
}

#[test]
fn the_last_collateral_takes_along_all_debts_whose_reserves_can_be_written() {
    // $4,000 pay a part of one debt and nothing of the other.
    let (mut lending, other) = two_debts(40.0);
    liquidate_other(&mut lending, &other, true);
    let world = &lending.world;
    assert_eq!(world.obligation(&lending.borrower).position_count(), 0);
    for token in [other, lending.usdc] {
        assert!(world.reserve(&token).scaled_debt().is_zero());
        assert!(!view::supply_is_whole(world, &token));
    }
    let lost = usdc_lost(&lending);
    assert!((3_000_000_000..=3_000_000_001).contains(&lost), "{lost}");
}

#[test]
fn a_debt_whose_reserve_was_read_only_remains_whole_until_anybody_settles_it() {
    let (mut lending, other) = two_debts(40.0);
    let usdc = lending.usdc;
    liquidate_other(&mut lending, &other, false);
    let obligation = lending.world.obligation(&lending.borrower);
    assert!(obligation.is_bare_debt());
    assert_eq!(obligation.borrow_count, 1);
    assert_eq!(
        view::owed(&lending.world, &lending.borrower, &usdc),
        3_000_000_000
    );
    assert_eq!(usdc_lost(&lending), 0);
    assert!(lending.world.reserve(&other).scaled_debt().is_zero());
    let stranger = anybody(&mut lending.world);
    let settle = settle(&lending, &usdc);
    lending.world.must(&[settle], &[&stranger]);
    assert_eq!(
        lending.world.obligation(&lending.borrower).position_count(),
        0
    );
    let lost = usdc_lost(&lending);
    assert!((3_000_000_000..=3_000_000_001).contains(&lost), "{lost}");
}

/// What the lender of a million dollars has lost.
fn usdc_lost(lending: &Lending) -> u64 {
    let held = view::deposited(&lending.world, &lending.lender, &lending.usdc);
    lending.usdc.atoms(1e6) - held
}

#[test]
fn a_deposit_at_an_index_that_is_no_whole_number_is_seized_whole_and_its_debts_settled() {
    let (mut lending, other) = two_debts(12.0);
    let sol = lending.sol;
    // Of the 314.159… SOL that the deposit has become, at $12, the fraction of an atom must not stay behind.
    forge::set_indexes(&mut lending.world, &sol, 0x3_243f_6a88_85a3_08d3, 1 << 64);
    liquidate_other(&mut lending, &other, false);
    let obligation = lending.world.obligation(&lending.borrower);
    assert_eq!(obligation.deposit_count, 0);
    assert!(lending.world.reserve(&sol).scaled_supply().is_zero());
    let stranger = anybody(&mut lending.world);
    let settle = settle(&lending, &lending.usdc);
    lending.world.must(&[settle], &[&stranger]);
    assert_eq!(
        lending.world.obligation(&lending.borrower).position_count(),
        0
    );
}

#[test]
fn a_debt_behind_less_than_an_atom_can_be_settled() {
    let mut lending = owing(5_000.0);
    let (sol, obligation) = (lending.sol, lending.borrower.obligation);
    // Half an atom, as a socialized loss can leave it.
    let half = 1 << 31;
    let world = &mut lending.world;
    world.rewrite::<Obligation>(&obligation, |obligation| {
        obligation.deposit_count = 1;
        obligation.deposits[0] = Position {
            reserve: sol.keys.reserve,
            scaled: Limbs::new(half),
        };
    });
    world.rewrite::<Reserve>(&sol.keys.reserve, |reserve| {
        reserve.scaled_supply = Limbs::new(reserve.scaled_supply.get() + half);
    });
    lending.fall(100.0);
    let paid = lending.world.balance(&lending.liquidator, &lending.usdc);
    let liquidate = lending.liquidation((u64::MAX, 0));
    lending
        .world
        .must(&liquidate, &[&lending.liquidator.keypair]);
    let after = lending.world.balance(&lending.liquidator, &lending.usdc);
    assert_eq!(after, paid, "somebody paid for nothing");
    assert!(lending.world.obligation(&lending.borrower).is_bare_debt());
    assert!(lending.world.reserve(&sol).scaled_supply().is_zero());
    let stranger = anybody(&mut lending.world);
    let settle = settle(&lending, &lending.usdc);
    lending.world.must(&[settle], &[&stranger]);
    assert_eq!(
        lending.world.obligation(&lending.borrower).position_count(),
        0
    );
}

#[test]
fn a_market_an_obligation_and_a_reserve_from_elsewhere_are_refused() {
    let mut lending = owing(5_000.0);
    let usdc = lending.usdc;
    let foreign = Foreign::new(&mut lending.world, &usdc);
    let stranger = anybody(&mut lending.world);
    let open = ix::init_obligation(stranger_key(&stranger), foreign.market, 0);
    lending.world.must(&[open], &[&stranger]);
    let abroad = pda::obligation(&foreign.market, &stranger_key(&stranger), 0);
    let settle = settle(&lending, &usdc);
    for (slot, key) in [foreign.market, abroad, foreign.token.keys.reserve]
        .into_iter()
        .enumerate()
    {
        let wrong = forge::with_account(&settle, slot, key);
        let error = LeveeError::ForeignMarket;
        assert_refused(&mut lending.world, &[wrong], &[&stranger], error);
    }
    lending.world.must(&[settle], &[&stranger]);
}

fn stranger_key(stranger: &solana_keypair::Keypair) -> solana_pubkey::Pubkey {
    solana_signer::Signer::pubkey(stranger)
}

#[test]
fn anybody_writes_off_a_debt_without_collateral() {
    let mut lending = owing(5_000.0);
    let before = view::deposited(&lending.world, &lending.lender, &lending.usdc);
    let stranger = anybody(&mut lending.world);
    let settle = settle(&lending, &lending.usdc);
    lending.world.must(&[settle], &[&stranger]);
    let world = &lending.world;
    assert_eq!(world.obligation(&lending.borrower).position_count(), 0);
    assert!(world.reserve(&lending.usdc).scaled_debt().is_zero());
    let after = view::deposited(world, &lending.lender, &lending.usdc);
    let lost = before - after;
    assert!((5_000_000_000..=5_000_000_001).contains(&lost), "{lost}");
}

#[test]
fn the_insurance_pays_first() {
    let mut lending = owing(5_000.0);
    let usdc = lending.usdc;
    forge::endow_insurance(&mut lending.world, &usdc, 6_000_000_000);
    let stranger = anybody(&mut lending.world);
    let settle = settle(&lending, &usdc);
    lending.world.must(&[settle], &[&stranger]);
    assert!(view::supply_is_whole(&lending.world, &usdc));
    assert_eq!(view::insurance(&lending.world, &usdc), 1_000_000_000);
}

#[test]
fn interest_until_the_settlement_is_lost_too() {
    let mut lending = owing(5_000.0);
    lending.world.advance(1_000, 31_536_000);
    let stranger = anybody(&mut lending.world);
    let settle = settle(&lending, &lending.usdc);
    lending.world.must(&[settle], &[&stranger]);
    let reserve = lending.world.reserve(&lending.usdc);
    assert_eq!(reserve.last_accrual_ts, lending.world.now());
    assert!(reserve.borrow_index.get() > 1 << 64);
    assert!(reserve.scaled_debt().is_zero());
}

#[test]
fn a_reserve_whose_claims_are_wiped_out_freezes_itself() {
    let mut lending = Lending::with(free(levee_tests::sol_config), |feed| {
        let mut config = free(stable_config)(feed);
        config.take_rate_bps = 0;
        config
    });
    let (world, usdc) = (&mut lending.world, lending.usdc);
    // All but what is lent has left.
    let lent = 5_000_000_000;
    let spare = usdc.atoms(1e6) - lent;
    world.withdraw(&lending.lender, &usdc, spare).unwrap();
    lending.owe(5_000.0);
    let obligation = lending.borrower.obligation;
    forge::strip_deposits(&mut lending.world, &obligation);
    let stranger = anybody(&mut lending.world);
    let settle = settle(&lending, &usdc);
    lending.world.must(&[settle], &[&stranger]);
    let reserve = lending.world.reserve(&usdc);
    assert_eq!(reserve.supply_index.get(), 0);
    assert_eq!(reserve.status, 4);
    let (world, lender) = (&mut lending.world, &lending.lender);
    let wallet = lender.wallet(&usdc);
    let deposit = ix::deposit(lender.key(), lender.obligation, &usdc.keys, wallet, 1);
    assert_refused(world, &[deposit], &[&lender.keypair], LeveeError::Frozen);
}

#[test]
fn a_debt_with_collateral_is_not_settled() {
    let mut lending = Lending::fallen(7_500.0, 70.0);
    let stranger = anybody(&mut lending.world);
    let settle = settle(&lending, &lending.usdc);
    let error = LeveeError::ObligationHasCollateral;
    assert_refused(&mut lending.world, &[settle], &[&stranger], error);
}

#[test]
fn where_nothing_is_owed_nothing_is_settled() {
    let mut lending = owing(5_000.0);
    let stranger = anybody(&mut lending.world);
    let wrong = settle(&lending, &lending.sol);
    assert_refused(
        &mut lending.world,
        &[wrong],
        &[&stranger],
        LeveeError::NoDebt,
    );
}

#[test]
fn a_frozen_collateral_carries_no_new_debt() {
    let mut lending = Lending::new();
    let (owner, market) = (lending.world.owner.insecure_clone(), lending.world.market);
    let key = solana_signer::Signer::pubkey(&owner);
    let freeze = ix::set_status(key, market, Some(lending.sol.keys.reserve), 4);
    lending.world.must(&[freeze], &[&owner]);
    let (world, usdc) = (&mut lending.world, lending.usdc);
    let failure = world
        .borrow(&lending.borrower, &usdc, usdc.atoms(100.0))
        .unwrap_err();
    assert!(failure.is(LeveeError::LtvExceeded), "{failure}");
}
