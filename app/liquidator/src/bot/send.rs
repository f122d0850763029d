//! Sending: a last look, a fee, the journal, and then the wire.

use std::time::{Duration, Instant};

use anyhow::Result;
use futures_util::future::{join3, join_all};
use levee_client::rpc::told;
use levee_client::transaction::{sign, Budget};
use solana_pubkey::Pubkey;
use solana_transaction::versioned::VersionedTransaction;
use tokio::time::timeout;

use super::track::Tracked;
use super::upkeep::Mark;
use super::Bot;
use crate::config::FeeKind;
use crate::decide::plan::Call;
use crate::decide::{fees, profit};
use crate::journal::{Entry, Intent, Kind, State};
use crate::sender::Blockhash;

/// Longest wait for what is good to know before sending, and not needed: a crash waits for nobody.
const PATIENCE: Duration = Duration::from_secs(1);

/// A transaction that is to be journaled and sent.
pub(super) struct Order {
    pub(super) kind: Kind,
    pub(super) repay: Pubkey,
    pub(super) seize: Pubkey,
    pub(super) max_repay_atoms: u64,
    /// The wallet's account that pays; none for who pays from a loan, or not at all.
    pub(super) payer: Option<Pubkey>,
    pub(super) entries: Vec<Entry>,
    /// The most that it may offer; none where it brings nothing by itself, and what others pay is nothing to go by.
    pub(super) most_micro_lamports: Option<u64>,
    pub(super) call: Call,
}

impl Order {
    /// What is counted while it does not land.
    fn concerns(&self) -> impl Iterator<Item = &Pubkey> {
        concerned(self.kind, &self.repay, &self.entries)
    }
}

/// The obligations of a transaction, or the reserve of a refresh.
pub(super) fn concerned<'a>(
    kind: Kind,
    repay: &'a Pubkey,
    entries: &'a [Entry],
) -> impl Iterator<Item = &'a Pubkey> {
    let reserve = (kind == Kind::Refresh).then_some(repay);
    reserve
        .into_iter()
        .chain(entries.iter().map(|entry| &entry.obligation))
}

impl Bot {
    /// A blockhash, a look at the obligations as they are now, and a fee for each order, all asked for at once. What is not
    /// unhealthy any more, or not there, is dropped. `None` where there is no blockhash.
    pub(super) async fn prepare(
        &mut self,
        orders: &mut Vec<Order>,
        marks: &mut Vec<Mark>,
    ) -> Option<Blockhash> {
        let of_orders = orders.iter().flat_map(|order| &order.entries);
        let mut keys: Vec<Pubkey> = of_orders.map(|entry| entry.obligation).collect();
        keys.extend(marks.iter().flat_map(|(marked, _)| marked));
        let (sender, source) = (self.parts.sender.clone(), self.parts.source.clone());
        let recent = orders.iter().map(|order| self.recent_fees(order));
        let looked = timeout(PATIENCE, source.accounts(&keys, self.floor_slot));
        let (blockhash, looked, recent) = join3(sender.blockhash(), looked, join_all(recent)).await;
        let blockhash = match blockhash {
            Ok(blockhash) => blockhash,
            Err(why) => {
                tracing::warn!(why = told(&why), "no blockhash");
                return None;
            }
        };
        for (order, recent) in orders.iter_mut().zip(recent) {
            let unlanded = order.concerns().filter_map(|key| self.unlanded.get(key));
            let unlanded = unlanded.max().copied().unwrap_or(0);
            let most = order.most_micro_lamports.unwrap_or(u64::MAX);
            let config = &self.parts.config.fees;
            order.call.budget.micro_lamports_per_unit =
                fees::offer(config, &recent, unlanded, most);
        }
        if let Ok(Ok((slot, accounts))) = looked {
            for account in &accounts {
                self.apply(slot, account);
            }
            self.drop_healed(orders, marks);
        }
        Some(blockhash)
    }

    fn drop_healed(&mut self, orders: &mut Vec<Order>, marks: &mut Vec<Mark>) {
        let Some(book) = &mut self.book else {
            return;
        };
        book.settle();
        orders.retain(|order| {
            let mut entries = order.entries.iter();
            entries.all(|entry| book.is_unhealthy(&entry.obligation))
        });
        let known = book.index().obligations();
        marks.retain(|(marked, _)| marked.iter().all(|key| known.number(key).is_some()));
    }

