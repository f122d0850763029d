//! Test feeds: prices that are pushed by transactions, in accounts like those of Pyth's receiver.
//!
//! Anybody may open feeds, and says what they say. So the program has no place where prices matter: it runs at the
//! receiver's address ([`LOCALNET_ID`]) on chains of one's own, and at an address of its own ([`DEVNET_ID`]) on devnet, where
//! Levee believes it in builds with the feature `test-feeds` only. It therefore never asks for its own address.
//!
//! ```
//! use levee_test_oracle::{feed_address, push, Feed, LOCALNET_ID};
//!
//! let authority = anchor_lang::prelude::Pubkey::new_unique();
//! let feed = Feed::steady([1; 32], 15_000_000_000, -8);
//! let instruction = push(&LOCALNET_ID, &authority, &feed);
//! let account = feed_address(&LOCALNET_ID, &authority, &feed.id);
//! assert!(instruction.accounts.iter().any(|meta| meta.pubkey == account));
//! ```

// Anchor's macros bring their own error type, which is large.
#![allow(clippy::result_large_err)]
#![deny(missing_docs)]

mod client;
mod error;
mod processor;

pub use client::{feed_address, push, push_all};
pub use error::OracleError;
pub use processor::process;

use anchor_lang::prelude::*;

/// Where the program runs on local chains: the address of Pyth's receiver.
pub const LOCALNET_ID: Pubkey = pyth_solana_receiver_sdk::ID_CONST;

/// Where the program runs on devnet. The key is a development key and public.
pub const DEVNET_ID: Pubkey = pubkey!("Aig6WnaK6WB5RU2r3ACaEMdv9XHpfh6UboSgVUxQTjfQ");

/// First seed of a feed's address; the authority and the feed's id follow.
pub const FEED_SEED: &[u8] = b"feed";

/// What a feed is to say.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feed {
    /// Pyth's id of the feed, or one's own.
    pub id: [u8; 32],
    /// In units of `10^exponent` dollars. Negative ones and zero are written too: readers must refuse them.
    pub price: i64,
    /// Half the width of the interval that holds the price, in the same units.
    pub confidence: u64,
    /// Of ten.
    pub exponent: i32,
    /// The exponential average, in the same units.
    pub ema_price: i64,
    /// Unix time; `None` is the time of the cluster's clock, or the second after the one published last where that is later.
    pub publish_ts: Option<i64>,
}

impl Feed {
    /// A calm price of now: the average is the same, the confidence a tenth of a percent, rounded down.
    pub fn steady(id: [u8; 32], price: i64, exponent: i32) -> Self {
        Self {
            id,
            price,
            confidence: price.unsigned_abs() / 1_000,
            exponent,
            ema_price: price,
            publish_ts: None,
        }
    }
}

/// The program's only instruction's data.
///
/// Accounts: the authority (signs, pays, writable), the system program, then the feeds' accounts (writable) in the order of
/// `feeds`.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug, PartialEq, Eq)]
pub enum Instruction {
    /// Writes feeds, creating those that do not exist. Either all are written or none.
    Push(Vec<Feed>),
}

#[cfg(not(feature = "no-entrypoint"))]
anchor_lang::solana_program::entrypoint!(process);
