//! Reserve configurations with the design's defaults, one per kind of asset.

use levee::state::{AuctionConfig, ReserveConfig};
use levee_client::defaults::{reserve_config, stable_reserve_config};

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
    stable_reserve_config(feed)
}
