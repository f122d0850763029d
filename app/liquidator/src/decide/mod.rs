//! What to do about the unhealthy: liquidate alone, in batches or from a flash loan, settle, mark, or leave alone.
//!
//! Decisions about money are made in exact integers, on quotes of the program's own code.

pub mod fees;
mod groups;
pub mod plan;
pub mod profit;
pub mod quotes;

use std::collections::HashMap;

use anchor_lang::prelude::Pubkey;
use levee::state::Reserve;
use levee_client::instructions::PairKeys;
use levee_client::offer::must_wait;
use levee_client::tokens::associated_account;
use levee_client::{pda, ReserveKeys};
use levee_risk::price::Price;
use levee_risk::units::Atoms;
use solana_message::AddressLookupTableAccount;

use crate::book::Book;
use crate::config::{Fees, Profit, Strategy};
use crate::journal::Kind;
use crate::router::{Leg, Route, SwapRouter};
use crate::wallet::Wallet;
use profit::SignedWad;
use quotes::{Finding, Member};

/// A pair of reserves, and how its debts are paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The reserves.
    pub keys: PairKeys,
    /// Whether from a flash loan.
    pub is_flash: bool,
    /// Whether the collateral comes as a deposit, into the wallet's own obligation.
    pub as_deposit: bool,
    /// The collateral's price.
    pub collateral: Price,
    /// The debt's price.
    pub debt: Price,
}

/// Obligations that are liquidated in one transaction.
#[derive(Clone, Debug)]
pub struct Group {
    /// Over this pair.
    pub pair: Pair,
    /// The obligations.
    pub members: Vec<Member>,
    /// Where what they bring is sold.
    pub route: Option<Route>,
    /// What it brings after everything.
    pub profit: SignedWad,
}

impl Group {
    /// How the journal calls it.
    pub fn kind(&self) -> Kind {
        match (self.pair.is_flash, self.members.len()) {
            (true, _) => Kind::Flash,
            (false, 1) => Kind::Single,
            (false, _) => Kind::Batch,
        }
    }

    /// What all members pay, the insurance's part included.
    pub fn due_atoms(&self) -> u64 {
        self.members
            .iter()
            .fold(0, |sum, member| sum.saturating_add(member.due.0))
    }

    /// What all members bring.
    pub fn seized_atoms(&self) -> u64 {
        self.members
            .iter()
            .fold(0, |sum, member| sum.saturating_add(member.seize.0))
    }
}

/// What a round decided.
#[derive(Default)]
pub struct Decisions {
    /// To be liquidated, the most profitable first.
    pub groups: Vec<Group>,
    /// Debts without collateral: obligation and reserves.
    pub bare_debts: Vec<(Pubkey, Vec<Pubkey>)>,
    /// Unhealthy, but not yet permitted or not yet profitable: with their reserves.
    pub waiting: Vec<(Pubkey, Vec<Pubkey>)>,
    /// The reserves of those that are not yet permitted: time, a mark or a fresh price may lift that.
    pub doubted: Vec<Pubkey>,
    /// Neither; how many.
    pub left_alone: usize,
}

/// What decisions are made with.
pub struct Desk<'a> {
    /// The market.
    pub book: &'a Book,
    /// The wallet's tokens.
    pub wallet: &'a Wallet,
    /// Where tokens are swapped.
    pub router: &'a dyn SwapRouter,
    /// What may be done.
    pub strategy: &'a Strategy,
    /// What it must bring.
    pub profit: &'a Profit,
    /// What is offered for a place in a block.
    pub fees: &'a Fees,
    /// The wallet.
    pub user: Pubkey,
    /// Whether a transaction that may still land makes the wallet's own obligation for collateral.
    pub makes_receiver: bool,
    /// Lookup tables that transactions may use.
    pub tables: &'a [AddressLookupTableAccount],
}

