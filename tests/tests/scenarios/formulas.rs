//! The design's formulas in the tests' own words.

use levee::state::ReserveConfig;

/// The health on which a liquidation at this bonus lands: `max(T_min, 1 + κ·(1 − l·(1 + b)))`.
pub fn target(config: &ReserveConfig, kappa: f64, bonus_ppm: u32) -> f64 {
    let threshold = f64::from(config.threshold_bps) / 1e4;
    let m = threshold * (1.0 + f64::from(bonus_ppm) / 1e6);
    (1.0 + kappa * (1.0 - m)).max(f64::from(config.auction.min_target_bps) / 1e4)
}

/// The bonus that a gap pays at once: `b_max·min(1, (1 − h)/w)²` in parts per million.
pub fn convex_ppm(config: &ReserveConfig, health: f64) -> f64 {
    let part = (1.0 - health) * 1e6 / f64::from(config.auction.width_ppm);
    f64::from(config.auction.max_ppm) * part.clamp(0.0, 1.0).powi(2)
}
