//! Reserve configurations just within and just beyond what is allowed.

use levee::error::LeveeError;
use levee::state::{
    RatePoint, ReserveConfig, MAX_CURVE_POINTS, RATE_NONE, RATE_PYTH_REDEMPTION, RATE_STAKE_POOL,
};

/// A change of a reserve's configuration.
pub type Change = fn(&mut ReserveConfig);

fn curve(config: &mut ReserveConfig, points: &[(u32, u32)]) {
    config.curve = [RatePoint::default(); MAX_CURVE_POINTS];
    config.curve_len = points.len() as u32;
    for (slot, (utilization_bps, rate_bps)) in config.curve.iter_mut().zip(points) {
        slot.utilization_bps = *utilization_bps;
        slot.rate_bps = *rate_bps;
    }
}

fn rate(config: &mut ReserveConfig, kind: u32, growth_bps: u32) {
    config.rate_kind = kind;
    config.rate_source = [7; 32];
    config.max_rate_growth_bps = growth_bps;
}

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
        ("no curve", |c| curve(c, &[]), InvalidCurve),
        (
            "a curve of one point",
            |c| curve(c, &[(0, 0)]),
            InvalidCurve,
        ),
        (
            "more points than there are",
            |c| c.curve_len = u32::MAX,
            InvalidCurve,
        ),
        (
            "an unused point that is set",
            |c| c.curve[10].rate_bps = 1,
            InvalidCurve,
        ),
        (
            "a curve that starts above 0 %",
            |c| curve(c, &[(1, 0), (10_000, 1)]),
            InvalidCurve,
        ),
        (
            "a curve that ends below 100 %",
            |c| curve(c, &[(0, 0), (9_999, 1)]),
            InvalidCurve,
        ),
        (
            "a curve that ends above 100 %",
            |c| curve(c, &[(0, 0), (10_001, 1)]),
            InvalidCurve,
        ),
        (
            "a utilization twice",
            |c| curve(c, &[(0, 0), (5_000, 1), (5_000, 2), (10_000, 3)]),
            InvalidCurve,
        ),
        (
            "a falling rate",
            |c| curve(c, &[(0, 2), (10_000, 1)]),
            InvalidCurve,
        ),
        (
            "a rate above 1,000 %",
            |c| curve(c, &[(0, 0), (10_000, 100_001)]),
            InvalidCurve,
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
        ("no oracle kind", |c| c.oracle_kind = 0, InvalidOracleConfig),
        ("no feed", |c| c.oracle_feed = [0; 32], InvalidOracleConfig),
        (
            "no price age",
            |c| {
                c.max_price_age_seconds = 0;
                c.max_mild_price_age_seconds = 0;
            },
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

/// Configurations at the edge of what is allowed, starting from a valid one.
pub const EDGE_CONFIGS: &[(&str, Change)] = &[
    ("no ltv", |c| c.ltv_bps = 0),
    ("ltv just below the threshold", |c| {
        c.ltv_bps = c.threshold_bps - 1
    }),
    ("threshold just below 100 % of what the bonus leaves", |c| {
        c.threshold_bps = 9_999;
        c.auction.start_ppm = 0;
        c.auction.slope_ppm_per_slot = 0;
        c.auction.insolvent_ppm = 100;
        c.auction.max_ppm = 100;
    }),
    ("borrow factor of 500 %", |c| c.borrow_factor_bps = 50_000),
    ("max of 20 %", |c| {
        c.auction.max_ppm = 200_000;
        c.auction.slope_ppm_per_slot = 200_000;
    }),
    ("one bonus for all", |c| {
        c.auction.start_ppm = c.auction.max_ppm;
        c.auction.insolvent_ppm = c.auction.max_ppm;
    }),
    ("smallest width", |c| c.auction.width_ppm = 1),
    ("width of 100 %", |c| c.auction.width_ppm = 1_000_000),
    ("margin of 1 bps", |c| c.auction.margin_ppm = 100),
    ("margin of 500 bps", |c| c.auction.margin_ppm = 50_000),
    ("target just above 1", |c| c.auction.min_target_bps = 10_001),
    ("target of 2", |c| c.auction.min_target_bps = 20_000),
    ("a curve of two points", |c| {
        curve(c, &[(0, 0), (10_000, 0)])
    }),
    ("a curve of eleven points up to 1,000 %", |c| {
        let points: Vec<_> = (0..11).map(|i| (i * 1_000, i * 10_000)).collect();
        curve(c, &points);
    }),
    ("largest fees", |c| {
        c.take_rate_bps = 5_000;
        c.origination_fee_bps = 500;
        c.flash_fee_bps = 500;
    }),
    ("no fees", |c| {
        c.take_rate_bps = 0;
        c.origination_fee_bps = 0;
        c.flash_fee_bps = 0;
    }),
    ("window of one slot", |c| c.outflow_window_slots = 1),
    ("window of ten million slots", |c| {
        c.outflow_window_slots = 10_000_000
    }),
    ("legacy oracle", |c| {
        c.oracle_kind = levee::state::ORACLE_PYTH_LEGACY
    }),
    ("ages of one second", |c| {
        c.max_price_age_seconds = 1;
        c.max_mild_price_age_seconds = 1;
    }),
    ("ages of 300 seconds", |c| {
        c.max_price_age_seconds = 300;
        c.max_mild_price_age_seconds = 300;
    }),
    ("narrowest limits", |c| {
        c.max_confidence_bps = 1;
        c.max_ema_divergence_bps = 1;
        c.confidence_multiple_bps = 0;
    }),
    ("widest limits", |c| {
        c.max_confidence_bps = 2_000;
        c.max_ema_divergence_bps = 10_000;
        c.confidence_multiple_bps = 100_000;
    }),
    ("a stake pool's rate that may not grow", |c| {
        rate(c, RATE_STAKE_POOL, 0)
    }),
    ("a redemption rate that may double in a year", |c| {
        rate(c, RATE_PYTH_REDEMPTION, 10_000)
    }),
    ("all elevation groups", |c| c.elevation_groups = 0xff),
    ("the lowest liquidation ceiling", |c| {
        c.liquidation_ceiling_micro_usd = 1
    }),
    ("the highest liquidation ceiling", |c| {
        c.liquidation_ceiling_micro_usd = u64::MAX
    }),
    ("caps of zero", |c| {
        c.deposit_cap_atoms = 0;
        c.borrow_cap_atoms = 0;
        c.outflow_cap_atoms = 0;
    }),
];
