//! When a loan must be looked at: where a price has moved by half of the fee since it was last considered and something may
//! come of it, or interest may have brought it to hard liquidation.
//!
//! Whoever is considered at one moment saw the same two prices and is listed with all others who did. A list is passed over as
//! long as neither price has moved; then each of its loans either rests, on the list of now, or is looked at.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use levee_risk::interest::MAX_RATE_BPS;

use super::rest::{Rest, Still};
use super::{FEE_PPM, PPM};

const YEAR_MS: f64 = 365.0 * 86_400_000.0;
/// Looks for interest alone are no closer than this.
const LEAST_WAIT_MS: i64 = 60_000;
/// Nor further apart.
const MOST_WAIT_MS: i64 = 6 * 3_600_000;
/// With this much slack before hard liquidation, interest asks for no look that is not set already.
pub(super) const AMPLE_SLACK: f64 = MOST_WAIT_MS as f64 / YEAR_MS * MOST_PER_YEAR * 1.000_001;
/// The highest rate that a reserve may have.
const MOST_PER_YEAR: f64 = MAX_RATE_BPS as f64 / 1e4;

/// The exchange's price and the averaged oracle's, in units of one: debt atoms per collateral atom.
pub(super) type Prices = (u128, u128);

/// What nobody saw: whoever is listed under it is reached at once.
pub(super) const NOTHING: Prices = (0, 0);

/// A loan on a list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// Whose it is.
    pub who: u32,
    /// Where it is among all loans.
    pub slot: u32,
    /// Its stamp when it was listed: with another one it is no longer on this list.
    pub stamp: u32,
    /// How far prices may go before a trade may pay.
    pub still: Still,
    /// How far they may go before anything else happens.
    pub rest: Rest,
}

/// By how much a price must move to be half of the fee away, rounded up.
fn step_up(price: u128) -> u128 {
    (price * FEE_PPM).div_ceil(2 * PPM)
}

/// Whether a price moved by half of the fee: less brings nothing.
pub(super) fn has_moved(now: Prices, seen: Prices) -> bool {
    let moved = |now: u128, seen: u128| now.abs_diff(seen) >= step_up(seen);
    moved(now.0, seen.0) || moved(now.1, seen.1)
}

/// The loans of a pair of reserves.
#[derive(Default)]
pub(super) struct Pair {
    /// A price to which others are relative.
    pub unit: Option<f64>,
    /// By what they saw.
    lists: BTreeMap<Prices, Vec<Entry>>,
}

impl Pair {
    /// Lists one who saw these prices.
    pub fn list(&mut self, seen: Prices, entry: Entry) {
        self.lists.entry(seen).or_default().push(entry);
    }

    /// The list of those who saw these prices.
    pub fn listed(&mut self, seen: Prices) -> &mut Vec<Entry> {
        self.lists.entry(seen).or_default()
    }

    /// All who are listed.
    #[cfg(test)]
    pub fn all(&self) -> impl Iterator<Item = &Entry> {
        self.lists.values().flatten()
    }

    /// Takes the lists of all who saw prices from which these are half of the fee away.
    pub fn take(&mut self, now: Prices) -> Vec<Vec<Entry>> {
        let mut taken = Vec::new();
        self.lists.retain(|seen, list| {
            let moved = has_moved(now, *seen);
            if moved {
                taken.push(std::mem::take(list));
            }
            !moved
        });
        taken
    }
}

/// All loans by what makes them due.
#[derive(Default)]
pub(super) struct Watch {
    /// By (collateral, debt).
    pub pairs: BTreeMap<(usize, usize), Pair>,
    /// (milliseconds after the opening, borrower).
    times: BinaryHeap<Reverse<(i64, u32)>>,
}

impl Watch {
    /// Sees to it that `who`, who has so much slack before hard liquidation, is looked at before interest can have used it up at
    /// the highest rate that a reserve may have. Returns when, no later than `next_ms`.
    pub fn schedule(&mut self, who: u32, now_ms: i64, slack: f64, next_ms: i64) -> i64 {
        let wait_ms = (slack.max(0.0) / MOST_PER_YEAR * YEAR_MS) as i64;
        let at_ms = now_ms + wait_ms.clamp(LEAST_WAIT_MS, MOST_WAIT_MS);
        if next_ms > now_ms && next_ms <= at_ms {
            return next_ms;
        }
        self.times.push(Reverse((at_ms, who)));
        at_ms
    }

    /// Takes those whose time has come.
    pub fn take_times(&mut self, now_ms: i64, mut take: impl FnMut(i64, u32)) {
        while let Some(Reverse((at_ms, who))) = self.times.peek().copied() {
            if at_ms > now_ms {
                break;
            }
            self.times.pop();
            take(at_ms, who);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry(who: u32) -> Entry {
        Entry {
            who,
            slot: who,
            stamp: 1,
            still: Still::NEVER,
            rest: Rest::UNKNOWN,
        }
    }

    proptest! {
        /// Prices of few units, so that many are at the very bound.
        #[test]
        fn whoever_has_moved_to_the_very_bound_is_taken_and_nobody_else(
            seen in prop::collection::vec((0u128..2_000, 1_000u128..1_004), 1..40),
            prices in prop::collection::vec((0u128..2_000, 995u128..1_010), 1..20),
        ) {
            let mut pair = Pair::default();
            let mut left: BTreeMap<u32, Prices> = BTreeMap::new();
            for (who, seen) in (0u32..).zip(seen) {
                left.insert(who, seen);
                pair.list(seen, entry(who));
            }
            for now in prices {
                let taken = pair.take(now);
                let mut taken: Vec<u32> = taken.iter().flatten().map(|entry| entry.who).collect();
                taken.sort_unstable();
                let moved: Vec<u32> = left
                    .iter()
                    .filter(|(_, seen)| {
                        let far = |now: u128, seen: u128| now.abs_diff(seen) * 1_000 >= seen * 3;
                        far(now.0, seen.0) || far(now.1, seen.1)
                    })
                    .map(|(who, _)| *who)
                    .collect();
                prop_assert_eq!(&taken, &moved);
                // Half of them see these prices, and are reached from there.
                for who in moved {
                    left.remove(&who);
                    if who % 2 == 0 {
                        left.insert(who, now);
                        pair.list(now, entry(who));
                    }
                }
            }
        }
    }

    #[test]
    fn whoever_saw_nothing_is_reached_at_once() {
        let mut pair = Pair::default();
        pair.list(NOTHING, entry(7));
        assert_eq!(pair.take((1_000, 1_000)).len(), 1);
        assert!(pair.take((1_000, 1_000)).is_empty());
    }

    #[test]
    fn ample_slack_asks_for_no_look_before_the_latest() {
        let mut watch = Watch::default();
        let first = watch.schedule(1, 0, AMPLE_SLACK, 0);
        assert_eq!(first, MOST_WAIT_MS);
        for (now_ms, slack) in [(1, AMPLE_SLACK), (MOST_WAIT_MS - 1, AMPLE_SLACK), (2, 9.0)] {
            assert_eq!(watch.schedule(1, now_ms, slack, first), first);
        }
        assert!(watch.schedule(1, 1, AMPLE_SLACK / 2.0, first) < first);
    }
}
