//! When a loan must be looked at: where a price has moved by half of the fee since the last look, or interest may have brought
//! it to hard liquidation.
//!
//! Those who were looked at in one moment saw one price of the oracle's and, as trades moved it, many of the exchange's. Sorted
//! by the latter they become due from both ends, whatever happens: at the highest prices as the exchange's falls, at the lowest
//! as it rises, and all at once as the oracle's moves. So a look costs a place in a list instead of four in heaps.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use levee_risk::interest::MAX_RATE_BPS;

use super::loan::{step_up, Done, Loan};

const YEAR_MS: f64 = 365.0 * 86_400_000.0;
/// Looks for interest alone are no closer than this.
const LEAST_WAIT_MS: i64 = 60_000;

/// A loan on a list. Prices are in units of one: debt atoms per collateral atom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mark {
    /// Whose it is.
    pub who: u32,
    /// Where it is among all loans.
    pub slot: u32,
    /// Its stamp when it was listed: with another one it is no longer on this list.
    pub stamp: u32,
    /// Whether there are prices at which it has nothing to do, however far they moved.
    pub may_be_done: bool,
}

/// Those who last saw one price of the oracle's.
#[derive(Default)]
struct Cohort {
    /// (the exchange's price that they saw, who).
    seen: Vec<(u128, Mark)>,
    /// How many were taken from the front.
    taken: usize,
    is_sorted: bool,
}

impl Cohort {
    fn push(&mut self, market: u128, mark: Mark) {
        self.seen.push((market, mark));
        self.is_sorted = false;
    }

    fn is_empty(&self) -> bool {
        self.taken == self.seen.len()
    }

    /// Takes all.
    fn drain(&mut self, reached: &mut Vec<Mark>) {
        reached.extend(self.seen.drain(self.taken..).map(|(_, mark)| mark));
        self.taken = self.seen.len();
    }

    /// Takes those who saw a price from which `market` is half of the fee away.
    fn take(&mut self, market: u128, reached: &mut Vec<Mark>) {
        if !self.is_sorted {
            self.seen.drain(..self.taken);
            self.taken = 0;
            self.seen.sort_unstable_by_key(|(price, _)| *price);
            self.is_sorted = true;
        }
        // Both bounds rise with the price that was seen, so nobody between the ends is missed.
        while let Some((price, mark)) = self.seen[self.taken..].last() {
            if market > price.saturating_sub(step_up(*price)) {
                break;
            }
            reached.push(*mark);
            self.seen.pop();
        }
        while let Some((price, mark)) = self.seen.get(self.taken) {
            if market < price.saturating_add(step_up(*price)) {
                break;
            }
            reached.push(*mark);
            self.taken += 1;
        }
    }
}

/// The loans of a pair.
#[derive(Default)]
pub(super) struct Pair {
    /// By the oracle's price that they saw.
    cohorts: BTreeMap<u128, Cohort>,
    /// Done until a price falls to this or below.
    above: BinaryHeap<(u128, Mark)>,
    /// Done until a price rises to this or above.
    below: BinaryHeap<Reverse<(u128, Mark)>>,
}

impl Pair {
    /// Lists one who saw these prices.
    pub fn list(&mut self, (market, oracle): (u128, u128), mark: Mark) {
        self.cohorts.entry(oracle).or_default().push(market, mark);
    }

    /// Lists one who is done.
    pub fn rest(&mut self, done: Done, mark: Mark) {
        match done {
            Done::Above(price) => self.above.push((price, mark)),
            Done::Below(price) => self.below.push(Reverse((price, mark))),
        }
    }

