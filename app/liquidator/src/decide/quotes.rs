//! One obligation: the pair that pays best, by the program's own code on copies.

use std::collections::HashMap;

use anchor_lang::prelude::Pubkey;
use levee::engine::Fact;
use levee::error::LeveeError;
use levee::state::{Obligation, Reserve};
use levee_client::instructions::{other_reserves, reserve_list, PairKeys};
use levee_client::quote::{self, Copies, Request};
use levee_client::ReserveKeys;
use levee_risk::sheet::Sheet;
use levee_risk::units::Atoms;
use solana_instruction::AccountMeta;

use super::profit::SignedWad;
use super::{Desk, Pair};
use crate::router::Swap;

/// An obligation that can be liquidated.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its address.
    pub obligation: Pubkey,
    /// Its other reserves, as the program wants them.
    pub others: Vec<AccountMeta>,
    /// All its reserves.
    pub reserves: Vec<Pubkey>,
    /// What the liquidator pays, the insurance's part included.
    pub due: Atoms,
    /// What the liquidator gets.
    pub seize: Atoms,
}

/// The best of an obligation's pairs.
pub struct Best {
    /// The pair, and whether it needs a flash loan.
    pub pair: Pair,
    /// What happens to the obligation.
    pub member: Member,
    /// What it brings before fees.
    pub gain: SignedWad,
    /// The pair's reserves afterwards.
    pub after: Copies,
}

/// What can be done about an unhealthy obligation.
pub enum Finding {
    /// It can be liquidated.
    Best(Box<Best>),
    /// It owes without collateral, in these reserves.
    BareDebt(Vec<Pubkey>),
    /// It may not be liquidated now, and why.
    Refused(LeveeError),
    /// It has no value at these prices, or they are too old.
    NoQuote,
}

