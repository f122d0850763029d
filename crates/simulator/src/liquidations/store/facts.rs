//! What the database tells.

use crate::liquidations::logs::{Liquidation, WriteOff};

/// A liquidation and when it happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredLiquidation {
    /// The transaction.
    pub signature: String,
    /// Its block's time; unknown where the cluster knows none.
    pub block_ts: Option<i64>,
    /// What happened.
    pub liquidation: Liquidation,
}

/// A write-off and when it happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredWriteOff {
    /// Its block's time.
    pub block_ts: Option<i64>,
    /// What happened.
    pub write_off: WriteOff,
}

/// What is missing in the database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gaps {
    /// Transactions that are listed and not read yet.
    pub unread: u64,
    /// Transactions whose logs the cluster cut.
    pub cut: u64,
    /// Liquidations without a time, which lie in no window.
    pub undated: u64,
}

/// What a reserve says of its token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReserveFacts {
    /// Its address.
    pub reserve: String,
    /// Of its market.
    pub market: String,
    /// Of its token.
    pub mint: String,
    /// Of the token.
    pub decimals: u8,
    /// Its oracle's units are `10^exponent` dollars.
    pub exponent: i32,
    /// Whether the token is a dollar, so that debt in it is stable.
    pub is_dollar: bool,
}
