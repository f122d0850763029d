//! The commands, a file for each noun.

pub mod keys;
pub mod liquidate;
pub mod market;
mod market_owner;
mod market_report;
mod market_table;
mod movement;
pub mod position;
mod position_report;
pub mod price;
pub mod reserve;
mod reserve_report;
pub mod settle;
mod status;
pub mod token;
pub mod watch;

use anyhow::{anyhow, Result};
use solana_pubkey::Pubkey;

/// An address.
///
/// # Errors
/// What is none.
pub fn address(text: &str) -> Result<Pubkey> {
    text.parse().map_err(|_| anyhow!("`{text}` is no address"))
}