impl Desk<'_> {
    /// What can be done about obligation `id`, where `working` has reserves as earlier decisions of this round leave them.
    pub async fn find(&self, id: u32, working: &HashMap<Pubkey, Reserve>) -> Finding {
        let index = self.book.index();
        let key = *index.obligations().key(id);
        let obligation = index.obligation(id);
        if obligation.is_bare_debt() {
            let debts = obligation.borrows().iter().map(|p| p.reserve);
            return Finding::BareDebt(debts.collect());
        }
        let mut copies = index.world().copies(&obligation);
        for (key, reserve) in &mut copies.0 {
            if let Some(changed) = working.get(key) {
                *reserve = *changed;
            }
        }
        let Ok(sheet) = index.world().sheet(&obligation, &[]) else {
            return Finding::NoQuote;
        };
        let mut best: Option<Best> = None;
        let mut refusal = None;
        for (seize_at, repay_at) in pairs(&obligation, &copies) {
            let of = |at: usize, list: &[levee::state::Position]| list.get(at).map(|p| p.reserve);
            let (Some(seize), Some(repay)) = (
                of(seize_at, obligation.deposits()),
                of(repay_at, obligation.borrows()),
            ) else {
                continue;
            };
            let at = (seize_at, repay_at);
            match self
                .quote(&key, &obligation, &copies, &sheet, (repay, seize), at)
                .await
            {
                Quoted::Best(found) => {
                    if best.as_ref().is_none_or(|known| found.gain > known.gain) {
                        best = Some(*found);
                    }
                }
                Quoted::Refused(why) => refusal = refusal.or(Some(why)),
                Quoted::NoQuote => {}
            }
        }
        match (best, refusal) {
            (Some(best), _) => Finding::Best(Box::new(best)),
            (None, Some(refusal)) => Finding::Refused(refusal),
            (None, None) => Finding::NoQuote,
        }
    }

    async fn quote(
        &self,
        key: &Pubkey,
        obligation: &Obligation,
        copies: &Copies,
        sheet: &Sheet,
        (repay, seize): (Pubkey, Pubkey),
        (seize_at, repay_at): (usize, usize),
    ) -> Quoted {
        let world = self.book.index().world();
        let quote = |limit: u64, has_receiver: bool| {
            let request = Request {
                repay,
                seize,
                limit: Atoms(limit),
                has_receiver,
            };
            quote::liquidation(
                &world.market,
                key,
                obligation,
                copies,
                self.book.next_moment(),
                self.book.restart_slot(),
                &request,
            )
        };
        let (Some(repay_keys), Some(seize_keys)) = (self.keys(&repay), self.keys(&seize)) else {
            return Quoted::NoQuote;
        };
        let (Ok(debt), Ok(collateral)) = (sheet.repaid_side(repay_at), sheet.seized_side(seize_at))
        else {
            return Quoted::NoQuote;
        };
        let free = self.free(&repay_keys);
        let mut limit = u64::MAX;
        let mut has_receiver = false;
        // With all that the plan asks for, then with what the wallet has; and again where the vault is dry.
        loop {
            let quoted = match quote(limit, has_receiver) {
                Ok(Ok(quoted)) => quoted,
                Ok(Err(LeveeError::VaultIsDry))
                    if !has_receiver && self.strategy.receiver_obligation.is_some() =>
                {
                    has_receiver = true;
                    continue;
                }
                Ok(Err(refusal)) => return Quoted::Refused(refusal),
                Err(_) => return Quoted::NoQuote,
            };
            let plan = quoted.done.plan;
            let (due, seized) = plan.map_or((Some(0), 0), |plan| {
                (plan.repay.0.checked_add(plan.insurance.0), plan.seize.0)
            });
            let Some(due) = due else {
                return Quoted::NoQuote;
            };
            let swap = Swap {
                user: self.user,
                from: self.leg(&seize_keys, collateral.price),
                to: self.leg(&repay_keys, debt.price),
                amount: Atoms(seized),
            };
            // Nothing is swapped where netting was enough, or for the token itself.
            let route = match seized > 0 && repay != seize {
                true => self.router.quote(&swap).await,
                false => None,
            };
            let out = route.as_ref().map_or(Atoms(0), |route| route.out);
            let as_deposit = quoted.done.as_deposit;
            // A deposit cannot be swapped for what is owed.
            let swaps = !as_deposit && route.is_some_and(|route| !route.instructions.is_empty());
            let is_flash = due > free;
            let lent = copies.0.get(&repay).map_or(0, |r| r.available_atoms);
            let can_flash = self.strategy.flash && swaps && lent >= self.most(due);
            if is_flash && !can_flash {
                if limit == free || free == 0 {
                    return Quoted::Refused(LeveeError::InsufficientLiquidity);
                }
                limit = free;
                continue;
            }
            if seized > 0 && out == Atoms(0) {
                return Quoted::NoQuote;
            }
            let settles = plan.is_some_and(|plan| plan.takes_all_collateral)
                || quoted.facts.iter().any(|f| matches!(f, Fact::Settled(_)));
            let pair = PairKeys {
                repay: repay_keys,
                seize: seize_keys,
            };
            return Quoted::Best(Box::new(Best {
                member: Member {
                    obligation: *key,
                    others: other_reserves(obligation, &pair, settles),
                    reserves: reserve_list(obligation),
                    due: Atoms(due),
                    seize: Atoms(seized),
                },
                pair: Pair {
                    keys: pair,
                    is_flash,
                    as_deposit,
                    collateral: collateral.price,
                    debt: debt.price,
                },
                gain: super::profit::gain(out, Atoms(due), debt.price),
                after: quoted.reserves,
            }));
        }
    }

    /// The fixed addresses around a reserve.
    pub fn keys(&self, reserve: &Pubkey) -> Option<ReserveKeys> {
        let known = self.book.index().world().reserve(reserve)?;
        Some(ReserveKeys {
            market: known.market,
            reserve: *reserve,
            vault: known.vault,
            mint: known.mint,
            token_program: known.token_program,
        })
    }
}

enum Quoted {
    Best(Box<Best>),
    Refused(LeveeError),
    NoQuote,
}

/// All pairs (deposit, borrow), those first that the program asks for: the highest borrow factor, the lowest threshold.
fn pairs(obligation: &Obligation, copies: &Copies) -> Vec<(usize, usize)> {
    let config = |key: &Pubkey| copies.0.get(key).map(|reserve| reserve.config);
    let mut pairs = Vec::new();
    for (repay_at, borrow) in obligation.borrows().iter().enumerate() {
        for (seize_at, deposit) in obligation.deposits().iter().enumerate() {
            let factor = config(&borrow.reserve).map_or(0, |c| c.borrow_factor_bps);
            let threshold = config(&deposit.reserve).map_or(0, |c| c.threshold_bps);
            pairs.push((std::cmp::Reverse(factor), threshold, (seize_at, repay_at)));
        }
    }
    pairs.sort_unstable();
    pairs.into_iter().map(|(_, _, at)| at).collect()
}
