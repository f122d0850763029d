//! A bad update of −0.8 % that the next one corrects a few seconds later, while liquidators and markers try in every slot.

use levee::error::LeveeError;
use levee_client::instructions::Limits;

use crate::replay::Replay;

/// The market's price before and after the bad update.
const TRUE: f64 = 93.0;
const BAD: f64 = TRUE * 0.992;
/// Three seconds, and the longest that a mild case waits (N) less one.
const LASTS: [u64; 2] = [8, 24];

/// Ten borrowers who are healthy at the true price and not at the bad one; the last one is unhealthy at both.
fn book() -> Replay {
    // Healthy down to $92.30, $92.36 and so on, and $93.10.
    let floors = (0..10).map(|n| 92.3 + 0.065 * f64::from(n)).chain([93.1]);
    let mut replay =
        Replay::sol_without_interest(&floors.map(|floor| floor * 0.8 / 100.0).collect::<Vec<_>>());
    replay.settle_at(TRUE);
    for n in 0..10 {
        assert!(replay.health(n) > 1.0);
    }
    assert!(replay.health(10) < 1.0);
    replay.tick(1);
    replay.print(BAD);
    for n in 0..11 {
        assert!(replay.health(n) < 1.0);
    }
    replay
}

#[test]
fn nobody_who_is_healthy_at_the_average_is_liquidated_on_a_bad_update() {
    for slots in LASTS {
        let mut replay = book();
        let owed: Vec<_> = replay.all().iter().map(|n| replay.owed(*n)).collect();
        for _ in 0..slots {
            replay.mark(&(0..10).collect::<Vec<_>>());
            for n in 0..10 {
                replay.refuse(n, LeveeError::MildHealthyAtAverage);
            }
            let of: Vec<_> = replay.borrowers[..10].iter().collect();
            let (by, usdc, sol) = (&replay.bot, replay.debt, replay.collateral);
            let batch = replay
                .world
                .liquidate_batch(by, &of, &usdc, &sol, Limits::NONE);
            let refused = batch.unwrap_err();
            assert!(refused.is(LeveeError::NothingLiquidated), "{refused}");
            replay.tick(1);
        }
        replay.print(TRUE);
        for n in 0..10 {
            replay.refuse(n, LeveeError::ObligationHealthy);
        }
        replay.mark(&replay.all());
        for (n, owed) in owed.iter().enumerate().take(10) {
            let user = &replay.borrowers[n];
            assert_eq!(replay.world.obligation(user).clocks(), Default::default());
            assert_eq!(replay.owed(n), *owed);
        }
        replay.check_books();
    }
}

#[test]
fn whoever_is_unhealthy_at_the_average_too_is_liquidated_in_the_slot_of_the_bad_update() {
    let mut replay = book();
    let done = replay.try_liquidate(10).unwrap();
    assert_eq!((done.tier, done.bonus_ppm), (0, 1_000));
    replay.check_books();
}

#[test]
fn without_the_lift_towards_the_average_the_bad_update_would_liquidate_all_of_them() {
    let mut replay = book();
    replay.set_rules(|rules| rules.mild_lift_bps = 0);
    for n in 0..10 {
        replay.try_liquidate(n).unwrap();
    }
}
