//! A look at many obligations: who is healthy, and what liquidators do about the others, one after the other.
//!
//! Obligations are in memory in the order of the book and have their turn in that of their health. So what their turns need is
//! gathered, and what they leave is written, for some at a time: memory is waited for once for all of these.

use anyhow::Result;
use rayon::prelude::*;

use super::driver::Walk;
use super::index::ratio;
use super::meet::{meet, Met, Plan, Worked};
use super::needed::needed_micro_usd;
use crate::engines::{Deal, Look, Seen, Turn};
use crate::market::micro_usd;

/// More actions on one obligation at one price mean that they lead nowhere.
const MOST_ROUNDS: usize = 32;
/// So many turns' needs are gathered at a time.
const GATHERED: usize = 64;

/// (health, who, its group, what is known).
type Turns = (u64, u32, u32, Plan);

/// Where the looks at one obligation end.
enum End {
    /// Nobody needs to look before prices move; with its health.
    Healthy(f64),
    /// Time may help.
    Waits,
    /// It is left alone until then.
    Rests(i64),
    /// The engine says when the next look is.
    Engaged,
    /// Only another price may.
    Stuck,
}

impl Walk<'_> {
    /// Looks at some, worst first, and returns those who wait.
    pub(super) fn look_at(&mut self, who: Vec<u32>) -> Result<Vec<u32>> {
        if !self.active.is_empty() {
            let mut sorted = who.clone();
            sorted.sort_unstable();
            self.active.retain(|one| sorted.binary_search(one).is_err());
        }
        meet(
            &self.world,
            &*self.engine,
            self.triggers.index(),
            &who,
            &mut self.rounds,
        )?;
        let mut kept = Vec::new();
        let turns = self.sort_met(&mut kept);
        let waiting = self.take_turns(&turns, &mut kept)?;
        self.engine.wait(&mut self.world, &waiting)?;
        let settled = self.engine.settle(&mut self.world)?;
        self.tally.profit_micro_usd += settled.profit_micro_usd;
        self.tally.inventory_loss_micro_usd += settled.loss_micro_usd;
        kept.extend_from_slice(&waiting);
        self.active.extend(kept);
        self.active.sort_unstable();
        self.active.dedup();
        Ok(waiting)
    }

    /// Those whose turn it is, worst first; whoever is healthy is put back or kept.
    fn sort_met(&mut self, kept: &mut Vec<u32>) -> Vec<Turns> {
        let rounds = std::mem::take(&mut self.rounds);
        let mut turns = Vec::new();
        for round in &rounds {
            self.sort_round(&round.met, &mut turns, kept);
        }
        self.rounds = rounds;
        turns.par_sort_unstable();
        turns
    }

    fn sort_round(&mut self, met: &[Met], turns: &mut Vec<Turns>, kept: &mut Vec<u32>) {
        let now_ms = self.world.now_ms();
        self.tally.fetch(met.iter().map(|met| met.who));
        for met in met {
            let (one, group) = (met.who, met.group);
            if met.is_healthy && self.engine.is_engaged(one) {
                self.tally.healthy(one, now_ms);
                turns.push((u64::MAX, one, group, Plan::Look));
            } else if met.is_healthy {
                if !self.put_back((one, group), met.health) {
                    kept.push(one);
                }
            } else {
                self.tally.unhealthy(one, now_ms);
                turns.push((met.ratio, one, group, met.plan));
            }
        }
    }

    /// Gives each its turn, and returns those who wait.
    fn take_turns(&mut self, turns: &[Turns], kept: &mut Vec<u32>) -> Result<Vec<u32>> {
        let mut waiting = Vec::new();
        let mut gathered = Vec::with_capacity(GATHERED);
        for turns in turns.chunks(GATHERED) {
            let worked = turns.iter().map(|(.., plan)| plan.worked(&self.rounds));
            gathered.clear();
            gathered.extend(worked);
            let unknown = turns.iter().filter(|(.., plan)| *plan == Plan::Look);
            let unknown = unknown.map(|(_, one, ..)| *one);
            self.world.fetch(unknown.clone());
            std::hint::black_box(unknown.fold(0, |sum, one| sum ^ self.engine.touch(one)));
            for ((_, one, group, _), worked) in turns.iter().zip(&gathered) {
                match self.heal(*one, worked.as_ref())? {
                    End::Healthy(health) => self.healed.push(((*one, *group), health)),
                    End::Waits => waiting.push(*one),
                    End::Rests(until_ms) => self.resting.entry(until_ms).or_default().push(*one),
                    End::Engaged => {}
                    End::Stuck => kept.push(*one),
                }
            }
            self.write_back();
            let mut healed = std::mem::take(&mut self.healed);
            self.tally.fetch(healed.iter().map(|((who, _), _)| *who));
            for (one, health) in healed.drain(..) {
                if !self.put_back(one, health) {
                    kept.push(one.0);
                }
            }
            self.healed = healed;
        }
        Ok(waiting)
    }

    /// Writes what turns left of positions, and what borrowers lost.
    fn write_back(&mut self) {
        self.world.fetch(self.left.iter().map(|(who, _)| *who));
        for (who, left) in self.left.drain(..) {
            self.world.set_pair(who, &left);
        }
        self.tally.write_back();
    }

    /// Liquidates one until it is healthy, waits, or nothing is possible any more. What was worked out comes first.
    fn heal(&mut self, who: u32, worked: Option<&Worked>) -> Result<End> {
        for round in 0..MOST_ROUNDS {
            if let Some(worked) = worked.filter(|_| round == 0) {
                if self.are_blocks_full() {
                    return Ok(End::Waits);
                }
                match self.engine.take_turn(&mut self.world, &worked.prepared)? {
                    Turn::Anew => {}
                    Turn::Rests(until_ms) => return Ok(End::Rests(until_ms)),
                    Turn::Acted {
                        deal,
                        left,
                        health,
                        is_healthy,
                    } => {
                        self.left.push((who, left));
                        let worth = (worked.collateral_micro_usd, worked.needed_micro_usd);
                        self.record(who, deal, worth)?;
                        if is_healthy {
                            return Ok(End::Healthy(health));
                        }
                        self.write_back();
                        continue;
                    }
                }
            }
            let obligation = self.world.obligation(who);
            let book = self.world.see(&mut self.sheet, &obligation)?;
            let health = ratio(&book.health);
            if book.health.is_healthy() && !self.engine.is_engaged(who) {
                return Ok(End::Healthy(health));
            }
            if self.are_blocks_full() {
                return Ok(End::Waits);
            }
            let seen = Seen {
                who,
                obligation: &obligation,
                sheet: &self.sheet,
                book: &book,
            };
            let (deal, goes_on) = match self.engine.look(&mut self.world, &seen)? {
                Look::Healthy => return Ok(End::Healthy(health)),
                Look::Waits => return Ok(End::Waits),
                Look::Rests(until_ms) => return Ok(End::Rests(until_ms)),
                Look::Stuck => {
                    self.tally.stuck += 1;
                    break;
                }
                Look::Acted(deal) => (deal, true),
                Look::Converted(deal) => (deal, false),
            };
            let needed = needed_micro_usd(&seen)?;
            self.record(who, *deal, (micro_usd(book.collateral), needed))?;
            if !goes_on {
                break;
            }
        }
        Ok(if self.engine.is_engaged(who) {
            End::Engaged
        } else {
            End::Stuck
        })
    }

    fn are_blocks_full(&self) -> bool {
        self.settings.most_per_slot > 0 && self.allowance == 0
    }

    /// Counts what an engine did to one whose collateral was worth so much, and so much of whose debt had to be repaid.
    fn record(&mut self, who: u32, deal: Deal, (collateral, needed): (i64, i64)) -> Result<()> {
        self.allowance = self.allowance.saturating_sub(1);
        self.tally
            .record(&self.world, who, deal, collateral, needed)
    }

    /// One is healthy. Returns whether nobody needs to look before prices move.
    fn put_back(&mut self, (who, group): (u32, u32), health: f64) -> bool {
        let now_ms = self.world.now_ms();
        self.tally.healthy(who, now_ms);
        let interest = self.watchers.interest(who, health, now_ms);
        self.triggers.put_back((who, group), health, interest)
    }
}
