//! How far prices may go before anything happens to a loan: bounds that are cheap to test and never too wide, so that a loan
//! that rests would have been left as it is by a look.

use levee::state::Obligation;
use levee_risk::valuation::Book;

use super::arbitrage::LEAST_MICRO_USD;
use super::band::{Band, A, EXACT_ATOMS, ONE, SURE};
use super::hard::slack;
use super::moments::{Moments, Parts};
use super::watch::AMPLE_SLACK;
use crate::root::as_f64;

/// Relative room for the roundings of floats, which are 24 bits long here.
const FLOAT: f64 = 1e-6;
/// How far the oracle's price may go before bounds on trades are worked out again.
const ORACLE: f64 = 0.02;
/// How far the dollar prices may rise before.
const DOLLARS: f64 = 0.03;
/// Room for a band's own price, which falls a little slower than `p³` while it is in parts converted: within [`ORACLE`] by less
/// than one part in 3,000.
const CUBE: f64 = 4e-4;
/// Debt atoms of a band from which roundings of its equations move what is traded by less than one part in 10,000.
const FINE_ATOMS: f64 = 1e7;
/// The part of a band with fewer atoms by which they may.
const ROUGH: f64 = 0.01;
/// What is left of the least gap that is worth a trade while prices stay within [`ORACLE`] and [`DOLLARS`].
const GAP: f64 = 0.85;

/// The prices of a pair at one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quote {
    /// The exchange's, in units of [`ONE`].
    pub market: u128,
    /// The averaged oracle's.
    pub oracle: u128,
    /// Of a collateral atom and of a debt atom on the exchange, in millionths of a dollar.
    pub micro_usd: (f64, f64),
    /// How far from the exchange's price arbitrage begins, as a part of it.
    pub costs: f64,
    /// Any price of the pair, always the same, to which prices are relative: keeps cubes small.
    pub unit: f64,
}

impl Quote {
    /// `market/oracle³`: what a band's own price is compared with while it moves like `oracle³`.
    fn relative(&self, price: f64) -> f64 {
        let oracle = as_f64(self.oracle) / self.unit;
        price / self.unit / (oracle * oracle * oracle)
    }
}

/// Bounds between which no trade with a loan's bands pays.
#[derive(Clone, Copy, Debug)]
pub(super) struct Still {
    /// `market/oracle³` below which nobody buys, and above which nobody sells.
    buys: f32,
    sells: f32,
    /// Between these prices of the oracle's.
    least_oracle: f32,
    most_oracle: f32,
    /// Up to these dollar prices.
    most_held: f32,
    most_owed: f32,
}

impl Still {
    /// It may trade at any price.
    pub const NEVER: Self = Self {
        buys: 0.0,
        sells: f32::INFINITY,
        least_oracle: 0.0,
        most_oracle: 0.0,
        most_held: 0.0,
        most_owed: 0.0,
    };

