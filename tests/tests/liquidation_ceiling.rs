//! The most debt that mild and aged liquidations may repay against one collateral in one slot.

use levee::error::LeveeError;
use levee::events::{BatchLiquidated, Liquidated};
use levee::state::{Reserve, ReserveConfig, SlotUsage};
use levee_client::instructions::Limits;
use levee_tests::crowd::{skipped, Crowd};
use levee_tests::{assert_refused, event, exact, Lending, Receipt};

/// Two borrowers of 7,500 dollars against 100 SOL each; all mild at $92.
fn crowd(ceiling_micro_usd: u64, price: f64) -> Crowd {
    let mut crowd = Crowd::new(&[7_500.0, 7_500.0], price);
    set(&mut crowd.lending, ceiling_micro_usd);
    crowd
}

fn set(lending: &mut Lending, ceiling_micro_usd: u64) {
    let reserve = lending.sol.keys.reserve;
    lending.world.rewrite(&reserve, |reserve: &mut Reserve| {
        reserve.config = ReserveConfig {
            liquidation_ceiling_micro_usd: ceiling_micro_usd,
            ..reserve.config
        };
    });
}

const MILD: f64 = 92.0;
const SEVERE: f64 = 85.0;

fn liquidate(crowd: &mut Crowd, number: usize, limit: u64) -> Receipt {
    let (usdc, sol) = crowd.pair();
    let by = &crowd.lending.liquidator;
    let world = &mut crowd.lending.world;
    world
        .liquidate(by, &crowd.users[number], &usdc, &sol, limit)
        .unwrap()
}

fn repaid(crowd: &mut Crowd, number: usize) -> u64 {
    event::<Liquidated>(&liquidate(crowd, number, u64::MAX)).repaid_atoms
}

fn refuse(crowd: &mut Crowd, number: usize) {
    let (usdc, sol) = crowd.pair();
    let by = &crowd.lending.liquidator;
    let world = &mut crowd.lending.world;
    let list = world.liquidation(by, &crowd.users[number], &usdc, &sol, u64::MAX, 0);
    let error = LeveeError::LiquidationCeilingReached;
    assert_refused(world, &list, &[&by.keypair], error);
}

/// What was counted so far, a dollar's atom being a millionth of a dollar.
fn used(crowd: &Crowd) -> SlotUsage {
    crowd.lending.world.reserve(&crowd.lending.sol).liquidated
}

/// What one of the borrowers repays without a ceiling.
fn whole() -> u64 {
    repaid(&mut crowd(0, MILD), 0)
}

#[test]
fn without_a_ceiling_nothing_is_counted() {
    let mut crowd = crowd(0, MILD);
    assert_eq!(repaid(&mut crowd, 0), repaid(&mut crowd, 1));
    assert_eq!(used(&crowd), SlotUsage::default());
}

#[test]
fn a_ceiling_of_exactly_the_repaid_value_limits_nothing_and_one_below_it_does() {
    let whole = whole();
    let mut exactly = crowd(whole, MILD);
    assert_eq!(repaid(&mut exactly, 0), whole);
    let slot = exactly.lending.world.slot();
    let due = SlotUsage {
        slot,
        micro_usd: whole,
    };
    assert_eq!(used(&exactly), due);
    refuse(&mut exactly, 1);

    let mut below = crowd(whole - 1, MILD);
    let less = repaid(&mut below, 0);
    assert!(less < whole, "{less} of {whole}");
    assert_eq!(used(&below).micro_usd, less);
}

#[test]
fn the_ceiling_counts_with_the_insurance_that_is_paid_beside_it() {
    // A tenth of the bonus is paid besides, so that both together stay below the ceiling.
    let ceiling = 500_000_000;
    let mut crowd = crowd(ceiling, MILD);
    let done: Liquidated = event(&liquidate(&mut crowd, 0, u64::MAX));
    let paid = done.repaid_atoms + done.insurance_atoms;
    assert!(paid <= ceiling && paid + 2 >= ceiling, "{paid}");
    assert_eq!(used(&crowd).micro_usd, done.repaid_atoms);
}

#[test]
fn a_used_ceiling_holds_for_every_obligation_until_the_next_slot() {
    let whole = whole();
    let mut crowd = crowd(whole, MILD);
    assert_eq!(repaid(&mut crowd, 0), whole);
    refuse(&mut crowd, 1);
    crowd.lending.world.advance(1, 0);
    assert_eq!(repaid(&mut crowd, 1), whole);
    let slot = crowd.lending.world.slot();
    let due = SlotUsage {
        slot,
        micro_usd: whole,
    };
    assert_eq!(used(&crowd), due);
}

