//! What is counted along the way, and what remains of it at the end.

use anyhow::Result;

use crate::engines::Deal;
use crate::market::World;

/// One executed liquidation. Dollars are millionths at the exchange's prices.
#[derive(Clone, Debug, PartialEq)]
pub struct Liquidation {
    /// Milliseconds after the opening.
    pub at_ms: i64,
    /// Which obligation of the book.
    pub who: u32,
    /// What moved.
    pub deal: Deal,
    /// What the debt repaid was worth.
    pub repaid_micro_usd: i64,
    /// What the collateral seized was worth.
    pub seized_micro_usd: i64,
    /// What had to be repaid at no bonus for a health of one; no more than was repaid.
    pub needed_micro_usd: i64,
    /// Written off.
    pub bad_debt_micro_usd: i64,
}

/// What happened between two prices of the path.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Step {
    /// Milliseconds after the opening.
    pub at_ms: i64,
    /// The first asset's price with impact, over its first price.
    pub price: f64,
    /// Debt repaid, in millionths of a dollar.
    pub repaid_micro_usd: i64,
    /// The deepest impact of any asset, in billionths.
    pub depth_ppb: i64,
}

const NEVER: i64 = i64::MIN;

/// Losses of one borrower, in millionths of a dollar.
#[derive(Clone, Copy, Debug, Default)]
struct Loss {
    lost: i64,
    /// The collateral before the first liquidation.
    of: i64,
}

/// Counts.
#[derive(Default)]
pub(super) struct Tally {
    pub liquidations: Vec<Liquidation>,
    pub steps: Vec<Step>,
    /// By obligation; without collateral for whoever was not liquidated.
    losses: Vec<Loss>,
    /// By obligation; [`NEVER`] for whoever is healthy.
    unhealthy_since: Vec<i64>,
    episodes: Vec<i64>,
    pub profit_micro_usd: i64,
    pub inventory_loss_micro_usd: i64,
    pub top_ups: u64,
    pub stuck: u64,
    deepest_ppb: i64,
}

impl Tally {
    /// For a book of so many obligations.
    pub fn new(obligations: usize) -> Self {
        Self {
            losses: vec![Loss::default(); obligations],
            unhealthy_since: vec![NEVER; obligations],
            ..Self::default()
        }
    }

    /// A little of what is known of one.
    pub fn touch(&self, who: u32) -> u64 {
        self.losses[who as usize].of.unsigned_abs()
    }

    pub fn record(
        &mut self,
        world: &World,
        who: u32,
        deal: Deal,
        collateral_micro_usd: i64,
        needed_micro_usd: i64,
    ) -> Result<()> {
        let repaid = world.micro_usd(deal.repay, deal.repaid_atoms)?;
        let seized = world.micro_usd(deal.seize, deal.seized_atoms)?;
        let mut bad_debt = 0;
        for loss in &deal.losses {
            bad_debt += world.micro_usd(loss.asset, loss.atoms)?;
        }
        let loss = &mut self.losses[who as usize];
        if loss.of == 0 {
            loss.of = collateral_micro_usd.max(1);
        }
        loss.lost += seized - repaid;
        self.profit_micro_usd += deal.profit_micro_usd;
        if let Some(step) = self.steps.last_mut() {
            step.repaid_micro_usd += repaid;
        }
        self.liquidations.push(Liquidation {
            at_ms: world.now_ms(),
            who,
            deal,
            repaid_micro_usd: repaid,
            seized_micro_usd: seized,
            needed_micro_usd: needed_micro_usd.min(repaid),
            bad_debt_micro_usd: bad_debt,
        });
        Ok(())
    }

    pub fn unhealthy(&mut self, who: u32, now_ms: i64) {
        let since = &mut self.unhealthy_since[who as usize];
        if *since == NEVER {
            *since = now_ms;
        }
    }

    pub fn healthy(&mut self, who: u32, now_ms: i64) {
        let since = std::mem::replace(&mut self.unhealthy_since[who as usize], NEVER);
        if since != NEVER {
            self.episodes.push(now_ms - since);
        }
    }

    pub fn depth(&mut self, ppb: i64) {
        self.deepest_ppb = self.deepest_ppb.max(ppb);
    }

    pub fn finish(mut self, engine: &str, end_ms: i64, open_bad_debt_micro_usd: i64) -> Outcome {
        let before = self.episodes.len();
        let still = self.unhealthy_since.iter().filter(|since| **since != NEVER);
        self.episodes.extend(still.map(|since| end_ms - since));
        let still_unhealthy = (self.episodes.len() - before) as u64;
        self.episodes.sort_unstable();
        let mut losses_pct: Vec<f64> = self
            .losses
            .iter()
            .filter(|loss| loss.of > 0)
            .map(|loss| loss.lost as f64 / loss.of as f64 * 100.0)
            .collect();
        losses_pct.sort_by(f64::total_cmp);
        Outcome {
            engine: engine.into(),
            liquidations: self.liquidations,
            steps: self.steps,
            losses_pct,
            unhealthy_ms: self.episodes,
            still_unhealthy,
            profit_micro_usd: self.profit_micro_usd,
            open_bad_debt_micro_usd,
            inventory_loss_micro_usd: self.inventory_loss_micro_usd,
            deepest_ppb: self.deepest_ppb,
            top_ups: self.top_ups,
            stuck: self.stuck,
        }
    }
}

/// What an engine did to a book on a path.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Its name.
    pub engine: String,
    /// In the order of time.
    pub liquidations: Vec<Liquidation>,
    /// One per point of the path.
    pub steps: Vec<Step>,
    /// Of each liquidated borrower, in percent of the collateral before, ascending.
    pub losses_pct: Vec<f64>,
    /// How long each time of being unhealthy lasted, ascending.
    pub unhealthy_ms: Vec<i64>,
    /// Borrowers who are unhealthy at the end.
    pub still_unhealthy: u64,
    /// Of all liquidators, after costs.
    pub profit_micro_usd: i64,
    /// Debt beyond collateral at the end that nobody wrote off.
    pub open_bad_debt_micro_usd: i64,
    /// What a protocol lost on collateral that it took over: sold for less than was given for it, or worth less at the end.
    pub inventory_loss_micro_usd: i64,
    /// The deepest impact of sales on any price, in billionths.
    pub deepest_ppb: i64,
    /// Repayments by borrowers who saved themselves.
    pub top_ups: u64,
    /// Looks at borrowers for whom nothing was possible.
    pub stuck: u64,
}
