//! Who goes together: groups of one pair, each as large as pays and fits a transaction.

use std::collections::{HashMap, VecDeque};

use anchor_lang::prelude::Pubkey;
use levee_risk::units::Atoms;

use super::profit::{self, SignedWad};
use super::quotes::Member;
use super::{plan, Decisions, Desk, Group, Pair};
use crate::router::{Route, Swap};

impl Desk<'_> {
    /// Forms groups of one pair, each as large as pays and fits.
    pub(super) async fn group(
        &self,
        pair: Pair,
        members: Vec<Member>,
        spent: &mut HashMap<Pubkey, u64>,
        decisions: &mut Decisions,
    ) {
        let may_batch = pair.keys.repay.reserve != pair.keys.seize.reserve && !pair.as_deposit;
        let most = if may_batch {
            self.strategy.max_batch
        } else {
            1
        };
        let wallet = self.wallet_of(&pair.keys.repay);
        let mut queue = VecDeque::from(members);
        while let Some(first) = queue.pop_front() {
            let gone = spent.get(&wallet).copied().unwrap_or(0);
            let Some(mut group) = self.group_of(pair, vec![first], gone).await else {
                decisions.left_alone += 1;
                continue;
            };
            let mut rest = VecDeque::new();
            while group.members.len() < most {
                let Some(next) = queue.pop_front() else {
                    break;
                };
                let mut larger = group.members.clone();
                larger.push(next.clone());
                // A further one must bring what it costs, or no more than what a transaction may lose.
                let least = profit::least(self.profit).min(0);
                let least = group.profit.saturating_add(least);
                match self.group_of(pair, larger, gone).await {
                    Some(larger) if larger.profit >= least => group = larger,
                    _ => rest.push_back(next),
                }
            }
            rest.append(&mut queue);
            queue = rest;
            if group.profit < profit::least(self.profit) {
                let waiting = group.members.into_iter();
                decisions
                    .waiting
                    .extend(waiting.map(|member| (member.obligation, member.reserves)));
                continue;
            }
            if !pair.is_flash {
                *spent.entry(wallet).or_default() += self.most(group.due_atoms());
            }
            decisions.groups.push(group);
        }
    }

    /// A group, appraised; `None` where the wallet cannot pay it besides what is `gone`, or it fits no transaction.
    async fn group_of(&self, pair: Pair, members: Vec<Member>, gone: u64) -> Option<Group> {
        let mut group = Group {
            pair,
            members,
            route: None,
            profit: SignedWad::MIN,
        };
        let due = group.due_atoms();
        let free = self.wallet.free(&self.wallet_of(&pair.keys.repay));
        let affords = due == 0 || self.most(due).saturating_add(gone) <= free;
        if !affords && !pair.is_flash {
            return None;
        }
        (group.route, group.profit) = self.appraise(&group).await;
        let call = plan::liquidate(self, &group)?;
        plan::fits(self, &call).then_some(group)
    }

    /// Where a group's seizure is sold, and what is left after everything.
    async fn appraise(&self, group: &Group) -> (Option<Route>, SignedWad) {
        let Pair { keys, is_flash, .. } = group.pair;
        let due = group.due_atoms();
        let seized = group.seized_atoms();
        // The least that is offered: more only as far as the profit allows.
        let fee = profit::fee(
            self.profit,
            plan::budget(self, plan::compute_units(self, group)),
        );
        if seized == 0 {
            // Netted: nobody pays, and nobody gains.
            return (None, -fee);
        }
        let tolerance = self.strategy.tolerance_bps;
        // Within the transaction only what is certain to be there can be sold.
        let certain = profit::at_least(seized, tolerance);
        let swap = |amount| Swap {
            user: self.user,
            from: self.leg(&keys.seize, group.pair.collateral),
            to: self.leg(&keys.repay, group.pair.debt),
            amount: Atoms(amount),
        };
        let Some(whole) = self.router.quote(&swap(seized)).await else {
            return (None, SignedWad::MIN);
        };
        let route = match whole.instructions.is_empty() || group.pair.as_deposit {
            true => None,
            false => self.router.quote(&swap(certain)).await,
        };
        let loan_fee = match is_flash {
            true => self.flash_fee(&keys.repay, self.most(due)),
            false => 0,
        };
        let spent = Atoms(due.saturating_add(loan_fee));
        let gain = profit::gain(whole.out, spent, group.pair.debt);
        let margin =
            profit::latency_margin(whole.out, group.pair.debt, self.profit.latency_margin_bps);
        (route, gain.saturating_sub(margin).saturating_sub(fee))
    }
}
