//! The walk along the path: who is unhealthy at every price, and what liquidators do about it.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Result;
use levee_risk::sheet::Sheet;
use rayon::prelude::*;

use super::index::Index;
use super::meet::Round;
use super::tally::{Outcome, Step, Tally};
use super::triggers::Triggers;
use super::watchers::Watchers;
use super::Settings;
use crate::book::Opening;
use crate::engines::Engine;
use crate::market::{micro_usd, Pair, Totals, World, FIRST_SLOT_MS, SLOT_MS};
use crate::prices::PricePath;

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
        resting: BTreeMap::new(),
        rounds: Vec::new(),
        left: Vec::new(),
        healed: Vec::new(),
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

pub(super) struct Walk<'a> {
    pub(super) world: World,
    pub(super) engine: &'a mut dyn Engine,
    pub(super) settings: &'a Settings,
    pub(super) triggers: Triggers,
    pub(super) totals: Totals,
    pub(super) tally: Tally,
    /// Those who are looked at whenever prices move: unhealthy or watched.
    pub(super) active: Vec<u32>,
    /// Those whom liquidators leave alone, by until when.
    pub(super) resting: BTreeMap<i64, Vec<u32>>,
    /// Those whom a look met.
    pub(super) rounds: Vec<Round>,
    /// What turns left that is not written yet.
    pub(super) left: Vec<(u32, Pair)>,
    /// Those who are healthy after their turn and not put back yet: ((who, group), health).
    pub(super) healed: Vec<((u32, u32), f64)>,
    /// Room for a valuation.
    pub(super) sheet: Sheet,
    pub(super) watchers: Watchers,
    pub(super) first_price: u64,
    pub(super) feeds: usize,
    /// Liquidations that blocks still have room for.
    pub(super) allowance: u64,
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
        while let Some(first) = self.resting.first_entry() {
            if *first.key() > now_ms {
                break;
            }
            due.extend(first.remove());
        }
        due.par_sort_unstable();
        due.dedup();
        self.look_at(due)
    }

    fn finish(mut self) -> Result<Outcome> {
        self.totals.check(&self.world)?;
        self.tally.inventory_loss_micro_usd += self.engine.open_loss_micro_usd(&self.world)?;
        let mut open = 0i64;
        let resting = self.resting.into_values().flatten();
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
