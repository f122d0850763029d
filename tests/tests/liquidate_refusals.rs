//! `liquidate`: the obligations, limits and pairs that it refuses.

use levee::error::LeveeError;
use levee_tests::{assert_refused, stable_config, view, Lending, Token};

/// The borrower's $7,500 with SOL at $90.
fn fallen() -> Lending {
    Lending::fallen(7_500.0, 90.0)
}

fn refuse(lending: &mut Lending, pair: (Token, Token), limits: (u64, u64), error: LeveeError) {
    let (world, liquidator) = (&mut lending.world, &lending.liquidator);
    let of = &lending.borrower;
    let instructions = world.liquidation(liquidator, of, &pair.0, &pair.1, limits.0, limits.1);
    assert_refused(world, &instructions, &[&liquidator.keypair], error);
}

#[test]
fn a_healthy_obligation_is_left_alone_down_to_a_health_of_exactly_one() {
    let mut lending = Lending::new();
    lending.owe(7_500.0);
    for price in [100.0, 93.76, 93.75] {
        lending.fall(price);
        lending.refuse_liquidation(LeveeError::ObligationHealthy);
    }
    lending.fall(93.749_999_99);
    lending.liquidate(u64::MAX);
}

#[test]
fn an_obligation_without_debt_is_no_liquidators_business() {
    let mut lending = Lending::new();
    lending.fall(0.01);
    view::refresh_all(&mut lending.world);
    lending.refuse_liquidation(LeveeError::EmptyPair);
}

#[test]
fn a_second_liquidation_finds_the_obligation_healthy() {
    let mut lending = fallen();
    lending.liquidate(u64::MAX);
    lending.refuse_liquidation(LeveeError::ObligationHealthy);
}

#[test]
fn the_slot_of_a_borrow_cools_off() {
    let mut lending = Lending::new();
    lending.owe(7_500.0);
    let sol = lending.sol;
    lending.post(&sol, 90.0);
    lending.refuse_liquidation(LeveeError::CoolOff);
    lending.world.advance(1, 0);
    lending.liquidate(u64::MAX);
}

#[test]
fn the_slot_of_a_withdrawal_cools_off() {
    let mut lending = Lending::new();
    lending.owe(7_400.0);
    lending.world.advance(1, 0);
    let sol = lending.sol;
    lending
        .world
        .withdraw(&lending.borrower, &sol, sol.atoms(1.0))
        .unwrap();
    lending.post(&sol, 90.0);
    lending.refuse_liquidation(LeveeError::CoolOff);
    lending.world.advance(1, 0);
    lending.liquidate(u64::MAX);
}

#[test]
fn deposits_and_repayments_do_not_cool_off() {
    let mut lending = fallen();
    let (world, user) = (&mut lending.world, &lending.borrower);
    world.fund(user, &lending.sol, 1);
    world.deposit(user, &lending.sol, 1).unwrap();
    world.repay(user, &lending.usdc, 1).unwrap();
    lending.liquidate(u64::MAX);
}

#[test]
fn a_limit_of_nothing_is_refused() {
    let mut lending = fallen();
    let pair = (lending.usdc, lending.sol);
    refuse(&mut lending, pair, (0, 0), LeveeError::ZeroAmount);
}

#[test]
fn a_limit_that_buys_nothing_is_refused() {
    let mut lending = fallen();
    let pair = (lending.usdc, lending.sol);
    // One atom is the insurance's part, rounded up.
    refuse(&mut lending, pair, (1, 0), LeveeError::LiquidationTooSmall);
}

#[test]
fn a_limit_that_would_leave_dust_is_refused() {
    let mut lending = Lending::fallen(7_500.0, 76.0);
    let pair = (lending.usdc, lending.sol);
    // Nearly all must be closed, and $20 would remain.
    let plan = view::plan(
        &mut lending.world,
        &lending.borrower,
        &pair.0,
        &pair.1,
        u64::MAX,
    );
    assert!(plan.unwrap().closes_debt);
    let error = LeveeError::LimitLeavesDust;
    refuse(&mut lending, pair, (7_489_000_000, 0), error);
    lending.liquidate(u64::MAX);
}

#[test]
fn the_least_that_the_caller_accepts_is_respected_to_the_atom() {
    let mut lending = fallen();
    let pair = (lending.usdc, lending.sol);
    let plan = view::plan(
        &mut lending.world,
        &lending.borrower,
        &pair.0,
        &pair.1,
        u64::MAX,
    );
    let seize = plan.unwrap().seize.0;
    let over = (u64::MAX, seize + 1);
    refuse(&mut lending, pair, over, LeveeError::SlippageExceeded);
    let exactly = lending.liquidation((u64::MAX, seize));
    lending.world.must(&exactly, &[&lending.liquidator.keypair]);
}

#[test]
fn a_pair_that_the_obligation_does_not_have_is_refused() {
    let mut lending = fallen();
    let other = lending.world.add_token(6, 1.0, stable_config);
    view::refresh_all(&mut lending.world);
    let (sol, usdc) = (lending.sol, lending.usdc);
    for pair in [(other, sol), (usdc, other), (sol, usdc), (other, usdc)] {
        refuse(&mut lending, pair, (u64::MAX, 0), LeveeError::EmptyPair);
    }
}

#[test]
fn a_collateral_that_cannot_heal_is_refused_and_the_right_one_passes() {
    let mut lending = Lending::new();
    let safe = lending.world.add_token(6, 1.0, stable_config);
    lending
        .world
        .fund(&lending.borrower, &safe, safe.atoms(100.0));
    lending
        .world
        .deposit(&lending.borrower, &safe, safe.atoms(100.0))
        .unwrap();
    lending.owe(7_500.0);
    // Health is 0.822, the safe deposit's threshold 0.85: seizing it takes more weight than it repays.
    lending.fall(76.0);
    let pair = (lending.usdc, safe);
    refuse(
        &mut lending,
        pair,
        (u64::MAX, 0),
        LeveeError::PairCannotHeal,
    );
    lending.liquidate(u64::MAX);
}
