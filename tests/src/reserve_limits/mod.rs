//! Reserve configurations just within and just beyond what is allowed.

mod edges;
mod refused;

pub use edges::EDGE_CONFIGS;
pub use refused::REFUSED_CONFIGS;

use levee::state::{RatePoint, ReserveConfig, MAX_CURVE_POINTS};

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
