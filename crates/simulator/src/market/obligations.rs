//! The obligations of a run: the book's, and those that changed since in little room.
//!
//! A run over a million of them waits for memory more than for anything else, so an account is unpacked when somebody looks at
//! it.

use std::sync::Arc;

use anchor_lang::prelude::Pubkey;
use levee::state::{Limbs, Obligation, Position};

use crate::book::Book;

/// Of one that is as it was in the book.
const UNTOUCHED: u32 = u32::MAX;
/// Positions that are kept packed: with more of them the account itself is.
const FEW: usize = 5;
/// Instead of a reserve's number where the account itself is kept.
const WHOLE: u8 = u8::MAX;

/// What differs between the accounts of a run, on two cache lines.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Packed {
    /// Scaled balances, deposits first; where the account is kept, its number.
    scaled: [u128; FEW],
    unhealthy_slots: u64,
    auction_slots: u64,
    last_seen_unhealthy_slot: u64,
    last_risk_increase_slot: u64,
    /// Numbers of the reserves.
    assets: [u8; FEW],
    deposit_count: u8,
    borrow_count: u8,
    elevation_group: u8,
    last_seen_permitted: u8,
}

const _: () = assert!(size_of::<Packed>() == 128);

/// Everybody's deposits and debts as they are now.
pub struct Obligations {
    book: Arc<Book>,
    /// Where the obligation is among `changed`.
    places: Vec<u32>,
    changed: Vec<Packed>,
    /// Accounts with many positions.
    whole: Vec<Obligation>,
}

impl Obligations {
    /// As the book says.
    pub fn new(book: &Arc<Book>) -> Self {
        Self {
            places: vec![UNTOUCHED; book.len()],
            book: Arc::clone(book),
            changed: Vec::new(),
            whole: Vec::new(),
        }
    }

    /// As they opened.
    pub fn book(&self) -> &Arc<Book> {
        &self.book
    }

    /// Obligation `who` as it is now, in a market with the reserves `keys`.
    pub fn get(&self, who: u32, keys: &[Pubkey]) -> Obligation {
        match self.places[who as usize] {
            UNTOUCHED => self.book.obligation(who, keys),
            place => self.unpack(&self.changed[place as usize], keys),
        }
    }

    /// A little of each cache line of obligation `who`, if it has changed.
    pub fn touch(&self, who: u32) -> u64 {
        let changed = self.changed.get(self.places[who as usize] as usize);
        changed.map_or(0, |one| one.scaled[0] as u64 ^ one.auction_slots)
    }

    /// Replaces obligation `who`. Its market, owner and address are not kept.
    pub fn set(&mut self, who: u32, obligation: &Obligation, keys: &[Pubkey]) {
        let place = self.places[who as usize];
        let packed = self.pack(place, obligation, keys);
        if place == UNTOUCHED {
            self.places[who as usize] = self.changed.len() as u32;
            self.changed.push(packed);
        } else {
            self.changed[place as usize] = packed;
        }
    }

    /// Shows every position of every obligation: (reserve, whether it is a debt, the scaled balance).
    pub fn for_each_position(&self, keys: &[Pubkey], mut show: impl FnMut(usize, bool, u128)) {
        for (who, place) in self.places.iter().enumerate() {
            if *place == UNTOUCHED {
                for line in self.book.lines(who as u32) {
                    show(usize::from(line.asset), line.is_debt, line.scaled);
                }
                continue;
            }
            let obligation = self.unpack(&self.changed[*place as usize], keys);
            let deposits = obligation.deposits().iter().map(|one| (one, false));
            let borrows = obligation.borrows().iter().map(|one| (one, true));
            for (position, is_debt) in deposits.chain(borrows) {
                if let Some(asset) = keys.iter().position(|key| *key == position.reserve) {
                    show(asset, is_debt, position.scaled.get());
                }
            }
        }
    }

    /// Packs what is at `place`, or not anywhere yet.
    fn pack(&mut self, place: u32, obligation: &Obligation, keys: &[Pubkey]) -> Packed {
        let mut packed = Packed {
            scaled: [0; FEW],
            unhealthy_slots: obligation.unhealthy_slots,
            auction_slots: obligation.auction_slots,
            last_seen_unhealthy_slot: obligation.last_seen_unhealthy_slot,
            last_risk_increase_slot: obligation.last_risk_increase_slot,
            assets: [0; FEW],
            deposit_count: obligation.deposit_count,
            borrow_count: obligation.borrow_count,
            elevation_group: obligation.elevation_group,
            last_seen_permitted: obligation.last_seen_permitted,
        };
        let positions = obligation.deposits().iter().chain(obligation.borrows());
        for (at, position) in positions.enumerate() {
            let asset = keys.iter().position(|key| *key == position.reserve);
            let asset = asset.and_then(|asset| u8::try_from(asset).ok());
            let (Some(asset), true) = (asset.filter(|asset| *asset != WHOLE), at < FEW) else {
                packed.assets[0] = WHOLE;
                packed.scaled[0] = self.keep(place, obligation) as u128;
                break;
            };
            packed.assets[at] = asset;
            packed.scaled[at] = position.scaled.get();
        }
        packed
    }

