//! The walk along the path: who is unhealthy at every price, and what liquidators do about it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use anyhow::Result;
use levee_risk::sheet::Sheet;
use levee_risk::valuation::Health;
use rayon::prelude::*;

use super::needed::needed_micro_usd;
use super::tally::{Outcome, Step, Tally};
use super::triggers::{ratio, Index, Triggers};
use super::watchers::Watchers;
use super::Settings;
use crate::book::Opening;
use crate::engines::{Engine, Look, Seen};
use crate::market::{micro_usd, Totals, World, FIRST_SLOT_MS, SLOT_MS};
use crate::prices::PricePath;

/// More actions on one obligation at one price mean that they lead nowhere.
const MOST_ROUNDS: usize = 32;
/// Enough to share them among threads.
const MANY: usize = 128;
/// So many are looked at with what memory brought at once.
const AHEAD: usize = 16;
/// How many conservation checks a run makes along the way.
const CHECKS: usize = 4;

/// Walks `path` with `engine`; `progress` is called after every point.
///
/// # Errors
/// Where an account makes no sense, or value was not conserved.
pub fn run(
    opening: &Opening,
    path: &PricePath,
    index: &Arc<Index>,
    engine: &mut dyn Engine,
    settings: &Settings,
    progress: &dyn Fn(),
) -> Result<Outcome> {
    let world = World::new(opening, path, settings)?;
    let watchers = Watchers::new(settings);
    let mut walk = Walk {
        triggers: Triggers::new(Arc::clone(index), &world, watchers.attention()),
        totals: Totals::of(&world),
        engine,
        settings,
        tally: Tally::new(opening.book.len()),
        active: Vec::new(),
        resting: BinaryHeap::new(),
        sheet: Sheet::EMPTY,
        watchers,
        first_price: world.exchange.price(0),
        feeds: opening.depths.len(),
        allowance: 0,
        world,
    };
    let check_every = path.len().div_ceil(CHECKS).max(1);
    for at in 0..path.len() {
        let time_ms = path.times_ms[at] + FIRST_SLOT_MS;
        let next_ms = path.times_ms.get(at + 1).copied().unwrap_or(path.end_ms()) + FIRST_SLOT_MS;
        walk.point(path.row(at), time_ms, next_ms)?;
        if path.ends_bar[at] {
            walk.world.pool.refresh_all();
        }
        if (at + 1) % check_every == 0 {
            walk.totals.check(&walk.world)?;
        }
        progress();
    }
    walk.finish()
}

struct Walk<'a> {
    world: World,
    engine: &'a mut dyn Engine,
    settings: &'a Settings,
    triggers: Triggers,
    totals: Totals,
    tally: Tally,
    /// Those who are looked at whenever prices move: unhealthy or watched.
    active: Vec<u32>,
    /// Those whom liquidators leave alone: (until when, who).
    resting: BinaryHeap<Reverse<(i64, u32)>>,
    /// Room for a valuation.
    sheet: Sheet,
    watchers: Watchers,
    first_price: u64,
    feeds: usize,
    /// Liquidations that blocks still have room for.
    allowance: u64,
}

