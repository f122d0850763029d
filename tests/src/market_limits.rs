//! The range of every number that a market's owner may set.

use std::ops::RangeInclusive;

use levee::state::MarketConfig;

/// A number of a market's configuration and where it may lie.
pub struct MarketLimit {
    /// Of the field.
    pub name: &'static str,
    /// Writes it.
    pub set: fn(&mut MarketConfig, u64),
    /// What is accepted.
    pub range: RangeInclusive<u64>,
}

impl MarketLimit {
    /// The defaults with this number at `value`.
    pub fn at(&self, value: u64) -> MarketConfig {
        let mut config = MarketConfig::DEFAULT;
        (self.set)(&mut config, value);
        config
    }

    /// The nearest numbers that must be refused.
    pub fn outside(&self) -> impl Iterator<Item = u64> {
        let below = self.range.start().checked_sub(1);
        below.into_iter().chain([self.range.end() + 1])
    }
}

/// Every limit of [`MarketConfig`].
pub fn market_limits() -> Vec<MarketLimit> {
    let limit = |name, set, range| MarketLimit { name, set, range };
    vec![
        limit("dust", |c, v| c.dust_micro_usd = v, 1..=1_000_000_000),
        limit(
            "proof gap",
            |c, v| {
                c.max_proof_gap_slots = v;
                c.mild_wait_slots = 0;
            },
            1..=10_000,
        ),
        limit(
            "mild wait, at most the proof gap",
            |c, v| c.mild_wait_slots = v,
            0..=MarketConfig::DEFAULT.max_proof_gap_slots,
        ),
        limit("grace", |c, v| c.restart_grace_slots = v, 0..=1_000_000),
        limit("risk delay", |c, v| c.risk_delay_seconds = v, 0..=2_592_000),
        limit("kappa", |c, v| c.kappa_bps = v as u32, 0..=10_000),
        limit(
            "insurance share",
            |c, v| c.insurance_share_bps = v as u32,
            0..=5_000,
        ),
        limit("mild lift", |c, v| c.mild_lift_bps = v as u32, 0..=1_000),
        limit(
            "threshold_ramp_seconds",
            |c, v| c.threshold_ramp_seconds = v as u32,
            0..=90 * 86_400,
        ),
    ]
}
