//! Obligations, stored compactly: 28 bytes per position instead of the account's fixed 736.

mod record;

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use anchor_lang::prelude::Pubkey;
use bytemuck::Zeroable;
use hashbrown::HashTable;
use levee::state::Obligation;
use levee_risk::clocks::Clocks;

use super::boxes::MAX_FEEDS;
use super::key::Trigger;
use super::world::World;

pub use record::{Head, Packed, Verdict};

/// Why an obligation cannot be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownReserve(pub Pubkey);

/// All obligations. An obligation's number stays until it is removed.
#[derive(Default)]
pub struct Store {
    heads: Vec<Head>,
    keys: Vec<Pubkey>,
    pool: Vec<Packed>,
    by_key: HashTable<u32>,
    hasher: RandomState,
    clocks: HashMap<u32, Clocks>,
    free_heads: Vec<u32>,
    free_runs: [Vec<u32>; MAX_FEEDS + 1],
}

impl Store {
    /// The number of the obligation `key`.
    pub fn number(&self, key: &Pubkey) -> Option<u32> {
        let hash = self.hasher.hash_one(key);
        let same = |id: &u32| self.keys.get(*id as usize) == Some(key);
        self.by_key.find(hash, same).copied()
    }

    /// The address of obligation `id`.
    pub fn key(&self, id: u32) -> &Pubkey {
        &self.keys[id as usize]
    }

    /// Obligation `id` apart from its positions.
    pub fn head(&self, id: u32) -> &Head {
        &self.heads[id as usize]
    }

    /// The same for writing.
    pub fn head_mut(&mut self, id: u32) -> &mut Head {
        &mut self.heads[id as usize]
    }

    /// Its positions, deposits first.
    pub fn positions(&self, id: u32) -> &[Packed] {
        let head = self.head(id);
        &self.pool[head.start as usize..head.start as usize + head.len()]
    }

    /// The same for writing.
    pub fn positions_mut(&mut self, id: u32) -> &mut [Packed] {
        let head = self.heads[id as usize];
        &mut self.pool[head.start as usize..head.start as usize + head.len()]
    }

    /// Numbers of all obligations.
    pub fn ids(&self) -> impl Iterator<Item = u32> + '_ {
        self.by_key.iter().copied()
    }

    /// One more than the greatest number.
    pub fn end(&self) -> u32 {
        self.heads.len() as u32
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    /// Stores `obligation` as it was seen in `slot`, new or in place of what was known, and returns its number. Triggers of
    /// bases that it still has are kept.
    ///
    /// # Errors
    /// [`UnknownReserve`]; nothing is changed then.
    pub fn put(
        &mut self,
        key: &Pubkey,
        obligation: &Obligation,
        slot: u64,
        world: &World,
    ) -> Result<u32, UnknownReserve> {
        let mut fresh = [Packed::default(); MAX_FEEDS];
        let positions = obligation.deposits().iter().chain(obligation.borrows());
        let count = obligation.position_count();
        for (packed, position) in fresh.iter_mut().zip(positions) {
            let number = world.number(&position.reserve);
            packed.reserve = number.ok_or(UnknownReserve(position.reserve))?;
            packed.scaled = bytemuck::cast(position.scaled.0);
        }
        let fresh = &mut fresh[..count];
        let known = self.number(key);
        let mut drift = Trigger::NONE;
        if let Some(id) = known {
            drift = self.head(id).drift;
            for old in self.positions(id) {
                let feed = |packed: &Packed| world.listed(packed.reserve).map(|r| r.feed);
                // The first position of the base is the one that is asked.
                if old.trigger != Trigger::NONE {
                    if let Some(new) = fresh.iter_mut().find(|new| feed(new) == feed(old)) {
                        new.trigger = old.trigger;
                        new.is_upper = old.is_upper;
                    }
                }
            }
            self.release(id);
        }
        let id = known.unwrap_or_else(|| self.take_number(key));
        let start = self.take_run(count);
        self.heads[id as usize] = Head {
            start,
            deposits: obligation.deposit_count,
            borrows: obligation.borrow_count,
            group: obligation.elevation_group,
            verdict: self.heads[id as usize].verdict,
            drift,
            seen_slot: slot,
            last_risk_increase_slot: obligation.last_risk_increase_slot,
        };
        self.positions_mut(id).copy_from_slice(fresh);
        match obligation.clocks() {
            clocks if clocks == Clocks::default() => self.clocks.remove(&id),
            clocks => self.clocks.insert(id, clocks),
        };
        Ok(id)
    }

    /// Forgets the obligation with number `id`.
    pub fn remove(&mut self, id: u32) {
        let hash = self.hasher.hash_one(self.key(id));
        if let Ok(entry) = self.by_key.find_entry(hash, |known| *known == id) {
            entry.remove();
        }
        self.release(id);
        self.clocks.remove(&id);
        let head = self.head_mut(id);
        head.deposits = 0;
        head.borrows = 0;
        head.drift = Trigger::NONE;
        head.verdict = Verdict::Healthy;
        self.free_heads.push(id);
    }

    /// The account's state, apart from owner, id and bump, which nothing here asks for.
    pub fn unpack(&self, id: u32, world: &World) -> Obligation {
        let head = self.head(id);
        let mut obligation = Obligation::zeroed();
        obligation.elevation_group = head.group;
        obligation.deposit_count = head.deposits;
        obligation.borrow_count = head.borrows;
        obligation.last_risk_increase_slot = head.last_risk_increase_slot;
        if let Some(clocks) = self.clocks.get(&id) {
            obligation.set_clocks(*clocks);
        }
        let (deposits, borrows) = self.positions(id).split_at(head.deposit_count());
        for (to, from) in obligation.deposits.iter_mut().zip(deposits) {
            *to = from.position(world);
        }
        for (to, from) in obligation.borrows.iter_mut().zip(borrows) {
            *to = from.position(world);
        }
        obligation
    }

    fn take_number(&mut self, key: &Pubkey) -> u32 {
        let head = Head {
            start: 0,
            deposits: 0,
            borrows: 0,
            group: 0,
            verdict: Verdict::Healthy,
            drift: Trigger::NONE,
            seen_slot: 0,
            last_risk_increase_slot: 0,
        };
        let id = match self.free_heads.pop() {
            Some(id) => {
                self.heads[id as usize] = head;
                self.keys[id as usize] = *key;
                id
            }
            None => {
                let id = u32::try_from(self.heads.len()).expect("fewer obligations than 2^32");
                grow(&mut self.heads, 1);
                grow(&mut self.keys, 1);
                self.heads.push(head);
                self.keys.push(*key);
                id
            }
        };
        let Self {
            by_key,
            hasher,
            keys,
            ..
        } = self;
        let hash = |id: &u32| hasher.hash_one(keys[*id as usize]);
        by_key.insert_unique(hash(&id), id, hash);
        id
    }

    fn take_run(&mut self, count: usize) -> u32 {
        self.free_runs[count].pop().unwrap_or_else(|| {
            let start = u32::try_from(self.pool.len()).expect("fewer positions than 2^32");
            self.pool.resize(self.pool.len() + count, Packed::default());
            start
        })
    }

    /// Gives the room of its positions back.
    fn release(&mut self, id: u32) {
        let head = *self.head(id);
        if !head.is_empty() {
            self.free_runs[head.len()].push(head.start);
        }
    }
}

/// Makes room for `more`: an eighth at a time, because twice as much as is needed is a lot of memory here.
fn grow<T>(list: &mut Vec<T>, more: usize) {
    if list.capacity() - list.len() < more {
        list.reserve_exact(more.max(list.len() / 8));
    }
}
