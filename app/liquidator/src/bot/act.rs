//! Doing what was decided.

use std::time::Instant;

use anyhow::Result;
use levee_client::transaction::sign;
use solana_pubkey::Pubkey;
use solana_transaction::versioned::VersionedTransaction;

use super::track::Tracked;
use super::Bot;
use crate::decide::plan::{self, Call};
use crate::decide::{Decisions, Desk};
use crate::journal::{Entry, Intent, Kind, State};
use crate::sender::Blockhash;

/// A transaction that is to be journaled and sent.
struct Order {
    kind: Kind,
    repay: Pubkey,
    seize: Pubkey,
    max_repay_atoms: u64,
    /// The wallet's account that pays; none for who pays from a loan, or not at all.
    payer: Option<Pubkey>,
    entries: Vec<Entry>,
    call: Call,
}

/// Obligations, and the transaction that marks them.
type Mark = (Vec<Pubkey>, Call);

impl Bot {
    /// Decides and sends. Returns how many liquidations and settlements, and how many marks.
    pub(super) async fn act(&mut self) -> Result<(usize, usize)> {
        let start = Instant::now();
        let Some((orders, marks)) = self.orders().await else {
            return Ok((0, 0));
        };
        metrics::histogram!("levee_liquidator_decide_seconds")
            .record(start.elapsed().as_secs_f64());
        if orders.is_empty() && marks.is_empty() {
            return Ok((0, 0));
        }
        if self.parts.is_paper {
            return Ok((self.tell(&orders), 0));
        }
        let blockhash = match self.parts.sender.blockhash().await {
            Ok(blockhash) => blockhash,
            Err(why) => {
                tracing::warn!(why = format!("{why:#}"), "no blockhash");
                return Ok((0, 0));
            }
        };
        let mut sent = 0;
        for order in orders {
            sent += usize::from(self.send(order, blockhash).await?);
        }
        let mut marked = 0;
        for (keys, call) in marks {
            marked += self.send_mark(&keys, &call, blockhash).await;
        }
        Ok((sent, marked))
    }

    async fn orders(&self) -> Option<(Vec<Order>, Vec<Mark>)> {
        let book = self.book.as_ref()?;
        let parts = &self.parts;
        let desk = Desk {
            book,
            wallet: &self.wallet,
            router: parts.router.as_ref(),
            strategy: &parts.config.strategy,
            profit: &parts.config.profit,
            user: self.user,
            tables: &parts.tables,
        };
        let decisions = desk.decide(|obligation| self.is_locked(obligation)).await;
        metrics::gauge!("levee_liquidator_waiting").set(decisions.waiting.len() as f64);
        metrics::gauge!("levee_liquidator_left_alone").set(decisions.left_alone as f64);
        let mut orders = liquidations(&desk, &decisions);
        if parts.config.strategy.settle {
            for (obligation, debts) in &decisions.bare_debts {
                orders.push(Order {
                    kind: Kind::Settle,
                    repay: debts.first().copied().unwrap_or_default(),
                    seize: Pubkey::default(),
                    max_repay_atoms: 0,
                    payer: None,
                    entries: vec![Entry {
                        obligation: *obligation,
                        due_atoms: 0,
                        seized_atoms: 0,
                    }],
                    call: plan::settle(&desk, *obligation, debts),
                });
            }
        }
        let marks = match parts.config.strategy.mark {
            true => self.marks(&desk, &decisions),
            false => Vec::new(),
        };
        Some((orders, marks))
    }

    /// Marks of those that nobody has looked at for a while.
    fn marks(&self, desk: &Desk, decisions: &Decisions) -> Vec<Mark> {
        let slot = desk.book.newest_slot();
        let index = desk.book.index();
        let is_due = |key: &Pubkey| {
            let id = index.obligations().number(key);
            let seen = id.map_or(0, |id| index.obligation(id).last_seen_unhealthy_slot);
            let own = self.marked_slot.get(key).copied().unwrap_or(0);
            slot >= seen.max(own) + self.parts.config.strategy.mark_slots || seen.max(own) == 0
        };
        let mut due: Vec<_> = decisions
            .waiting
            .iter()
            .filter(|(key, _)| is_due(key))
            .collect();
        let mut marks = Vec::new();
        while !due.is_empty() {
            let mut count = due.len().min(plan::MARKED_AT_ONCE);
            loop {
                let some: Vec<_> = due[..count].iter().map(|mark| (*mark).clone()).collect();
                let call = plan::mark(desk, &some).filter(|call| plan::fits(desk, call));
                if let Some(call) = call {
                    marks.push((some.into_iter().map(|(key, _)| key).collect(), call));
                    break;
                }
                if count == 1 {
                    break;
                }
                count /= 2;
            }
            due.drain(..count);
        }
        marks
    }

    /// Says what would be sent.
    fn tell(&mut self, orders: &[Order]) -> usize {
        let slot = self.book.as_ref().map_or(0, crate::book::Book::newest_slot);
        for order in orders {
            tracing::info!(
                kind = order.kind.name(),
                repay = %order.repay,
                seize = %order.seize,
                max_repay_atoms = order.max_repay_atoms,
                obligations = order.entries.len(),
                "would send"
            );
            let until = slot + self.parts.config.strategy.mark_slots;
            for entry in &order.entries {
                self.retry_slot.insert(entry.obligation, until);
            }
        }
        orders.len()
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
    async fn send(&mut self, order: Order, blockhash: Blockhash) -> Result<bool> {
        let transaction = self.sign(&order.call, blockhash)?;
        let Some(signature) = transaction.signatures.first().copied() else {
            return Ok(false);
        };
        if self.tracked.iter().any(|t| t.intent.signature == signature) {
            // The same once more within a blockhash: nothing new to say.
            return Ok(false);
        }
        let mut intent = Intent {
            id: 0,
            kind: order.kind,
            repay: order.repay,
            seize: order.seize,
            max_repay_atoms: order.max_repay_atoms,
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
        metrics::counter!("levee_liquidator_sent_total", "kind" => order.kind.name()).increment(1);
        tracing::info!(
            %signature,
            kind = order.kind.name(),
            max_repay_atoms = order.max_repay_atoms,
            obligations = intent.entries.len(),
            "sent"
        );
        if let Err(why) = self.parts.sender.send(&transaction).await {
            // It may have been taken all the same: it stays open, and is sent again.
            tracing::warn!(%signature, why = format!("{why:#}"), "sending failed");
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
    async fn send_mark(&mut self, keys: &[Pubkey], call: &Call, blockhash: Blockhash) -> usize {
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
                keys.len()
            }
            Err(why) => {
                tracing::debug!(why = format!("{why:#}"), "a mark was not sent");
                0
            }
        }
    }
}

fn liquidations(desk: &Desk, decisions: &Decisions) -> Vec<Order> {
    let orders = decisions.groups.iter().filter_map(|group| {
        let pair = &group.pair.keys;
        let limits = plan::limits(desk, group);
        Some(Order {
            kind: group.kind(),
            repay: pair.repay.reserve,
            seize: pair.seize.reserve,
            max_repay_atoms: limits.max_repay_atoms,
            payer: (!group.pair.is_flash).then(|| desk.wallet_of(&pair.repay)),
            entries: group
                .members
                .iter()
                .map(|member| Entry {
                    obligation: member.obligation,
                    due_atoms: member.due.0,
                    seized_atoms: member.seize.0,
                })
                .collect(),
            call: plan::liquidate(desk, group)?,
        })
    });
    orders.collect()
}
