//! Price paths: bars from files, or generated from a seed, walked point by point.
//!
//! A price is a whole number of [`PRICE_EXPONENT`] dollars, as an oracle prints it: no balance ever meets a float.

mod bars;
mod columns;
mod csv_file;
mod folder;
mod generated;
mod merge;
mod price;
mod ticker;
mod time;

pub use bars::{Bar, Series, POINTS_PER_BAR};
pub use csv_file::{parse_bars, read_series};
pub use folder::{find_paths, read_path};
pub use generated::{generate, Shape};
pub use merge::merge;
pub use price::parse_price;
pub use time::parse_time;

/// Prices are whole numbers of `10^PRICE_EXPONENT` dollars.
pub const PRICE_EXPONENT: i32 = -10;

/// A dollar in the unit of prices.
pub const DOLLAR: u64 = 10_000_000_000;

/// What an oracle does wrong for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// It repeats its last price with its old time.
    Silent,
    /// It prints this price, with a fresh time and its usual confidence.
    Prints(u64),
}

/// A failure of one asset's oracle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Position in [`PricePath::assets`].
    pub asset: usize,
    /// First millisecond after the start at which it fails.
    pub from_ms: i64,
    /// First millisecond at which it works again.
    pub until_ms: i64,
    /// How it fails.
    pub kind: FaultKind,
}

/// The prices of several assets at increasing times. Between two points they stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PricePath {
    /// For headings.
    pub name: String,
    /// Unix time of the first point.
    pub start_ts: i64,
    /// Tickers; USDC is a dollar where it is not among them.
    pub assets: Vec<String>,
    /// Milliseconds after the start, strictly increasing.
    pub times_ms: Vec<i64>,
    /// Row by row: one price per asset and point.
    pub prices: Vec<u64>,
    /// Whether the point is the last one of its bar.
    pub ends_bar: Vec<bool>,
    /// Length of the shortest bar, in seconds.
    pub bar_seconds: i64,
    /// When oracles fail.
    pub faults: Vec<Fault>,
}

impl PricePath {
    /// The prices at point `at`, one per asset.
    pub fn row(&self, at: usize) -> &[u64] {
        let width = self.assets.len();
        &self.prices[at * width..(at + 1) * width]
    }

    /// How long the path lasts, in milliseconds: up to the end of its last bar.
    pub fn end_ms(&self) -> i64 {
        let last = self.times_ms.last().copied().unwrap_or(0);
        last + self.bar_seconds * 1_000 / POINTS_PER_BAR as i64
    }

    /// Number of points.
    pub fn len(&self) -> usize {
        self.times_ms.len()
    }

    /// Whether there is nothing to walk.
    pub fn is_empty(&self) -> bool {
        self.times_ms.is_empty()
    }
}
