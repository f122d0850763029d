//! A collateral in its bands.

use anyhow::Result;

use super::super::rule::sides;
use super::super::Seen;
use super::band::Band;
use super::prices::said_ratio;
use super::{FEE_PPM, PPM};
use crate::market::World;

/// One collateral of a loan in its bands.
pub(super) struct Loan {
    /// The reserve of the collateral.
    pub held: usize,
    /// The reserve of the debt.
    pub owed: usize,
    /// From the highest price to the lowest.
    pub bands: Vec<Band>,
    /// The exchange's and the oracle's price when it was last looked at, in units of [`ONE`].
    pub last: (u128, u128),
}

impl Loan {
    /// Whether a price moved by half of the fee: less brings nothing.
    pub fn has_moved(&self, market: u128, oracle: u128) -> bool {
        let moved = |now: u128, last: u128| now.abs_diff(last) * PPM >= last * FEE_PPM / 2;
        moved(market, self.last.0) || moved(oracle, self.last.1)
    }

    /// Whether arbitrage may be possible at these prices.
    pub fn is_due(&self, market: u128, oracle: u128) -> bool {
        let [first, .., last] = self.bands.as_slice() else {
            return false;
        };
        // Well above the first band nothing is left to convert back, well below the last one nothing to convert.
        let (least, most) = (market.min(oracle), market.max(oracle));
        let is_done = least > first.upper() * 102 / 100 && self.is_above()
            || most < last.upper() * 97 / 100
                && self.bands.iter().all(|band| band.collateral < 1_000);
        !is_done && self.has_moved(market, oracle)
    }

    /// Whether nothing of it is converted.
    pub fn is_above(&self) -> bool {
        self.bands.iter().all(|band| band.borrowed == 0)
    }
}

/// Spreads the collateral over bands below the price at which the obligation reached its threshold; `None` where it has not.
pub(super) fn enter(world: &World, seen: &Seen) -> Result<Option<Vec<Loan>>> {
    let health_ppm = u128::from(seen.book.health.ppm_down());
    if health_ppm >= PPM || health_ppm == 0 {
        return Ok(None);
    }
    let sides = sides(world, seen.obligation, seen.sheet)?;
    let owed = sides.owed[0];
    let mut loans = Vec::new();
    for (held, side) in sides.held.iter().zip(&sides.deposits) {
        if *held == owed {
            continue;
        }
        let top = said_ratio(world, *held, owed)? * PPM / health_ppm;
        loans.push(Loan {
            held: *held,
            owed,
            bands: Band::spread(side.deposited.0, top),
            last: (0, 0),
        });
    }
    Ok((!loans.is_empty()).then_some(loans))
}
