//! How transactions reach the chain.
//!
//! RPC is one way; a block engine that takes bundles fits the same trait.

pub mod rpc;

use anyhow::Result;
use async_trait::async_trait;
use solana_hash::Hash;
use solana_pubkey::Pubkey;
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction_error::TransactionError;

/// A blockhash, and how long transactions with it may land.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blockhash {
    /// The hash.
    pub hash: Hash,
    /// A transaction with it cannot land in a block above this height.
    pub last_valid_block_height: u64,
}

/// What became of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Landed {
    /// In which slot.
    pub slot: u64,
    /// Why it failed, if it did.
    pub error: Option<TransactionError>,
    /// Whether no fork can forget it any more.
    pub is_final: bool,
}

/// A way to the leaders.
#[async_trait]
pub trait Sender: Send + Sync {
    /// A fresh blockhash.
    ///
    /// # Errors
    /// Where nobody answers.
    async fn blockhash(&self) -> Result<Blockhash>;

    /// Sends a signed transaction, or sends it again. An error says nothing about whether it will land.
    ///
    /// # Errors
    /// Where nobody takes it.
    async fn send(&self, transaction: &VersionedTransaction) -> Result<()>;

    /// What became of transactions, in their order; `None` for those that did not land, or are not confirmed yet.
    ///
    /// # Errors
    /// Where nobody answers.
    async fn landed(&self, signatures: &[Signature]) -> Result<Vec<Option<Landed>>>;

    /// What was recently paid for a place in a block by transactions that wrote any of `writable`, in millionths of a lamport per
    /// compute unit, in any order; nothing where nobody did, or nobody knows.
    ///
    /// # Errors
    /// Where nobody answers.
    async fn recent_fees(&self, writable: &[Pubkey]) -> Result<Vec<u64>>;

    /// The height of the newest block that no fork can forget.
    ///
    /// # Errors
    /// Where nobody answers.
    async fn final_block_height(&self) -> Result<u64>;
}
