//! All obligations of a market, ordered so that a change finds those that it makes liquidatable, or heals, without looking
//! at the rest.
//!
//! Every obligation has a box (see [`boxes`]): as long as all prices stay inside, its verdict cannot change. The sides of the
//! boxes wait in two queues per base, one for falling and one for rising prices, ordered by price. A tick takes
//! from the two queues of its base what it crossed; each of those is valued exactly, by the program's own code, and gets a
//! verdict and a new box. What is not taken out needs no look. So [`Index::settle`] leaves the same verdicts as valuing
//! everything would.

#![deny(missing_docs)]

pub mod boxes;
pub mod key;
pub mod store;
pub mod world;

mod changes;
mod evaluate;

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use anchor_lang::prelude::Pubkey;
use levee::state::{LendingMarket, Obligation, Reserve};
use levee_risk::policy::Moment;

use boxes::Motion;
use key::{key_down, key_up, Due, Queue, Trigger};
use store::{Store, UnknownReserve, Verdict};
use world::{FeedId, World};

/// The drift clock is set back when it has come so far: half of what its keys hold.
const DRIFT_END: u64 = 1 << 31;

/// The queues of one base.
#[derive(Default)]
struct Queues {
    lower: Queue,
    upper: Queue,
}

/// What [`Index::settle`] found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// Obligations that became unhealthy.
    pub unhealthy: Vec<u32>,
    /// Obligations that became healthy.
    pub healthy: Vec<u32>,
    /// How many obligations were valued.
    pub valued: usize,
}

/// The index.
pub struct Index {
    world: World,
    store: Store,
    queues: Vec<Queues>,
    drift_queue: Queue,
    /// How far slow factors have moved, in parts of 2³².
    drift: u64,
    /// Too close to the edge for a box: looked at after every change.
    thin: HashSet<u32>,
    unhealthy: HashSet<u32>,
    /// Bases whose price changed since the last settling.
    moved: Vec<u16>,
    /// Verdicts that changed since then, with the verdict before.
    turned: Vec<(u32, Verdict)>,
    valued: usize,
    is_touched: bool,
    motion: fn(&FeedId, &Reserve) -> Motion,
}

impl Index {
    /// A market without obligations. `motion` says how much a base moves.
    pub fn new(
        market: LendingMarket,
        reserves: impl IntoIterator<Item = (Pubkey, Reserve)>,
        moment: Moment,
        motion: fn(&FeedId, &Reserve) -> Motion,
    ) -> Self {
        let mut index = Self {
            world: World::new(market, moment),
            store: Store::default(),
            queues: Vec::new(),
            drift_queue: Queue::default(),
            drift: 0,
            thin: HashSet::new(),
            unhealthy: HashSet::new(),
            moved: Vec::new(),
            turned: Vec::new(),
            valued: 0,
            is_touched: false,
            motion,
        };
        for (key, reserve) in reserves {
            index.put_reserve(key, reserve);
        }
        index
    }

    /// The market, its reserves and prices.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The obligations.
    pub fn obligations(&self) -> &Store {
        &self.store
    }

