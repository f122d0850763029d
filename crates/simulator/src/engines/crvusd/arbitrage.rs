//! Arbitrage between the bands and the exchange.

use anyhow::Result;
use levee::state::Obligation;
use levee_risk::units::Atoms;

use super::super::deal::{trade, Deal};
use super::loan::Loan;
use super::prices::exchange_ratio;
use super::{FEE_PPM, PPM};
use crate::market::{broken, World};

/// Arbitrage below it is not worth a transaction.
const LEAST_MICRO_USD: i64 = 5_000_000;

/// One round of arbitrage between the bands and the exchange, if it pays.
pub(super) fn arbitrage(
    world: &mut World,
    who: u32,
    loan: &mut Loan,
    oracle: u128,
) -> Result<Option<Deal>> {
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
