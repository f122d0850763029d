//! What a reserve remembers: of its oracles, and of what happened in a slot or a window.

use anchor_lang::prelude::*;

/// What the oracle said when it was last read; no verdict.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct PriceCache {
    /// In the oracle's units.
    pub price: u64,
    /// In the oracle's units.
    pub confidence: u64,
    /// The oracle's moving average, in its units.
    pub ema: u64,
    /// The oracle's time.
    pub publish_ts: i64,
    /// When this reserve was last refreshed.
    pub refreshed_slot: u64,
    /// The cluster's time then.
    pub refreshed_ts: i64,
    /// What the token is worth in the base that the oracle prices, see [`levee_risk::rate::Rate`].
    pub rate: u64,
    /// The same as far as new risk believes it.
    pub capped_rate: u64,
    /// Its source's time: Unix seconds of a feed, the epoch of a stake pool.
    pub rate_ts: i64,
    /// The oracle's units are `10^exponent` dollars.
    pub exponent: i32,
    /// Whether the rate is older than new risk accepts: 1 or 0.
    pub rate_is_stale: u32,
}

/// One observation of the rate: the cap grows from there.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct RateAnchor {
    /// See [`levee_risk::rate::Rate`].
    pub rate: u64,
    /// The cluster's time; zero where none was observed yet.
    pub observed_ts: i64,
}

/// What was liquidated in one slot.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct SlotUsage {
    /// The slot.
    pub slot: u64,
    /// Debt repaid against this collateral in it by mild and aged liquidations, in millionths of a dollar.
    pub micro_usd: u64,
}

/// What has left in the current window, net of what came in.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct OutflowWindow {
    /// First slot of the window.
    pub start_slot: u64,
    /// Withdrawn and borrowed, less what came in, since then; negative where more came in than left.
    pub net_atoms: i64,
}