    /// Those that are unhealthy as of the last settling.
    pub fn unhealthy(&self) -> impl Iterator<Item = u32> + '_ {
        self.unhealthy.iter().copied()
    }

    /// Whether obligation `id` is among [`Index::unhealthy`].
    pub fn is_unhealthy(&self, id: u32) -> bool {
        self.unhealthy.contains(&id)
    }

    /// The state of obligation `id`, apart from its owner, id and bump.
    pub fn obligation(&self, id: u32) -> Obligation {
        self.store.unpack(id, &self.world)
    }

    /// Stores what `obligation` was in `slot`, unless something newer is known, and returns whether it did.
    ///
    /// # Errors
    /// [`UnknownReserve`]: that reserve must be put first.
    pub fn put(
        &mut self,
        key: &Pubkey,
        obligation: &Obligation,
        slot: u64,
    ) -> Result<bool, UnknownReserve> {
        if let Some(id) = self.store.number(key) {
            if self.store.head(id).seen_slot > slot {
                return Ok(false);
            }
        }
        let id = self.store.put(key, obligation, slot, &self.world)?;
        self.value(id);
        Ok(true)
    }

    /// Forgets the obligation `key`, which was closed.
    pub fn remove(&mut self, key: &Pubkey) {
        if let Some(id) = self.store.number(key) {
            self.thin.remove(&id);
            self.unhealthy.remove(&id);
            self.turned.retain(|(turned, _)| *turned != id);
            self.store.remove(id);
        }
    }

    /// Brings all verdicts up to date and tells which of them changed since the last time.
    pub fn settle(&mut self) -> Settled {
        for feed in std::mem::take(&mut self.moved) {
            self.settle_feed(feed);
        }
        self.settle_drift();
        if std::mem::take(&mut self.is_touched) {
            let thin: Vec<u32> = self.thin.iter().copied().collect();
            for id in thin {
                self.value(id);
            }
        }
        let mut settled = Settled {
            valued: std::mem::take(&mut self.valued),
            ..Settled::default()
        };
        let mut turned = std::mem::take(&mut self.turned);
        // The first entry of each has the verdict at the last settling.
        turned.sort_by_key(|(id, _)| *id);
        turned.dedup_by_key(|(id, _)| *id);
        for (id, before) in turned {
            match (before, self.store.head(id).verdict) {
                (before, after) if before == after => {}
                (_, Verdict::Unhealthy) => settled.unhealthy.push(id),
                (Verdict::Unhealthy, _) => settled.healthy.push(id),
                _ => {}
            }
        }
        settled
    }

    fn settle_feed(&mut self, feed: u16) {
        let price = self.world.feeds[usize::from(feed)].price;
        let level = key_down(price);
        while let Some((key, id)) = self.queues[usize::from(feed)].lower.pop_above(level) {
            self.due(feed, false, id, key);
        }
        // Upper triggers are queued by their complement, so that the lowest is the most urgent.
        let level = !key_up(price);
        while let Some((key, id)) = self.queues[usize::from(feed)].upper.pop_above(level) {
            self.due(feed, true, id, key);
        }
    }

    /// Tidies one queue, if any is cluttered: work for moments in which no price moves.
    fn tidy(&mut self) {
        let store = &self.store;
        let reserves = &self.world.reserves;
        for (feed, queues) in self.queues.iter_mut().enumerate() {
            let sides = [(&mut queues.lower, false), (&mut queues.upper, true)];
            for (queue, is_upper) in sides {
                if queue.is_cluttered() {
                    queue.tidy(|id| {
                        let of_feed = |r: u16| usize::from(reserves[usize::from(r)].feed) == feed;
                        let mut positions = store.positions(id).iter();
                        let first = positions.find(|packed| of_feed(packed.reserve))?;
                        (first.is_upper == is_upper).then_some(first.trigger)
                    });
                    return;
                }
            }
        }
        if self.drift_queue.is_cluttered() {
            self.drift_queue.tidy(|id| Some(store.head(id).drift));
        }
    }

    fn due(&mut self, feed: u16, is_upper: bool, id: u32, key: u32) {
        let reserves = &self.world.reserves;
        let of_feed = |reserve: u16| reserves[usize::from(reserve)].feed == feed;
        let positions = self.store.positions_mut(id);
        let first = positions.iter_mut().find(|p| of_feed(p.reserve));
        let Some(packed) = first.filter(|packed| packed.is_upper == is_upper) else {
            return;
        };
        let queues = &mut self.queues[usize::from(feed)];
        let queue = match is_upper {
            true => &mut queues.upper,
            false => &mut queues.lower,
        };
        if queue.due(&mut packed.trigger, id, key) == Due::Fired {
            self.value(id);
        }
    }

    fn settle_drift(&mut self) {
        let level = !(self.drift as u32);
        while let Some((key, id)) = self.drift_queue.pop_above(level) {
            let trigger = &mut self.store.head_mut(id).drift;
            if self.drift_queue.due(trigger, id, key) == Due::Fired {
                self.value(id);
            }
        }
        if self.drift >= DRIFT_END {
            self.drift = 0;
            self.drift_queue.clear();
            for id in 0..self.store.end() {
                self.store.head_mut(id).drift = Trigger::NONE;
            }
            self.value_all(|_, _| true);
        }
    }

    /// The unhealthy ones, found by valuing every obligation with the program's code: what [`Index::settle`] saves. Sorted.
    pub fn full_scan(&self) -> Vec<u32> {
        let mut unhealthy: Vec<u32> = self
            .store
            .ids()
            .filter(|id| self.verdict(*id) == Verdict::Unhealthy)
            .collect();
        unhealthy.sort_unstable();
        unhealthy
    }

    /// Entries in all queues.
    pub fn queued(&self) -> usize {
        let of_feeds = self.queues.iter().map(|q| q.lower.len() + q.upper.len());
        of_feeds.sum::<usize>() + self.drift_queue.len()
    }
}
