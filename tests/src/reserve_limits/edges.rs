//! Just within what is allowed.

use levee::state::{RATE_PYTH_REDEMPTION, RATE_STAKE_POOL};

use super::{curve, rate, Change};

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
    ("the least ages", |c| {
        c.max_price_age_seconds = 30;
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
        c.liquidation_ceiling_micro_usd = 10_000_000_000
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
