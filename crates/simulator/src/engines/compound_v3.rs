//! Compound III (Comet).
//!
//! - Liquidatable when the debt exceeds the collateral weighted by liquidation collateral factors.
//! - `absorb`: the protocol takes *all* collateral at `price × liquidation factor`, pays all debt out of its reserves, and
//!   credits what is left to the borrower in the base asset. Debt beyond the collateral's whole value is the reserves' loss,
//!   and counts as bad debt here.
//! - `buyCollateral`: the protocol then sells it at `price × (1 − storefront factor × (1 − liquidation factor))`. Buyers come
//!   when it pays; until then the protocol bears the price. A lot that is sold for less than was given for it, debt and
//!   credit, is a loss of the reserves, or of the lenders where these are gone, and counts as bad debt too; so does what
//!   unsold lots are worth less at the end. Gains on other lots do not make up for it, as fees do not for other engines' bad
//!   debt.
//! - Reserves are a wallet that begins empty and may go below zero. Their target, beyond which nothing is sold, is not
//!   modelled: collateral is always for sale.
//! - Here the base asset is what the borrower owes.
//!
//! Sources. Rules and formulas: "Liquidation" (absorb, buyCollateral, ask price), docs.compound.finance/liquidation, and
//! "Collateral & Borrowing" there. That the difference to what the collateral later brings is the protocol's: Gauntlet,
//! "Ethereum v3 USDC - Risk Recommendations (02/14/2024)",
//! comp.xyz/t/gauntlet-ethereum-v3-usdc-risk-recommendations-02-14-2024/4991; that it stayed unsold in a crash: "Risk
//! Parameter Recommendations (02/2025)", comp.xyz/t/gauntlet-risk-parameter-recommendations-02-2025/6400. Liquidation factor
//! of 0.95 for WETH and WBTC: github.com/compound-finance/comet, deployments/mainnet/usdc/configuration.json, and the penalty
//! of 5 % in the second of these posts. Storefront factor of 0.6: not found as such for this market (that configuration
//! begins with 0.5); it follows from the figures of the first post, see the tests.

use anyhow::Result;
use levee::state::{Obligation, ALL};
use levee_risk::fixed::ScaledSupply;
use levee_risk::liquidation::SeizedSide;
use levee_risk::units::{Atoms, Usd};
use levee_risk::wide::mul_div_128_down;

use super::deal::{Deal, Loss};
use super::rule::{sides, Sides};
use super::{Engine, Look, Seen, Settled};
use crate::market::{broken, micro_usd, Holder, World};

mod inventory;
#[cfg(test)]
mod tests;

use inventory::{Inventory, Lot};

const PPM: u64 = 1_000_000;

/// A market's factors, in parts per million.
#[derive(Clone, Copy, Debug)]
struct Factors {
    /// What absorbed collateral counts for.
    liquidation_ppm: u64,
    /// The buyers' part of the penalty.
    storefront_ppm: u64,
}

impl Factors {
    const DEPLOYED: Self = Self {
        liquidation_ppm: 950_000,
        storefront_ppm: 600_000,
    };

    /// The discount at which absorbed collateral is sold.
    const fn discount_ppm(self) -> u64 {
        self.storefront_ppm * (PPM - self.liquidation_ppm) / PPM
    }
}

/// Comet's engine.
pub struct CompoundV3 {
    factors: Factors,
    inventory: Inventory,
}

impl Default for CompoundV3 {
    fn default() -> Self {
        Self {
            factors: Factors::DEPLOYED,
            inventory: Inventory::default(),
        }
    }
}

impl Engine for CompoundV3 {
    fn name(&self) -> &'static str {
        "compound-v3"
    }

    fn look(&mut self, world: &mut World, seen: &Seen) -> Result<Look> {
        let sides = sides(world, seen.obligation, seen.sheet)?;
        if sides.deposits.is_empty() {
            return Ok(Look::Stuck);
        }
        match self.absorb(world, seen.who, *seen.obligation, &sides)? {
            Some(deal) => Ok(Look::Acted(Box::new(deal))),
            None => Ok(Look::Stuck),
        }
    }

    fn settle(&mut self, world: &mut World) -> Result<Settled> {
        self.inventory.sell(world, self.factors.discount_ppm())
    }

    fn open_loss_micro_usd(&self, world: &World) -> Result<i64> {
        self.inventory.open_loss_micro_usd(world)
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
        let pays =
            |(at, side): (&usize, &SeizedSide)| side.deposited.0 <= reserves[*at].available_atoms;
        if !sides.held.iter().zip(&sides.deposits).all(pays) {
            return Ok(None);
        }
        let base = sides.owed[0];
        let (mut credit, mut worth) = (0u128, 0u128);
        let mut taken_all: Vec<(usize, u64, Usd)> = Vec::new();
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
            credit += mul_div_128_down(value.wad(), self.factors.liquidation_ppm, PPM)?;
            taken_all.push((*asset, taken.atoms.0, value));
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
        let mut short = 0;
        if credit > owed {
            let atoms = price.atoms_down(Usd::from_wad(credit - owed))?;
            deal.repaid_atoms += deposit(world, &mut obligation, base, atoms)?;
        } else if owed > worth {
            short = price.atoms_down(Usd::from_wad(owed - worth))?.0;
            deal.losses.push(Loss {
                asset: base,
                atoms: short,
                insured_atoms: short,
            });
        }
        self.keep(base, deal.repaid_atoms.saturating_sub(short), &taken_all);
        world.pool.refresh(&before);
        world.pool.refresh(&obligation);
        world.set_obligation(who, obligation);
        Ok(Some(deal))
    }

    /// Puts up for sale what was taken for `cost_atoms` of the base asset, each part at its share of the cost by value. What
    /// is in the base asset itself needs no buyer.
    fn keep(&mut self, base: usize, cost_atoms: u64, taken: &[(usize, u64, Usd)]) {
        let weight = |value: &Usd| u128::from(micro_usd(*value).unsigned_abs());
        let mut weights_left: u128 = taken.iter().map(|(_, _, value)| weight(value)).sum();
        let mut cost_left = u128::from(cost_atoms);
        for (asset, atoms, value) in taken {
            let weight = weight(value);
            // Both factors are below 2^64; the last one gets all that is left.
            let cost = cost_left * weight / weights_left.max(1);
            cost_left -= cost;
            weights_left -= weight;
            if *asset != base {
                let lot = Lot {
                    atoms: *atoms,
                    cost_atoms: cost as u64,
                };
                self.inventory.keep((*asset, base), lot);
            }
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
