//! Every bot is silent for 500 slots, and then one is back.

use crate::replay::Replay;

/// Unhealthy by up to 1.7 % at a price that is its own average: the auction decides, not the convex term.
const PRICE: f64 = 92.0;
const LTVS: [f64; 4] = [0.74, 0.742, 0.746, 0.748];
const START: u32 = 1_000;
const SLOPE: u32 = 20;
/// Proven before the silence.
const PROVEN: u64 = 200;
const SILENT: u64 = 500;
/// The longest gap that proves something (M).
const PROOF: u64 = 150;

/// Bots have looked for a while, so that the auction stands at 50 bps; then `slots` without any.
fn after(slots: u64) -> Replay {
    let mut replay = Replay::sol_without_interest(&LTVS);
    replay.settle_at(PRICE);
    replay.mark(&replay.all());
    for _ in 0..PROVEN / 100 {
        replay.tick(100);
        replay.mark(&replay.all());
    }
    replay.tick(slots);
    replay
}

#[test]
fn one_bot_after_500_silent_slots_is_paid_the_bonus_of_a_fresh_auction() {
    let mut replay = after(SILENT);
    for n in replay.all() {
        let done = replay.try_liquidate(n).unwrap();
        assert_eq!((done.unhealthy_slots, done.tier), (0, 0));
        assert_eq!(done.bonus_ppm, START, "borrower {n}");
    }
    replay.check_books();
}

#[test]
fn a_bot_that_marks_first_and_waits_is_paid_for_its_own_wait_only() {
    for wait in [1, 40, PROOF] {
        let mut replay = after(SILENT);
        replay.mark(&replay.all());
        replay.tick(wait);
        for n in replay.all() {
            let done = replay.try_liquidate(n).unwrap();
            assert_eq!(done.unhealthy_slots, wait);
            assert_eq!(done.bonus_ppm, START + SLOPE * wait as u32);
        }
    }
}

#[test]
fn a_silence_that_a_proof_reaches_across_lets_the_auction_go_on() {
    let mut replay = after(PROOF);
    let bonus = START + SLOPE * (PROVEN + PROOF) as u32;
    assert_eq!(replay.try_liquidate(0).unwrap().bonus_ppm, bonus);
    let mut replay = after(PROOF + 1);
    assert_eq!(replay.try_liquidate(0).unwrap().bonus_ppm, START);
}
