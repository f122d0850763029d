//! Slots in real time.
//!
//! The chain's own clock adds a slot's length with every block, and makes a block more every 75 slots: it would run away
//! from real time by a second in a minute, and prices that are seconds old matter here. So its clock is paused, and this one
//! asks for every block and says beforehand what time it is.

use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crossbeam_channel::Sender;
use surfpool_core::surfnet::locker::SurfnetSvmLocker;
use surfpool_core::surfnet::svm::SurfnetSvm;
use surfpool_types::SimnetCommand;

/// How often to look whether a block is there.
const POLL: Duration = Duration::from_millis(1);
/// How long a block may take; a chain that was stopped makes none.
const PATIENCE: Duration = Duration::from_secs(30);

/// Slots that a chain has behind it when it is first seen.
const FIRST_SLOTS: u64 = 40;

/// Dates a chain that is about to start back by its first slots.
pub fn date_back(svm: &mut SurfnetSvm) {
    let past = FIRST_SLOTS * svm.slot_time;
    svm.updated_at = svm.updated_at.saturating_sub(past);
    svm.genesis_updated_at = svm.updated_at;
}

/// Makes the first slots at once. Without them the chain's first block is no finalized one, no slot is recent enough for a
/// lookup table, and the height of its blocks goes back once. Blocks.
pub fn make_first_slots(locker: &SurfnetSvmLocker, commands: &Sender<SimnetCommand>) {
    for _ in 0..FIRST_SLOTS {
        let before = locker.with_svm_reader(SurfnetSvm::get_latest_absolute_slot);
        if !make_block(locker, commands, before) {
            return;
        }
    }
}

/// Makes blocks until the chain takes no more commands. Blocks.
pub fn run(locker: &SurfnetSvmLocker, commands: &Sender<SimnetCommand>, slot: Duration) {
    let mut next = Instant::now();
    loop {
        next += slot;
        let now = Instant::now();
        // What was slept through, in a suspended machine say, is not made up for.
        next = next.max(now);
        sleep(next - now);
        let before = locker.with_svm_writer(|svm| {
            set_time(svm, unix_ms());
            svm.get_latest_absolute_slot()
        });
        if !make_block(locker, commands, before) {
            return;
        }
    }
}

/// Asks for the block after slot `before` and waits for it: blocks that queue up behind transactions would all carry the time of
/// the first. Whether it came.
fn make_block(locker: &SurfnetSvmLocker, commands: &Sender<SimnetCommand>, before: u64) -> bool {
    let asked = Instant::now();
    let sent = commands.send(SimnetCommand::SlotForward(None));
    while sent.is_ok() && asked.elapsed() < PATIENCE {
        if locker.with_svm_reader(SurfnetSvm::get_latest_absolute_slot) > before {
            return true;
        }
        sleep(POLL);
    }
    false
}

/// Lets the next block carry the time `now_ms`, or the last block's where that is later: time never goes back.
fn set_time(svm: &mut SurfnetSvm, now_ms: u64) {
    let now_ms = now_ms.max(svm.updated_at);
    // The block adds a slot's length to this.
    svm.updated_at = now_ms.saturating_sub(svm.slot_time);
    // From here the chain counts slots to tell when an old one was.
    let slots = svm
        .get_latest_absolute_slot()
        .saturating_sub(svm.genesis_slot);
    svm.genesis_updated_at = now_ms.saturating_sub(slots.saturating_mul(svm.slot_time));
}

fn unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}
