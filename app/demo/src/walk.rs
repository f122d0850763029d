//! The walk along the price path: who is unhealthy at every price, what the liquidator does, and what is kept of it.

use anyhow::Result;
use levee_simulator::prices::{Bar, POINTS_PER_BAR};

use crate::book::Users;
use crate::invariants::{ratio, Invariants};
use crate::liquidator::{Liquidation, Liquidator};
use crate::market::{usd, Market};
use crate::prices::{dollars, PricePath};

/// The path begins in the slot after the one in which everybody borrowed.
const FIRST_SLOT_MS: i64 = 400;

/// Health over all borrowers with debt and collateral, before the liquidator acts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantiles {
    pub least: f64,
    pub twentieth: f64,
    pub median: f64,
}

/// What happened during one bar.
#[derive(Clone, Debug)]
pub struct Step {
    /// From there to [`Step::end`].
    pub start: i64,
    pub end: i64,
    pub high: f64,
    pub low: f64,
    pub close: f64,
    pub repaid_usd: f64,
    /// At the bar's worst price; `None` where nobody owes anything against collateral.
    pub health: Option<Quantiles>,
}

impl Step {
    /// In Unix seconds.
    pub fn middle(&self) -> f64 {
        (self.start + self.end) as f64 / 2.0
    }

    /// Neighbouring steps as one; there is at least one.
    pub fn joined(steps: &[Self]) -> Self {
        let mut joined = steps[0].clone();
        for step in &steps[1..] {
            joined.end = step.end;
            joined.high = joined.high.max(step.high);
            joined.low = joined.low.min(step.low);
            joined.close = step.close;
            joined.repaid_usd += step.repaid_usd;
            joined.health = match (joined.health, step.health) {
                (Some(a), Some(b)) => Some(Quantiles {
                    least: a.least.min(b.least),
                    twentieth: a.twentieth.min(b.twentieth),
                    median: a.median.min(b.median),
                }),
                (known, other) => known.or(other),
            };
        }
        joined
    }
}

/// Everything that is shown at the end.
pub struct Run {
    pub first_price: f64,
    pub steps: Vec<Step>,
    pub liquidations: Vec<Liquidation>,
    pub invariants: Invariants,
    /// How many borrowers could not be healed at some price, by the reason given last.
    pub refused: Vec<(String, usize)>,
    /// Borrowers who are unhealthy at the last price.
    pub unhealthy_at_end: usize,
    /// What borrowers without collateral still owe at the last price.
    pub unsettled_usd: f64,
    pub insurance_usd: f64,
    /// Transactions that marked borrowers who had to wait.
    pub marks: u64,
    pub transactions: u64,
}

/// Walks the whole path; `progress` is called after every bar.
///
/// # Errors
/// Where the chain refuses a refresh or an account makes no sense.
pub fn walk(
    market: &mut Market,
    users: &mut Users,
    path: &PricePath,
    mut progress: impl FnMut(),
) -> Result<Run> {
    let mut walker = Walker {
        liquidator: Liquidator::new(market)?,
        invariants: Invariants::default(),
        liquidations: Vec::new(),
    };
    let user = &walker.liquidator.user;
    walker.invariants.remember_totals(market, users, user);
    let mut steps = Vec::with_capacity(path.bars.len());
    for bar in &path.bars {
        steps.push(walker.step(market, users, path, bar)?);
        progress();
    }
    walker.end(market, users, path, steps)
}

/// Who walks, and what was seen so far.
struct Walker {
    liquidator: Liquidator,
    invariants: Invariants,
    liquidations: Vec<Liquidation>,
}

