//! The assets of a generated market, with the configurations that the design states as defaults.

use levee::state::{
    AuctionConfig, RatePoint, ReserveConfig, MAX_CURVE_POINTS, ORACLE_PYTH_PULL, RATE_NONE,
};

/// The ticker of the dollar that is borrowed.
pub const USDC: &str = "USDC";

/// Slots of a day at 400 milliseconds.
const DAY_SLOTS: u64 = 216_000;
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
                stable_config(feed)
            } else {
                volatile_config(feed)
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

fn curve(points: &[(u32, u32)]) -> [RatePoint; MAX_CURVE_POINTS] {
    let mut curve = [RatePoint::default(); MAX_CURVE_POINTS];
    for (slot, (utilization_bps, rate_bps)) in curve.iter_mut().zip(points) {
        slot.utilization_bps = *utilization_bps;
        slot.rate_bps = *rate_bps;
    }
    curve
}

/// SOL, ETH, BTC and whatever moves like them: the design's first column.
pub fn volatile_config(feed: [u8; 32]) -> ReserveConfig {
    ReserveConfig {
        oracle_feed: feed,
        rate_source: [0; 32],
        deposit_cap_atoms: u64::MAX,
        borrow_cap_atoms: u64::MAX,
        outflow_cap_atoms: u64::MAX,
        outflow_window_slots: DAY_SLOTS,
        liquidation_ceiling_micro_usd: 0,
        oracle_kind: ORACLE_PYTH_PULL,
        ltv_bps: 7_500,
        threshold_bps: 8_000,
        borrow_factor_bps: 10_000,
        auction: AuctionConfig {
            start_ppm: 1_000,
            slope_ppm_per_slot: 20,
            width_ppm: 150_000,
            max_ppm: 50_000,
            insolvent_ppm: 20_000,
            margin_ppm: 500,
            min_target_bps: 10_050,
        },
        take_rate_bps: 1_000,
        origination_fee_bps: 1,
        flash_fee_bps: 1,
        max_price_age_seconds: 60,
        max_mild_price_age_seconds: 10,
        max_confidence_bps: 200,
        confidence_multiple_bps: 21_200,
        max_ema_divergence_bps: 2_500,
        rate_kind: RATE_NONE,
        max_rate_growth_bps: 0,
        elevation_groups: 0,
        curve_len: 3,
        curve: curve(&[(0, 0), (8_000, 600), (10_000, 10_000)]),
        unused: 0,
    }
}

/// A dollar.
pub fn stable_config(feed: [u8; 32]) -> ReserveConfig {
    let base = volatile_config(feed);
    ReserveConfig {
        ltv_bps: 8_000,
        threshold_bps: 8_500,
        auction: AuctionConfig {
            width_ppm: 112_500,
            ..base.auction
        },
        curve_len: 3,
        curve: curve(&[(0, 0), (9_000, 800), (10_000, 15_000)]),
        ..base
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prices::DOLLAR;

    #[test]
    fn the_configurations_are_ones_that_the_program_accepts() {
        assert!(volatile_config([1; 32]).validate().is_ok());
        assert!(stable_config([1; 32]).validate().is_ok());
    }

    #[test]
    fn cheap_tokens_have_fewer_decimals() {
        assert_eq!(decimals(200 * DOLLAR), 9);
        assert_eq!(decimals(DOLLAR), 9);
        assert_eq!(decimals(DOLLAR / 2), 8);
        assert_eq!(decimals(10_000), 3);
    }
}
