//! A real crash in which Pyth's publishers disagree: a confidence of 5 %, against the 2 % that new risk accepts.

use levee::error::LeveeError;

use crate::formulas::convex_ppm;
use crate::replay::Replay;

const CRASHED: f64 = 88.0;
const CONFIDENCE: f64 = 0.05;
/// With $88 for SOL: two severe cases (h below 0.95), three mild ones, and a healthy one.
const LTVS: [f64; 6] = [0.75, 0.745, 0.735, 0.72, 0.71, 0.60];
const SEVERE: [usize; 2] = [0, 1];
const MILD: [usize; 3] = [2, 3, 4];
const HEALTHY: usize = 5;
/// The longest that a mild case waits (N).
const WAIT: u64 = 25;

/// Twenty seconds of falling prices, whose confidence widens on the way.
fn crash() -> Replay {
    let mut replay = Replay::sol(&LTVS);
    let sol = replay.collateral;
    for step in 1..=10 {
        let part = f64::from(step) / 10.0;
        replay.tick(5);
        replay.feed(&sol).confidence = CONFIDENCE * part;
        replay.print(100.0 + (CRASHED - 100.0) * part);
    }
    replay
}

#[test]
fn severe_cases_are_liquidated_at_once_on_a_price_that_nobody_is_sure_of() {
    let mut replay = crash();
    for n in SEVERE {
        let done = replay.try_liquidate(n).unwrap();
        assert_eq!(done.tier, 2);
        assert!(done.health_after_ppm > 1_000_000);
    }
    replay.check_books();
}

#[test]
fn mild_cases_wait_and_are_liquidated_once_they_have_aged() {
    let mut replay = crash();
    for _ in 0..WAIT {
        for n in MILD {
            replay.refuse(n, LeveeError::MildPriceDoubtful);
        }
        replay.mark(&MILD);
        replay.tick(1);
    }
    for n in MILD {
        let done = replay.try_liquidate(n).unwrap();
        assert_eq!((done.tier, done.unhealthy_slots), (1, WAIT));
        // No auction ran while liquidation was not permitted.
        let health = done.health_before_ppm as f64 / 1e6;
        let quiet = convex_ppm(&replay.config(&replay.collateral), health);
        assert!((f64::from(done.bonus_ppm) - quiet.max(1_000.0)).abs() <= 2.0);
        assert!(done.health_after_ppm > 1_000_000);
    }
    replay.check_books();
}

#[test]
fn nobody_borrows_or_withdraws_on_such_a_price_and_everybody_may_repay_and_deposit() {
    let mut replay = crash();
    let (sol, usdc) = (replay.collateral, replay.debt);
    let (world, user) = (&mut replay.world, &replay.borrowers[HEALTHY]);
    let refused = world.borrow(user, &usdc, usdc.atoms(1.0)).unwrap_err();
    assert!(refused.is(LeveeError::PriceConfidenceTooWide), "{refused}");
    let refused = world.withdraw(user, &sol, 1).unwrap_err();
    assert!(refused.is(LeveeError::PriceConfidenceTooWide), "{refused}");
    world.repay(user, &usdc, usdc.atoms(1.0)).unwrap();
    world.fund(user, &sol, sol.atoms(1.0));
    world.deposit(user, &sol, sol.atoms(1.0)).unwrap();
    // Once the publishers agree again there is new risk.
    replay.tick(1);
    replay.feed(&sol).confidence = 0.02;
    replay.publish();
    let user = &replay.borrowers[HEALTHY];
    replay.world.borrow(user, &usdc, usdc.atoms(1.0)).unwrap();
}
