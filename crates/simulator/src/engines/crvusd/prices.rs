//! What the maker takes for the price: an average of what the oracles say.

use anyhow::Result;
use levee_risk::units::{Atoms, Usd};

use super::band::ONE;
use crate::market::World;

/// Time constant of the oracle's average.
const AVERAGE_SECONDS: f64 = 600.0;
/// Atoms by which prices per atom are measured.
const MEASURE: Atoms = Atoms(1_000_000_000);
const WAD_PER_MICRO: f64 = 1e12;

/// The averages of what the oracles say.
#[derive(Default)]
pub(super) struct Averages {
    /// Per reserve.
    values: Vec<f64>,
    averaged_ms: i64,
    /// When, and what [`MEASURE`] of each token was worth then: (on the exchange, by the averaged oracle).
    noted: (i64, Vec<(Usd, Usd)>),
}

impl Averages {
    /// Takes in what the oracles say now.
    pub fn advance(&mut self, world: &World) {
        let now_ms = world.now_ms();
        let reserves = world.pool.reserves().iter();
        let said = reserves.map(|reserve| reserve.price.price as f64);
        if self.values.is_empty() {
            self.values = said.collect();
        } else {
            let elapsed = (now_ms - self.averaged_ms) as f64 / 1e3;
            let weight = 1.0 - (-elapsed / AVERAGE_SECONDS).exp();
            for (average, said) in self.values.iter_mut().zip(said) {
                *average += (said - *average) * weight;
            }
        }
        self.averaged_ms = now_ms;
    }

    /// The price of `held` in `owed` on the exchange and by the averaged oracles, in units of [`ONE`]. Worked out once
    /// for every moment.
    pub fn noted_ratios(
        &mut self,
        world: &World,
        held: usize,
        owed: usize,
    ) -> Result<(u128, u128)> {
        if self.noted.0 != world.now_ms() {
            self.note(world)?;
        }
        let (held, owed) = (self.noted.1[held], self.noted.1[owed]);
        Ok((ratio(held.0, owed.0), ratio(held.1, owed.1)))
    }

    /// What an atom of a token is worth on the exchange, in millionths of a dollar, as [`Averages::noted_ratios`] found it.
    pub fn noted_micro_usd(&self, asset: usize) -> f64 {
        let worth = self.noted.1.get(asset);
        worth.map_or(f64::INFINITY, |worth| {
            worth.0.wad() as f64 / MEASURE.0 as f64 / WAD_PER_MICRO
        })
    }

    /// Notes what tokens are worth now.
    fn note(&mut self, world: &World) -> Result<()> {
        let mut notes = Vec::with_capacity(world.pool.reserves().len());
        for asset in 0..world.pool.reserves().len() {
            notes.push((traded(world, asset)?, self.value(world, asset)?));
        }
        self.noted = (world.now_ms(), notes);
        Ok(())
    }

    fn value(&self, world: &World, asset: usize) -> Result<Usd> {
        let said = world.pool.reserves()[asset].price.price;
        let average = self.values.get(asset);
        let price = average.map_or(said, |average| *average as u64);
        measured(world, asset, price)
    }
}

/// What the oracles say of the price of `held` in `owed` now, in units of [`ONE`].
pub(super) fn said_ratio(world: &World, held: usize, owed: usize) -> Result<u128> {
    let said = |asset: usize| measured(world, asset, world.pool.reserves()[asset].price.price);
    Ok(ratio(said(held)?, said(owed)?))
}

/// The exchange's price of `held` in `owed`, in units of [`ONE`].
pub(super) fn exchange_ratio(world: &World, held: usize, owed: usize) -> Result<u128> {
    Ok(ratio(traded(world, held)?, traded(world, owed)?))
}

fn traded(world: &World, asset: usize) -> Result<Usd> {
    measured(world, asset, world.exchange.price(world.source(asset)))
}

/// What [`MEASURE`] of a token is worth where its base costs `price`.
fn measured(world: &World, asset: usize, price: u64) -> Result<Usd> {
    Ok(world.pool.token_price(asset, price)?.value_down(MEASURE)?)
}

/// Debt atoms per collateral atom at two prices of a billion atoms, in units of [`ONE`].
fn ratio(held: Usd, owed: Usd) -> u128 {
    held.wad() / 1_000_000 * ONE / (owed.wad() / 1_000_000).max(1)
}
