//! Reading an address's transactions into the database: in pages, resumable, and never twice.
//!
//! A cluster lists transactions from the newest to the oldest. So a scan begins at the tip, goes back to where the last
//! complete scan began, and notes each page; only then is it complete. Whatever interrupts it, the next call goes on at the
//! page where it stopped. Only finalized transactions are asked for: no fork takes them back.

use std::future::Future;

use anyhow::{Context, Result};

use super::logs::decode;
use super::store::Store;

/// Transactions that are taken up at once.
const AT_ONCE: usize = 100;

/// A transaction in a cluster's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its first signature.
    pub signature: String,
    /// Where it is.
    pub slot: u64,
    /// Its block's time, where the cluster knows it.
    pub block_ts: Option<i64>,
    /// Whether it failed, and so emitted nothing.
    pub is_failed: bool,
}

/// What a transaction logged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Logs {
    /// Line by line.
    pub lines: Vec<String>,
    /// Its block's time, where the list says none and the cluster knows it.
    pub block_ts: Option<i64>,
}

/// The finalized transactions of one address.
pub trait History {
    /// Some transactions older than `before` (the newest where there is none) and newer than `until`, the newest first;
    /// none where there are no more.
    ///
    /// # Errors
    /// The cluster's.
    fn page(
        &self,
        before: Option<&str>,
        until: Option<&str>,
    ) -> impl Future<Output = Result<Vec<Listed>>>;

    /// What a transaction logged.
    ///
    /// # Errors
    /// The cluster's, and where it has forgotten the transaction.
    fn logs(&self, of: &Listed) -> impl Future<Output = Result<Logs>>;
}

/// How far the list was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Scan {
    /// Everything up to this transaction is listed.
    pub complete_to: Option<String>,
    /// Where the scan that is under way began.
    pub newest: Option<String>,
    /// How far back it came.
    pub oldest: Option<String>,
}

/// What a call of [`synchronize`] did so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Transactions listed.
    pub listed: u64,
    /// Transactions read.
    pub read: u64,
    /// Facts found in them.
    pub facts: u64,
}

/// Reads what is new, and tells how far it is.
///
/// # Errors
/// The cluster's, the database's, and where a transaction's logs make no sense; what was read before is kept.
pub async fn synchronize(
    store: &mut Store,
    history: &impl History,
    mut tell: impl FnMut(Progress),
) -> Result<Progress> {
    let mut progress = Progress::default();
    // A scan that was interrupted knows nothing of what came since: another one follows it.
    let mut is_fresh = store.scan()?.newest.is_none();
    loop {
        let scan = store.scan()?;
        let page = history
            .page(scan.oldest.as_deref(), scan.complete_to.as_deref())
            .await?;
        let is_end = page.is_empty();
        let after = match page.last() {
            None => Scan {
                complete_to: scan.newest.clone().or_else(|| scan.complete_to.clone()),
                newest: None,
                oldest: None,
            },
            Some(last) => Scan {
                complete_to: scan.complete_to.clone(),
                newest: scan
                    .newest
                    .clone()
                    .or_else(|| page.first().map(|one| one.signature.clone())),
                oldest: Some(last.signature.clone()),
            },
        };
        progress.listed += page.len() as u64;
        let kept: Vec<_> = page.into_iter().filter(|one| !one.is_failed).collect();
        let is_noted = store.add_page(&scan, &kept, &after)?;
        tell(progress);
        if is_end && is_noted {
            if is_fresh {
                break;
            }
            is_fresh = true;
        }
    }
    loop {
        let some = store.pending(AT_ONCE)?;
        if some.is_empty() {
            return Ok(progress);
        }
        for mut one in some {
            let place = || format!("transaction {}", one.signature);
            let logs = history.logs(&one).await.with_context(place)?;
            let decoded = decode(&logs.lines).with_context(place)?;
            one.block_ts = one.block_ts.or(logs.block_ts);
            store.add(&one, &decoded)?;
            progress.read += 1;
            progress.facts += decoded.events.len() as u64;
            tell(progress);
        }
    }
}
