//! Obligations that were closed. An account that is closed belongs to Levee no more and has no data, so that no subscription to
//! Levee's accounts tells of it: it is found missing, and must not come back by what was older.

use std::collections::{HashMap, HashSet};

use solana_pubkey::Pubkey;

use super::Book;

/// Slots after which nothing older is still on its way.
const REMEMBERED_SLOTS: u64 = 512;

/// Obligations that are gone, and when they were seen to be.
#[derive(Default)]
pub(super) struct Closed(HashMap<Pubkey, u64>);

impl Closed {
    /// Whether `key` was seen to be gone in `slot` or later.
    pub(super) fn is_after(&self, key: &Pubkey, slot: u64) -> bool {
        self.0.get(key).is_some_and(|gone_slot| *gone_slot >= slot)
    }

    fn note(&mut self, key: Pubkey, slot: u64) {
        self.0
            .retain(|_, gone_slot| *gone_slot + REMEMBERED_SLOTS > slot);
        self.0.insert(key, slot);
    }
}

impl Book {
    /// Forgets the obligation `key`, which was not there in `slot`, unless it was seen later. Returns whether it was known.
    pub(super) fn forget(&mut self, key: &Pubkey, slot: u64) -> bool {
        let obligations = self.index.obligations();
        let Some(id) = obligations.number(key) else {
            return false;
        };
        if obligations.head(id).seen_slot > slot {
            return false;
        }
        self.index.remove(key);
        self.closed.note(*key, slot);
        true
    }

    /// Takes over from `before` which obligations were closed, those among them that this book, which is as of `slot`, has no more.
    pub fn succeed(&mut self, before: Self, slot: u64) {
        self.closed = before.closed;
        let known = before.index.obligations();
        for key in known.ids().map(|id| *known.key(id)) {
            if self.index.obligations().number(&key).is_none() {
                self.closed.note(key, slot);
            }
        }
    }

    /// Takes in that in `slot` the market had the obligations `living` and no others; the market itself and its reserves may be among
    /// them. Returns how many were forgotten, and which are not known.
    pub fn keep_only(&mut self, living: &[Pubkey], slot: u64) -> (usize, Vec<Pubkey>) {
        let obligations = self.index.obligations();
        let world = self.index.world();
        let unknown = living.iter().filter(|key| {
            let is_other = **key == self.market || world.reserve(key).is_some();
            !is_other && obligations.number(key).is_none() && !self.closed.is_after(key, slot)
        });
        let unknown: Vec<Pubkey> = unknown.copied().collect();
        let living: HashSet<&Pubkey> = living.iter().collect();
        // What was seen in the same slot may have come after the list: the next one tells.
        let older = obligations
            .ids()
            .filter(|id| obligations.head(*id).seen_slot < slot);
        let keys = older.map(|id| *obligations.key(id));
        let missing: Vec<Pubkey> = keys.filter(|key| !living.contains(key)).collect();
        let forgotten = missing.iter().filter(|key| self.forget(key, slot)).count();
        (forgotten, unknown)
    }
}
