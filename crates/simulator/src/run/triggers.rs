//! Who may be unhealthy at the prices of now, without looking at everybody.
//!
//! Obligations that hold the same assets and owe the same assets form a group. With `L` the least factor by which a unit of
//! their deposits changed in value since a moment (price and supply index) and `S` the largest by which a unit of their
//! debts did, health is at least `h₀·L/S`. So a group sorted by `h₀` is looked at only as far as `h₀·L/S` falls below the health of
//! interest. For one deposit and one debt the bound is the health itself; for more it is as loose as their prices went apart
//! since that moment, so whoever was looked at is sorted by a newer one once they did. Nothing is decided here: whoever is due
//! is valued exactly.

use std::sync::Arc;

use super::index::{Index, Signature, NO_GROUP};
use super::queue::Queue;
use crate::market::World;

/// Relative room for the roundings of floats and atoms.
const ROOM: f64 = 1.0 + 1e-6;

/// How far apart the prices of what a group holds or owes may go before a newer moment is taken.
const APART: f64 = 1.000_3;

/// Those of a group who were looked at and left healthy, sorted by their health at one moment.
struct Again {
    /// Factors of all reserves at that moment: (deposits, debts).
    since: Vec<(f64, f64)>,
    /// By that health over the health of interest.
    queue: Queue,
    /// [`room`] at the last [`Triggers::take`]: many are put back at one moment.
    room: Option<f64>,
}

/// One run's place in the index.
pub struct Triggers {
    index: Arc<Index>,
    /// How far each group's opening order has been taken.
    cursors: Vec<usize>,
    /// By group, the newest moment last.
    again: Vec<Vec<Again>>,
    /// Factors of all reserves at the opening: (deposits, debts).
    opened: Vec<(f64, f64)>,
    /// At the last [`Triggers::take`].
    now: Vec<(f64, f64)>,
    attention: f64,
}

impl Triggers {
    /// Everybody is due for the first time below a health of `attention`.
    pub fn new(index: Arc<Index>, world: &World, attention: f64) -> Self {
        let count = index.groups.len();
        let opened: Vec<_> = world.pool.unit_worths().collect();
        Self {
            index,
            cursors: vec![0; count],
            again: (0..count).map(|_| Vec::new()).collect(),
            now: opened.clone(),
            opened,
            attention,
        }
    }

    /// The groups.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// Takes all who are due now into `due`.
    pub fn take(&mut self, world: &World, due: &mut Vec<u32>) {
        self.now = world.pool.unit_worths().collect();
        let index = Arc::clone(&self.index);
        for (number, (signature, members)) in index.groups.iter().enumerate() {
            let first_limit = self.attention * limit(&self.now, &self.opened, *signature);
            let cursor = &mut self.cursors[number];
            while let Some((_, who)) = members.get(*cursor).filter(|(key, _)| *key < first_limit) {
                due.push(*who);
                *cursor += 1;
            }
            for again in &mut self.again[number] {
                let limit = limit(&self.now, &again.since, *signature);
                again.queue.take_below(limit, due);
            }
            self.again[number].retain(|again| !again.queue.is_empty());
            if let Some(newest) = self.again[number].last_mut() {
                newest.room = room(&self.now, &newest.since, *signature);
            }
        }
    }

    /// Puts back one who has `health` now and is of interest below a health of `interest`. Returns whether it is above that.
    ///
    /// Since the last [`Triggers::take`] prices are the same; a few seconds of interest lie within the room for roundings.
    pub fn put_back(&mut self, (who, group): (u32, u32), health: f64, interest: f64) -> bool {
        if !health.is_finite() || group == NO_GROUP {
            return true;
        }
        if health < interest {
            return false;
        }
        let group = group as usize;
        let again = &mut self.again[group];
        let room = again.last().and_then(|newest| newest.room);
        if room.is_none() {
            again.push(Again {
                since: self.now.clone(),
                queue: Queue::default(),
                room: Some(1.0),
            });
        }
        if let Some(newest) = again.last_mut() {
            newest
                .queue
                .push(health * room.unwrap_or(1.0) / interest, who);
        }
        true
    }
}