    /// Keeps the account itself, where it is kept already if it is. Returns its number.
    fn keep(&mut self, place: u32, obligation: &Obligation) -> usize {
        let known = self.changed.get(place as usize);
        match known.filter(|known| known.assets[0] == WHOLE) {
            Some(known) => {
                let at = known.scaled[0] as usize;
                self.whole[at] = *obligation;
                at
            }
            None => {
                self.whole.push(*obligation);
                self.whole.len() - 1
            }
        }
    }

    fn unpack(&self, packed: &Packed, keys: &[Pubkey]) -> Obligation {
        if packed.assets[0] == WHOLE {
            return self.whole[packed.scaled[0] as usize];
        }
        let mut obligation: Obligation = bytemuck::Zeroable::zeroed();
        obligation.unhealthy_slots = packed.unhealthy_slots;
        obligation.auction_slots = packed.auction_slots;
        obligation.last_seen_unhealthy_slot = packed.last_seen_unhealthy_slot;
        obligation.last_risk_increase_slot = packed.last_risk_increase_slot;
        obligation.deposit_count = packed.deposit_count;
        obligation.borrow_count = packed.borrow_count;
        obligation.elevation_group = packed.elevation_group;
        obligation.last_seen_permitted = packed.last_seen_permitted;
        let line = |at: usize| Position {
            reserve: keys[usize::from(packed.assets[at])],
            scaled: Limbs::new(packed.scaled[at]),
        };
        let deposits = usize::from(packed.deposit_count);
        for at in 0..deposits {
            obligation.deposits[at] = line(at);
        }
        for at in 0..usize::from(packed.borrow_count) {
            obligation.borrows[at] = line(deposits + at);
        }
        obligation
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::Line;

    fn keys() -> Vec<Pubkey> {
        (0..8).map(|at| Pubkey::new_from_array([at; 32])).collect()
    }

    fn with(deposits: usize, borrows: usize) -> Obligation {
        let position = |at: usize| Position {
            reserve: keys()[at],
            scaled: Limbs::new(u128::MAX - at as u128),
        };
        let mut obligation: Obligation = bytemuck::Zeroable::zeroed();
        obligation.unhealthy_slots = 1;
        obligation.auction_slots = 2;
        obligation.last_seen_unhealthy_slot = 3;
        obligation.last_risk_increase_slot = 4;
        obligation.elevation_group = 5;
        obligation.last_seen_permitted = 1;
        obligation.deposit_count = deposits as u8;
        obligation.borrow_count = borrows as u8;
        for at in 0..deposits {
            obligation.deposits[at] = position(at);
        }
        for at in 0..borrows {
            obligation.borrows[at] = position(7 - at);
        }
        obligation
    }

    #[test]
    fn every_obligation_is_unpacked_as_it_was_packed() {
        let mut book = Book::new();
        book.push([Line {
            scaled: 7,
            asset: 3,
            is_debt: false,
        }]);
        let mut obligations = Obligations::new(&Arc::new(book));
        assert_eq!(obligations.get(0, &keys()).deposits[0].reserve, keys()[3]);
        // In and out of little room, and back.
        for (deposits, borrows) in [
            (1, 1),
            (3, 2),
            (4, 2),
            (8, 5),
            (0, 1),
            (8, 0),
            (2, 0),
            (0, 0),
        ] {
            let before = with(deposits, borrows);
            obligations.set(0, &before, &keys());
            let after = obligations.get(0, &keys());
            assert_eq!(bytemuck::bytes_of(&after), bytemuck::bytes_of(&before));
            let mut count = 0;
            obligations.for_each_position(&keys(), |_, _, _| count += 1);
            assert_eq!(count, deposits + borrows);
        }
        let whole = obligations.whole.len();
        for _ in 0..3 {
            obligations.set(0, &with(8, 5), &keys());
        }
        assert_eq!(obligations.whole.len(), whole + 1);
    }
}
