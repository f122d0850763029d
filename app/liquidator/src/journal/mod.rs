//! The journal: what was sent, and which positions are locked by it.
//!
//! An intent is written, to the disk, before its transaction is sent. Its obligations are locked until the transaction
//! has landed, failed, or can never land any more; a bot that starts again finds the locks here and waits for them. So
//! no position is paid for twice, whatever happens in between.

mod store;

pub use store::Journal;

use solana_pubkey::Pubkey;
use solana_signature::Signature;

/// What a transaction is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One obligation, from the wallet.
    Single,
    /// Many obligations, from the wallet.
    Batch,
    /// One or many, from a flash loan.
    Flash,
    /// A debt without collateral; nobody pays.
    Settle,
    /// Prices of reserves, and nothing else; it locks no obligation.
    Refresh,
}

/// How far a transaction came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It may land.
    Open,
    /// It landed, and may still be forgotten by a fork.
    Confirmed,
    /// It landed for good.
    Final,
    /// It landed and failed: nothing was paid.
    Failed,
    /// It never landed, and never will.
    Expired,
    /// It had landed, and a fork forgot it.
    Lost,
}

const KINDS: [(Kind, &str); 5] = [
    (Kind::Single, "single"),
    (Kind::Batch, "batch"),
    (Kind::Flash, "flash"),
    (Kind::Settle, "settle"),
    (Kind::Refresh, "refresh"),
];

const STATES: [(State, &str); 6] = [
    (State::Open, "open"),
    (State::Confirmed, "confirmed"),
    (State::Final, "final"),
    (State::Failed, "failed"),
    (State::Expired, "expired"),
    (State::Lost, "lost"),
];

fn name_of<T: PartialEq>(names: &[(T, &'static str)], value: &T) -> &'static str {
    let found = names.iter().find(|(known, _)| known == value);
    found.map_or("", |(_, name)| name)
}

fn named<T: Copy>(names: &[(T, &str)], name: &str) -> Option<T> {
    let found = names.iter().find(|(_, known)| *known == name);
    found.map(|(value, _)| *value)
}

impl Kind {
    /// As in the journal and in metrics.
    pub fn name(self) -> &'static str {
        name_of(&KINDS, &self)
    }
}

impl State {
    /// As in the journal and in metrics.
    pub fn name(self) -> &'static str {
        name_of(&STATES, &self)
    }
}

/// What is meant to happen to one obligation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The obligation.
    pub obligation: Pubkey,
    /// What the quote pays, the insurance's part included, in atoms of the debt.
    pub due_atoms: u64,
    /// What the quote seizes, in atoms of the collateral.
    pub seized_atoms: u64,
}

/// A transaction, before and after it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// The journal's number; zero before it is written.
    pub id: i64,
    /// What for.
    pub kind: Kind,
    /// The reserve of the debt; the first one of a refresh.
    pub repay: Pubkey,
    /// The reserve of the collateral; none of a settlement or a refresh.
    pub seize: Pubkey,
    /// Most that it pays, in atoms of the debt.
    pub max_repay_atoms: u64,
    /// What it costs the wallet if it lands, whether it succeeds or not: signature and priority fee, in lamports.
    pub fee_lamports: u64,
    /// Identifies the transaction.
    pub signature: Signature,
    /// It cannot land in a block above this height.
    pub last_valid_block_height: u64,
    /// Signed, as it goes over the wire.
    pub wire: Vec<u8>,
    /// Its obligations.
    pub entries: Vec<Entry>,
}

#[cfg(test)]
mod tests;