/// The health at moment `since` below which one may be unhealthy `now`.
fn limit(now: &[(f64, f64)], since: &[(f64, f64)], (held, owed): Signature) -> f64 {
    let (least, _) = extremes(now, since, held, |of| of.0);
    let (_, most) = extremes(now, since, owed, |of| of.1);
    ROOM * most / least
}

/// What the health of a group's obligations at moment `since` is at least, as a part of their health `now`: from here on it
/// falls at most as far as the least deposit does relative to the most that any has now. `None` where that is too loose.
fn room(now: &[(f64, f64)], since: &[(f64, f64)], (held, owed): Signature) -> Option<f64> {
    let (least_held, most_held) = extremes(now, since, held, |of| of.0);
    let (least_owed, most_owed) = extremes(now, since, owed, |of| of.1);
    let apart = (most_held / least_held).max(most_owed / least_owed);
    (apart < APART).then_some(least_owed / most_held)
}

/// The least and the largest change since a moment of the reserves in `bits`; one where there is none.
fn extremes(
    now: &[(f64, f64)],
    since: &[(f64, f64)],
    bits: u32,
    of: impl Fn(&(f64, f64)) -> f64,
) -> (f64, f64) {
    let mut found = (f64::INFINITY, 0.0f64);
    for (at, (now, since)) in now.iter().zip(since).enumerate() {
        if bits >> at & 1 == 1 {
            let change = of(now) / of(since);
            found = (found.0.min(change), found.1.max(change));
        }
    }
    if found.1 == 0.0 {
        (1.0, 1.0)
    } else {
        found
    }
}

#[cfg(test)]
mod tests {
    use super::super::index::ratio;
    use super::super::Settings;
    use super::*;
    use crate::book::{draw, open, stake, BookParams, StakeParams};
    use crate::market::{add_stakes, listed, FIRST_SLOT_MS};
    use crate::prices::{generate, Shape};

    /// Everybody valued at every price finds nobody who is unhealthy and was not due.
    #[test]
    fn nobody_unhealthy_is_ever_overlooked() {
        let mut all = 0;
        for shape in [Shape::Jump, Shape::Wick, Shape::Gap] {
            let path = generate(shape, 240, 11).unwrap();
            let (mut assets, mut prices) = listed(&path);
            let params = BookParams {
                borrowers: 400,
                seed: 4,
                collateral_usd: 40_000_000,
            };
            let mut drafts = draw(&assets, &prices, &params).unwrap();
            add_stakes(&mut assets, &mut prices).unwrap();
            let params = StakeParams {
                share_bps: 3_000,
                seed: 4,
            };
            stake(&mut drafts, &assets, &prices, &params).unwrap();
            let opening = open(&assets, &prices, &drafts, path.start_ts).unwrap();
            let settings = Settings::default();
            let index = Arc::new(Index::new(&opening, &path, &settings).unwrap());
            let mut world = World::new(&opening, &path, &settings).unwrap();
            let book_index = Arc::clone(&index);
            let mut triggers = Triggers::new(index, &world, 1.0);
            let (mut active, mut valued, mut found) = (Vec::new(), 0, 0);
            for at in 0..path.len() {
                let now_ms = path.times_ms[at] + FIRST_SLOT_MS;
                world.advance(now_ms, path.row(at)).unwrap();
                triggers.take(&world, &mut active);
                valued += active.len();
                active.retain(|who| {
                    let book = world.value_of(*who).unwrap();
                    !triggers.put_back((*who, book_index.group(*who)), ratio(&book.health), 1.0)
                });
                for who in 0..opening.book.len() as u32 {
                    let book = world.value_of(who).unwrap();
                    if !book.health.is_healthy() {
                        found += 1;
                        assert!(
                            active.contains(&who),
                            "{shape:?} {at}: {who} was overlooked"
                        );
                    }
                }
            }
            all += found;
            assert!(valued < path.len() * 400 / 2, "{shape:?}: {valued} looks");
        }
        assert!(all > 100, "only {all} found unhealthy");
    }
}
