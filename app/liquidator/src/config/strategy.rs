//! What is done about unhealthy obligations.

use serde::Deserialize;

/// What is done about unhealthy obligations.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Strategy {
    /// Most obligations of one transaction; one sends each alone.
    pub max_batch: usize,
    /// Whether a flash loan stands in where the wallet holds too little and the router swaps within the transaction.
    pub flash: bool,
    /// Whether obligations that must wait are marked, so that their auction goes on.
    pub mark: bool,
    /// Slots between two marks of one obligation.
    pub mark_slots: u64,
    /// Whether reserves whose cached price lies behind are refreshed alone, where a liquidation was refused or must wait.
    pub refresh: bool,
    /// Slots between two such refreshes of one reserve.
    pub refresh_slots: u64,
    /// Whether debts without collateral are settled.
    pub settle: bool,
    /// How far the amounts may move between quote and execution, in basis points.
    pub tolerance_bps: u32,
    /// Slots that pass after a refused or failed attempt before the next one.
    pub retry_slots: u64,
    /// The number of the wallet's own obligation, for collateral that a dry vault cannot pay; made where it is missing.
    pub receiver_obligation: Option<u64>,
    /// A lookup table of the market's addresses; without, fewer obligations fit a transaction.
    pub lookup_table: Option<String>,
}

impl Default for Strategy {
    fn default() -> Self {
        Self {
            max_batch: 24,
            flash: true,
            mark: true,
            mark_slots: 20,
            refresh: true,
            refresh_slots: 10,
            settle: true,
            tolerance_bps: 50,
            retry_slots: 4,
            receiver_obligation: None,
            lookup_table: None,
        }
    }
}
