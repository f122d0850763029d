//! Where the chain is, and how it is watched.

use std::path::PathBuf;

use serde::Deserialize;

/// Where the chain is, and who pays.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cluster {
    /// JSON-RPC.
    pub rpc_url: String,
    /// WebSocket; beside the RPC's address where it is missing.
    pub ws_url: Option<String>,
    /// The cluster's genesis hash; refused where it is another.
    pub genesis_hash: Option<String>,
    /// The lending market.
    pub market: String,
    /// The keypair file of the wallet.
    pub keypair: PathBuf,
}

/// How the chain is watched.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Watch {
    /// How often clock, prices and balances are asked for, besides what is pushed.
    pub poll_millis: u64,
    /// How often everything is loaded anew without any reason.
    pub resync_seconds: u64,
    /// How long a subscription may push nothing before it counts as lost.
    pub silent_seconds: u64,
    /// How often all obligations are asked for while there is no subscription.
    pub fallback_millis: u64,
    /// How often closed obligations are looked for while there is one: nothing is pushed of them.
    pub sweep_seconds: u64,
    /// How long without a sign of life before `/healthz` fails and nothing is sent.
    pub stale_seconds: u64,
    /// How many slots without a push before the connection counts as broken.
    pub gap_slots: u64,
    /// Price accounts of pull feeds; found by their feed ids where empty.
    pub price_accounts: Vec<String>,
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            poll_millis: 400,
            resync_seconds: 60,
            silent_seconds: 5,
            fallback_millis: 1_000,
            sweep_seconds: 20,
            stale_seconds: 15,
            gap_slots: 150,
            price_accounts: Vec::new(),
        }
    }
}
