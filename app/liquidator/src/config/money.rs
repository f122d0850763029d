//! What a liquidation must bring, and what it may cost.

use serde::Deserialize;

/// What a liquidation must bring.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Profit {
    /// The least profit of a transaction, in millionths of a dollar; below zero to heal at a loss.
    pub min_profit_micro_usd: i64,
    /// What prices may move until the swap, in basis points of the seized value.
    pub latency_margin_bps: u32,
    /// What a SOL costs the wallet, in millionths of a dollar, for fees.
    pub sol_micro_usd: u64,
}

impl Default for Profit {
    fn default() -> Self {
        Self {
            min_profit_micro_usd: 0,
            latency_margin_bps: 2,
            sol_micro_usd: 200_000_000,
        }
    }
}

/// What is offered for a place in a block: the priority fee, in millionths of a lamport per compute unit.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fees {
    /// How it is chosen.
    pub kind: FeeKind,
    /// The least.
    pub floor_micro_lamports: u64,
    /// The most.
    pub cap_micro_lamports: u64,
    /// Which of the recent fees is offered, 1 to 100.
    pub percentile: u8,
    /// By how much more than the last time, in percent, where a transaction did not land.
    pub raise_percent: u32,
    /// The most that a liquidation offers of what it is expected to bring, in basis points.
    pub profit_share_bps: u32,
}

impl Default for Fees {
    fn default() -> Self {
        Self {
            kind: FeeKind::Recent,
            floor_micro_lamports: 1_000,
            cap_micro_lamports: 1_000_000,
            percentile: 75,
            raise_percent: 50,
            profit_share_bps: 2_000,
        }
    }
}

/// Ways to choose a priority fee.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum FeeKind {
    /// Always the floor.
    Fixed,
    /// A percentile of what was recently paid for the accounts that the transaction writes.
    Recent,
}
