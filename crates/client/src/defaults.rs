//! The configuration that a new reserve starts from: the design's defaults, tuned on real crashes.

use anchor_lang::prelude::Pubkey;
use levee::state::{
    AuctionConfig, ElevationGroupConfig, RatePoint, ReserveConfig, MAX_CURVE_POINTS,
    ORACLE_PYTH_PULL, RATE_NONE,
};

/// Slots of a day at 400 milliseconds.
pub const DAY_SLOTS: u64 = 216_000;

/// An interest curve of `(utilization, annual rate)` in basis points; points beyond the most are left out.
pub fn curve(points: &[(u32, u32)]) -> [RatePoint; MAX_CURVE_POINTS] {
    let mut curve = [RatePoint::default(); MAX_CURVE_POINTS];
    for (slot, (utilization_bps, rate_bps)) in curve.iter_mut().zip(points) {
        slot.utilization_bps = *utilization_bps;
        slot.rate_bps = *rate_bps;
    }
    curve
}

/// A volatile collateral like SOL, ETH or BTC, priced by Pyth's `feed`, without caps.
///
/// ```
/// use levee_client::defaults::reserve_config;
///
/// assert!(reserve_config([1; 32]).validate().is_ok());
/// ```
pub fn reserve_config(feed: [u8; 32]) -> ReserveConfig {
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

/// A dollar, priced by Pyth's `feed`, without caps.
///
/// ```
/// use levee_client::defaults::stable_reserve_config;
///
/// assert!(stable_reserve_config([1; 32]).validate().is_ok());
/// ```
pub fn stable_reserve_config(feed: [u8; 32]) -> ReserveConfig {
    let base = reserve_config(feed);
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

/// An elevation group of collaterals that move with the debt of `debt_reserve`, such as a liquid-staking token with its base.
/// Half of what the threshold leaves is the width in which the bonus grows.
///
/// ```
/// use anchor_lang::prelude::Pubkey;
/// use levee_client::defaults::elevation_group_config;
///
/// let group = elevation_group_config(Pubkey::new_from_array([1; 32]), 9_000, 9_300);
/// assert!(group.validate().is_ok());
/// assert_eq!(group.auction.width_ppm, 35_000);
/// ```
pub fn elevation_group_config(
    debt_reserve: Pubkey,
    ltv_bps: u32,
    threshold_bps: u32,
) -> ElevationGroupConfig {
    ElevationGroupConfig {
        debt_reserve,
        auction: AuctionConfig {
            start_ppm: 500,
            slope_ppm_per_slot: 5,
            width_ppm: 10_000u32.saturating_sub(threshold_bps).saturating_mul(50),
            max_ppm: 20_000,
            insolvent_ppm: 20_000,
            margin_ppm: 500,
            min_target_bps: 10_030,
        },
        ltv_bps,
        threshold_bps,
        unused: 0,
    }
}

/// The same for tokens that stand for one thing, such as two dollars, whose own prices say little: liquidations aim a little
/// further beyond health one.
///
/// ```
/// use anchor_lang::prelude::Pubkey;
/// use levee_client::defaults::stable_group_config;
///
/// let group = stable_group_config(Pubkey::new_from_array([1; 32]), 9_300, 9_500);
/// assert!(group.validate().is_ok());
/// assert_eq!(group.auction.min_target_bps, 10_100);
/// ```
pub fn stable_group_config(
    debt_reserve: Pubkey,
    ltv_bps: u32,
    threshold_bps: u32,
) -> ElevationGroupConfig {
    let base = elevation_group_config(debt_reserve, ltv_bps, threshold_bps);
    ElevationGroupConfig {
        auction: AuctionConfig {
            min_target_bps: 10_100,
            ..base.auction
        },
        ..base
    }
}
