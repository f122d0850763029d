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
    /// By slot: how often what its obligation holds and owes has changed.
    changes: Vec<u32>,
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
    pub fn add(&mut self, mut loan: Loan) {
        let (borrower, who) = (loan.who, loan.who as usize);
        loan.next = NONE;
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = loan;
                slot
            }
            None => {
                self.slots.push(loan);
                self.stamps.push(0);
                self.changes.push(0);
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

    /// How often what its obligation holds and owes has changed.
    pub fn changes(&self, slot: u32) -> u32 {
        self.changes[slot as usize]
    }

    /// What `who` holds and owes has changed.
    pub fn change(&mut self, who: u32) {
        let mut at = self.first(who);
        while let Some(slot) = at {
            let changes = &mut self.changes[slot as usize];
            *changes = changes.wrapping_add(1);
            at = self.next(slot);
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn of(who: u32) -> Loan {
        Loan::new(who, (0, 1), 1_000, 1_000_000)
    }

    #[test]
    fn a_mark_of_a_removed_loan_does_not_hold_for_the_next_one_in_its_slot() {
        let mut loans = Loans::default();
        loans.add(of(7));
        let slot = loans.first(7).unwrap();
        let old = loans.list(slot);
        assert!(loans.holds(slot, old) && loans.is_listed(slot));
        loans.remove(7);
        assert_eq!(loans.first(7), None);
        loans.add(of(3));
        assert_eq!(loans.first(3), Some(slot));
        assert!(!loans.is_listed(slot));
        let new = loans.list(slot);
        assert!(loans.holds(slot, new) && !loans.holds(slot, old));
    }

    #[test]
    fn all_loans_of_a_borrower_are_found_in_their_order_and_removed_together() {
        let mut loans = Loans::default();
        for (who, held) in [(2, 0), (1, 5), (2, 1), (2, 2)] {
            loans.add(Loan::new(who, (held, 9), 1_000, 1_000_000));
        }
        let mut found = Vec::new();
        let mut at = loans.first(2);
        while let Some(slot) = at {
            found.push(loans[slot].held);
            at = loans.next(slot);
        }
        assert_eq!(found, [0, 1, 2]);
        assert_eq!(loans.borrowers(), [1, 2]);
        loans.remove(2);
        assert_eq!(loans.borrowers(), [1]);
    }
}
