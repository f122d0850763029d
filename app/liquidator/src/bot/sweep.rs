//! What no push tells: obligations that were closed, and everything while there is no subscription.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::Bot;

impl Bot {
    /// Where it is due, asks which obligations there are; without a subscription, for all that they are.
    pub(super) async fn sweep(&mut self) {
        let watch = &self.parts.config.watch;
        let (is_up, elapsed) = (self.link.is_up(), self.swept.elapsed());
        let every = match is_up {
            true => Duration::from_secs(watch.sweep_seconds),
            false => Duration::from_millis(watch.fallback_millis),
        };
        if self.book.is_none() || self.is_gapped || elapsed < every {
            return;
        }
        let swept = match is_up {
            true => self.look_for_closed().await,
            false => self.ask_for_all().await,
        };
        match swept {
            Ok(()) => self.swept = Instant::now(),
            Err(why) => {
                tracing::debug!(why = format!("{why:#}"), "cannot sweep");
                if !is_up && elapsed >= Duration::from_secs(self.parts.config.watch.stale_seconds) {
                    self.gap("there is neither a subscription nor an answer");
                }
            }
        }
    }

    /// Asks for the addresses alone. What is not among them was closed; what is not known was missed, and is asked for.
    async fn look_for_closed(&mut self) -> Result<()> {
        let source = self.parts.source.clone();
        let market = self.parts.market;
        let (slot, living) = source.obligations(&market, self.floor_slot).await?;
        let Some(book) = &mut self.book else {
            return Ok(());
        };
        let (forgotten, unknown) = book.keep_only(&living, slot);
        self.note_closed(forgotten);
        if !unknown.is_empty() {
            let (slot, missed) = source.accounts(&unknown, self.floor_slot).await?;
            for account in &missed {
                self.apply(slot, account);
            }
        }
        Ok(())
    }

    async fn ask_for_all(&mut self) -> Result<()> {
        let source = self.parts.source.clone();
        let market = self.parts.market;
        let snapshot = source.snapshot(&market, self.floor_slot).await?;
        let mut listed = Vec::with_capacity(snapshot.accounts.len());
        for account in &snapshot.accounts {
            self.apply(snapshot.slot, account);
            listed.push(account.key);
        }
        if let Some(book) = &mut self.book {
            let (forgotten, _) = book.keep_only(&listed, snapshot.slot);
            self.note_closed(forgotten);
        }
        metrics::counter!("levee_liquidator_fallback_polls_total").increment(1);
        Ok(())
    }

    pub(super) fn note_closed(&self, forgotten: usize) {
        if forgotten > 0 {
            metrics::counter!("levee_liquidator_closed_total").increment(forgotten as u64);
            tracing::debug!(obligations = forgotten, "closed");
        }
    }
}
