//! Where the state of the chain comes from.
//!
//! A source pushes what changes, and can be asked. What it pushes may have holes: whenever something may have been missed it says so,
//! and the bot then loads everything anew. RPC with WebSocket is one source; a Geyser stream fits the same trait.

pub mod rpc;
mod subscription;

use anyhow::Result;
use async_trait::async_trait;
use solana_pubkey::Pubkey;
use tokio::sync::mpsc;

/// An account as it was in some slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountState {
    /// Its address.
    pub key: Pubkey,
    /// The program that owns it.
    pub owner: Pubkey,
    /// Its balance; zero for an account that is gone.
    pub lamports: u64,
    /// Its data.
    pub data: Vec<u8>,
}

impl AccountState {
    /// An account that is not there.
    pub fn gone(key: Pubkey) -> Self {
        Self {
            key,
            owner: Pubkey::default(),
            lamports: 0,
            data: Vec::new(),
        }
    }
}

/// Everything of a market at once.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The slot in which all of it was true.
    pub slot: u64,
    /// The market, its reserves and its obligations, in any order.
    pub accounts: Vec<AccountState>,
}

/// Something happened on the chain, or to the connection.
#[derive(Clone, Debug)]
pub enum Event {
    /// An account changed in a slot.
    Account(u64, AccountState),
    /// The chain came to this slot.
    Slot(u64),
    /// Something may have been missed, and why.
    Gap(String),
}

/// A view of one cluster.
#[async_trait]
pub trait ChainSource: Send + Sync {
    /// The market, its reserves and its obligations, as of `min_slot` or later.
    ///
    /// # Errors
    /// Where the source does not answer, or lies behind that slot.
    async fn snapshot(&self, market: &Pubkey, min_slot: u64) -> Result<Snapshot>;

    /// The addresses of the market's obligations, as of `min_slot` or later, and the slot in which there were these and no others.
    /// Much cheaper than a snapshot.
    ///
    /// # Errors
    /// As [`ChainSource::snapshot`].
    async fn obligations(&self, market: &Pubkey, min_slot: u64) -> Result<(u64, Vec<Pubkey>)>;

    /// Accounts as of `min_slot` or later, in the order of `keys`, and the slot in which they were so.
    ///
    /// # Errors
    /// As [`ChainSource::snapshot`].
    async fn accounts(&self, keys: &[Pubkey], min_slot: u64) -> Result<(u64, Vec<AccountState>)>;

    /// The accounts of a pull feed.
    ///
    /// # Errors
    /// Where the source does not answer.
    async fn price_accounts(&self, feed: &[u8; 32]) -> Result<Vec<AccountState>>;

    /// Begins to push what changes in the market and in `accounts`: whatever changes after this returned is pushed. It ends with an
    /// [`Event::Gap`], or by closing the channel; it must be begun anew then. Of an obligation that is closed nothing need be
    /// pushed.
    ///
    /// # Errors
    /// Where the source does not answer.
    async fn subscribe(
        &self,
        market: &Pubkey,
        accounts: &[Pubkey],
    ) -> Result<mpsc::Receiver<Event>>;
}
