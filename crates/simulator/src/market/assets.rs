//! The assets of a generated market, with the configurations that the design states as defaults.

use levee::state::ReserveConfig;
use levee_client::defaults::{reserve_config, stable_reserve_config};

/// The ticker of the dollar that is borrowed.
pub const USDC: &str = "USDC";

const USDC_DECIMALS: u8 = 6;
const DOLLAR_DIGITS: u32 = 10;

/// What is traded of an asset in a day, in dollars: orders of magnitude of the spot market.
const DAILY_VOLUME_USD: [(&str, u64); 4] = [
    ("BTC", 10_000_000_000),
    ("ETH", 6_000_000_000),
    ("SOL", 2_000_000_000),
    (USDC, 10_000_000_000),
];
const OTHER_VOLUME_USD: u64 = 300_000_000;
/// Daily volatility in parts per million.
const VOLATILITY_PPM: u64 = 40_000;

/// One token of the market.
#[derive(Clone, Debug)]
pub struct Asset {
    /// Its ticker.
    pub name: String,
    /// Of the mint.
    pub decimals: u8,
    /// The reserve's configuration.
    pub config: ReserveConfig,
    /// Traded in a day, in dollars.
    pub daily_volume_usd: u64,
    /// Daily volatility in parts per million; zero for a dollar, which no sale moves.
    pub volatility_ppm: u64,
}

impl Asset {
    /// The asset with `ticker`, whose oracle feed is that of position `at`, and which costs `price` at first.
    pub fn new(ticker: &str, at: usize, price: u64) -> Self {
        let feed = [at as u8 + 1; 32];
        let is_dollar = ticker == USDC;
        let volume = DAILY_VOLUME_USD.iter().find(|(name, _)| *name == ticker);
        Self {
            name: ticker.into(),
            decimals: if is_dollar {
                USDC_DECIMALS
            } else {
                decimals(price)
            },
            config: if is_dollar {
                stable_reserve_config(feed)
            } else {
                reserve_config(feed)
            },
            daily_volume_usd: volume.map_or(OTHER_VOLUME_USD, |(_, usd)| *usd),
            volatility_ppm: if is_dollar { 0 } else { VOLATILITY_PPM },
        }
    }
}

/// Nine as SOL has, and fewer for a token so cheap that a pool of it would not fit 64 bits of atoms.
fn decimals(price: u64) -> u8 {
    // The price is a whole number of 10^-10 dollars.
    let digits = price.checked_ilog10().unwrap_or(0);
    let cheaper = DOLLAR_DIGITS.saturating_sub(digits).min(9);
    9 - cheaper as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prices::DOLLAR;

    #[test]
    fn cheap_tokens_have_fewer_decimals() {
        assert_eq!(decimals(200 * DOLLAR), 9);
        assert_eq!(decimals(DOLLAR), 9);
        assert_eq!(decimals(DOLLAR / 2), 8);
        assert_eq!(decimals(10_000), 3);
    }
}