impl Walker {
    /// One bar: at each of its prices whoever is unhealthy is liquidated.
    fn step(
        &mut self,
        market: &mut Market,
        users: &mut Users,
        path: &PricePath,
        bar: &Bar,
    ) -> Result<Step> {
        let point_ms = path.bar_seconds * 1_000 / POINTS_PER_BAR as i64;
        let wait_ms = Market::milliseconds(market.rules.config.mild_wait_slots);
        let mut step = Step {
            start: bar.timestamp,
            end: bar.timestamp + path.bar_seconds,
            high: dollars(bar.high.max(bar.open)),
            low: dollars(bar.low.min(bar.open)),
            close: dollars(bar.close),
            repaid_usd: 0.0,
            health: None,
        };
        let mut time_ms = (bar.timestamp - path.first().timestamp) * 1_000 + FIRST_SLOT_MS;
        for price in bar.points().map(dollars) {
            market.advance(time_ms, price)?;
            let (unhealthy, health) = look(market, users)?;
            step.health = worse(step.health, health);
            let mut done = Vec::new();
            let borrowers = &mut users.borrowers;
            let mut heal = |market: &mut Market, unhealthy: &[usize]| {
                let invariants = &mut self.invariants;
                self.liquidator
                    .heal_all(market, borrowers, unhealthy, invariants, &mut done)
            };
            let waiting = heal(market, &unhealthy)?;
            // Who waits has aged when the market's slots for that are over, if the price lasts so long.
            if !waiting.is_empty() && wait_ms < point_ms {
                market.advance(time_ms + wait_ms, price)?;
                heal(market, &waiting)?;
            }
            step.repaid_usd += done.iter().map(|one| one.repaid_usd).sum::<f64>();
            self.liquidations.extend(done);
            time_ms += point_ms;
        }
        market.refresh()?;
        Ok(step)
    }

    /// What remains after the last bar.
    fn end(
        mut self,
        market: &mut Market,
        users: &mut Users,
        path: &PricePath,
        steps: Vec<Step>,
    ) -> Result<Run> {
        let user = &self.liquidator.user;
        self.invariants.whole_market(market, users, user)?;
        let mut insurance_usd = 0.0;
        for token in 0..market.tokens.len() {
            insurance_usd += market.insurance_usd(token)?;
        }
        let mut unsettled_usd = 0.0;
        for borrower in &users.borrowers {
            if borrower.obligation.is_bare_debt() {
                unsettled_usd += usd(market.book(&borrower.obligation)?.debt);
            }
        }
        let marks = self.liquidator.marks;
        Ok(Run {
            first_price: dollars(path.first().open),
            transactions: (steps.len() + self.liquidations.len()) as u64 + marks,
            marks,
            unhealthy_at_end: look(market, users)?.0.len(),
            steps,
            liquidations: self.liquidations,
            invariants: self.invariants,
            refused: counted(self.liquidator.refused.into_values()),
            unsettled_usd,
            insurance_usd,
        })
    }
}

/// Reasons in the order in which they come first, and how often each comes.
fn counted(reasons: impl Iterator<Item = String>) -> Vec<(String, usize)> {
    let mut counted: Vec<(String, usize)> = Vec::new();
    for reason in reasons {
        match counted.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, count)) => *count += 1,
            None => counted.push((reason, 1)),
        }
    }
    counted
}

/// The unhealthy borrowers, worst first, and the health of all with collateral.
fn look(market: &Market, users: &Users) -> Result<(Vec<usize>, Option<Quantiles>)> {
    let mut unhealthy = Vec::new();
    let mut all = Vec::with_capacity(users.borrowers.len());
    for (number, borrower) in users.borrowers.iter().enumerate() {
        if borrower.obligation.borrow_count == 0 {
            continue;
        }
        let book = market.book(&borrower.obligation)?;
        let health = ratio(&book.health);
        if !book.health.is_healthy() {
            unhealthy.push((health, number));
        }
        // A debt that lost its collateral has no health to speak of; the report counts it.
        if !borrower.obligation.is_bare_debt() {
            all.push(health);
        }
    }
    unhealthy.sort_by(|a, b| a.0.total_cmp(&b.0));
    let unhealthy = unhealthy.into_iter().map(|(_, number)| number);
    Ok((unhealthy.collect(), quantiles(all)))
}

fn quantiles(mut all: Vec<f64>) -> Option<Quantiles> {
    all.sort_by(f64::total_cmp);
    let last = all.len().checked_sub(1)?;
    Some(Quantiles {
        least: all[0],
        twentieth: all[last / 20],
        median: all[last / 2],
    })
}

fn worse(so_far: Option<Quantiles>, now: Option<Quantiles>) -> Option<Quantiles> {
    match (so_far, now) {
        (Some(a), Some(b)) => Some(if a.least <= b.least { a } else { b }),
        (known, other) => known.or(other),
    }
}
