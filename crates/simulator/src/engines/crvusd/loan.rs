//! A collateral in its bands.

use anyhow::Result;

use super::super::rule::sides;
use super::super::Seen;
use super::band::{Band, BANDS};
use super::prices::said_ratio;
use super::{FEE_PPM, PPM};
use crate::market::World;

/// One collateral of a loan in its bands.
pub(super) struct Loan {
    /// Whose it is.
    pub who: u32,
    /// The slot of the borrower's next one.
    pub next: u32,
    /// When the borrower is looked at whatever prices do: of the first one. Milliseconds after the opening.
    pub next_ms: i64,
    /// The reserve of the collateral.
    pub held: usize,
    /// The reserve of the debt.
    pub owed: usize,
    /// From the highest price to the lowest.
    pub bands: [Band; BANDS],
    /// The exchange's and the oracle's price when it was last looked at, in units of [`ONE`].
    pub last: (u128, u128),
}

impl Loan {
    /// Whether a price moved by half of the fee: less brings nothing.
    pub fn has_moved(&self, market: u128, oracle: u128) -> bool {
        let moved = |now: u128, last: u128| now.abs_diff(last) >= step_up(last);
        moved(market, self.last.0) || moved(oracle, self.last.1)
    }

    /// Whether arbitrage may be possible at these prices.
    #[cfg(test)]
    pub fn is_due(&self, market: u128, oracle: u128) -> bool {
        self.has_moved(market, oracle) && self.done_at(market, oracle).is_none()
    }

    /// Up to where there is nothing to do at these prices: well above the first band nothing is left to convert back, well
    /// below the last one nothing to convert.
    pub fn done_at(&self, market: u128, oracle: u128) -> Option<Done> {
        let [first, .., last] = &self.bands;
        let (above, below) = (first.upper() * 102 / 100, last.upper() * 97 / 100);
        if market.min(oracle) > above && self.is_above() {
            return Some(Done::Above(above));
        }
        (market.max(oracle) < below && self.is_converted()).then_some(Done::Below(below))
    }

    /// Whether all of it is converted, but for dust.
    pub fn is_converted(&self) -> bool {
        self.bands.iter().all(|band| band.collateral < 1_000)
    }

    /// Whether nothing of it is converted.
    pub fn is_above(&self) -> bool {
        self.bands.iter().all(|band| band.borrowed == 0)
    }
}

/// Where nothing is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Done {
    /// While both prices are above this one.
    Above(u128),
    /// While both are below it.
    Below(u128),
}

/// By how much a price must move to be half of the fee away, rounded up.
pub(super) fn step_up(price: u128) -> u128 {
    (price * FEE_PPM).div_ceil(2 * PPM)
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
            who: seen.who,
            next: 0,
            next_ms: 0,
            held: *held,
            owed,
            bands: Band::spread(side.deposited.0, top),
            last: (0, 0),
        });
    }
    Ok((!loans.is_empty()).then_some(loans))
}
