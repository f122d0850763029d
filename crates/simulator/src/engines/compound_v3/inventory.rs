//! Collateral that was absorbed and is not sold yet, with what the protocol gave for it.

use std::collections::VecDeque;

use anyhow::Result;
use levee_risk::units::{Atoms, Usd};
use levee_risk::wide::{mul_div_128_down, mul_div_down, mul_div_up};

use super::super::Settled;
use crate::market::{Holder, World};

const PPM: u64 = 1_000_000;
/// Parts of a shelf that are tried where the whole does not pay.
const PARTS: [u64; 3] = [1, 4, 16];

/// What one absorption brought of one collateral.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lot {
    /// Collateral.
    pub atoms: u64,
    /// What the protocol gave for it, in the base asset: its break-even.
    pub cost_atoms: u64,
}

/// The lots of one collateral that are for sale against one base asset, oldest first.
struct Shelf {
    asset: usize,
    base: usize,
    lots: VecDeque<Lot>,
}

/// All that is for sale.
#[derive(Default)]
pub(super) struct Inventory {
    shelves: Vec<Shelf>,
}

impl Inventory {
    /// Puts a lot of `asset` up for sale against `base`.
    pub fn keep(&mut self, (asset, base): (usize, usize), lot: Lot) {
        if lot.atoms == 0 {
            return;
        }
        let mut shelves = self.shelves.iter_mut();
        match shelves.find(|shelf| (shelf.asset, shelf.base) == (asset, base)) {
            Some(shelf) => shelf.lots.push_back(lot),
            None => self.shelves.push(Shelf {
                asset,
                base,
                lots: VecDeque::from([lot]),
            }),
        }
    }

    /// Liquidators buy what pays at this discount on the oracle's price.
    pub fn sell(&mut self, world: &mut World, discount_ppm: u64) -> Result<Settled> {
        let mut settled = Settled::default();
        for shelf in &mut self.shelves {
            let sold = shelf.sell(world, discount_ppm)?;
            settled.profit_micro_usd += sold.profit_micro_usd;
            settled.loss_micro_usd += sold.loss_micro_usd;
        }
        self.shelves.retain(|shelf| !shelf.lots.is_empty());
        Ok(settled)
    }

    /// What would be lost if everything were sold at the exchange's prices, in millionths of a dollar, each lot for itself.
    pub fn open_loss_micro_usd(&self, world: &World) -> Result<i64> {
        let mut loss = 0;
        for shelf in &self.shelves {
            for lot in &shelf.lots {
                let cost = world.micro_usd(shelf.base, lot.cost_atoms)?;
                loss += (cost - world.micro_usd(shelf.asset, lot.atoms)?).max(0);
            }
        }
        Ok(loss)
    }

    /// All lots: (collateral, base asset, lot).
    #[cfg(test)]
    pub fn lots(&self) -> Vec<(usize, usize, Lot)> {
        let of = |shelf: &Shelf| {
            let (asset, base) = (shelf.asset, shelf.base);
            let lots = shelf.lots.clone().into_iter();
            lots.map(move |lot| (asset, base, lot)).collect::<Vec<_>>()
        };
        self.shelves.iter().flat_map(of).collect()
    }
}

impl Shelf {
    fn sell(&mut self, world: &mut World, discount_ppm: u64) -> Result<Settled> {
        let (asset, base) = (self.asset, self.base);
        let all: u64 = self.lots.iter().map(|lot| lot.atoms).sum();
        for parts in PARTS {
            let atoms = all / parts;
            if atoms == 0 {
                break;
            }
            let value = said(world, asset, atoms)?;
            let asked = discounted_down(value, discount_ppm)?;
            let price = world.pool.reserves()[base].price.price;
            let paid = world.pool.token_price(base, price)?.atoms_up(asked)?;
            if !world.pays((base, paid.0), (asset, atoms))? {
                continue;
            }
            let (buyers, seller) = (Holder::Liquidators, Holder::Protocol);
            world.wallets.transfer(buyers, seller, base, paid.0);
            world.wallets.transfer(seller, buyers, asset, atoms);
            let loss_atoms = self.take(atoms, paid.0)?;
            let loss_micro_usd = world.micro_usd(base, loss_atoms)?;
            let worth = world.micro_usd(base, paid.0)?;
            let proceeds = world.sell(asset, atoms, base)?;
            return Ok(Settled {
                profit_micro_usd: world.micro_usd(base, proceeds)? - worth,
                loss_micro_usd,
            });
        }
        Ok(Settled::default())
    }

    /// Removes `atoms` that were sold for `paid`, the oldest first. Returns by how much lots brought less than they cost,
    /// each for itself, in atoms of the base asset. The shelf holds as many.
    fn take(&mut self, atoms: u64, paid: u64) -> Result<u64> {
        let (mut atoms_left, mut paid_left, mut loss) = (atoms, paid, 0);
        while let Some(lot) = self.lots.front_mut() {
            let part = lot.atoms.min(atoms_left);
            let cost = mul_div_up(lot.cost_atoms, part, lot.atoms)?;
            let brought = mul_div_down(paid_left, part, atoms_left)?;
            loss += cost.saturating_sub(brought);
            lot.atoms -= part;
            lot.cost_atoms -= cost;
            atoms_left -= part;
            paid_left -= brought;
            if lot.atoms == 0 {
                self.lots.pop_front();
            }
            if atoms_left == 0 {
                break;
            }
        }
        Ok(loss)
    }
}

/// `value × (1 − discount)`, rounded down.
pub(super) fn discounted_down(value: Usd, discount_ppm: u64) -> Result<Usd> {
    let wad = mul_div_128_down(value.wad(), PPM - discount_ppm, PPM)?;
    Ok(Usd::from_wad(wad))
}

/// What `atoms` are worth by the oracle, rounded down.
fn said(world: &World, asset: usize, atoms: u64) -> Result<Usd> {
    let price = world.pool.reserves()[asset].price.price;
    let price = world.pool.token_price(asset, price)?;
    Ok(price.value_down(Atoms(atoms))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shelf(lots: &[(u64, u64)]) -> Shelf {
        let lot = |(atoms, cost_atoms): &(u64, u64)| Lot {
            atoms: *atoms,
            cost_atoms: *cost_atoms,
        };
        Shelf {
            asset: 0,
            base: 1,
            lots: lots.iter().map(lot).collect(),
        }
    }

    #[test]
    fn the_oldest_lot_is_sold_first_and_a_gain_on_one_does_not_pay_for_a_loss_on_another() {
        // One cost 8 per atom, the other 12; both are sold at 10.
        let mut both = shelf(&[(10, 80), (10, 120)]);
        assert_eq!(both.take(20, 200).unwrap(), 20);
        assert!(both.lots.is_empty());
        let mut oldest = shelf(&[(10, 80), (10, 120)]);
        assert_eq!(oldest.take(15, 150).unwrap(), 10);
        assert_eq!(oldest.lots, shelf(&[(5, 60)]).lots);
    }

    #[test]
    fn no_atom_of_what_was_paid_or_of_what_it_cost_is_lost_in_parts() {
        let mut parts = shelf(&[(7, 100), (11, 3), (5, 1)]);
        let mut loss = 0;
        for (atoms, paid) in [(3, 0), (9, 0), (11, 0)] {
            loss += parts.take(atoms, paid).unwrap();
        }
        assert_eq!(loss, 104);
        assert!(parts.lots.is_empty());
    }
}
