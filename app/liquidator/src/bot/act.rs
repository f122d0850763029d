//! From decisions to orders.

use std::time::Instant;

use anyhow::Result;
use solana_pubkey::Pubkey;

use super::send::Order;
use super::upkeep::Mark;
use super::{Bot, Round};
use crate::book::Book;
use crate::decide::{fees, plan, Decisions, Desk};
use crate::journal::{Entry, Kind};

impl Bot {
    /// Decides and sends, and says what in `round`.
    pub(super) async fn act(&mut self, round: &mut Round) -> Result<()> {
        let start = Instant::now();
        let refused = std::mem::take(&mut self.refused);
        let Some((mut orders, mut marks)) = self.orders(&refused).await else {
            return Ok(());
        };
        metrics::histogram!("levee_liquidator_decide_seconds")
            .record(start.elapsed().as_secs_f64());
        if orders.is_empty() && marks.is_empty() {
            return Ok(());
        }
        if self.parts.is_paper {
            round.sent = self.tell(&orders);
            return Ok(());
        }
        let decided = orders.len() + marks.len();
        let Some(blockhash) = self.prepare(&mut orders, &mut marks).await else {
            self.refused = refused;
            return Ok(());
        };
        round.dropped = decided - orders.len() - marks.len();
        for order in orders {
            let is_refresh = order.kind == Kind::Refresh;
            let sent = usize::from(self.send(order, blockhash).await?);
            match is_refresh {
                true => round.refreshed += sent,
                false => round.sent += sent,
            }
        }
        for (keys, call) in marks {
            round.marked += self.send_mark(&keys, &call, blockhash).await;
        }
        Ok(())
    }

    /// What is to be sent, where `refused` are obligations whose liquidation the program refused for now.
    async fn orders(&self, refused: &[Pubkey]) -> Option<(Vec<Order>, Vec<Mark>)> {
        let book = self.book.as_ref()?;
        let parts = &self.parts;
        let desk = Desk {
            book,
            wallet: &self.wallet,
            router: parts.router.as_ref(),
            strategy: &parts.config.strategy,
            profit: &parts.config.profit,
            fees: &parts.config.fees,
            user: self.user,
            makes_receiver: self.names_receiver(),
            tables: &parts.tables,
        };
        let mut decisions = desk.decide(|obligation| self.is_locked(obligation)).await;
        metrics::gauge!("levee_liquidator_waiting").set(decisions.waiting.len() as f64);
        metrics::gauge!("levee_liquidator_left_alone").set(decisions.left_alone as f64);
        let mut orders = Vec::new();
        if parts.config.strategy.refresh {
            decisions.doubt(book, refused);
            orders.extend(self.refreshes(&desk, &decisions));
        }
        orders.extend(liquidations(&desk, &decisions));
        if parts.config.strategy.settle {
            orders.extend(settlements(&desk, &decisions));
        }
        let marks = match parts.config.strategy.mark {
            true => self.marks(&desk, &decisions),
            false => Vec::new(),
        };
        Some((orders, marks))
    }

    /// Says what would be sent.
    fn tell(&mut self, orders: &[Order]) -> usize {
        let slot = self.book.as_ref().map_or(0, Book::newest_slot);
        let orders = orders.iter().filter(|order| order.kind != Kind::Refresh);
        let mut told = 0;
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
            self.tally.told(&order.entries);
            told += 1;
        }
        told
    }
}

fn liquidations(desk: &Desk, decisions: &Decisions) -> Vec<Order> {
    let orders = decisions.groups.iter().filter_map(|group| {
        let pair = &group.pair.keys;
        let limits = plan::limits(desk, group);
        let call = plan::liquidate(desk, group)?;
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
            most_micro_lamports: Some(fees::most(
                desk.fees,
                desk.profit,
                group.profit,
                call.budget,
            )),
            call,
        })
    });
    orders.collect()
}

fn settlements(desk: &Desk, decisions: &Decisions) -> Vec<Order> {
    let orders = decisions
        .bare_debts
        .iter()
        .map(|(obligation, debts)| Order {
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
            most_micro_lamports: None,
            call: plan::settle(desk, *obligation, debts),
        });
    orders.collect()
}
