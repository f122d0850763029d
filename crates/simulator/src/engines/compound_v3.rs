//! Compound III (Comet).
//!
//! - Liquidatable when the debt exceeds the collateral weighted by liquidation collateral factors.
//! - `absorb`: the protocol takes *all* collateral at `price × liquidation factor` (0.95 here: a penalty of 5 %), pays all debt out of
//!   its reserves, and credits what is left to the borrower in the base asset. Debt beyond the collateral's whole value is the
//!   reserves' loss, and counts as bad debt here.
//! - The protocol then sells the collateral at `price × (1 − storefront factor × (1 − liquidation factor))`: a discount of 3 % with a
//!   storefront factor of 0.6. Buyers come when it pays; until then the protocol bears the price.
//! - Here the base asset is what the borrower owes.
//!
//! Source: docs.compound.finance, "Liquidation" (absorb, buyCollateral, the discount), "Collateral & Borrowing" (factors).

use anyhow::Result;
use levee::state::{Obligation, ALL};
use levee_risk::fixed::ScaledSupply;
use levee_risk::sheet::View;
use levee_risk::units::{Atoms, Usd};
use levee_risk::wide::mul_div_128_down;

use super::deal::{Deal, Loss};
use super::rule::{sides, Sides};
use super::{Engine, Look};
use crate::market::{broken, Holder, World};

const PPM: u64 = 1_000_000;
const LIQUIDATION_FACTOR_PPM: u64 = 950_000;
const STOREFRONT_FACTOR_PPM: u64 = 600_000;
/// Parts of the inventory that are tried where the whole does not pay.
const PARTS: [u64; 3] = [1, 4, 16];

/// The discount at which absorbed collateral is sold.
const fn discount_ppm() -> u64 {
    STOREFRONT_FACTOR_PPM * (PPM - LIQUIDATION_FACTOR_PPM) / PPM
}

/// Comet's engine.
#[derive(Default)]
pub struct CompoundV3 {
    /// Collateral that was absorbed against a base asset and is not sold yet: (collateral, base, atoms).
    inventory: Vec<(usize, usize, u64)>,
}

impl Engine for CompoundV3 {
    fn name(&self) -> &'static str {
        "compound-v3"
    }

    fn look(&mut self, world: &mut World, who: u32) -> Result<Look> {
        let obligation = world.obligation(who);
        let sheet = world.sheet(&obligation)?;
        if sheet.book(View::Plain)?.health.is_healthy() {
            return Ok(Look::Healthy);
        }
        let sides = sides(world, &obligation, &sheet)?;
        if sides.deposits.is_empty() {
            return Ok(Look::Stuck);
        }
        match self.absorb(world, who, obligation, &sides)? {
            Some(deal) => Ok(Look::Acted(Box::new(deal))),
            None => Ok(Look::Stuck),
        }
    }

    fn settle(&mut self, world: &mut World) -> Result<i64> {
        let mut profit = 0;
        for entry in &mut self.inventory {
            profit += buy(world, entry)?;
        }
        self.inventory.retain(|(_, _, atoms)| *atoms > 0);
        Ok(profit)
    }
}

