//! `repay`.

use levee::error::LeveeError;
use levee::state::{LendingMarket, Limbs, Obligation, Reserve};
use levee_tests::{assert_refused, calls, forge, view, Chain, Lending, Token, User, World};

/// The market after the borrower borrowed $1,000.
fn indebted() -> Lending {
    let mut lending = Lending::new();
    lending.owe(1_000.0);
    lending
}

fn refuse(lending: &mut Lending, token: &Token, atoms: u64, error: LeveeError) {
    let repay = calls::repay(&lending.borrower, token, atoms);
    let signers = [&lending.borrower.keypair];
    assert_refused(&mut lending.world, &[repay], &signers, error);
}

fn owed<C: Chain>(world: &World<C>, user: &User, token: &Token) -> u64 {
    view::owed(world, user, token)
}

#[test]
fn a_partial_repayment_lowers_the_debt_by_what_was_paid() {
    let mut lending = indebted();
    let (world, user, usdc) = (&mut lending.world, &lending.borrower, &lending.usdc);
    world.repay(user, usdc, 1).unwrap();
    assert_eq!(owed(world, user, usdc), 999_999_999);
    world.repay(user, usdc, 399_999_999).unwrap();
    assert_eq!(owed(world, user, usdc), 600_000_000);
    assert_eq!(world.balance(user, usdc), 600_000_000);
    assert_eq!(world.token_balance(&usdc.keys.vault), usdc.atoms(999_400.0));
    assert_eq!(world.reserve(usdc).available_atoms, usdc.atoms(999_400.0));
}

#[test]
fn the_exact_debt_the_largest_number_and_anything_above_the_debt_repay_all() {
    for atoms in [1_000_000_000, 1_000_000_001, u64::MAX - 1, u64::MAX] {
        let mut lending = indebted();
        let (world, user, usdc) = (&mut lending.world, &lending.borrower, &lending.usdc);
        world.fund(user, usdc, 5_000_000_000);
        world.repay(user, usdc, atoms).unwrap();
        assert_eq!(world.balance(user, usdc), 4_000_000_000);
        assert_eq!(world.obligation(user).borrow_count, 0);
        assert!(world.reserve(usdc).scaled_debt().is_zero());
    }
}

#[test]
fn one_atom_less_than_the_debt_leaves_one() {
    let mut lending = indebted();
    let (world, user, usdc) = (&mut lending.world, &lending.borrower, &lending.usdc);
    world.repay(user, usdc, 999_999_999).unwrap();
    assert_eq!(owed(world, user, usdc), 1);
    assert_eq!(world.obligation(user).borrow_count, 1);
}

#[test]
fn anybody_may_repay_for_anybody() {
    let mut lending = indebted();
    let (world, stranger) = (&mut lending.world, &lending.liquidator);
    let before = world.balance(stranger, &lending.usdc);
    let all = calls::repay_for(stranger, &lending.borrower, &lending.usdc, u64::MAX);
    world.must(&[all], &[&stranger.keypair]);
    assert_eq!(world.obligation(&lending.borrower).borrow_count, 0);
    let after = world.balance(stranger, &lending.usdc);
    assert_eq!(before - after, 1_000_000_000);
    let kept = world.balance(&lending.borrower, &lending.usdc);
    assert_eq!(kept, 1_000_000_000);
}

#[test]
fn a_repayment_of_nothing_is_refused() {
    let mut lending = indebted();
    let usdc = lending.usdc;
    refuse(&mut lending, &usdc, 0, LeveeError::ZeroAmount);
}

#[test]
fn there_is_nothing_to_repay_without_debt() {
    let mut lending = indebted();
    let (sol, usdc) = (lending.sol, lending.usdc);
    lending.world.fund(&lending.borrower, &sol, 1_000);
    for atoms in [1, u64::MAX] {
        refuse(&mut lending, &sol, atoms, LeveeError::NoDebt);
    }
    lending
        .world
        .repay(&lending.borrower, &usdc, u64::MAX)
        .unwrap();
    refuse(&mut lending, &usdc, 1, LeveeError::NoDebt);
}

#[test]
fn no_price_is_asked_for() {
    let mut lending = indebted();
    lending.world.advance(100_000, 1_000_000);
    let (world, user, usdc) = (&mut lending.world, &lending.borrower, &lending.usdc);
    world.repay(user, usdc, 1_000).unwrap();
}

#[test]
fn no_status_of_market_or_reserve_stops_a_repayment() {
    let mut lending = indebted();
    let (market, reserve) = (lending.world.market, lending.usdc.keys.reserve);
    for status in 0..8 {
        let world = &mut lending.world;
        world.rewrite(&market, |market: &mut LendingMarket| market.status = status);
        world.rewrite(&reserve, |reserve: &mut Reserve| reserve.status = status);
        let before = owed(world, &lending.borrower, &lending.usdc);
        world
            .repay(&lending.borrower, &lending.usdc, 1_000)
            .unwrap();
        let after = owed(world, &lending.borrower, &lending.usdc);
        assert_eq!(before - after, 1_000, "in status {status}");
    }
}

#[test]
fn neither_a_restart_nor_a_flash_loan_nor_lost_collateral_stops_a_repayment() {
    let mut lending = indebted();
    let (world, user, usdc) = (&mut lending.world, &lending.borrower, &lending.usdc);
    let restart = world.slot();
    world.chain.set_restart(restart);
    world.rewrite(&usdc.keys.reserve, |reserve: &mut Reserve| {
        reserve.available_atoms -= 1_000;
        reserve.flash_loan_atoms = 1_000;
    });
    world.rewrite(&user.obligation, |obligation: &mut Obligation| {
        obligation.deposit_count = 0;
        obligation.deposits = Default::default();
    });
    world.repay(user, usdc, u64::MAX).unwrap();
    assert_eq!(world.obligation(user).borrow_count, 0);
}

#[test]
fn interest_is_owed_before_a_repayment_counts() {
    let mut lending = indebted();
    let (world, user, usdc) = (&mut lending.world, &lending.borrower, &lending.usdc);
    world.advance(1_000, 31_536_000);
    // The old principal is not enough any more.
    world.repay(user, usdc, 1_000_000_000).unwrap();
    let interest = owed(world, user, usdc);
    // Utilization is 0.1 %: a nine hundredth of the kink's 8 % a year.
    assert!((88_000..90_000).contains(&interest), "{interest}");
    assert_eq!(world.reserve(usdc).last_accrual_ts, world.now());
    world.fund(user, usdc, 1_000_000);
    world.repay(user, usdc, u64::MAX).unwrap();
    assert_eq!(world.balance(user, usdc), 1_000_000 - interest);
}

#[test]
fn what_a_repayment_forgives_is_rounded_down() {
    let mut lending = indebted();
    let usdc = lending.usdc;
    let world = &mut lending.world;
    forge::set_indexes(world, &usdc, 1 << 64, 3 << 64);
    let before = Limbs(world.obligation(&lending.borrower).borrows[0].scaled.0).get();
    world.repay(&lending.borrower, &usdc, 100).unwrap();
    let after = Limbs(world.obligation(&lending.borrower).borrows[0].scaled.0).get();
    // 33 and a third with 32 fractional bits, the last third cut off.
    assert_eq!(before - after, (100 << 32) / 3);
}