impl Desk<'_> {
    /// Decides about all unhealthy obligations apart from those that `is_locked`.
    pub async fn decide(&self, is_locked: impl Fn(&Pubkey) -> bool) -> Decisions {
        let mut decisions = Decisions::default();
        let mut working: HashMap<Pubkey, Reserve> = HashMap::new();
        let mut by_pair: Vec<(Pair, Vec<Member>)> = Vec::new();
        let index = self.book.index();
        let mut ids: Vec<u32> = index.unhealthy().collect();
        ids.sort_unstable();
        for id in ids {
            let key = *index.obligations().key(id);
            if is_locked(&key) {
                continue;
            }
            let reserves = || levee_client::instructions::reserve_list(&index.obligation(id));
            match self.find(id, &working).await {
                Finding::BareDebt(debts) => decisions.bare_debts.push((key, debts)),
                Finding::Refused(why) if must_wait(why) => {
                    decisions.doubted.extend(reserves());
                    decisions.waiting.push((key, reserves()));
                }
                Finding::Refused(_) | Finding::NoQuote => decisions.left_alone += 1,
                Finding::Best(best) => {
                    for key in [best.pair.keys.repay.reserve, best.pair.keys.seize.reserve] {
                        if let Some(after) = best.after.0.get(&key) {
                            working.insert(key, *after);
                        }
                    }
                    match by_pair.iter_mut().find(|(pair, _)| *pair == best.pair) {
                        Some((_, members)) => members.push(best.member),
                        None => by_pair.push((best.pair, vec![best.member])),
                    }
                }
            }
        }
        let mut spent: HashMap<Pubkey, u64> = HashMap::new();
        for (pair, members) in by_pair {
            self.group(pair, members, &mut spent, &mut decisions).await;
        }
        if self.missing_receiver().is_some() {
            // The first transaction makes it, and a second one could not make it again.
            let mut is_made = self.makes_receiver;
            decisions
                .groups
                .retain(|group| !group.pair.as_deposit || !std::mem::replace(&mut is_made, true));
        }
        decisions
            .groups
            .sort_by_key(|group| std::cmp::Reverse(group.profit));
        decisions
    }

    /// What a flash loan of `atoms` costs: the program's own answer on a copy of the reserve.
    fn flash_fee(&self, keys: &ReserveKeys, atoms: u64) -> u64 {
        let reserve = self.book.index().world().reserve(&keys.reserve);
        let repaid = reserve.and_then(|reserve| {
            let mut reserve = *reserve;
            reserve.flash_borrow(Atoms(atoms)).ok()?;
            reserve.flash_repay().ok()
        });
        repaid.map_or(u64::MAX, |(_, fee)| fee.0)
    }

    /// The number of the wallet's own obligation for collateral, where it is wished and is not there yet.
    fn missing_receiver(&self) -> Option<u64> {
        let id = self.strategy.receiver_obligation?;
        let index = self.book.index();
        let known = index.obligations().number(&self.receiver(id));
        known.is_none().then_some(id)
    }

    /// The wallet's own obligation number `id`.
    fn receiver(&self, id: u64) -> Pubkey {
        pda::obligation(self.book.market(), &self.user, id)
    }

    /// The amount with what is tolerated above it.
    pub fn most(&self, atoms: u64) -> u64 {
        profit::at_most(atoms, self.strategy.tolerance_bps)
    }

    /// The wallet's account of a reserve's token.
    pub fn wallet_of(&self, keys: &ReserveKeys) -> Pubkey {
        associated_account(&self.user, &keys.mint, &keys.token_program)
    }

    /// What the wallet can pay, so that what is tolerated above it is there too.
    fn free(&self, keys: &ReserveKeys) -> u64 {
        let free = self.wallet.free(&self.wallet_of(keys));
        profit::at_least(free, self.strategy.tolerance_bps)
    }

    fn leg(&self, keys: &ReserveKeys, price: Price) -> Leg {
        Leg {
            mint: keys.mint,
            token_program: keys.token_program,
            wallet: self.wallet_of(keys),
            price,
        }
    }
}
