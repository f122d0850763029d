//! One pass over the book, and what came of it.

use std::collections::HashSet;
use std::fmt;
use std::time::{Duration, Instant};

use anyhow::{bail, Result};
use solana_pubkey::Pubkey;

use super::{Bot, Round};
use crate::book::Book;
use crate::journal::{Entry, Intent, Kind, State};

/// A pass ends though something fails again and again: after so many failures nothing is tried anew.
const MOST_FAILURES: usize = 8;

/// What a bot did since it was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Transactions that liquidated or settled.
    pub landed: usize,
    /// The obligations in them.
    pub obligations: HashSet<Pubkey>,
    /// Transactions that landed and failed, or never landed.
    pub failed: usize,
    /// Marks that were sent.
    pub marks: usize,
    /// Refreshes that landed.
    pub refreshes: usize,
    /// What all of them but the marks cost, in lamports.
    pub fees_lamports: u64,
    /// Transactions that a paper bot would have sent.
    pub told: usize,
    /// Obligations that were unhealthy at the end.
    pub unhealthy: usize,
}

impl Tally {
    /// A transaction is open no more.
    pub(super) fn ended(&mut self, intent: &Intent, state: State) {
        match state {
            State::Confirmed | State::Final if intent.kind == Kind::Refresh => self.refreshes += 1,
            State::Confirmed | State::Final => {
                self.landed += 1;
                let keys = intent.entries.iter().map(|entry| entry.obligation);
                self.obligations.extend(keys);
            }
            State::Failed | State::Expired => self.failed += 1,
            State::Open | State::Lost => return,
        }
        if state != State::Expired {
            self.fees_lamports = self.fees_lamports.saturating_add(intent.fee_lamports);
        }
    }

    pub(super) fn told(&mut self, entries: &[Entry]) {
        self.told += 1;
        self.obligations
            .extend(entries.iter().map(|entry| entry.obligation));
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let obligations = self.obligations.len();
        match self.told {
            0 => write!(
                f,
                "transactions landed: {}, for {obligations} obligations; failed: {}; marks sent: {}; refreshes landed: {}; \
                 fees: {} lamports; still unhealthy: {}",
                self.landed,
                self.failed,
                self.marks,
                self.refreshes,
                self.fees_lamports,
                self.unhealthy
            ),
            told => write!(
                f,
                "transactions that would have been sent: {told}, for {obligations} obligations; unhealthy: {}",
                self.unhealthy
            ),
        }
    }
}

impl Bot {
    /// Rounds until nothing is left to do or to wait for; what was done.
    ///
    /// # Errors
    /// As [`Bot::round`], and where the chain falls silent.
    pub async fn run_once(mut self) -> Result<Tally> {
        let most = Duration::from_secs(self.parts.config.watch.stale_seconds);
        let mut fresh = Instant::now();
        loop {
            let round = self.round(false).await?;
            if !self.is_stale() {
                fresh = Instant::now();
                if self.is_done(&round) {
                    self.tally.unhealthy = round.unhealthy;
                    tracing::info!(unhealthy = round.unhealthy, "nothing more to do");
                    return Ok(self.tally);
                }
            } else if fresh.elapsed() > most {
                bail!(
                    "nothing was heard of the market for {} s: does {} answer?",
                    fresh.elapsed().as_secs(),
                    self.parts.config.cluster.rpc_url
                );
            }
            self.wait().await;
        }
    }

    /// Whether the book was loaded and `round` left nothing open, and nothing to be tried again.
    fn is_done(&self, round: &Round) -> bool {
        let slot = self.book.as_ref().map_or(0, Book::newest_slot);
        let is_tried_again = !self.parts.is_paper
            && self.tally.failed < MOST_FAILURES
            && self.retry_slot.values().any(|until| *until > slot);
        let is_idle = round.sent + round.dropped + round.open == 0;
        self.book.is_some() && is_idle && !is_tried_again
    }
}
