//! A feed as Pyth posts it, and its moving average.

use levee_tests::{PriceSpec, Token};

/// The time constant of Pyth's moving average, in seconds.
const EMA_SECONDS: f64 = 3_600.0;

/// One of Pyth's feeds.
pub struct Feed {
    /// Whose.
    pub token: Token,
    /// In dollars.
    pub price: f64,
    /// In dollars.
    pub ema: f64,
    /// As a part of the price.
    pub confidence: f64,
    /// In Unix seconds.
    pub published: i64,
}

impl Feed {
    /// Prints `price` at `now`; the average follows.
    pub fn print(&mut self, price: f64, now: i64) {
        let passed = (now - self.published) as f64;
        self.ema += (price - self.ema) * (1.0 - (-passed / EMA_SECONDS).exp());
        self.price = price;
        self.published = now;
    }

    /// What its account says.
    pub fn spec(&self) -> PriceSpec {
        let mantissa = |dollars: f64| (dollars * 1e8).round() as i64;
        PriceSpec {
            price: mantissa(self.price),
            confidence: mantissa(self.price * self.confidence).unsigned_abs(),
            ema: mantissa(self.ema),
            exponent: -8,
            publish_ts: self.published,
        }
    }
}
