//! crvUSD: soft liquidation by LLAMMA, a market maker whose price falls faster than the oracle's.
//!
//! - The collateral of a loan lies in `N` bands (10 here) of a width of one part in `A` (100): band `k` reaches from
//!   `p↑ = p₀·((A−1)/A)^k` down to `p↓ = p↑·(A−1)/A`. With `x` borrowed tokens, `y` collateral and the oracle's price `p`,
//!
//!   ```text
//!   (f + x)·(g + y) = p·A²·y₀²,   f = p²/p↑·A·y₀,   g = p↑/p·(A−1)·y₀
//!   p·A·y₀² − y₀·(p↑/p·(A−1)·x + p²/p↑·A·y) − x·y = 0
//!   ```
//!
//!   so that the maker's own price `(f + x)/(g + y)` moves like `p³`: as the oracle falls through a band, arbitrage converts its
//!   collateral into the borrowed token, and back when it rises. Each way costs the borrower what arbitrageurs earn, less
//!   the fee (0.6 %) that they leave in the band.
//! - Here `p₀` is the price at which the book's liquidation threshold is reached, so that all engines begin at the same health.
//! - The oracle is an exponential average over ten minutes, so that nobody trades against a price that is about to jump.
//! - Hard liquidation where what the loan holds, less the liquidation discount of 6 %, is worth less than the debt.
//! - Amounts are whole atoms; the equations are solved in whole numbers, the maker never gets the worse of a rounding.
//!
//! Source: crvUSD whitepaper (M. Egorov, 2022), docs.curve.finance, "LLAMMA" and "LLAMMA Explainer"; `A`, fee and discount are those of the
//! ETH market.

use std::collections::btree_map::Entry;
use std::collections::BTreeMap;

use anyhow::Result;
use levee::state::Obligation;
use levee_risk::sheet::View;
use levee_risk::units::{Atoms, Usd};

use super::deal::{trade, Deal};
use super::rule::sides;
use super::{Engine, Look};
use crate::market::{broken, World};

mod band;
mod hard;
mod loan;

use band::{Band, ONE};
use hard::hard;
use loan::Loan;

/// The maker's fee in parts per million.
const FEE_PPM: u128 = 6_000;
const PPM: u128 = 1_000_000;
/// Arbitrage below it is not worth a transaction.
const LEAST_MICRO_USD: i64 = 5_000_000;
/// Time constant of the oracle's average.
const AVERAGE_SECONDS: f64 = 600.0;
/// Atoms by which prices per atom are measured.
const MEASURE: Atoms = Atoms(1_000_000_000);

/// LLAMMA.
#[derive(Default)]
pub struct CrvUsd {
    loans: BTreeMap<u32, Vec<Loan>>,
    /// The averages of what the oracles say, per reserve.
    averages: Vec<f64>,
    averaged_ms: i64,
    /// When, and what [`MEASURE`] of each token was worth then: (on the exchange, by the averaged oracle).
    noted: (i64, Vec<(Usd, Usd)>),
}

