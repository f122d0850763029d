//! The grace after a restart of the cluster, or after its clock jumped: borrowing and mild liquidation pause.

use levee::error::LeveeError;
use levee::events::Liquidated;
use levee::state::{LendingMarket, Reserve};
use levee_tests::{assert_refused, calls, event, exact, view, Chain, Lending, PriceSpec};

const MILD: u8 = 0;
const AGED: u8 = 1;
const SEVERE: u8 = 2;

/// The borrower's $7,500 one slot later, without a new price yet: healthy down to $93.75 for SOL.
fn indebted() -> Lending {
    Lending::fallen(7_500.0, 100.0)
}

/// Posts a price of SOL in 1e-8 dollars.
fn post(lending: &mut Lending, price: i64) {
    let (sol, spec) = (lending.sol, exact(&lending.world, 1.0));
    let spec = PriceSpec {
        price,
        ema: price,
        ..spec
    };
    lending.world.set_price(&sol, &spec);
}

/// Liquidates and returns the event.
fn liquidate(lending: &mut Lending) -> Liquidated {
    let list = lending.liquidation((u64::MAX, 0));
    let signers = [&lending.liquidator.keypair];
    event(&lending.world.must(&list, &signers))
}

fn mark(lending: &mut Lending) {
    let (by, of) = (&lending.liquidator, &lending.borrower);
    lending.world.mark(by, &[of]).expect("anybody may look");
}

/// The cluster restarts now, and `slots` pass.
fn restarted(lending: &mut Lending, slots: u64) {
    let restart = lending.world.slot();
    lending.world.chain.set_restart(restart);
    lending.world.advance(slots, 0);
}

#[test]
fn a_restart_pauses_mild_liquidation_for_exactly_its_grace() {
    let mut lending = indebted();
    restarted(&mut lending, 0);
    post(&mut lending, 9_000_000_000);
    lending.refuse_liquidation(LeveeError::MildInRestartGrace);
    lending.world.advance(149, 0);
    lending.refuse_liquidation(LeveeError::MildInRestartGrace);
    lending.world.advance(1, 0);
    assert_eq!(liquidate(&mut lending).tier, MILD);
}

#[test]
fn a_case_that_aged_in_a_restarts_grace_waits_for_its_end_and_pays_the_bonus_of_a_fresh_auction() {
    let mut lending = indebted();
    post(&mut lending, 9_300_000_000);
    mark(&mut lending);
    lending.world.advance(1, 0);
    restarted(&mut lending, 100);
    mark(&mut lending);
    lending.world.advance(49, 0);
    lending.refuse_liquidation(LeveeError::MildInRestartGrace);
    lending.world.advance(1, 0);
    let done = liquidate(&mut lending);
    assert_eq!((done.tier, done.unhealthy_slots), (AGED, 151));
    assert_eq!(done.bonus_ppm, 1_000);
}

#[test]
fn a_severe_case_is_liquidated_in_the_grace_of_a_restart() {
    let mut lending = indebted();
    restarted(&mut lending, 0);
    post(&mut lending, 8_000_000_000);
    assert_eq!(liquidate(&mut lending).tier, SEVERE);
}

#[test]
fn a_restart_pauses_borrowing_for_exactly_its_grace() {
    let mut lending = Lending::new();
    restarted(&mut lending, 149);
    let (world, borrower, usdc) = (&mut lending.world, &lending.borrower, lending.usdc);
    let refused = world
        .borrow(borrower, &usdc, usdc.atoms(100.0))
        .unwrap_err();
    assert!(refused.is(LeveeError::InRestartGrace), "{refused}");
    world.advance(1, 0);
    world.borrow(borrower, &usdc, usdc.atoms(100.0)).unwrap();
}

/// Both prices are known in this slot; the next refresh comes `slots` and `seconds` later, with SOL at `price`.
fn jumped(price: i64, slots: u64, seconds: i64) -> Lending {
    let mut lending = indebted();
    view::refresh_all(&mut lending.world);
    lending.world.advance(slots, seconds);
    let usdc = lending.usdc;
    lending.post(&usdc, 1.0);
    post(&mut lending, price);
    lending
}

