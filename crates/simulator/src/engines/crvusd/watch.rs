//! When a loan must be looked at: where a price has moved by half of the fee since the last look, or interest may have brought
//! it to hard liquidation.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use levee_risk::interest::MAX_RATE_BPS;

use super::loan::{step_up, Done, Loan};

const YEAR_MS: f64 = 365.0 * 86_400_000.0;
/// Looks for interest alone are no closer than this.
const LEAST_WAIT_MS: i64 = 60_000;
/// Outdated bounds are thrown away where there are more than so many for each loan.
const MOST_OUTDATED: usize = 4;
/// And no fewer than this.
const FEW: usize = 4_096;

/// Which loan: (borrower, number among the borrower's, how often bounds were set).
pub(super) type Mark = (u32, u32, u32);

/// Bounds on one price.
#[derive(Default)]
struct Bounds {
    /// Due where it falls to this or below.
    falls: BinaryHeap<(u128, Mark)>,
    /// Due where it rises to this or above.
    rises: BinaryHeap<Reverse<(u128, Mark)>>,
}

impl Bounds {
    fn set(&mut self, last: u128, mark: Mark) {
        let step = step_up(last);
        self.falls.push((last.saturating_sub(step), mark));
        self.rises.push(Reverse((last.saturating_add(step), mark)));
    }

    /// Takes what `price` has reached.
    fn take(&mut self, price: u128, reached: &mut Vec<Mark>) {
        while self.falls.peek().is_some_and(|(at, _)| price <= *at) {
            reached.extend(self.falls.pop().map(|(_, mark)| mark));
        }
        while self
            .rises
            .peek()
            .is_some_and(|Reverse((at, _))| price >= *at)
        {
            reached.extend(self.rises.pop().map(|Reverse((_, mark))| mark));
        }
    }

    fn tidy(&mut self, loans: usize, holds: impl Fn(&Mark) -> bool) {
        let most = FEW.max(loans * MOST_OUTDATED);
        if self.falls.len() > most {
            self.falls.retain(|(_, mark)| holds(mark));
        }
        if self.rises.len() > most {
            self.rises.retain(|Reverse((_, mark))| holds(mark));
        }
    }
}

/// A new mark, with which all that was set before is outdated.
fn renewed(who: u32, at: usize, loan: &mut Loan) -> Mark {
    loan.watched += 1;
    (who, at as u32, loan.watched)
}

/// All loans by what makes them due.
#[derive(Default)]
pub(super) struct Watch {
    /// By (collateral, debt): bounds on the exchange's price and on the oracle's.
    pairs: BTreeMap<(usize, usize), (Bounds, Bounds)>,
    /// (milliseconds after the opening, borrower).
    times: BinaryHeap<Reverse<(i64, u32)>>,
}

impl Watch {
    /// Sets the bounds of a loan after a look at it, or where it was reached and is not due.
    pub fn set(&mut self, who: u32, at: usize, loan: &mut Loan) {
        let mark = renewed(who, at, loan);
        let (market, oracle) = self.pairs.entry((loan.held, loan.owed)).or_default();
        market.set(loan.last.0, mark);
        oracle.set(loan.last.1, mark);
    }

    /// The same where a price has moved, but there is nothing to do before one comes back to the bands.
    pub fn set_done(&mut self, who: u32, at: usize, loan: &mut Loan, done: Done) {
        let mark = renewed(who, at, loan);
        let (market, oracle) = self.pairs.entry((loan.held, loan.owed)).or_default();
        for bounds in [market, oracle] {
            match done {
                Done::Above(price) => bounds.falls.push((price, mark)),
                Done::Below(price) => bounds.rises.push(Reverse((price, mark))),
            }
        }
    }

    /// The pairs that loans are in.
    pub fn pairs(&self) -> Vec<(usize, usize)> {
        self.pairs.keys().copied().collect()
    }

    /// Takes the marks of a pair that these prices have reached.
    pub fn take(&mut self, pair: (usize, usize), (market, oracle): (u128, u128)) -> Vec<Mark> {
        let mut reached = Vec::new();
        if let Some((by_market, by_oracle)) = self.pairs.get_mut(&pair) {
            by_market.take(market, &mut reached);
            by_oracle.take(oracle, &mut reached);
        }
        reached
    }

    /// Throws away what is outdated, where that is much: of so many loans, the marks that do not hold.
    pub fn tidy(&mut self, loans: usize, holds: impl Fn(&Mark) -> bool) {
        for (by_market, by_oracle) in self.pairs.values_mut() {
            by_market.tidy(loans, &holds);
            by_oracle.tidy(loans, &holds);
        }
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
