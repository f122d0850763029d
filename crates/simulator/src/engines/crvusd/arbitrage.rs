//! Arbitrage between the bands and the exchange.

use anyhow::Result;
use levee::state::Obligation;
use levee_risk::units::Atoms;

use super::super::deal::{trade, Deal};
use super::band::Band;
use super::loan::Loan;
use super::prices::exchange_ratio;
use super::{FEE_PPM, PPM};
use crate::market::{broken, World};

/// Arbitrage below it is not worth a transaction.
const LEAST_MICRO_USD: i64 = 5_000_000;

/// What arbitrageurs do with the bands' collateral.
#[derive(Clone, Copy)]
enum Way {
    Buy,
    Sell,
}

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
    for (way, price) in [(Way::Buy, low), (Way::Sell, high)] {
        let mut after = loan.bands;
        let (paid, taken) = move_bands(&mut after, way, oracle, price);
        if paid == 0 || taken == 0 {
            continue;
        }
        let (give, get) = match way {
            Way::Buy => (owed, held),
            Way::Sell => (held, owed),
        };
        let pays = world.micro_usd(get, taken)? >= LEAST_MICRO_USD
            && world.pays((give, paid), (get, taken))?;
        if !pays {
            return Ok(None);
        }
        loan.bands = after;
        return swap(world, who, (give, paid), (get, taken)).map(Some);
    }
    Ok(None)
}

/// Arbitrageurs trade with all bands until their own prices are `price`, and leave the fee on what they pay in. Returns what
/// they pay, fee included, and what they take.
fn move_bands(bands: &mut [Band], way: Way, oracle: u128, price: u128) -> (u64, u64) {
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
