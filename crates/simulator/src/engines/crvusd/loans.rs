//! All loans, and whose they are.

use std::ops::{Index, IndexMut};

use super::loan::Loan;

/// Of whoever has no loan, and after the last one of a borrower.
const NONE: u32 = u32::MAX;

/// The loans of all borrowers, nearly always one for each, in one place.
#[derive(Default)]
pub(super) struct Loans {
    /// By borrower, the first.
    first: Vec<u32>,
    slots: Vec<Loan>,
    /// By slot: odd while the loan is on a list, one more with every change. A slot that is used again goes on counting, so that
    /// no mark of an earlier loan holds.
    stamps: Vec<u32>,
    free: Vec<u32>,
}

impl Loans {
    /// The slot of the first loan of `who`.
    pub fn first(&self, who: u32) -> Option<u32> {
        let first = self.first.get(who as usize).copied();
        first.filter(|slot| *slot != NONE)
    }

    /// The slot of the same borrower's next one.
    pub fn next(&self, slot: u32) -> Option<u32> {
        let next = self.slots[slot as usize].next;
        (next != NONE).then_some(next)
    }

    /// The borrowers.
    pub fn borrowers(&self) -> Vec<u32> {
        let all = 0..self.first.len() as u32;
        all.filter(|who| self.first(*who).is_some()).collect()
    }

    /// Adds one, as the last of its borrower's.
    pub fn add(&mut self, loan: Loan) {
        let (borrower, who) = (loan.who, loan.who as usize);
        let loan = Loan { next: NONE, ..loan };
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = loan;
                slot
            }
            None => {
                self.slots.push(loan);
                self.stamps.push(0);
                self.slots.len() as u32 - 1
            }
        };
        if self.first.len() <= who {
            self.first.resize(who + 1, NONE);
        }
        let Some(mut last) = self.first(borrower) else {
            self.first[who] = slot;
            return;
        };
        while let Some(next) = self.next(last) {
            last = next;
        }
        self.slots[last as usize].next = slot;
    }

    /// Removes all of `who`.
    pub fn remove(&mut self, who: u32) {
        while let Some(slot) = self.first(who) {
            self.first[who as usize] = self.slots[slot as usize].next;
            self.unlist(slot);
            self.free.push(slot);
        }
    }

    /// Whether the loan in `slot` is on a list.
    pub fn is_listed(&self, slot: u32) -> bool {
        self.stamps[slot as usize] % 2 == 1
    }

    /// Whether it is on the list that it was put on with `stamp`.
    pub fn holds(&self, slot: u32, stamp: u32) -> bool {
        self.stamps[slot as usize] == stamp
    }

    /// It is on no list.
    pub fn unlist(&mut self, slot: u32) {
        let stamp = &mut self.stamps[slot as usize];
        *stamp = stamp.wrapping_add(*stamp % 2);
    }

    /// It is on a new list. Returns the stamp of this.
    pub fn list(&mut self, slot: u32) -> u32 {
        let stamp = &mut self.stamps[slot as usize];
        *stamp = stamp.wrapping_add(1 + *stamp % 2);
        *stamp
    }
}

impl Index<u32> for Loans {
    type Output = Loan;

    fn index(&self, slot: u32) -> &Loan {
        &self.slots[slot as usize]
    }
}

impl IndexMut<u32> for Loans {
    fn index_mut(&mut self, slot: u32) -> &mut Loan {
        &mut self.slots[slot as usize]
    }
}