impl CompoundV3 {
    /// Takes all deposits, pays all debts, credits the rest. `None` where a vault cannot pay.
    fn absorb(
        &mut self,
        world: &mut World,
        who: u32,
        mut obligation: Obligation,
        sides: &Sides,
    ) -> Result<Option<Deal>> {
        let before = obligation;
        let reserves = world.pool.reserves();
        let pays = |(at, side): (&usize, &levee_risk::liquidation::SeizedSide)| {
            side.deposited.0 <= reserves[*at].available_atoms
        };
        if !sides.held.iter().zip(&sides.deposits).all(pays) {
            return Ok(None);
        }
        let base = sides.owed[0];
        let (mut credit, mut worth) = (0u128, 0u128);
        let mut deal = Deal {
            repay: base,
            seize: sides.held[0],
            ..Deal::default()
        };
        for (asset, side) in sides.held.iter().zip(&sides.deposits) {
            let key = world.pool.keys()[*asset];
            let taken = world.pool.reserves_mut()[*asset]
                .seize(obligation.deposit_in(&key), ALL)
                .map_err(broken)?;
            obligation
                .set_deposit(&key, taken.remaining)
                .map_err(broken)?;
            world
                .wallets
                .pay_out(Holder::Protocol, *asset, taken.atoms.0);
            let value = side.price.value_down(taken.atoms)?;
            worth += value.wad();
            credit += mul_div_128_down(value.wad(), LIQUIDATION_FACTOR_PPM, PPM)?;
            self.keep(*asset, base, taken.atoms.0);
            world.operations += 1;
            if *asset == deal.seize {
                deal.seized_atoms = taken.atoms.0;
            } else {
                // Another collateral, in atoms of the first one at the exchange's prices.
                deal.seized_atoms += in_atoms_of(world, (*asset, taken.atoms.0), deal.seize)?;
            }
        }
        let mut owed = 0u128;
        for (asset, side) in sides.owed.iter().zip(&sides.debts) {
            let key = world.pool.keys()[*asset];
            let paid = world.pool.reserves_mut()[*asset]
                .repay(obligation.debt_in(&key), u64::MAX)
                .map_err(broken)?;
            obligation.set_debt(&key, paid.remaining).map_err(broken)?;
            world.wallets.pay_in(Holder::Protocol, *asset, paid.atoms.0);
            owed += side.price.value_up(paid.atoms)?.wad();
            world.operations += 1;
            deal.repaid_atoms += if *asset == base {
                paid.atoms.0
            } else {
                in_atoms_of(world, (*asset, paid.atoms.0), base)?
            };
        }
        let price = sides.debts[0].price;
        if credit > owed {
            let atoms = price.atoms_down(Usd::from_wad(credit - owed))?;
            deal.repaid_atoms += deposit(world, &mut obligation, base, atoms)?;
        } else if owed > worth {
            let short = price.atoms_down(Usd::from_wad(owed - worth))?;
            deal.losses.push(Loss {
                asset: base,
                atoms: short.0,
                insured_atoms: short.0,
            });
        }
        world.pool.refresh(&before);
        world.pool.refresh(&obligation);
        world.set_obligation(who, obligation);
        Ok(Some(deal))
    }

    fn keep(&mut self, asset: usize, base: usize, atoms: u64) {
        let known = self
            .inventory
            .iter_mut()
            .find(|(collateral, of, _)| (*collateral, *of) == (asset, base));
        match known {
            Some((_, _, kept)) => *kept += atoms,
            None => self.inventory.push((asset, base, atoms)),
        }
    }
}

/// The protocol deposits `atoms` for the borrower. Returns them, or zero where they are too few.
fn deposit(
    world: &mut World,
    obligation: &mut Obligation,
    asset: usize,
    atoms: Atoms,
) -> Result<u64> {
    let key = world.pool.keys()[asset];
    let held: ScaledSupply = obligation.deposit_in(&key);
    if atoms.0 < 2 {
        return Ok(0);
    }
    let scaled = world.pool.reserves_mut()[asset]
        .deposit(held, atoms)
        .map_err(broken)?;
    obligation.set_deposit(&key, scaled).map_err(broken)?;
    world.wallets.pay_in(Holder::Protocol, asset, atoms.0);
    world.operations += 1;
    Ok(atoms.0)
}

/// What `atoms` of one token are worth in another's at the exchange, rounded down.
fn in_atoms_of(world: &World, (asset, atoms): (usize, u64), other: usize) -> Result<u64> {
    let value = |asset: usize| {
        world
            .pool
            .token_price(asset, world.exchange.price(world.source(asset)))
    };
    let worth = value(asset)?.value_down(Atoms(atoms))?;
    Ok(value(other)?.atoms_down(worth)?.0)
}

/// Liquidators buy of an inventory what pays, at the discount on the oracle's price. Returns their profit in millionths of a
/// dollar.
fn buy(world: &mut World, (asset, base, left): &mut (usize, usize, u64)) -> Result<i64> {
    let said = |world: &World, asset: usize| {
        world
            .pool
            .token_price(asset, world.pool.reserves()[asset].price.price)
    };
    for parts in PARTS {
        let atoms = *left / parts;
        if atoms == 0 {
            break;
        }
        let value = said(world, *asset)?.value_down(Atoms(atoms))?;
        let asked = mul_div_128_down(value.wad(), PPM - discount_ppm(), PPM)?;
        let paid = said(world, *base)?.atoms_up(Usd::from_wad(asked))?;
        if !world.pays((*base, paid.0), (*asset, atoms))? {
            continue;
        }
        world
            .wallets
            .transfer(Holder::Liquidators, Holder::Protocol, *base, paid.0);
        world
            .wallets
            .transfer(Holder::Protocol, Holder::Liquidators, *asset, atoms);
        *left -= atoms;
        let worth = world.micro_usd(*base, paid.0)?;
        let proceeds = world.sell(*asset, atoms, *base)?;
        return Ok(world.micro_usd(*base, proceeds)? - worth);
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `assetPrice × (1 − storeFrontPriceFactor × (1 − liquidationFactor))`.
    #[test]
    fn the_discount_is_the_storefronts_part_of_the_penalty() {
        assert_eq!(discount_ppm(), 30_000);
    }
}