#[test]
fn a_clock_that_runs_a_minute_ahead_of_its_slots_is_no_jump_and_a_second_more_is() {
    let mild = 9_000_000_000;
    for slots in [1, 10, 100] {
        let seconds = slots as i64 + 60;
        assert_eq!(liquidate(&mut jumped(mild, slots, seconds)).tier, MILD);
        let mut lending = jumped(mild, slots, seconds + 1);
        lending.refuse_liquidation(LeveeError::MildInRestartGrace);
    }
}

#[test]
fn a_clock_jump_pauses_for_the_grace_from_the_refresh_that_saw_it() {
    let mild = 9_000_000_000;
    let mut lending = jumped(mild, 1, 3_600);
    view::refresh_all(&mut lending.world);
    let seen = lending.world.reserve(&lending.sol).clock_jump_slot;
    assert_eq!(seen, lending.world.slot());
    lending.world.advance(149, 0);
    lending.refuse_liquidation(LeveeError::MildInRestartGrace);
    lending.world.advance(1, 0);
    assert_eq!(liquidate(&mut lending).tier, MILD);
}

#[test]
fn a_clock_jump_that_only_one_of_the_reserves_saw_pauses_too() {
    for saw in [0, 1] {
        let mut lending = jumped(9_000_000_000, 1, 0);
        let token = [lending.sol, lending.usdc][saw];
        let slot = lending.world.slot();
        let reserve = token.keys.reserve;
        lending.world.rewrite(&reserve, |reserve: &mut Reserve| {
            reserve.clock_jump_slot = slot;
        });
        lending.refuse_liquidation(LeveeError::MildInRestartGrace);
    }
}

#[test]
fn a_severe_case_is_liquidated_after_a_clock_jump() {
    let mut lending = jumped(8_000_000_000, 1, 3_600);
    assert_eq!(liquidate(&mut lending).tier, SEVERE);
}

#[test]
fn a_clock_jump_pauses_borrowing() {
    let mut lending = jumped(10_000_000_000, 1, 62);
    let (world, borrower, usdc) = (&mut lending.world, &lending.borrower, lending.usdc);
    let list = world.reserve_list(borrower);
    let signers = [&borrower.keypair];
    let refresh = world.refresh(&[lending.sol, usdc]);
    world.must(&[refresh], &signers);
    let borrow = calls::borrow(borrower, &usdc, &list, 1_000);
    assert_refused(world, &[borrow], &signers, LeveeError::InRestartGrace);
}

#[test]
fn a_clock_jump_that_only_the_collateral_saw_pauses_borrowing() {
    let mut lending = Lending::new();
    let slot = lending.world.slot();
    let reserve = lending.sol.keys.reserve;
    lending.world.rewrite(&reserve, |reserve: &mut Reserve| {
        reserve.clock_jump_slot = slot;
    });
    lending.world.advance(149, 0);
    let (world, borrower, usdc) = (&mut lending.world, &lending.borrower, lending.usdc);
    let refused = world.borrow(borrower, &usdc, 100_000_000).unwrap_err();
    assert!(refused.is(LeveeError::InRestartGrace), "{refused}");
    world.advance(1, 0);
    world.borrow(borrower, &usdc, 100_000_000).unwrap();
}

#[test]
fn a_grace_between_two_looks_is_no_time_of_the_auction() {
    // Shorter than the longest proof, so that one look before it and one behind it are a proof.
    let mut lending = indebted();
    let market = lending.world.market;
    lending
        .world
        .rewrite(&market, |market: &mut LendingMarket| {
            market.config.restart_grace_slots = 50;
        });
    post(&mut lending, 9_300_000_000);
    mark(&mut lending);
    lending.world.advance(1, 0);
    restarted(&mut lending, 99);
    let done = liquidate(&mut lending);
    assert_eq!((done.tier, done.unhealthy_slots), (AGED, 100));
    assert!(done.bonus_ppm <= 1_000 + 20 * 50, "{}", done.bonus_ppm);
}
