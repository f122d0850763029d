//! Arbitrage between the bands and the exchange.

use anyhow::Result;
use levee_risk::fixed::ScaledSupply;
use levee_risk::units::Atoms;

use super::super::deal::Deal;
use super::super::Seen;
use super::band::{Band, BANDS};
use super::loan::Loan;
use super::prices::exchange_ratio;
use super::watch::Prices;
use super::{FEE_PPM, PPM};
use crate::market::{broken, Bargain, World};

/// Arbitrage below it is not worth a transaction.
pub(super) const LEAST_MICRO_USD: i64 = 5_000_000;

/// What arbitrageurs do with the bands' collateral.
#[derive(Clone, Copy, Debug)]
pub(super) enum Way {
    Buy,
    Sell,
}

/// A trade that pays.
pub(super) struct Planned {
    /// The bands after it.
    bands: [Band; BANDS],
    /// What arbitrageurs pay, fee included, and what they take.
    bargain: Bargain,
}

/// How far from the exchange's price arbitrage begins, in parts per million.
pub(super) fn costs_ppm(world: &World) -> u128 {
    FEE_PPM + u128::from(world.costs.fee_ppm + world.costs.latency_ppm)
}

/// The trade between bands and an exchange at the price `market` that pays, if one does.
pub(super) fn plan(
    world: &World,
    (held, owed): (usize, usize),
    before: &[Band; BANDS],
    (market, oracle): Prices,
) -> Result<Option<Planned>> {
    let costs = costs_ppm(world);
    let (low, high) = (market * (PPM - costs) / PPM, market * (PPM + costs) / PPM);
    for (way, price) in [(Way::Buy, low), (Way::Sell, high)] {
        let idles = |band: &Band| match way {
            Way::Buy => band.is_above(oracle, price),
            Way::Sell => band.is_below(oracle, price),
        };
        let Some(first) = before.iter().position(|band| !idles(band)) else {
            continue;
        };
        let mut bands = *before;
        let (paid, taken) = move_bands(&mut bands[first..], way, oracle, price);
        if paid == 0 || taken == 0 {
            continue;
        }
        let (give, get) = match way {
            Way::Buy => (owed, held),
            Way::Sell => (held, owed),
        };
        let (give, get) = ((give, paid), (get, taken));
        let bargain = world.bargain(give, get)?;
        let pays = bargain.worth_micro_usd() >= LEAST_MICRO_USD && world.is_worth_it(&bargain);
        return Ok(pays.then_some(Planned { bands, bargain }));
    }
    Ok(None)
}

/// One round of arbitrage between the bands and the exchange of now, if it pays.
pub(super) fn arbitrage(
    world: &mut World,
    seen: &Seen,
    loan: &mut Loan,
    oracle: u128,
) -> Result<Option<Deal>> {
    let (held, owed) = loan.pair();
    let market = exchange_ratio(world, held, owed)?;
    let prices = (market, oracle);
    let Some(planned) = plan(world, (held, owed), &loan.bands(), prices)? else {
        return Ok(None);
    };
    loan.set_bands(&planned.bands);
    swap(world, seen, planned.bargain).map(Some)
}

/// Arbitrageurs trade with all bands until their own prices are `price`, and leave the fee on what they pay in. Returns what
/// they pay, fee included, and what they take.
pub(super) fn move_bands(bands: &mut [Band], way: Way, oracle: u128, price: u128) -> (u64, u64) {
    let (mut paid, mut taken) = (0, 0);
    for band in bands {
        let before = *band;
        let (filled, was, took) = match way {
            Way::Buy => {
                band.buy_until(oracle, price);
                let took = before.collateral - band.collateral;
                (&mut band.borrowed, before.borrowed, took)
            }
            Way::Sell => {
                band.sell_until(oracle, price);
                let took = before.borrowed - band.borrowed;
                (&mut band.collateral, before.collateral, took)
            }
        };
        let fee = u128::from(*filled - was) * FEE_PPM / PPM;
        *filled += fee as u64;
        paid += *filled - was;
        taken += took;
    }
    (paid, taken)
}

/// An arbitrageur pays into one of the borrower's deposits and takes of another one.
fn swap(world: &mut World, seen: &Seen, planned: Bargain) -> Result<Deal> {
    let ((give, paid), (get, taken)) = (planned.give, planned.get);
    let mut obligation = *seen.obligation;
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
    if left.remaining == ScaledSupply::ZERO {
        world.pool.refresh_some(1 << get);
    }
    world.operations += 2;
    world.set_obligation(seen.who, obligation);
    let bargain = if left.atoms.0 == taken {
        planned
    } else {
        world.bargain((give, paid), (get, left.atoms.0))?
    };
    let profit = world.strike(&bargain)?;
    Ok(Deal {
        repay: give,
        seize: get,
        repaid_atoms: paid,
        seized_atoms: left.atoms.0,
        profit_micro_usd: profit,
        ..Deal::default()
    })
}
