//! Just beyond what is allowed.

use levee::error::LeveeError;
use levee::state::{RATE_NONE, RATE_PYTH_REDEMPTION, RATE_STAKE_POOL};

use super::{curve, rate, Change};

/// Configurations that lie just outside of what is allowed, starting from a valid one.
pub const REFUSED_CONFIGS: &[(&str, Change, LeveeError)] = {
    use LeveeError::*;
    &[
        (
            "ltv equal to the threshold",
            |c| c.ltv_bps = c.threshold_bps,
            LtvNotBelowThreshold,
        ),
        (
            "threshold of 100 %",
            |c| c.threshold_bps = 10_000,
            LtvNotBelowThreshold,
        ),
        (
            "borrow factor below 100 %",
            |c| c.borrow_factor_bps = 9_999,
            InvalidBorrowFactor,
        ),
        (
            "borrow factor above 500 %",
            |c| c.borrow_factor_bps = 50_001,
            InvalidBorrowFactor,
        ),
        (
            "threshold times bonus of exactly 100 %",
            |c| {
                c.threshold_bps = 8_000;
                c.auction.max_ppm = 250_000;
            },
            ThresholdTimesBonusTooHigh,
        ),
        (
            "start above insolvent",
            |c| c.auction.start_ppm = c.auction.insolvent_ppm + 1,
            InvalidAuction,
        ),
        (
            "insolvent above max",
            |c| c.auction.insolvent_ppm = c.auction.max_ppm + 1,
            InvalidAuction,
        ),
        (
            "max above 20 %",
            |c| c.auction.max_ppm = 200_001,
            InvalidAuction,
        ),
        (
            "slope above max",
            |c| c.auction.slope_ppm_per_slot = c.auction.max_ppm + 1,
            InvalidAuction,
        ),
        ("no width", |c| c.auction.width_ppm = 0, InvalidAuction),
        (
            "width above 100 %",
            |c| c.auction.width_ppm = 1_000_001,
            InvalidAuction,
        ),
        (
            "margin below 1 bps",
            |c| c.auction.margin_ppm = 99,
            InvalidAuction,
        ),
        (
            "margin above 500 bps",
            |c| c.auction.margin_ppm = 50_001,
            InvalidAuction,
        ),
        (
            "target of 1",
            |c| c.auction.min_target_bps = 10_000,
            InvalidAuction,
        ),
        (
            "target above 2",
            |c| c.auction.min_target_bps = 20_001,
            InvalidAuction,
        ),
        ("no curve", |c| curve(c, &[]), CurveLength),
        ("a curve of one point", |c| curve(c, &[(0, 0)]), CurveLength),
        (
            "more points than there are",
            |c| c.curve_len = u32::MAX,
            CurveLength,
        ),
        (
            "an unused point that is set",
            |c| c.curve[10].rate_bps = 1,
            CurveLength,
        ),
        (
            "a curve that starts above 0 %",
            |c| curve(c, &[(1, 0), (10_000, 1)]),
            CurveStartsAboveZero,
        ),
        (
            "a curve that ends below 100 %",
            |c| curve(c, &[(0, 0), (9_999, 1)]),
            CurveEndsBelowFull,
        ),
        (
            "a curve that ends above 100 %",
            |c| curve(c, &[(0, 0), (10_001, 1)]),
            CurveEndsBelowFull,
        ),
        (
            "a utilization twice",
            |c| curve(c, &[(0, 0), (5_000, 1), (5_000, 2), (10_000, 3)]),
            CurveUtilizationNotRising,
        ),
        (
            "a falling rate",
            |c| curve(c, &[(0, 2), (10_000, 1)]),
            CurveRateFalling,
        ),
        (
            "a rate above 1,000 %",
            |c| curve(c, &[(0, 0), (10_000, 100_001)]),
            CurveRateTooHigh,
        ),
        (
            "take rate above 50 %",
            |c| c.take_rate_bps = 5_001,
            InvalidFees,
        ),
        (
            "origination fee above 5 %",
            |c| c.origination_fee_bps = 501,
            InvalidFees,
        ),
        (
            "flash fee above 5 %",
            |c| c.flash_fee_bps = 501,
            InvalidFees,
        ),
        (
            "no outflow window",
            |c| c.outflow_window_slots = 0,
            InvalidOutflowWindow,
        ),
        (
            "a window too long",
            |c| c.outflow_window_slots = 10_000_001,
            InvalidOutflowWindow,
        ),
        (
            "the lowest liquidation ceiling",
            |c| c.liquidation_ceiling_micro_usd = 1,
            LiquidationCeilingTooLow,
        ),
        (
            "a liquidation ceiling below 10,000 dollars",
            |c| c.liquidation_ceiling_micro_usd = 9_999_999_999,
            LiquidationCeilingTooLow,
        ),
        ("no oracle kind", |c| c.oracle_kind = 0, InvalidOracleConfig),
        ("no feed", |c| c.oracle_feed = [0; 32], InvalidOracleConfig),
        (
            "price age below 30 s",
            |c| c.max_price_age_seconds = 29,
            InvalidOracleConfig,
        ),
        (
            "price age above 300 s",
            |c| c.max_price_age_seconds = 301,
            InvalidOracleConfig,
        ),
        (
            "no mild price age",
            |c| c.max_mild_price_age_seconds = 0,
            InvalidOracleConfig,
        ),
        (
            "mild price age above the other",
            |c| c.max_mild_price_age_seconds = c.max_price_age_seconds + 1,
            InvalidOracleConfig,
        ),
        (
            "no confidence",
            |c| c.max_confidence_bps = 0,
            InvalidOracleConfig,
        ),
        (
            "confidence above 20 %",
            |c| c.max_confidence_bps = 2_001,
            InvalidOracleConfig,
        ),
        (
            "no divergence",
            |c| c.max_ema_divergence_bps = 0,
            InvalidOracleConfig,
        ),
        (
            "divergence above 100 %",
            |c| c.max_ema_divergence_bps = 10_001,
            InvalidOracleConfig,
        ),
        (
            "multiple above 10",
            |c| c.confidence_multiple_bps = 100_001,
            InvalidOracleConfig,
        ),
        ("an unknown rate kind", |c| rate(c, 3, 0), InvalidRateConfig),
        (
            "a rate's source without its kind",
            |c| rate(c, RATE_NONE, 0),
            InvalidRateConfig,
        ),
        (
            "a rate's growth without its kind",
            |c| c.max_rate_growth_bps = 1,
            InvalidRateConfig,
        ),
        (
            "a stake pool without an address",
            |c| c.rate_kind = RATE_STAKE_POOL,
            InvalidRateConfig,
        ),
        (
            "a redemption feed without an id",
            |c| c.rate_kind = RATE_PYTH_REDEMPTION,
            InvalidRateConfig,
        ),
        (
            "a price feed as its own redemption feed",
            |c| {
                rate(c, RATE_PYTH_REDEMPTION, 0);
                c.rate_source = c.oracle_feed;
            },
            InvalidRateConfig,
        ),
        (
            "a rate that grows by more than 100 % a year",
            |c| rate(c, RATE_STAKE_POOL, 10_001),
            InvalidRateConfig,
        ),
        (
            "a ninth elevation group",
            |c| c.elevation_groups = 1 << 8,
            InvalidRateConfig,
        ),
        (
            "a number that has no meaning",
            |c| c.unused = 1,
            InvalidRateConfig,
        ),
    ]
};
