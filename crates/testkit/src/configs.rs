//! Reserve configurations with the design's defaults, one per kind of asset.

use levee::state::{AuctionConfig, ReserveConfig};
use levee_client::defaults::{curve, reserve_config};

pub use levee_client::defaults::DAY_SLOTS;

/// SOL, and whatever moves like it.
pub fn sol_config(feed: [u8; 32]) -> ReserveConfig {
    reserve_config(feed)
}

/// A liquid-staking token.
pub fn lst_config(feed: [u8; 32]) -> ReserveConfig {
    ReserveConfig {
        ltv_bps: 7_000,
        threshold_bps: 7_700,
        auction: AuctionConfig {
            width_ppm: 172_500,
            ..reserve_config(feed).auction
        },
        ..reserve_config(feed)
    }
}

/// A dollar.
pub fn stable_config(feed: [u8; 32]) -> ReserveConfig {
    ReserveConfig {
        ltv_bps: 8_000,
        threshold_bps: 8_500,
        auction: AuctionConfig {
            width_ppm: 112_500,
            ..reserve_config(feed).auction
        },
        curve_len: 3,
        curve: curve(&[(0, 0), (9_000, 800), (10_000, 15_000)]),
        ..reserve_config(feed)
    }
}
