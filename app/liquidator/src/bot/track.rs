//! What was sent, until it has ended.
//!
//! A transaction of ours is open until it landed, or can never land: until the height of the newest final block has passed its
//! blockhash's last valid height, and it is then still found nowhere. As long as it is open it is sent again, and its
//! obligations are locked.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use levee_client::pda;
use levee_client::rpc::told;
use levee_client::tokens::associated_account;
use solana_pubkey::Pubkey;
use solana_transaction::versioned::VersionedTransaction;

use super::send::concerned;
use super::upkeep::may_be_lifted;
use super::Bot;
use crate::book::Book;
use crate::journal::{Intent, State};
use crate::sender::Landed;

/// Between two sendings of one transaction.
const RESEND: Duration = Duration::from_secs(2);
/// Transactions of one question.
const SIGNATURES_AT_ONCE: usize = 256;

/// A transaction that has not ended for good.
pub struct Tracked {
    pub(super) intent: Intent,
    pub(super) transaction: VersionedTransaction,
    pub(super) state: State,
    /// Where it landed.
    pub(super) slot: u64,
    /// Whether what it did is known.
    pub(super) is_seen: bool,
    pub(super) sent: Option<Instant>,
    pub(super) asked: Option<Instant>,
}

impl Tracked {
    /// Whether it keeps `obligation` from being touched again.
    pub fn locks(&self, obligation: &Pubkey) -> bool {
        !self.is_seen
            && self
                .intent
                .entries
                .iter()
                .any(|entry| entry.obligation == *obligation)
    }

    /// The state that follows when the cluster answers `landed` at `height`, and the slot in which it landed where that is new;
    /// `None` where nothing has changed.
    fn outcome(&self, landed: Option<Landed>, height: u64) -> Option<(State, Option<u64>)> {
        let is_over = height > self.intent.last_valid_block_height;
        match (self.state, landed) {
            (State::Open, Some(landed)) => {
                let state = match (landed.error, landed.is_final) {
                    (Some(_), _) => State::Failed,
                    (None, true) => State::Final,
                    (None, false) => State::Confirmed,
                };
                Some((state, Some(landed.slot)))
            }
            (State::Open, None) if is_over => Some((State::Expired, None)),
            (State::Confirmed, Some(landed)) if landed.is_final => Some((State::Final, None)),
            (State::Confirmed, None) if is_over => Some((State::Lost, None)),
            _ => None,
        }
    }
}

impl Bot {
    /// Takes over what the journal says may still land, or be forgotten.
    pub(super) fn take_over(&mut self) -> Result<()> {
        for state in [State::Open, State::Confirmed] {
            for intent in self.parts.journal.in_state(state)? {
                let transaction = bincode::deserialize(&intent.wire)
                    .with_context(|| format!("intent {} of the journal is damaged", intent.id))?;
                tracing::info!(signature = %intent.signature, state = state.name(), "taken over");
                self.tracked.push(Tracked {
                    intent,
                    transaction,
                    state,
                    slot: 0,
                    // A snapshot that follows shows what a confirmed one did.
                    is_seen: state == State::Confirmed,
                    sent: None,
                    asked: None,
                });
            }
        }
        self.floor_slot = self.parts.journal.newest_landed_slot()?;
        Ok(())
    }

    /// Transactions that may still land, or whose work is not known yet.
    pub(super) fn open(&self) -> usize {
        self.tracked
            .iter()
            .filter(|tracked| !tracked.is_seen)
            .count()
    }

    /// The wallet's own obligation for collateral, where there is to be one.
    fn receiver(&self) -> Option<Pubkey> {
        let id = self.parts.config.strategy.receiver_obligation?;
        Some(pda::obligation(&self.parts.market, &self.user, id))
    }

    /// Whether it is named by a transaction that may still land.
    pub(super) fn names_receiver(&self) -> bool {
        let open = self.tracked.iter().filter(|t| t.state == State::Open);
        let mut named = open.flat_map(|t| t.transaction.message.static_account_keys());
        self.receiver()
            .is_some_and(|receiver| named.any(|key| *key == receiver))
    }

    /// Keeps the wallet's atoms for all that may still land.
    pub(super) fn promise_open(&mut self) {
        for tracked in &self.tracked {
            let intent = &tracked.intent;
            let world = self.book.as_ref().map(|book| book.index().world());
            let Some(reserve) = world.and_then(|world| world.reserve(&intent.repay)) else {
                continue;
            };
            if tracked.state == State::Open && intent.kind != crate::journal::Kind::Flash {
                let wallet = associated_account(&self.user, &reserve.mint, &reserve.token_program);
                self.wallet
                    .promise(intent.id, wallet, intent.max_repay_atoms);
            }
        }
    }

