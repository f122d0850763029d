//! The obligations of a run, in little room.
//!
//! A run over a million of them waits for memory more than for anything else, so an account is unpacked when somebody looks at
//! it.

use std::sync::Arc;

use anchor_lang::prelude::Pubkey;
use levee::state::{Limbs, Obligation, Position};
use rayon::prelude::*;

use super::pool::position as index_of;
use crate::book::Book;

/// Positions that are kept packed: with more of them the account itself is.
const FEW: usize = 5;
/// Instead of a reserve's number where the account itself is kept.
const WHOLE: u8 = u8::MAX;

/// What differs between the accounts of a run, on two cache lines.
#[derive(Clone, Copy, bytemuck::Zeroable)]
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

/// An obligation that was read and is not unpacked yet.
pub struct Read(Packed);

/// What an obligation owes in one reserve and holds in another, neither of which is zero: the reserve and the scaled balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// What it owes.
    pub debt: (usize, u128),
    /// What it holds.
    pub deposit: (usize, u128),
}

/// Everybody's deposits and debts as they are now.
pub struct Obligations {
    book: Arc<Book>,
    packed: Vec<Packed>,
    /// Accounts with many positions.
    whole: Vec<Obligation>,
}

impl Obligations {
    /// As the book says, in a market with the reserves `keys`.
    pub fn new(book: &Arc<Book>, keys: &[Pubkey]) -> Self {
        let all = (0..book.len() as u32).into_par_iter();
        let pack = |who| Packed::few(&book.obligation(who, keys), keys);
        let packed: Vec<Option<Packed>> = all.map(pack).collect();
        let mut obligations = Self {
            book: Arc::clone(book),
            packed: Vec::with_capacity(packed.len()),
            whole: Vec::new(),
        };
        for (who, packed) in packed.into_iter().enumerate() {
            obligations.packed.push(packed.unwrap_or_else(|| {
                let whole = &mut obligations.whole;
                whole.push(book.obligation(who as u32, keys));
                Packed::whole(whole.len() - 1)
            }));
        }
        obligations
    }

    /// As they opened.
    pub fn book(&self) -> &Arc<Book> {
        &self.book
    }

    /// Obligation `who` as it is now, in a market with the reserves `keys`.
    pub fn get(&self, who: u32, keys: &[Pubkey]) -> Obligation {
        self.unpack(&self.packed[who as usize], keys)
    }

    /// Waits for memory once for all these, who are used next: what is read depends on nothing, so the reads overlap.
    pub fn fetch(&self, who: impl Iterator<Item = u32>) {
        // A little of each cache line.
        let read = |who: u32| {
            let packed = &self.packed[who as usize];
            packed.scaled[0] as u64 ^ packed.auction_slots
        };
        std::hint::black_box(who.map(read).fold(0, |sum, one| sum ^ one));
    }

    /// Reads all these into `room`: memory is waited for once for many.
    pub fn read(&self, who: &[u32], room: &mut Vec<Read>) {
        room.clear();
        room.extend(who.iter().map(|who| Read(self.packed[*who as usize])));
    }

    /// An obligation that was read, in a market with the reserves `keys`.
    pub fn of(&self, read: &Read, keys: &[Pubkey]) -> Obligation {
        self.unpack(&read.0, keys)
    }

    /// Replaces obligation `who`. Its market, owner and address are not kept.
    pub fn set(&mut self, who: u32, obligation: &Obligation, keys: &[Pubkey]) {
        let packed = &mut self.packed[who as usize];
        if let Some(few) = Packed::few(obligation, keys) {
            *packed = few;
        } else if let Some(place) = packed.place() {
            self.whole[place] = *obligation;
        } else {
            *packed = Packed::whole(self.whole.len());
            self.whole.push(*obligation);
        }
    }

    /// Replaces a debt and a deposit of obligation `who`.
    pub fn set_pair(&mut self, who: u32, pair: &Pair, keys: &[Pubkey]) {
        let packed = &mut self.packed[who as usize];
        if packed.place().is_none() {
            packed.set_pair(pair);
            return;
        }
        let mut obligation = self.get(who, keys);
        let lines = [
            (&mut obligation.deposits[..], pair.deposit),
            (&mut obligation.borrows[..], pair.debt),
        ];
        for (positions, (asset, amount)) in lines {
            let mut known = positions
                .iter_mut()
                .filter(|one| one.reserve == keys[asset]);
            if let Some(position) = known.find(|one| one.scaled.get() > 0) {
                position.scaled = Limbs::new(amount);
            }
        }
        self.set(who, &obligation, keys);
    }

    /// Shows every position of every obligation: (reserve, whether it is a debt, the scaled balance).
    pub fn for_each_position(&self, keys: &[Pubkey], mut show: impl FnMut(usize, bool, u128)) {
        for packed in &self.packed {
            let Some(place) = packed.place() else {
                packed
                    .lines()
                    .for_each(|(asset, is_debt, scaled)| show(asset, is_debt, scaled));
                continue;
            };
            let obligation = &self.whole[place];
            let deposits = obligation.deposits().iter().map(|one| (one, false));
            let borrows = obligation.borrows().iter().map(|one| (one, true));
            for (position, is_debt) in deposits.chain(borrows) {
                if let Some(asset) = index_of(keys, &position.reserve) {
                    show(asset, is_debt, position.scaled.get());
                }
            }
        }
    }

    fn unpack(&self, packed: &Packed, keys: &[Pubkey]) -> Obligation {
        if let Some(place) = packed.place() {
            return self.whole[place];
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

impl Packed {
    /// `obligation` if it has few positions, all in `keys`.
    fn few(obligation: &Obligation, keys: &[Pubkey]) -> Option<Self> {
        let mut packed = Self {
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
            let asset = u8::try_from(index_of(keys, &position.reserve)?).ok()?;
            if asset == WHOLE {
                return None;
            }
            *packed.assets.get_mut(at)? = asset;
            packed.scaled[at] = position.scaled.get();
        }
        Some(packed)
    }

    /// For an account that is kept itself, at `place`.
    fn whole(place: usize) -> Self {
        let mut packed: Self = bytemuck::Zeroable::zeroed();
        packed.assets[0] = WHOLE;
        packed.scaled[0] = place as u128;
        packed
    }

    /// Where the account itself is kept.
    fn place(&self) -> Option<usize> {
        (self.assets[0] == WHOLE).then_some(self.scaled[0] as usize)
    }

    /// The positions: (reserve, whether it is a debt, the scaled balance).
    fn lines(&self) -> impl Iterator<Item = (usize, bool, u128)> + '_ {
        let deposits = usize::from(self.deposit_count);
        let count = deposits + usize::from(self.borrow_count);
        let lines = self.assets.iter().zip(&self.scaled).enumerate().take(count);
        lines.map(move |(at, (asset, scaled))| (usize::from(*asset), at >= deposits, *scaled))
    }

    fn set_pair(&mut self, pair: &Pair) {
        for (is_debt, (asset, amount)) in [(false, pair.deposit), (true, pair.debt)] {
            let at = self
                .lines()
                .position(|line| (line.0, line.1) == (asset, is_debt));
            if let Some(at) = at {
                self.scaled[at] = amount;
            }
        }
    }
}

#[cfg(test)]
mod tests;
