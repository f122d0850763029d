//! What no push tells: obligations that were closed, and everything while there is no subscription.
//!
//! A large market takes its time to answer: it is asked beside everything else, and nothing waits for it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{anyhow, Result};
use levee_client::rpc::told;
use solana_pubkey::Pubkey;
use tokio::task::JoinHandle;

use super::Bot;
use crate::source::{ChainSource, Snapshot};

/// A question on its way, and when the last answer came.
pub(super) struct Sweep {
    asked: Option<JoinHandle<Result<Answer>>>,
    answered: Instant,
}

enum Answer {
    /// The addresses of all obligations, and the slot in which these were all.
    Living(u64, Vec<Pubkey>),
    /// Everything.
    All(Snapshot),
}

impl Sweep {
    pub(super) fn new() -> Self {
        Self {
            asked: None,
            answered: Instant::now(),
        }
    }

    /// Everything was just loaded.
    pub(super) fn restart(&mut self) {
        self.answered = Instant::now();
    }
}

impl Drop for Sweep {
    fn drop(&mut self) {
        if let Some(asked) = &self.asked {
            asked.abort();
        }
    }
}

async fn ask(
    source: Arc<dyn ChainSource>,
    market: Pubkey,
    min_slot: u64,
    is_up: bool,
) -> Result<Answer> {
    if !is_up {
        return Ok(Answer::All(source.snapshot(&market, min_slot).await?));
    }
    let (slot, living) = source.obligations(&market, min_slot).await?;
    Ok(Answer::Living(slot, living))
}

impl Bot {
    /// Where it is due, asks which obligations there are; without a subscription, for all that they are. Takes in what was
    /// answered.
    pub(super) async fn sweep(&mut self) {
        let is_finished = |asked: &mut JoinHandle<_>| asked.is_finished();
        if let Some(asked) = self.sweep.asked.take_if(is_finished) {
            let answer = asked.await.unwrap_or_else(|ended| Err(anyhow!(ended)));
            match self.take_answer(answer).await {
                Ok(()) => self.sweep.answered = Instant::now(),
                Err(why) => tracing::debug!(why = told(&why), "cannot sweep"),
            }
        }
        let watch = &self.parts.config.watch;
        let (is_up, silent) = (self.link.is_up(), self.sweep.answered.elapsed());
        let (every, most) = match is_up {
            true => (Duration::from_secs(watch.sweep_seconds), Duration::MAX),
            false => (
                Duration::from_millis(watch.fallback_millis),
                Duration::from_secs(watch.stale_seconds),
            ),
        };
        if self.book.is_none() || self.is_gapped {
            return;
        }
        if silent >= most {
            self.gap("there is neither a subscription nor an answer");
        } else if silent >= every && self.sweep.asked.is_none() {
            let source = self.parts.source.clone();
            let asked = ask(source, self.parts.market, self.floor_slot, is_up);
            self.sweep.asked = Some(tokio::spawn(asked));
        }
    }

    async fn take_answer(&mut self, answer: Result<Answer>) -> Result<()> {
        let (slot, living) = match answer? {
            Answer::Living(slot, living) => (slot, living),
            Answer::All(snapshot) => {
                metrics::counter!("levee_liquidator_fallback_polls_total").increment(1);
                for account in &snapshot.accounts {
                    self.apply(snapshot.slot, account);
                }
                let keys = snapshot.accounts.iter().map(|account| account.key);
                (snapshot.slot, keys.collect())
            }
        };
        let Some(book) = &mut self.book else {
            return Ok(());
        };
        let (forgotten, missed) = book.keep_only(&living, slot);
        if forgotten > 0 {
            metrics::counter!("levee_liquidator_closed_total").increment(forgotten as u64);
            tracing::debug!(obligations = forgotten, "closed");
        }
        if !missed.is_empty() {
            let source = self.parts.source.clone();
            let (slot, missed) = source.accounts(&missed, self.floor_slot).await?;
            for account in &missed {
                self.apply(slot, account);
            }
        }
        Ok(())
    }
}