impl Engine for CrvUsd {
    fn name(&self) -> &'static str {
        "crvusd"
    }

    fn is_engaged(&self, who: u32) -> bool {
        self.loans.contains_key(&who)
    }

    fn is_due(&mut self, world: &World, who: u32) -> Result<bool> {
        if self.noted.0 != world.now_ms() {
            self.note(world)?;
        }
        let notes = &self.noted.1;
        let due = |loan: &Loan| {
            let price =
                |of: fn(&(Usd, Usd)) -> Usd| ratio(of(&notes[loan.held]), of(&notes[loan.owed]));
            loan.is_due(price(|note| note.0), price(|note| note.1))
        };
        Ok(self.loans.get(&who).into_iter().flatten().any(due))
    }

    fn settle(&mut self, world: &mut World) -> Result<i64> {
        let now_ms = world.now_ms();
        let reserves = world.pool.reserves().iter();
        let said = reserves.map(|reserve| reserve.price.price as f64);
        if self.averages.is_empty() {
            self.averages = said.collect();
        } else {
            let elapsed = (now_ms - self.averaged_ms) as f64 / 1e3;
            let weight = 1.0 - (-elapsed / AVERAGE_SECONDS).exp();
            for (average, said) in self.averages.iter_mut().zip(said) {
                *average += (said - *average) * weight;
            }
        }
        self.averaged_ms = now_ms;
        Ok(0)
    }

    fn look(&mut self, world: &mut World, who: u32) -> Result<Look> {
        let obligation = world.obligation(who);
        if obligation.borrow_count == 0 {
            return Ok(Look::Healthy);
        }
        if let Entry::Vacant(new) = self.loans.entry(who) {
            let Some(loans) = enter(world, &obligation)? else {
                return Ok(Look::Healthy);
            };
            new.insert(loans);
        }
        if let Some(deal) = hard(world, who, &obligation)? {
            self.loans.remove(&who);
            return Ok(Look::Acted(Box::new(deal)));
        }
        let mut loans = self.loans.remove(&who).unwrap_or_default();
        for at in 0..loans.len() {
            let oracle = self.oracle_ratio(world, loans[at].held, loans[at].owed)?;
            if let Some(deal) = arbitrage(world, who, &mut loans[at], oracle)? {
                self.loans.insert(who, loans);
                return Ok(Look::Converted(Box::new(deal)));
            }
        }
        if loans.iter().all(Loan::is_above) {
            let healthy = world.value(&obligation)?.health.is_healthy();
            if healthy {
                return Ok(Look::Healthy);
            }
        }
        self.loans.insert(who, loans);
        Ok(Look::Waits)
    }
}

/// Debt atoms per collateral atom at two prices of a billion atoms, in units of [`ONE`].
fn ratio(held: Usd, owed: Usd) -> u128 {
    held.wad() / 1_000_000 * ONE / (owed.wad() / 1_000_000).max(1)
}

impl CrvUsd {
    /// Notes what tokens are worth now.
    fn note(&mut self, world: &World) -> Result<()> {
        let mut notes = Vec::with_capacity(world.pool.reserves().len());
        for asset in 0..world.pool.reserves().len() {
            let traded = world.exchange.price(world.source(asset));
            let said = world.pool.reserves()[asset].price.price;
            let average = self
                .averages
                .get(asset)
                .map_or(said, |average| *average as u64);
            let value = |price| -> Result<Usd> {
                Ok(world.pool.token_price(asset, price)?.value_down(MEASURE)?)
            };
            notes.push((value(traded)?, value(average)?));
        }
        self.noted = (world.now_ms(), notes);
        Ok(())
    }

    /// The averaged oracles' price of `held` in `owed`, in units of [`ONE`].
    fn oracle_ratio(&self, world: &World, held: usize, owed: usize) -> Result<u128> {
        let value = |asset: usize| -> Result<Usd> {
            let said = world.pool.reserves()[asset].price.price;
            let average = self
                .averages
                .get(asset)
                .map_or(said, |average| *average as u64);
            Ok(world
                .pool
                .token_price(asset, average)?
                .value_down(MEASURE)?)
        };
        Ok(ratio(value(held)?, value(owed)?))
    }
}

fn oracle_ratio(world: &World, held: usize, owed: usize) -> Result<u128> {
    let value = |asset: usize| -> Result<Usd> {
        let said = world.pool.reserves()[asset].price.price;
        Ok(world.pool.token_price(asset, said)?.value_down(MEASURE)?)
    };
    Ok(ratio(value(held)?, value(owed)?))
}

fn exchange_ratio(world: &World, held: usize, owed: usize) -> Result<u128> {
    let value = |asset: usize| -> Result<Usd> {
        let price = world.exchange.price(world.source(asset));
        Ok(world.pool.token_price(asset, price)?.value_down(MEASURE)?)
    };
    Ok(ratio(value(held)?, value(owed)?))
}

/// Spreads the collateral over bands below the price at which the obligation reached its threshold; `None` where it has not.
fn enter(world: &World, obligation: &Obligation) -> Result<Option<Vec<Loan>>> {
    let sheet = world.sheet(obligation)?;
    let book = sheet.book(View::Plain)?;
    let health_ppm = u128::from(book.health.ppm_down());
    if health_ppm >= PPM || health_ppm == 0 {
        return Ok(None);
    }
    let sides = sides(world, obligation, &sheet)?;
    let owed = sides.owed[0];
    let mut loans = Vec::new();
    for (held, side) in sides.held.iter().zip(&sides.deposits) {
        if *held == owed {
            continue;
        }
        let top = oracle_ratio(world, *held, owed)? * PPM / health_ppm;
        loans.push(Loan {
            held: *held,
            owed,
            bands: Band::spread(side.deposited.0, top),
            last: (0, 0),
        });
    }
    Ok((!loans.is_empty()).then_some(loans))
}