impl Walk<'_> {
    /// One price, and the looks until the next one.
    fn point(&mut self, prices: &[u64], time_ms: i64, next_ms: i64) -> Result<()> {
        self.advance(time_ms, prices)?;
        self.tally.steps.push(Step {
            at_ms: time_ms,
            ..Step::default()
        });
        let mut waiting = self.look_at_all()?;
        let look_ms = self.settings.look_slots.max(1) as i64 * SLOT_MS;
        let mut now_ms = time_ms + look_ms;
        while now_ms < next_ms {
            let price_moved = self.has_unseen_moves();
            if waiting.is_empty() && !price_moved {
                break;
            }
            let before = self.prints();
            self.advance(now_ms, prices)?;
            waiting = if before == self.prints() {
                self.look_at(waiting)?
            } else {
                self.look_at_all()?
            };
            now_ms += look_ms;
        }
        let depth = (0..self.feeds).map(|feed| self.world.exchange.shift(feed).abs());
        let depth = depth.max().unwrap_or(0);
        self.tally.depth(depth);
        if let Some(step) = self.tally.steps.last_mut() {
            step.price = self.world.exchange.price(0) as f64 / self.first_price as f64;
            step.depth_ppb = depth;
        }
        Ok(())
    }

    fn advance(&mut self, now_ms: i64, prices: &[u64]) -> Result<()> {
        let slots = (now_ms - self.world.now_ms()) / SLOT_MS;
        self.world.advance(now_ms, prices)?;
        self.allowance = self
            .settings
            .most_per_slot
            .saturating_mul(slots.unsigned_abs());
        let engine = &mut self.engine;
        let changed = &mut |who| engine.changed(who);
        self.tally.top_ups += self.watchers.repay(&mut self.world, changed)?;
        Ok(())
    }

    /// What all oracles say.
    fn prints(&self) -> Vec<u64> {
        let reserves = self.world.pool.reserves().iter();
        reserves.map(|reserve| reserve.price.price).collect()
    }

    /// Whether the exchange's prices are not what the oracles say.
    fn has_unseen_moves(&self) -> bool {
        let reserves = self.world.pool.reserves().iter().enumerate();
        let mut prices = reserves.map(|(at, reserve)| {
            (
                reserve.price.price,
                self.world.exchange.price(self.world.source(at)),
            )
        });
        // What decays or follows is seen soon enough at the next point; a cascade moves by more than a basis point.
        prices.any(|(said, traded)| said.abs_diff(traded) > said / 10_000)
    }

    fn look_at_all(&mut self) -> Result<Vec<u32>> {
        let mut due = std::mem::take(&mut self.active);
        self.triggers.take(&self.world, &mut due);
        self.engine.take_due(&self.world, &mut due)?;
        let now_ms = self.world.now_ms();
        while let Some(Reverse((until_ms, who))) = self.resting.peek().copied() {
            if until_ms > now_ms {
                break;
            }
            self.resting.pop();
            due.push(who);
        }
        due.sort_unstable();
        due.dedup();
        self.look_at(due)
    }

    /// Looks at some, worst first, and returns those who wait.
    fn look_at(&mut self, who: Vec<u32>) -> Result<Vec<u32>> {
        let now_ms = self.world.now_ms();
        if !self.active.is_empty() {
            let mut sorted = who.clone();
            sorted.sort_unstable();
            self.active.retain(|one| sorted.binary_search(one).is_err());
        }
        let mut unhealthy = Vec::new();
        let mut kept: Vec<u32> = Vec::new();
        for (one, health) in values(&self.world, &who)? {
            let is_healthy = health.is_healthy();
            if is_healthy && self.engine.is_engaged(one) {
                self.tally.healthy(one, now_ms);
                unhealthy.push((u64::MAX, one));
            } else if is_healthy {
                if !self.put_back(one, ratio(&health)) {
                    kept.push(one);
                }
            } else {
                self.tally.unhealthy(one, now_ms);
                unhealthy.push((health.ratio_down().unwrap_or(u64::MAX), one));
            }
        }
        unhealthy.sort_unstable();
        let mut waiting = Vec::new();
        for (at, &(_, one)) in unhealthy.iter().enumerate() {
            if at % AHEAD == 0 {
                self.touch(unhealthy[at..].iter().take(AHEAD));
            }
            match self.heal(one)? {
                End::Healthy(health) => {
                    if !self.put_back(one, health) {
                        kept.push(one);
                    }
                }
                End::Waits => waiting.push(one),
                End::Rests(until_ms) => self.resting.push(Reverse((until_ms, one))),
                End::Engaged => {}
                End::Stuck => kept.push(one),
            }
        }
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

    /// Reads a little of everything that looks at some will need: memory serves many reads at once as soon as one.
    fn touch<'a>(&self, some: impl Iterator<Item = &'a (u64, u32)>) {
        let read = some.map(|(_, who)| {
            let here = self.world.touch(*who) ^ self.tally.touch(*who);
            here ^ self.engine.touch(*who)
        });
        std::hint::black_box(read.fold(0, |sum, one| sum ^ one));
    }

    /// Liquidates one until it is healthy, waits, or nothing is possible any more.
    fn heal(&mut self, who: u32) -> Result<End> {
        for _ in 0..MOST_ROUNDS {
            let obligation = self.world.obligation(who);
            let book = self.world.see(&mut self.sheet, &obligation)?;
            let health = ratio(&book.health);
            if book.health.is_healthy() && !self.engine.is_engaged(who) {
                return Ok(End::Healthy(health));
            }
            if self.settings.most_per_slot > 0 && self.allowance == 0 {
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
            self.allowance = self.allowance.saturating_sub(1);
            let needed = needed_micro_usd(&seen)?;
            self.tally
                .record(&self.world, who, *deal, micro_usd(book.collateral), needed)?;
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

    /// One is healthy. Returns whether nobody needs to look before prices move.
    fn put_back(&mut self, who: u32, health: f64) -> bool {
        let now_ms = self.world.now_ms();
        self.tally.healthy(who, now_ms);
        let interest = self.watchers.interest(who, health, now_ms);
        self.triggers.put_back(who, health, interest)
    }

    fn finish(mut self) -> Result<Outcome> {
        self.totals.check(&self.world)?;
        self.tally.inventory_loss_micro_usd += self.engine.open_loss_micro_usd(&self.world)?;
        let mut open = 0i64;
        let resting = self.resting.into_iter().map(|Reverse((_, who))| who);
        let mut left = self.active;
        left.extend(resting);
        left.extend(self.engine.engaged());
        left.sort_unstable();
        left.dedup();
        for who in &left {
            let book = self.world.value_of(*who)?;
            open += micro_usd(book.debt)
                .saturating_sub(micro_usd(book.collateral))
                .max(0);
        }
        let name = self.engine.name();
        Ok(self.tally.finish(name, self.world.now_ms(), open))
    }
}

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

/// The health of some, in their order.
fn values(world: &World, who: &[u32]) -> Result<Vec<(u32, Health)>> {
    let of = |one: &u32| Ok((*one, world.value_of(*one)?.health));
    if who.len() < MANY {
        return who.iter().map(of).collect();
    }
    who.par_iter().map(of).collect()
}
