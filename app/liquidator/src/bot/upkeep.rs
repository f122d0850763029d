//! What moves no tokens and keeps liquidations going: marks, and refreshes in transactions of their own.
//!
//! A liquidation carries a refresh, but where the program refuses it, the refresh is undone with it. So who raises risk first in
//! every slot, on an older price that is still accepted, could stay in cool-off as long as nobody lands the newer price by itself.

use levee::error::LeveeError;
use levee_client::offer::WAITS;
use solana_instruction::error::InstructionError;
use solana_pubkey::Pubkey;
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction_error::TransactionError;

use super::send::Order;
use super::Bot;
use crate::book::Book;
use crate::decide::plan::{self, Call};
use crate::decide::{Decisions, Desk};
use crate::journal::Kind;

/// Obligations, and the transaction that marks them.
pub(super) type Mark = (Vec<Pubkey>, Call);

/// Refusals besides [`WAITS`] behind which an older price may stand: a batch says of none of its obligations why.
const ALSO_LIFTED: [LeveeError; 4] = [
    LeveeError::PriceTooOld,
    LeveeError::ReserveNotRefreshed,
    LeveeError::NothingLiquidated,
    LeveeError::SlippageExceeded,
];

/// Whether Levee failed the transaction for a reason that time, a mark or a fresh price may lift.
pub(super) fn may_be_lifted(transaction: &VersionedTransaction, error: &TransactionError) -> bool {
    let TransactionError::InstructionError(at, InstructionError::Custom(code)) = error else {
        return false;
    };
    let message = &transaction.message;
    let instruction = message.instructions().get(usize::from(*at));
    let program = instruction.and_then(|instruction| {
        let at = usize::from(instruction.program_id_index);
        message.static_account_keys().get(at)
    });
    let mut lifted = WAITS.iter().chain(&ALSO_LIFTED);
    program == Some(&levee::ID) && lifted.any(|refusal| u32::from(*refusal) == *code)
}

impl Decisions {
    /// Adds those whose liquidation was refused to what is doubted and marked.
    pub(super) fn doubt(&mut self, book: &Book, refused: &[Pubkey]) {
        let index = book.index();
        for key in refused.iter().filter(|key| book.is_unhealthy(key)) {
            let Some(id) = index.obligations().number(key) else {
                continue;
            };
            let reserves = levee_client::instructions::reserve_list(&index.obligation(id));
            self.doubted.extend_from_slice(&reserves);
            if self.waiting.iter().all(|(waiting, _)| waiting != key) {
                self.waiting.push((*key, reserves));
            }
        }
    }
}

impl Bot {
    /// Refreshes of reserves that are doubted and lie behind, each at most once within the configured slots.
    pub(super) fn refreshes(&self, desk: &Desk, decisions: &Decisions) -> Vec<Order> {
        let slot = desk.book.newest_slot();
        let mut due = decisions.doubted.clone();
        due.sort_unstable();
        due.dedup();
        due.retain(|reserve| {
            let last = self.refreshed_slot.get(reserve);
            let is_due = last.is_none_or(|last| slot >= last + desk.strategy.refresh_slots);
            is_due && desk.book.is_behind(reserve) && desk.book.price_keys(reserve).is_some()
        });
        let mut orders = Vec::new();
        while let Some(first) = due.first().copied() {
            let fitting = (1..=due.len()).rev().find_map(|count| {
                let call = plan::refresh(desk, &due[..count]);
                Some((count, call.filter(|call| plan::fits(desk, call))?))
            });
            let Some((count, call)) = fitting else {
                break;
            };
            due.drain(..count);
            orders.push(Order {
                kind: Kind::Refresh,
                repay: first,
                seize: Pubkey::default(),
                max_repay_atoms: 0,
                payer: None,
                entries: Vec::new(),
                most_micro_lamports: None,
                call,
            });
        }
        orders
    }

    /// Reserves that a transaction names in full.
    pub(super) fn reserves_in(&self, transaction: &VersionedTransaction) -> Vec<Pubkey> {
        let world = self.book.as_ref().map(|book| book.index().world());
        let is_reserve = |key: &&Pubkey| world.is_some_and(|world| world.reserve(key).is_some());
        let named = transaction.message.static_account_keys().iter();
        named.filter(is_reserve).copied().collect()
    }

    pub(super) fn note_refreshed(&mut self, transaction: &VersionedTransaction) {
        let slot = self.book.as_ref().map_or(0, Book::newest_slot);
        for reserve in self.reserves_in(transaction) {
            self.refreshed_slot.insert(reserve, slot);
        }
    }

    /// Marks of those that nobody has looked at for a while.
    pub(super) fn marks(&self, desk: &Desk, decisions: &Decisions) -> Vec<Mark> {
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
}