/// One round of arbitrage between the bands and the exchange, if it pays.
fn arbitrage(world: &mut World, who: u32, loan: &mut Loan, oracle: u128) -> Result<Option<Deal>> {
    let (held, owed) = (loan.held, loan.owed);
    let market = exchange_ratio(world, held, owed)?;
    if !loan.has_moved(market, oracle) {
        return Ok(None);
    }
    loan.last = (market, oracle);
    let costs = FEE_PPM + u128::from(world.costs.fee_ppm + world.costs.latency_ppm);
    let (low, high) = (market * (PPM - costs) / PPM, market * (PPM + costs) / PPM);
    let mut after = loan.bands.clone();
    let (mut bought, mut paid) = (0u64, 0u64);
    for band in &mut after {
        let before = *band;
        band.buy_until(oracle, low);
        bought += before.collateral - band.collateral;
        let fee = u128::from(band.borrowed - before.borrowed) * FEE_PPM / PPM;
        band.borrowed += fee as u64;
        paid += band.borrowed - before.borrowed;
    }
    if bought > 0 && paid > 0 {
        let pays = world.micro_usd(held, bought)? >= LEAST_MICRO_USD
            && world.pays((owed, paid), (held, bought))?;
        if !pays {
            return Ok(None);
        }
        loan.bands = after;
        return swap(world, who, (owed, paid), (held, bought)).map(Some);
    }
    let mut after = loan.bands.clone();
    let (mut sold, mut received) = (0u64, 0u64);
    for band in &mut after {
        let before = *band;
        band.sell_until(oracle, high);
        received += before.borrowed - band.borrowed;
        let fee = u128::from(band.collateral - before.collateral) * FEE_PPM / PPM;
        band.collateral += fee as u64;
        sold += band.collateral - before.collateral;
    }
    if sold == 0 || received == 0 {
        return Ok(None);
    }
    let pays = world.micro_usd(owed, received)? >= LEAST_MICRO_USD
        && world.pays((held, sold), (owed, received))?;
    if !pays {
        return Ok(None);
    }
    loan.bands = after;
    swap(world, who, (held, sold), (owed, received)).map(Some)
}

/// An arbitrageur pays `paid` into the borrower's deposits for `taken` of another one.
fn swap(
    world: &mut World,
    who: u32,
    (give, paid): (usize, u64),
    (get, taken): (usize, u64),
) -> Result<Deal> {
    let mut obligation = world.obligation(who);
    let keys = [world.pool.keys()[give], world.pool.keys()[get]];
    let held = obligation.deposit_in(&keys[1]);
    let reserves = world.pool.reserves_mut();
    let worth = held.atoms_down(reserves[get].supply_index())?;
    // Interest grew what the bands do not know of; a rounding may have taken an atom.
    let left = reserves[get]
        .seize(held, taken.min(worth.0))
        .map_err(broken)?;
    let scaled = reserves[give]
        .deposit(obligation.deposit_in(&keys[0]), Atoms(paid))
        .map_err(broken)?;
    obligation
        .set_deposit(&keys[1], left.remaining)
        .map_err(broken)?;
    obligation.set_deposit(&keys[0], scaled).map_err(broken)?;
    world.pool.refresh(&obligation);
    store(world, get);
    world.operations += 2;
    world.set_obligation(who, obligation);
    let profit = trade(world, (give, paid), (get, left.atoms.0))?;
    Ok(Deal {
        repay: give,
        seize: get,
        repaid_atoms: paid,
        seized_atoms: left.atoms.0,
        profit_micro_usd: profit,
        ..Deal::default()
    })
}

/// Stores a reserve whose position may be gone.
fn store(world: &mut World, asset: usize) {
    let mut used: Obligation = bytemuck::Zeroable::zeroed();
    used.deposits[0].reserve = world.pool.keys()[asset];
    used.deposit_count = 1;
    world.pool.refresh(&used);
}