    /// What a band of full size `s` gives while its own price moves by a factor of `1 + gap` is less than `A/2·s·gap`, and no
    /// two bands have the same price: so a trade is worth no more than that of the largest band.
    pub fn of(bands: &[Band], now: &Quote) -> Self {
        let (mut cheapest, mut dearest) = (f64::INFINITY, 0.0f64);
        let (mut most_held, mut most_owed) = (0.0f64, 0.0f64);
        // What the price of a band says nothing about.
        let (mut loose_held, mut loose_owed) = (0.0, 0.0);
        for band in bands {
            let (x, y) = (band.borrowed as f64, band.collateral as f64);
            let estimate = band.estimate(now.oracle);
            let Some(own) = estimate.filter(|one| EXACT_ATOMS.contains(&one.debt_atoms)) else {
                loose_held += y;
                loose_owed += x;
                continue;
            };
            let price = own.price / ONE as f64;
            let (held, owed) = (y + x / price, x + y * price);
            if own.debt_atoms < FINE_ATOMS {
                loose_held += held * ROUGH;
                loose_owed += owed * ROUGH;
            }
            most_held = most_held.max(held);
            most_owed = most_owed.max(owed);
            if band.collateral > 0 {
                cheapest = cheapest.min(own.price);
            }
            if band.borrowed > 0 {
                dearest = dearest.max(own.price);
            }
        }
        let gap = |loose: f64, most: f64, micro_usd: f64| {
            let least = LEAST_MICRO_USD as f64 - loose * micro_usd * (1.0 + DOLLARS);
            (least > 0.0).then(|| least * GAP / (A as f64 / 2.0 * most * micro_usd).max(1e-9))
        };
        let room = 1.0 + SURE + CUBE;
        let buys = gap(loose_held, most_held, now.micro_usd.0)
            .map_or(0.0, |gap| now.relative(cheapest) * gap.exp() / room);
        let sells = gap(loose_owed, most_owed, now.micro_usd.1).map_or(f64::INFINITY, |gap| {
            now.relative(dearest) * (-gap).exp() * room
        });
        let oracle = as_f64(now.oracle) / now.unit;
        Self {
            buys: (buys / (1.0 - now.costs) * (1.0 - FLOAT)) as f32,
            sells: (sells / (1.0 + now.costs) * (1.0 + FLOAT)) as f32,
            least_oracle: (oracle * (1.0 - ORACLE)) as f32,
            most_oracle: (oracle * (1.0 + ORACLE)) as f32,
            most_held: (now.micro_usd.0 * (1.0 + DOLLARS)) as f32,
            most_owed: (now.micro_usd.1 * (1.0 + DOLLARS)) as f32,
        }
    }

    /// Whether no trade pays at these prices, for sure.
    pub fn holds(&self, now: &Quote) -> bool {
        let oracle = (as_f64(now.oracle) / now.unit) as f32;
        let relative = now.relative(as_f64(now.market)) as f32;
        relative < self.buys
            && relative > self.sells
            && oracle > self.least_oracle
            && oracle < self.most_oracle
            && (now.micro_usd.0 as f32) < self.most_held
            && (now.micro_usd.1 as f32) < self.most_owed
    }
}

/// Bounds between which an obligation stays healthy or unhealthy, and far from hard liquidation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rest {
    /// When it was valued.
    since: u32,
    parts: Parts,
    /// How often it had changed then.
    pub known: u32,
    /// By how much its health may fall, as a factor.
    least: f32,
    /// And rise.
    most: f32,
}

impl Rest {
    /// Its value is not known.
    pub const UNKNOWN: Self = Self {
        since: 0,
        parts: Parts::NONE,
        known: 0,
        least: f32::INFINITY,
        most: 0.0,
    };

    /// Of one that is worth `book` now; `None` where interest or the next price may change something.
    pub fn of(obligation: &Obligation, book: &Book, known: u32, moments: &Moments) -> Option<Self> {
        let parts = moments.parts(obligation)?;
        let room = 1.0 + FLOAT + moments.atoms(parts, book);
        let health = book.health.collateral.raw() as f64 / book.health.debt.raw() as f64;
        let slack = slack(book);
        if obligation.borrow_count == 0 || slack < AMPLE_SLACK {
            return None;
        }
        let least = (1.0 + AMPLE_SLACK) / (1.0 + slack);
        let (least, most) = match book.health.is_healthy() {
            true => (least.max(1.0 / health), f64::INFINITY),
            false => (least, 1.0 / health),
        };
        Some(Self {
            since: moments.now(),
            parts,
            known,
            least: (least * room) as f32,
            most: (most / room) as f32,
        })
    }

    /// Whether it stays what it was, for sure, if it has changed `known` times.
    pub fn holds(&self, known: u32, moments: &Moments) -> bool {
        if self.known != known || !self.least.is_finite() {
            return false;
        }
        let (least, most) = moments.changes(self.since, self.parts);
        least > f64::from(self.least) && most < f64::from(self.most)
    }
}

#[cfg(test)]
mod tests;
