//! What becomes of loans for which prices have moved: most rest, by bounds that were worked out when they were last considered;
//! the others are considered by themselves, on all threads, and whoever may trade is due.

use anyhow::Result;
use rayon::prelude::*;

use super::arbitrage::{costs_ppm, plan};
use super::rest::{Quote, Rest, Still};
use super::watch::{Entry, NOTHING};
use super::{CrvUsd, PPM};
use crate::market::World;

/// Enough to share them among threads.
const MANY: usize = 64;

/// What becomes of a loan for which prices have moved.
enum Verdict {
    /// A trade pays.
    Trades,
    /// Something else may happen.
    Look,
    /// Nothing would: it is listed again.
    Rests(Entry),
}

impl CrvUsd {
    /// Adds the borrowers for whom prices have moved and something may happen.
    pub(super) fn take_moved(&mut self, world: &World, due: &mut Vec<u32>) -> Result<()> {
        self.moments.advance(world)?;
        let mut pairs = std::mem::take(&mut self.watch.pairs);
        for (&(held, owed), pair) in &mut pairs {
            let now = self.quote(world, held, owed)?;
            let mut resting = Vec::new();
            let mut open = Vec::new();
            for entry in pair.take((now.market, now.oracle)).into_iter().flatten() {
                if !self.loans.holds(entry.slot, entry.stamp) {
                    continue;
                }
                if self.rests(&entry, &now) {
                    resting.push(entry);
                } else {
                    open.push(entry);
                }
            }
            // Memory likes an order.
            open.sort_unstable_by_key(|entry| entry.slot);
            let judge = |entry: &Entry| Ok((*entry, self.judge(world, entry, &now)?));
            let judged: Vec<(Entry, Verdict)> = if open.len() < MANY {
                open.iter().map(judge).collect::<Result<_>>()?
            } else {
                open.par_iter().map(judge).collect::<Result<_>>()?
            };
            for (entry, verdict) in judged {
                self.loans[entry.slot].is_due = matches!(verdict, Verdict::Trades);
                if let Verdict::Rests(entry) = verdict {
                    resting.push(entry);
                    continue;
                }
                self.loans.unlist(entry.slot);
                due.push(entry.who);
            }
            if !resting.is_empty() {
                self.moments.keep();
                pair.listed((now.market, now.oracle)).append(&mut resting);
            }
        }
        self.watch.pairs = pairs;
        Ok(())
    }

    /// The prices with which this moment began.
    fn quote(&mut self, world: &World, held: usize, owed: usize) -> Result<Quote> {
        let (market, oracle) = self.averages.noted_ratios(world, held, owed)?;
        let unit = self.units.entry((held, owed));
        Ok(Quote {
            market,
            oracle,
            micro_usd: (
                self.averages.noted_micro_usd(held),
                self.averages.noted_micro_usd(owed),
            ),
            costs: costs_ppm(world) as f64 / PPM as f64,
            unit: *unit.or_insert(oracle.max(1) as f64),
        })
    }

    /// Whether nothing happens to a loan at these prices, by its bounds.
    fn rests(&self, entry: &Entry, now: &Quote) -> bool {
        let changes = self.loans.changes(entry.slot);
        self.keeps_still(entry, now) && entry.rest.holds(changes, &self.moments)
    }

    /// Whether no trade pays, by its bounds.
    fn keeps_still(&self, entry: &Entry, now: &Quote) -> bool {
        #[cfg(test)]
        if self.looks_at_all {
            return false;
        }
        entry.still.holds(now)
    }

    /// Lists a loan that was looked at.
    pub(super) fn list(&mut self, world: &World, slot: u32) -> Result<()> {
        let stamp = self.loans.list(slot);
        let (held, owed) = self.loans[slot].pair();
        let now = self.quote(world, held, owed)?;
        let loan = &self.loans[slot];
        let who = loan.who;
        let (seen, still) = match loan.is_due {
            true => (NOTHING, Still::NEVER),
            false => ((now.market, now.oracle), Still::of(&loan.bands(), &now)),
        };
        let pair = self.watch.pairs.entry((held, owed)).or_default();
        pair.list(
            seen,
            Entry {
                who,
                slot,
                stamp,
                still,
                rest: Rest::UNKNOWN,
            },
        );
        Ok(())
    }

    /// What happens to a loan at these prices; where nothing, with new bounds.
    fn judge(&self, world: &World, entry: &Entry, now: &Quote) -> Result<Verdict> {
        let loan = &self.loans[entry.slot];
        let prices = (now.market, now.oracle);
        let is_still = self.keeps_still(entry, now);
        if !is_still && plan(world, loan, prices)?.is_some() {
            return Ok(Verdict::Trades);
        }
        #[cfg(test)]
        if self.looks_at_all {
            return Ok(Verdict::Look);
        }
        let changes = self.loans.changes(entry.slot);
        let mut entry = *entry;
        if !entry.rest.holds(changes, &self.moments) {
            let obligation = world.obligation(entry.who);
            let book = world.value(&obligation)?;
            let is_healthy = book.health.is_healthy();
            // Whoever became healthy or unhealthy is counted, and the engine has done with whoever is healthy with nothing
            // converted.
            if is_healthy != loan.is_healthy || (is_healthy && loan.is_above()) {
                return Ok(Verdict::Look);
            }
            let Some(rest) = Rest::of(&obligation, &book, changes, &self.moments) else {
                return Ok(Verdict::Look);
            };
            entry.rest = rest;
        }
        if !is_still {
            entry.still = Still::of(&loan.bands(), now);
        }
        Ok(Verdict::Rests(entry))
    }
}
