//! A wick of −10 % that lasts thirty seconds, with a liquidator that tries in every slot.

use levee::error::LeveeError;
use levee::events::Liquidated;

use crate::formulas::target;
use crate::replay::{Replay, SOL_PRICE};

const WICK: f64 = 90.0;
/// Thirty seconds.
const SLOTS: u64 = 75;
/// Healthy at $90 are those that owe up to 72 % of the price before.
const LTVS: [f64; 12] = [
    0.60, 0.70, 0.715, 0.719, 0.7205, 0.722, 0.725, 0.7265, 0.73, 0.74, 0.745, 0.75,
];
const HEALTHY: usize = 4;
/// Those that are healthy at $90.90, a percent towards the average, wait until they have aged.
const WAITING: usize = 8;
/// What most protocols close of a debt, and pay for it.
const CLOSE_FACTOR: f64 = 0.5;
const FIXED_BONUS: f64 = 0.05;

/// A liquidation, when it happened, and what was owed before.
struct Event {
    slot: u64,
    owed: u64,
    done: Liquidated,
}

/// The wick: what happened to each borrower.
fn wick() -> (Replay, Vec<Vec<Event>>) {
    let mut replay = Replay::sol(&LTVS);
    replay.settle_at(SOL_PRICE);
    replay.tick(1);
    replay.print(WICK);
    let mut events: Vec<Vec<Event>> = LTVS.iter().map(|_| Vec::new()).collect();
    for slot in 0..=SLOTS {
        if slot == SLOTS {
            replay.print(SOL_PRICE);
        }
        for n in replay.all() {
            let owed = replay.owed(n);
            match replay.try_liquidate(n) {
                Ok(done) => events[n].push(Event { slot, owed, done }),
                // A refusal leaves no trace, so the clocks are for the markers.
                Err(LeveeError::MildHealthyAtAverage) => replay.mark(&[n]),
                Err(error) => assert_eq!(error, LeveeError::ObligationHealthy),
            }
        }
        replay.tick(1);
    }
    replay.check_books();
    (replay, events)
}

#[test]
fn a_wick_liquidates_each_unhealthy_borrower_once_to_the_target_and_nobody_else() {
    let (mut replay, events) = wick();
    let config = replay.config(&replay.collateral);
    for (n, events) in events.iter().enumerate() {
        if n < HEALTHY {
            assert!(events.is_empty(), "borrower {n} is healthy at $90");
            continue;
        }
        let [Event { slot, done, .. }] = &events[..] else {
            panic!("borrower {n} was liquidated {} times", events.len());
        };
        // The interest of the wait is below a millionth of the health.
        let due = target(&config, 0.25, done.bonus_ppm);
        let after = done.health_after_ppm as f64 / 1e6;
        assert!((after - due).abs() < 3e-6, "{n}: {after} for {due}");
        let waited = if n < WAITING { 25 } else { 0 };
        assert_eq!(*slot, waited, "borrower {n}");
        assert!(replay.health(n) > 1.1, "the wick is over");
    }
}

#[test]
fn a_wick_costs_borrowers_a_fraction_of_what_a_close_factor_of_half_and_a_fixed_bonus_cost() {
    let (_, events) = wick();
    let (mut closed, mut would_close) = (0.0, 0.0);
    let (mut lost, mut would_lose) = (0.0, 0.0);
    for Event { owed, done, .. } in events.iter().flatten() {
        let repaid = done.repaid_atoms as f64 / 1e6;
        let half = CLOSE_FACTOR * *owed as f64 / 1e6;
        assert!(repaid < 0.8 * half, "{repaid} of {half}");
        closed += repaid;
        would_close += half;
        // What the seized SOL is worth once the wick is over, less what was repaid for it.
        lost += done.seized_atoms as f64 / 1e9 * SOL_PRICE - repaid;
        would_lose += half * ((1.0 + FIXED_BONUS) / WICK * SOL_PRICE - 1.0);
    }
    println!("closed ${closed:.0} for ${would_close:.0}, lost ${lost:.0} for ${would_lose:.0}");
    assert!(closed < 0.55 * would_close, "{closed} of {would_close}");
    assert!(lost < 0.4 * would_lose, "{lost} of {would_lose}");
}
