//! What oracles print: delayed prices with a confidence and an exponential average, as Pyth's feeds have them.

use std::collections::VecDeque;

use crate::prices::{DOLLAR, PRICE_EXPONENT};

/// Time constant of the exponential average, as in Pyth's feeds.
const EMA_SECONDS: f64 = 3_600.0;

/// How the oracle lags and doubts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OracleParams {
    /// A price is printed so long after it was traded.
    pub delay_ms: i64,
    /// Half-width of the confidence interval, as a part of the price.
    pub confidence: f64,
    /// Part of the last move that is added to it.
    pub confidence_of_move: f64,
}

impl Default for OracleParams {
    /// One slot of delay, 0.1 % of confidence, and a tenth of the last move.
    fn default() -> Self {
        Self {
            delay_ms: 400,
            confidence: 0.001,
            confidence_of_move: 0.1,
        }
    }
}

/// What an oracle says of one asset, in the unit of prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Print {
    /// The price.
    pub price: u64,
    /// Half-width of its interval.
    pub confidence: u64,
    /// The exponential average.
    pub ema: u64,
    /// Milliseconds after the start.
    pub published_ms: i64,
}

/// One asset's oracle.
#[derive(Clone, Debug)]
pub struct Feed {
    params: OracleParams,
    /// Trades that are not printed yet: (time, price).
    pending: VecDeque<(i64, u64)>,
    price: u64,
    before: u64,
    average: f64,
    averaged_ms: i64,
    last: Print,
}

impl Feed {
    /// An oracle that has printed `price` for long.
    pub fn new(price: u64, params: OracleParams) -> Self {
        let mut feed = Self {
            params,
            pending: VecDeque::new(),
            price,
            before: price,
            average: price as f64 / DOLLAR as f64,
            averaged_ms: 0,
            last: Print {
                price,
                confidence: 0,
                ema: price,
                published_ms: 0,
            },
        };
        feed.print(0);
        feed
    }

    /// Learns that the asset trades at `price` from `time_ms` on, and prints at that time. `fault` is what it says
    /// instead: nothing new, or another price.
    pub fn advance(&mut self, time_ms: i64, price: u64, fault: Option<crate::prices::FaultKind>) {
        use crate::prices::FaultKind;
        self.pending.push_back((time_ms, price));
        while let Some((_, price)) = self
            .pending
            .front()
            .filter(|(traded, _)| traded + self.params.delay_ms <= time_ms)
            .copied()
        {
            self.pending.pop_front();
            if price != self.price {
                self.before = self.price;
                self.price = price;
            }
        }
        match fault {
            Some(FaultKind::Silent) => {}
            Some(FaultKind::Prints(wrong)) => {
                let (right, before) = (self.price, self.before);
                self.price = wrong;
                self.before = wrong;
                self.print(time_ms);
                (self.price, self.before) = (right, before);
            }
            None => self.print(time_ms),
        }
    }

    /// What it says now.
    pub fn said(&self) -> Print {
        self.last
    }

    fn print(&mut self, time_ms: i64) {
        let price = self.price as f64 / DOLLAR as f64;
        let seconds = (time_ms - self.averaged_ms) as f64 / 1e3;
        let weight = 1.0 - (-seconds / EMA_SECONDS).exp();
        self.average += (price - self.average) * weight;
        self.averaged_ms = time_ms;
        let moved = (price - self.before as f64 / DOLLAR as f64).abs();
        let confidence = price * self.params.confidence + moved * self.params.confidence_of_move;
        let mantissa = |dollars: f64| (dollars * 10f64.powi(-PRICE_EXPONENT)).round() as u64;
        self.last = Print {
            price: self.price,
            confidence: mantissa(confidence),
            ema: mantissa(self.average).max(1),
            published_ms: time_ms,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prices::FaultKind;

    #[test]
    fn a_price_is_printed_after_its_delay_and_the_average_follows() {
        let params = OracleParams {
            delay_ms: 1_000,
            ..OracleParams::default()
        };
        let mut feed = Feed::new(100 * DOLLAR, params);
        feed.advance(15_000, 90 * DOLLAR, None);
        assert_eq!(feed.said().price, 100 * DOLLAR);
        feed.advance(16_000, 90 * DOLLAR, None);
        let said = feed.said();
        assert_eq!(said.price, 90 * DOLLAR);
        // A tenth of the move of ten dollars, and a thousandth of the price.
        assert_eq!(said.confidence, DOLLAR + 9 * DOLLAR / 100);
        assert!(said.ema < 100 * DOLLAR && said.ema > 99 * DOLLAR);
    }

    #[test]
    fn a_silent_oracle_keeps_its_price_and_its_time() {
        let mut feed = Feed::new(100 * DOLLAR, OracleParams::default());
        feed.advance(1_000, 100 * DOLLAR, None);
        feed.advance(60_000, 50 * DOLLAR, Some(FaultKind::Silent));
        let said = feed.said();
        assert_eq!((said.price, said.published_ms), (100 * DOLLAR, 1_000));
        feed.advance(61_000, 50 * DOLLAR, Some(FaultKind::Prints(DOLLAR)));
        assert_eq!(feed.said().price, DOLLAR);
        feed.advance(62_000, 50 * DOLLAR, None);
        assert_eq!(feed.said().price, 50 * DOLLAR);
    }
}
