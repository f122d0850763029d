//! The cluster stops and restarts: as `LastRestartSlot` tells it, and as a clock that jumped by five hours.

use levee::error::LeveeError;
use levee_tests::Chain;

use crate::replay::Replay;

/// Mild, severe, healthy at the price after the restart.
const LTVS: [f64; 3] = [0.74, 0.75, 0.40];
const MILD: usize = 0;
const SEVERE: usize = 1;
const HEALTHY: usize = 2;
/// Where the mild one is unhealthy by 1.6 %, also a percent nearer to the average, and the severe one not yet.
const BEFORE: f64 = 91.0;
const AFTER: f64 = 89.0;
const GRACE: u64 = 150;
/// `b_start` and `ρ`, in parts per million.
const START: u32 = 1_000;
const SLOPE: u32 = 20;
/// How long the mild one's auction ran when the cluster stopped.
const AUCTION: u64 = 30;

/// How a program learns of a restart.
#[derive(Clone, Copy, PartialEq)]
enum Sign {
    Sysvar,
    ClockJump,
}

const SIGNS: [Sign; 2] = [Sign::Sysvar, Sign::ClockJump];

/// The mild one's auction has run for some slots at $91 when the cluster stops; SOL costs `price` when it is back.
fn restarted(sign: Sign, price: f64) -> Replay {
    let mut replay = Replay::sol_without_interest(&LTVS);
    replay.settle_at(BEFORE);
    replay.mark(&[MILD]);
    replay.tick(AUCTION);
    replay.mark(&[MILD]);
    match sign {
        Sign::Sysvar => {
            replay.tick(1);
            let slot = replay.world.slot();
            replay.world.chain.set_restart(slot);
            replay.restart_slot = slot;
        }
        Sign::ClockJump => replay.world.advance(1, 5 * 3_600),
    }
    replay.print(price);
    replay
}

#[test]
fn borrowing_and_mild_liquidation_pause_for_the_grace_and_no_longer() {
    for sign in SIGNS {
        let mut replay = restarted(sign, BEFORE);
        let usdc = replay.debt;
        for slot in 0..GRACE {
            replay.mark(&[MILD]);
            if slot % 10 == 0 || slot == GRACE - 1 {
                replay.refuse(MILD, LeveeError::MildInRestartGrace);
                let user = &replay.borrowers[HEALTHY];
                let refused = replay.world.borrow(user, &usdc, usdc.atoms(1.0));
                let refused = refused.unwrap_err();
                assert!(refused.is(LeveeError::InRestartGrace), "{refused}");
            }
            replay.tick(1);
        }
        let user = &replay.borrowers[HEALTHY];
        replay.world.borrow(user, &usdc, usdc.atoms(1.0)).unwrap();
        replay.try_liquidate(MILD).unwrap();
        replay.check_books();
    }
}

#[test]
fn an_auction_does_not_run_on_during_the_grace() {
    for sign in SIGNS {
        let mut replay = restarted(sign, BEFORE);
        for _ in 0..GRACE {
            replay.mark(&[MILD]);
            replay.tick(1);
        }
        let done = replay.try_liquidate(MILD).unwrap();
        // The slots before the restart are proven, as is the age.
        let unhealthy = AUCTION + 1 + GRACE;
        assert_eq!(done.unhealthy_slots, unhealthy);
        assert_eq!(done.bonus_ppm, START + SLOPE * AUCTION as u32);
    }
}

#[test]
fn a_severe_case_is_liquidated_in_the_first_slot_after_the_restart() {
    for sign in SIGNS {
        let mut replay = restarted(sign, AFTER);
        let done = replay.try_liquidate(SEVERE).unwrap();
        assert_eq!(done.tier, 2);
        assert!(done.health_after_ppm > 1_000_000);
        replay.refuse(MILD, LeveeError::MildInRestartGrace);
    }
}

#[test]
fn without_a_restart_neither_would_have_waited() {
    let mut replay = restarted(Sign::Sysvar, BEFORE);
    replay.world.chain.set_restart(0);
    replay.restart_slot = 0;
    replay.try_liquidate(MILD).unwrap();
    let (usdc, user) = (replay.debt, &replay.borrowers[HEALTHY]);
    replay.world.borrow(user, &usdc, usdc.atoms(1.0)).unwrap();
}