    /// What others paid lately for what an order writes, apart from what nobody but the wallet writes.
    async fn recent_fees(&self, order: &Order) -> Vec<u64> {
        let is_asked = self.parts.config.fees.kind == FeeKind::Recent;
        if !is_asked || order.most_micro_lamports.is_none() {
            return Vec::new();
        }
        let mut writable = order.call.writable();
        writable.retain(|key| *key != self.user && !self.wallets.contains(key));
        let asked = timeout(PATIENCE, self.parts.sender.recent_fees(&writable));
        match asked.await {
            Ok(Ok(recent)) => recent,
            Ok(Err(why)) => {
                tracing::debug!(why = told(&why), "no recent fees");
                Vec::new()
            }
            Err(_) => Vec::new(),
        }
    }

    fn sign(&self, call: &Call, blockhash: Blockhash) -> Result<VersionedTransaction> {
        let signed = sign(
            &self.user,
            &call.instructions,
            call.budget,
            &self.parts.tables,
            blockhash.hash,
            &[&self.parts.keypair],
        );
        Ok(signed?)
    }

    /// Journals, then sends. Whether it was journaled; only the journal's own failure is an error.
    pub(super) async fn send(&mut self, order: Order, blockhash: Blockhash) -> Result<bool> {
        let transaction = self.sign(&order.call, blockhash)?;
        let Some(signature) = transaction.signatures.first().copied() else {
            return Ok(false);
        };
        if self.tracked.iter().any(|t| t.intent.signature == signature) {
            // The same once more within a blockhash: nothing new to say.
            return Ok(false);
        }
        let Budget {
            compute_units,
            micro_lamports_per_unit,
        } = order.call.budget;
        let mut intent = Intent {
            id: 0,
            kind: order.kind,
            repay: order.repay,
            seize: order.seize,
            max_repay_atoms: order.max_repay_atoms,
            fee_lamports: profit::fee_lamports(order.call.budget),
            signature,
            last_valid_block_height: blockhash.last_valid_block_height,
            wire: bincode::serialize(&transaction)?,
            entries: order.entries,
        };
        let Some(id) = self.parts.journal.write(&intent)? else {
            return Ok(false);
        };
        intent.id = id;
        if let Some(payer) = order.payer {
            self.wallet.promise(id, payer, order.max_repay_atoms);
        }
        if order.kind == Kind::Refresh {
            self.note_refreshed(&transaction);
        }
        metrics::counter!("levee_liquidator_sent_total", "kind" => order.kind.name()).increment(1);
        tracing::info!(
            %signature,
            kind = order.kind.name(),
            max_repay_atoms = order.max_repay_atoms,
            obligations = intent.entries.len(),
            compute_units,
            micro_lamports_per_unit,
            "sent"
        );
        if let Err(why) = self.parts.sender.send(&transaction).await {
            // It may have been taken all the same: it stays open, and is sent again.
            tracing::warn!(%signature, why = told(&why), "sending failed");
        }
        let now = Some(Instant::now());
        self.tracked.push(Tracked {
            intent,
            transaction,
            state: State::Open,
            slot: 0,
            is_seen: false,
            sent: now,
            asked: now,
        });
        Ok(true)
    }

    /// Marks move no tokens: they are sent and forgotten.
    pub(super) async fn send_mark(
        &mut self,
        keys: &[Pubkey],
        call: &Call,
        blockhash: Blockhash,
    ) -> usize {
        let Ok(transaction) = self.sign(call, blockhash) else {
            return 0;
        };
        let slot = self.book.as_ref().map_or(0, crate::book::Book::newest_slot);
        for key in keys {
            self.marked_slot.insert(*key, slot);
        }
        match self.parts.sender.send(&transaction).await {
            Ok(()) => {
                metrics::counter!("levee_liquidator_marked_total").increment(keys.len() as u64);
                self.tally.marks += keys.len();
                keys.len()
            }
            Err(why) => {
                tracing::debug!(why = told(&why), "a mark was not sent");
                0
            }
        }
    }
}