    /// Asks what became of everything that is tracked, sends again what is open, and notes what has ended.
    pub(super) async fn track(&mut self) -> Result<()> {
        let now = Instant::now();
        let ask = Duration::from_millis(self.parts.config.watch.poll_millis);
        let is_due = |tracked: &Tracked| tracked.asked.is_none_or(|asked| now - asked >= ask);
        let due: Vec<usize> = (0..self.tracked.len())
            .filter(|at| is_due(&self.tracked[*at]))
            .take(SIGNATURES_AT_ONCE)
            .collect();
        if due.is_empty() {
            return Ok(());
        }
        for at in &due {
            self.tracked[*at].asked = Some(now);
        }
        let sender = self.parts.sender.clone();
        // The height first: what is not found afterwards, and is too old for that height, will never land.
        let Ok(height) = sender.final_block_height().await else {
            return Ok(());
        };
        let signatures: Vec<_> = due
            .iter()
            .map(|at| self.tracked[*at].intent.signature)
            .collect();
        let Ok(landed) = sender.landed(&signatures).await else {
            return Ok(());
        };
        for (at, landed) in due.into_iter().zip(landed) {
            self.note(at, landed, height)?;
        }
        self.look_at_landed().await;
        self.resend().await;
        let slot = self.book.as_ref().map_or(0, Book::newest_slot);
        self.retry_slot.retain(|_, until| *until > slot);
        let mark_slots = self.parts.config.strategy.mark_slots;
        self.marked_slot.retain(|_, at| *at + mark_slots > slot);
        let book = self.book.as_ref();
        // Who is healthy again, or fresh, begins anew.
        self.unlanded.retain(|key, _| {
            book.is_some_and(|book| book.is_unhealthy(key) || book.is_behind(key))
        });
        self.tracked.retain(|tracked| {
            !tracked.is_seen || matches!(tracked.state, State::Open | State::Confirmed)
        });
        Ok(())
    }

    fn note(&mut self, at: usize, landed: Option<Landed>, height: u64) -> Result<()> {
        let tracked = &self.tracked[at];
        let error = landed.as_ref().and_then(|landed| landed.error.clone());
        let Some((state, slot)) = tracked.outcome(landed, height) else {
            return Ok(());
        };
        let intent = &tracked.intent;
        if let Some(error) = error.filter(|_| state == State::Failed) {
            tracing::info!(signature = %intent.signature, %error, "refused on chain");
            if may_be_lifted(&tracked.transaction, &error) {
                let keys = intent.entries.iter().map(|entry| entry.obligation);
                self.refused.extend(keys);
            }
        }
        self.parts.journal.note(intent.id, state, slot)?;
        metrics::counter!("levee_liquidator_ended_total",
            "kind" => intent.kind.name(), "state" => state.name())
        .increment(1);
        tracing::info!(
            signature = %intent.signature,
            kind = intent.kind.name(),
            state = state.name(),
            slot,
            obligations = intent.entries.len(),
            "transaction"
        );
        let was_open = tracked.state == State::Open;
        let tracked = &mut self.tracked[at];
        tracked.state = state;
        tracked.slot = slot.unwrap_or(tracked.slot);
        if was_open {
            self.close(at);
        }
        match state {
            State::Expired => self.tracked[at].is_seen = true,
            State::Lost => {
                self.tracked[at].is_seen = true;
                self.gap("a fork forgot one of our transactions");
            }
            _ => {}
        }
        Ok(())
    }

    /// Frees what an open transaction held, and counts what became of it.
    fn close(&mut self, at: usize) {
        let Tracked { intent, state, .. } = &self.tracked[at];
        self.wallet.settle(intent.id);
        self.tally.ended(intent, *state);
        for key in concerned(intent.kind, &intent.repay, &intent.entries) {
            match state {
                State::Expired => *self.unlanded.entry(*key).or_default() += 1,
                _ => drop(self.unlanded.remove(key)),
            }
        }
        if *state != State::Expired {
            metrics::counter!("levee_liquidator_fees_lamports_total", "kind" => intent.kind.name())
                .increment(intent.fee_lamports);
        }
        if matches!(state, State::Failed | State::Expired) {
            let now = self.book.as_ref().map_or(0, Book::newest_slot);
            let until = now + self.parts.config.strategy.retry_slots;
            for entry in &intent.entries {
                self.retry_slot.insert(entry.obligation, until);
            }
        }
    }

    /// Reads what our own transactions changed, no older than they are; until then their obligations stay locked.
    async fn look_at_landed(&mut self) {
        for at in 0..self.tracked.len() {
            let tracked = &self.tracked[at];
            if tracked.is_seen || tracked.state == State::Open {
                continue;
            }
            let intent = &tracked.intent;
            let mut keys: Vec<Pubkey> = intent.entries.iter().map(|e| e.obligation).collect();
            keys.extend([intent.repay, intent.seize]);
            keys.extend(self.reserves_in(&tracked.transaction));
            // It may have been made.
            keys.extend(self.receiver());
            keys.retain(|key| *key != Pubkey::default());
            keys.sort_unstable();
            keys.dedup();
            keys.extend(self.wallets.iter().copied());
            let source = self.parts.source.clone();
            let slot = tracked.slot;
            match source.accounts(&keys, slot).await {
                Ok((seen_slot, accounts)) => {
                    self.floor_slot = self.floor_slot.max(slot);
                    for account in &accounts {
                        self.apply(seen_slot, account);
                    }
                    self.tracked[at].is_seen = true;
                }
                Err(why) => tracing::debug!(why = told(&why), "cannot look at what landed"),
            }
        }
    }

    async fn resend(&mut self) {
        let sender = self.parts.sender.clone();
        for tracked in &mut self.tracked {
            let is_due = tracked.sent.is_none_or(|sent| sent.elapsed() >= RESEND);
            if tracked.state == State::Open && is_due {
                tracked.sent = Some(Instant::now());
                if let Err(why) = sender.send(&tracked.transaction).await {
                    tracing::debug!(why = told(&why), "cannot send");
                }
            }
        }
    }
}
