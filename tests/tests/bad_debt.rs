//! `liquidate` of positions that no longer cover their debt: closed, and the loss settled in the same instruction.

use levee_tests::{forge, view, Lending, User};

/// The borrower's $7,500 with SOL at $70, so that $7,000 of collateral are left.
fn underwater() -> Lending {
    Lending::fallen(7_500.0, 70.0)
}

/// What $7,000 repay at the insolvent bonus of 2 %, rounded up.
const REPAID: u64 = 6_862_745_099;
/// What is lost.
const LOSS: u64 = 7_500_000_000 - REPAID;
/// The insurance's tenth of the bonus, rounded up.
const SHARE: u64 = 13_725_491;

#[test]
fn an_insolvent_position_is_closed_in_one_instruction() {
    let mut lending = underwater();
    let before = lending.world.balance(&lending.liquidator, &lending.usdc);
    lending.liquidate(u64::MAX);
    let world = &lending.world;
    assert_eq!(world.obligation(&lending.borrower).position_count(), 0);
    let paid = before - world.balance(&lending.liquidator, &lending.usdc);
    assert_eq!(paid, REPAID + SHARE);
    let received = world.balance(&lending.liquidator, &lending.sol);
    assert_eq!(received, lending.sol.atoms(100.0));
    assert!(world.reserve(&lending.usdc).scaled_debt().is_zero());
    assert!(world.reserve(&lending.sol).scaled_supply().is_zero());
}

#[test]
fn the_insurance_pays_a_loss_that_it_covers_and_depositors_lose_nothing() {
    let mut lending = underwater();
    let usdc = lending.usdc;
    forge::endow_insurance(&mut lending.world, &usdc, 1_000_000_000);
    lending.liquidate(u64::MAX);
    let world = &lending.world;
    assert!(view::supply_is_whole(world, &usdc));
    let left = view::insurance(world, &usdc);
    assert_eq!(left, 1_000_000_000 + SHARE - LOSS);
    let held = view::deposited(world, &lending.lender, &usdc);
    assert_eq!(held, usdc.atoms(1e6));
}

#[test]
fn an_insurance_of_exactly_the_loss_is_used_up() {
    let mut lending = underwater();
    let usdc = lending.usdc;
    forge::endow_insurance(&mut lending.world, &usdc, LOSS - SHARE);
    lending.liquidate(u64::MAX);
    assert!(view::supply_is_whole(&lending.world, &usdc));
    assert_eq!(view::insurance(&lending.world, &usdc), 0);
}

#[test]
fn what_the_insurance_cannot_pay_every_depositor_loses_alike() {
    let mut lending = underwater();
    let usdc = lending.usdc;
    let world = &mut lending.world;
    let others: Vec<User> = [3_000_000_000_000, 123_456_789, 10]
        .map(|atoms| world.supplier(&usdc, atoms))
        .into();
    let everyone: Vec<&User> = others.iter().chain([&lending.lender]).collect();
    let held = |lending: &levee_tests::World<_>| -> Vec<u64> {
        let of = |user: &&User| view::deposited(lending, user, &usdc);
        everyone.iter().map(of).collect()
    };
    let before = held(world);
    world
        .liquidate(
            &lending.liquidator,
            &lending.borrower,
            &usdc,
            &lending.sol,
            u64::MAX,
        )
        .unwrap();
    let after = held(world);
    assert_eq!(view::insurance(world, &usdc), 0);
    let socialized = LOSS - SHARE;
    let claims: u64 = before.iter().sum();
    for (before, after) in before.iter().zip(&after) {
        let due = u128::from(*before) * u128::from(claims - socialized) / u128::from(claims);
        let due = due as u64;
        assert!(
            (due - 1..=due).contains(after),
            "{after} where {due} are due"
        );
    }
    let lost: u64 = claims - after.iter().sum::<u64>();
    assert!((socialized..socialized + 5).contains(&lost), "{lost}");
}

