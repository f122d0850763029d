//! What becomes of loans for which prices have moved: most rest, by bounds that were worked out when they were last considered;
//! the others are considered by themselves, on all threads, and whoever may trade is due.

use anyhow::Result;
use rayon::prelude::*;

use super::arbitrage::{costs_ppm, plan};
use super::rest::{Quote, Rest, Still};
use super::watch::{Entry, Prices, NOTHING};
use super::{CrvUsd, PPM};
use crate::market::World;

/// Enough to share them among threads.
const MANY: usize = 64;
/// So many are considered with what memory brought at once.
const AHEAD: usize = 16;

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
        for (reserves, pair) in &mut pairs {
            let now = self.quote(world, *reserves, &mut pair.unit)?;
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
                let of = |some: &[Entry]| {
                    self.touch_all(some);
                    some.iter().map(judge).collect::<Vec<Result<_>>>()
                };
                let judged = open.par_chunks(AHEAD).flat_map_iter(of);
                judged.collect::<Result<_>>()?
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

    /// The prices with which this moment began; relative to `unit`, or the oracle's where there is none yet.
    fn quote(
        &mut self,
        world: &World,
        (held, owed): (usize, usize),
        unit: &mut Option<f64>,
    ) -> Result<Quote> {
        let (market, oracle) = self.averages.noted_ratios(world, held, owed)?;
        Ok(Quote {
            market,
            oracle,
            micro_usd: (
                self.averages.noted_micro_usd(held),
                self.averages.noted_micro_usd(owed),
            ),
            costs: costs_ppm(world) as f64 / PPM as f64,
            unit: *unit.get_or_insert(oracle.max(1) as f64),
        })
    }

    /// Reads a little of all of them: memory serves many reads at once as soon as one.
    fn touch_all(&self, some: &[Entry]) {
        let read = some.iter().map(|entry| self.loans[entry.slot].touch());
        std::hint::black_box(read.fold(0, |sum, one| sum ^ one));
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

    /// Lists a loan that was looked at, when prices were these.
    pub(super) fn list(&mut self, slot: u32, now: Prices) {
        let stamp = self.loans.list(slot);
        let loan = &self.loans[slot];
        let (who, pair) = (loan.who, loan.pair());
        let seen = if loan.is_due { NOTHING } else { now };
        let entry = Entry {
            who,
            slot,
            stamp,
            still: Still::NEVER,
            rest: Rest::UNKNOWN,
        };
        self.watch.pairs.entry(pair).or_default().list(seen, entry);
    }

    /// What happens to a loan at these prices; where nothing, with new bounds.
    fn judge(&self, world: &World, entry: &Entry, now: &Quote) -> Result<Verdict> {
        let loan = &self.loans[entry.slot];
        let mut entry = *entry;
        if !self.keeps_still(&entry, now) {
            let bands = loan.bands();
            entry.still = Still::of(&bands, now);
            let may_trade = !self.keeps_still(&entry, now);
            if may_trade && plan(world, loan.pair(), &bands, (now.market, now.oracle))?.is_some() {
                return Ok(Verdict::Trades);
            }
        }
        #[cfg(test)]
        if self.looks_at_all {
            return Ok(Verdict::Look);
        }
        let changes = self.loans.changes(entry.slot);
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
        Ok(Verdict::Rests(entry))
    }
}