#[test]
fn slices_together_repay_no_more_than_the_ceiling() {
    let ceiling = 700_000_000;
    let mut crowd = crowd(ceiling, MILD);
    let mut sum = 0;
    for (number, limit) in [
        (0, 300_000_000),
        (1, u64::MAX),
        (0, u64::MAX),
        (1, u64::MAX),
    ] {
        sum += event::<Liquidated>(&liquidate(&mut crowd, number, limit)).repaid_atoms;
        assert_eq!(used(&crowd).micro_usd, sum);
    }
    assert!(sum <= ceiling && sum > ceiling - 100, "{sum}");
}

#[test]
fn a_caller_who_pays_less_uses_less() {
    let mut crowd = crowd(1_000_000_000, MILD);
    let done: Liquidated = event(&liquidate(&mut crowd, 0, 100_000_000));
    assert_eq!(used(&crowd).micro_usd, done.repaid_atoms);
    assert!(done.repaid_atoms <= 100_000_000);
    let rest = repaid(&mut crowd, 0);
    assert!(rest > 899_000_000, "{rest}");
}

#[test]
fn a_room_too_small_for_any_amount_is_a_used_ceiling() {
    for ceiling in [1, 2] {
        let mut crowd = crowd(ceiling, MILD);
        match ceiling {
            1 => refuse(&mut crowd, 0),
            _ => assert_eq!(repaid(&mut crowd, 0), 1),
        }
    }
}

#[test]
fn a_room_that_would_leave_dust_is_a_used_ceiling() {
    let mut crowd = Crowd::new(&[7_500.0, 30.0], 92.0);
    let (user, sol) = (&crowd.users[1], crowd.lending.sol);
    let world = &mut crowd.lending.world;
    // 0.405 SOL are left, of which 80 % are $29.81; healing would leave less than $25.
    let calm = exact(world, 100.0);
    world.set_price(&sol, &calm);
    world.withdraw(user, &sol, sol.atoms(99.595)).unwrap();
    crowd.lending.fall(92.0);
    set(&mut crowd.lending, 29_999_999);
    refuse(&mut crowd, 1);
    set(&mut crowd.lending, 30_000_000);
    assert_eq!(repaid(&mut crowd, 1), 30_000_000);
}

#[test]
fn severe_liquidations_know_no_ceiling_and_use_none() {
    let mut unlimited = crowd(0, SEVERE);
    let whole = repaid(&mut unlimited, 0);
    let mut crowd = crowd(1, SEVERE);
    for number in [0, 1] {
        let done: Liquidated = event(&liquidate(&mut crowd, number, u64::MAX));
        assert_eq!((done.tier, done.repaid_atoms), (2, whole));
    }
    assert_eq!(used(&crowd), SlotUsage::default());
}

#[test]
fn aged_liquidations_know_the_ceiling() {
    let aged = |ceiling| {
        let mut crowd = crowd(ceiling, MILD);
        let world = &mut crowd.lending.world;
        let (by, of) = (&crowd.lending.liquidator, &crowd.users[0]);
        world.mark(by, &[of]).unwrap();
        world.advance(25, 0);
        let done: Liquidated = event(&liquidate(&mut crowd, 0, u64::MAX));
        assert_eq!(done.tier, 1);
        (crowd, done.repaid_atoms)
    };
    let (_, whole) = aged(0);
    let (mut exactly, repaid) = aged(whole);
    assert_eq!(repaid, whole);
    refuse(&mut exactly, 1);
    let (_, repaid) = aged(whole - 1);
    assert!(repaid < whole, "{repaid}");
}

#[test]
fn a_batch_shares_one_ceiling_and_passes_over_whom_it_leaves_nothing() {
    let whole = whole();
    let mut crowd = crowd(whole, MILD);
    let receipt = crowd.must(&[0, 1]);
    let done = event::<BatchLiquidated>(&receipt).liquidations;
    assert_eq!(done.len(), 1);
    assert_eq!(done[0].repaid_atoms, whole);
    let reason = u32::from(LeveeError::LiquidationCeilingReached);
    assert_eq!(skipped(&receipt), [(crowd.users[1].obligation, reason)]);
    crowd.refuse(&[0, 1], Limits::NONE, LeveeError::NothingLiquidated);
}

#[test]
fn each_collateral_has_a_ceiling_of_its_own() {
    // The dollar's ceiling does not limit what is repaid of it.
    let mut crowd = crowd(0, MILD);
    let usdc = crowd.lending.usdc.keys.reserve;
    crowd.lending.world.rewrite(&usdc, |reserve: &mut Reserve| {
        reserve.config.liquidation_ceiling_micro_usd = 1;
    });
    assert_eq!(repaid(&mut crowd, 0), whole());
}
