//! Bars of one asset.

/// Open, two extremes, close.
pub const POINTS_PER_BAR: usize = 4;

/// The price over a short time, in the unit of prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// Unix time at the open.
    pub timestamp: i64,
    /// First price.
    pub open: u64,
    /// Highest price.
    pub high: u64,
    /// Lowest price.
    pub low: u64,
    /// Last price.
    pub close: u64,
}

impl Bar {
    /// Open, low, high, close where the bar rises; open, high, low, close where it falls: the shortest way through
    /// all four.
    pub fn points(&self) -> [u64; POINTS_PER_BAR] {
        if self.close >= self.open {
            [self.open, self.low, self.high, self.close]
        } else {
            [self.open, self.high, self.low, self.close]
        }
    }
}

/// The bars of one asset, in the order of time, at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// Its ticker.
    pub asset: String,
    /// The bars.
    pub bars: Vec<Bar>,
    /// How long each lasts.
    pub bar_seconds: i64,
}

impl Series {
    /// Unix time of the first bar.
    pub fn start(&self) -> i64 {
        self.bars[0].timestamp
    }

    /// Unix time at which the last bar ends.
    pub fn end(&self) -> i64 {
        self.bars[self.bars.len() - 1].timestamp + self.bar_seconds
    }
}