#[test]
fn depositors_can_withdraw_all_that_is_left_to_them() {
    let mut lending = underwater();
    let usdc = lending.usdc;
    lending.liquidate(u64::MAX);
    let (world, lender) = (&mut lending.world, &lending.lender);
    let held = view::deposited(world, lender, &usdc);
    world.withdraw(lender, &usdc, u64::MAX).unwrap();
    assert_eq!(world.balance(lender, &usdc), held);
    assert!(world.reserve(&usdc).available_atoms <= 1);
}

#[test]
fn what_was_written_off_bears_no_interest() {
    let mut lending = underwater();
    let usdc = lending.usdc;
    lending.liquidate(u64::MAX);
    let before = lending.world.reserve(&usdc);
    lending.world.advance(100, 31_536_000);
    lending.post(&usdc, 1.0);
    let sol = lending.sol;
    lending.post(&sol, 70.0);
    view::refresh_all(&mut lending.world);
    let after = lending.world.reserve(&usdc);
    assert_eq!(after.supply_index, before.supply_index);
    assert_eq!(after.borrow_index, before.borrow_index);
}

#[test]
fn a_one_atom_repayment_of_an_insolvent_position_forgives_nothing() {
    let mut lending = underwater();
    let (sol, usdc) = (lending.sol, lending.usdc);
    // One atom of debt and one for the insurance.
    lending.liquidate(2);
    let (world, borrower) = (&lending.world, &lending.borrower);
    assert_eq!(view::owed(world, borrower, &usdc), 7_499_999_999);
    assert!(view::supply_is_whole(world, &usdc));
    let seized = world.balance(&lending.liquidator, &sol);
    // $0.00000102 at $70.
    assert_eq!(seized, 14);
}

#[test]
fn repaying_nearly_all_of_an_insolvent_position_forgives_nothing() {
    let mut lending = underwater();
    let usdc = lending.usdc;
    lending.liquidate(REPAID + SHARE - 1);
    let (world, borrower) = (&lending.world, &lending.borrower);
    assert!(view::owed(world, borrower, &usdc) > LOSS);
    assert!(view::supply_is_whole(world, &usdc));
    assert_eq!(world.obligation(borrower).deposit_count, 1);
}

#[test]
fn insolvency_begins_where_collateral_no_longer_pays_debt_and_the_smallest_bonus() {
    // $7,507.5 are 1.001 times the debt.
    for (price, insolvent) in [(75.075, true), (75.075_000_01, false)] {
        let mut lending = Lending::fallen(7_500.0, price);
        let (sol, usdc) = (lending.sol, lending.usdc);
        let world = &mut lending.world;
        let plan = view::plan(world, &lending.borrower, &usdc, &sol, u64::MAX).unwrap();
        assert_eq!(plan.insolvent, insolvent);
        lending.liquidate(u64::MAX);
        let whole = view::supply_is_whole(&lending.world, &usdc);
        assert_eq!(whole, !insolvent, "at ${price}");
    }
}

#[test]
fn depositors_of_a_fully_lent_reserve_keep_what_the_collateral_paid() {
    let mut lending = Lending::new();
    let (world, lender, usdc) = (&mut lending.world, &lending.lender, lending.usdc);
    world
        .borrow(&lending.borrower, &usdc, 7_500_000_000)
        .unwrap();
    let rest = world.reserve(&usdc).available_atoms;
    world.withdraw(lender, &usdc, rest).unwrap();
    // All that depositors have is the debt, which falls to nothing.
    lending.fall(0.000_01);
    lending.liquidate(u64::MAX);
    let (world, lender) = (&lending.world, &lending.lender);
    let held = view::deposited(world, lender, &usdc);
    // $0.001 / 1.02 and the insurance's part, less an atom of rounding.
    let paid = world.token_balance(&usdc.keys.vault);
    assert_eq!(paid, 981 + 2);
    assert!((paid - 1..=paid).contains(&held), "{held}");
    assert_eq!(world.obligation(&lending.borrower).position_count(), 0);
}