    /// Takes those whom these prices reach: all who are due, those who moved and may be done, and those who were done and may
    /// be no longer.
    pub fn take(&mut self, (market, oracle): (u128, u128), reached: &mut Vec<Mark>) {
        self.cohorts.retain(|seen, cohort| {
            if oracle.abs_diff(*seen) >= step_up(*seen) {
                cohort.drain(reached);
            } else {
                cohort.take(market, reached);
            }
            !cohort.is_empty()
        });
        let (least, most) = (market.min(oracle), market.max(oracle));
        while self.above.peek().is_some_and(|(price, _)| least <= *price) {
            reached.extend(self.above.pop().map(|(_, mark)| mark));
        }
        while let Some(Reverse((price, mark))) = self.below.peek() {
            if most < *price {
                break;
            }
            reached.push(*mark);
            self.below.pop();
        }
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
    /// Lists a loan after a look at it.
    pub fn list(&mut self, loan: &Loan, slot: u32, stamp: u32) {
        let mark = Mark {
            who: loan.who,
            slot,
            stamp,
            may_be_done: loan.is_above() || loan.is_converted(),
        };
        let pair = self.pairs.entry((loan.held, loan.owed)).or_default();
        pair.list(loan.last, mark);
    }

    /// Sees to it that `who`, who has so much slack before hard liquidation, is looked at before interest can have used it up at
    /// the highest rate that a reserve may have. Returns when, no later than `next_ms`.
    pub fn schedule(&mut self, who: u32, now_ms: i64, slack: f64, next_ms: i64) -> i64 {
        let most_per_year = f64::from(MAX_RATE_BPS) / 1e4;
        let wait_ms = (slack.max(0.0) / most_per_year * YEAR_MS) as i64;
        let at_ms = now_ms + wait_ms.max(LEAST_WAIT_MS);
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

    use super::super::band::Band;
    use super::*;

    proptest! {
        /// Prices of few units, so that many are at the very bound.
        #[test]
        fn whoever_has_moved_to_the_very_bound_is_taken_and_nobody_else(
            seen in prop::collection::vec((0u128..2_000, 1_000u128..1_004), 1..40),
            prices in prop::collection::vec((0u128..2_000, 995u128..1_010), 1..20),
        ) {
            let mut pair = Pair::default();
            let mut left: BTreeMap<u32, Loan> = BTreeMap::new();
            for (who, last) in seen.into_iter().enumerate() {
                let (who, bands) = (who as u32, Band::spread(1_000, 1_000_000));
                left.insert(who, Loan { who, next: 0, next_ms: 0, held: 0, owed: 1, bands, last });
                pair.list(last, Mark { who, slot: who, stamp: 1, may_be_done: false });
            }
            for (market, oracle) in prices {
                let mut reached = Vec::new();
                pair.take((market, oracle), &mut reached);
                let mut taken: Vec<u32> = reached.iter().map(|mark| mark.who).collect();
                taken.sort_unstable();
                let moved = left.values().filter(|loan| loan.has_moved(market, oracle));
                let moved: Vec<u32> = moved.map(|loan| loan.who).collect();
                prop_assert_eq!(&taken, &moved);
                left.retain(|who, _| !moved.contains(who));
            }
        }

        #[test]
        fn whoever_rests_is_taken_when_a_price_comes_back_to_the_very_bound(
            bounds in prop::collection::vec((any::<bool>(), 0u128..50), 1..40),
            prices in prop::collection::vec((0u128..50, 0u128..50), 1..20),
        ) {
            let mut pair = Pair::default();
            let mut left: BTreeMap<u32, (bool, u128)> = BTreeMap::new();
            for (who, (is_above, price)) in bounds.into_iter().enumerate() {
                let who = who as u32;
                let done = if is_above { Done::Above(price) } else { Done::Below(price) };
                pair.rest(done, Mark { who, slot: who, stamp: 1, may_be_done: true });
                left.insert(who, (is_above, price));
            }
            for (market, oracle) in prices {
                let mut reached = Vec::new();
                pair.take((market, oracle), &mut reached);
                let mut taken: Vec<u32> = reached.iter().map(|mark| mark.who).collect();
                taken.sort_unstable();
                let rests = |(is_above, price): (bool, u128)| match is_above {
                    true => market.min(oracle) > price,
                    false => market.max(oracle) < price,
                };
                let back: Vec<u32> = left.iter().filter(|(_, one)| !rests(**one)).map(|(who, _)| *who).collect();
                prop_assert_eq!(&taken, &back);
                left.retain(|who, _| !back.contains(who));
            }
        }
    }
}
