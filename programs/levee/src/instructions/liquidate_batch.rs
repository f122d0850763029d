//! `liquidate_batch`: one reserve pair across many obligations, with one transfer each way.
//!
//! In a crash the write lock on the hot reserve is what liquidations compete for; a batch takes it once.

use anchor_lang::prelude::*;
use levee_risk::sheet::Sheet;
use levee_risk::units::Atoms;

use super::liquidated_pair::*;
use crate::engine::{batch_entry, close_books, emit_fact, moment, Done, Parties, Prepared, Rules};
use crate::error::{math, LeveeError};
use crate::events::{BatchEntry, BatchLiquidated, LiquidationSkipped};
use crate::state::{Obligation, Reserve, Restart};

/// Followed, for each obligation, by itself, writable, and its other reserves as in [`super::Liquidate`].
#[derive(Accounts)]
pub struct LiquidateBatch<'info> {
    pub pair: LiquidatedPair<'info>,
}

/// Repays at most `max_repay_atoms` and takes at least `min_seized_atoms` over all of them. An obligation that a
/// liquidation of it alone would be refused for is passed over with an event that says why; so is one whose positions are
/// no longer those of the list, and one that was closed. Its owner and rivals can bring that about at any time, and must
/// not thereby keep the others from being liquidated.
///
/// # Errors
/// [`LeveeError::ZeroAmount`], [`LeveeError::DuplicateReserve`], [`LeveeError::NotAnObligation`],
/// [`LeveeError::NothingLiquidated`], [`LeveeError::SlippageExceeded`], and what makes no sense in
/// [`Parties::liquidate`].
// A stack frame of its own, apart from that of the accounts: the sheet is large.
#[inline(never)]
pub fn liquidate_batch<'info>(
    ctx: Context<'info, LiquidateBatch<'info>>,
    max_repay_atoms: u64,
    min_seized_atoms: u64,
) -> Result<()> {
    let pair = &ctx.accounts.pair;
    require!(max_repay_atoms > 0, LeveeError::ZeroAmount);
    require!(!pair.is_one_reserve(), LeveeError::DuplicateReserve);
    let clock = Clock::get()?;
    let market = pair.market.load()?;
    // Asked once for all.
    let restart = Restart::At(Restart::Ask.slot()?);
    let rules = Rules::new(&market, moment(&clock), restart);
    let mut batch = Batch {
        pair,
        rules,
        sheet: Sheet::EMPTY,
        max_repay: Atoms(max_repay_atoms),
        paid: Atoms::ZERO,
        seized: Atoms::ZERO,
        insurance: Atoms::ZERO,
        entries: Vec::with_capacity(ctx.remaining_accounts.len()),
        done: Done::NOTHING,
        is_any_done: false,
    };
    let (flow, event) = {
        let mut repay = pair.repay_reserve.load_mut()?;
        let mut seize = pair.seize_reserve.load_mut()?;
        pair.enter(&market, &repay, Some(&seize))?;
        let prepared = Prepared::new(&mut batch.sheet, &repay, &seize, &batch.rules)?;
        let mut rest = ctx.remaining_accounts;
        while !rest.is_empty() {
            rest = batch.next(&prepared, (&mut repay, &mut seize), rest)?;
        }
        close_books(&mut repay, batch.insurance)?;
        repay.count_inflow(batch.paid, clock.slot);
        let held = pair.held(&mut repay, Some(&mut seize), &[]);
        let event = BatchLiquidated {
            repay_reserve: *held.repay_key,
            seize_reserve: *held.seize_key,
            repay_price: prepared.prices.debt.mantissa(),
            seize_price: prepared.prices.collateral.mantissa(),
            liquidations: batch.entries,
        };
        (Flow::new(pair, &held, false), event)
    };
    require!(batch.is_any_done, LeveeError::NothingLiquidated);
    require!(
        batch.seized.0 >= min_seized_atoms,
        LeveeError::SlippageExceeded
    );
    // Where netting was enough for all, nobody is paid.
    if !event.liquidations.is_empty() {
        flow.transfer(pair, batch.paid, batch.seized)?;
    }
    emit!(event);
    Ok(())
}

/// A batch on its way.
struct Batch<'a, 'info> {
    pair: &'a LiquidatedPair<'info>,
    rules: Rules<'a>,
    sheet: Sheet,
    max_repay: Atoms,
    paid: Atoms,
    seized: Atoms,
    insurance: Atoms,
    entries: Vec<BatchEntry>,
    done: Done,
    is_any_done: bool,
}

impl<'info> Batch<'_, 'info> {
    /// Liquidates the first obligation of `accounts`, or passes over it; returns the accounts of the next ones.
    fn next(
        &mut self,
        prepared: &Prepared,
        (repay, seize): (&mut Reserve, &mut Reserve),
        accounts: &'info [AccountInfo<'info>],
    ) -> Result<&'info [AccountInfo<'info>]> {
        let (info, behind) = accounts.split_first().ok_or(LeveeError::NotAnObligation)?;
        let Ok(loader) = AccountLoader::<Obligation>::try_from(info) else {
            pass_over(info)?;
            return Ok(behind);
        };
        let mut obligation = loader
            .load_mut()
            .map_err(|_| error!(LeveeError::NotAnObligation))?;
        require!(
            obligation.market == *self.pair.market.as_ref().key,
            LeveeError::ForeignMarket
        );
        let (repay_key, seize_key) = self.pair.keys();
        let is_simple = Prepared::suits(&obligation, repay_key, seize_key);
        let others = if is_simple {
            0
        } else {
            others_of(&obligation, self.pair)
        };
        let Some((others, tail)) = behind.split_at_checked(others) else {
            skip(info.key, LeveeError::WrongReserveList);
            return Ok(behind);
        };
        let mut held = self.pair.held(repay, Some(seize), others);
        let mut parties = Parties {
            key: info.key,
            obligation: &mut obligation,
            reserves: &mut held,
            receiver: None,
            is_vault_frozen: false,
            insurance: Some(&mut self.insurance),
        };
        let left = self.max_repay.checked_sub(self.paid).map_err(math)?;
        let tell = &mut |fact| emit_fact(info.key, fact);
        let outcome = if is_simple {
            parties.liquidate_prepared(prepared, &self.rules, left, &mut self.done, tell)?
        } else {
            parties.liquidate(&mut self.sheet, &self.rules, left, &mut self.done, tell)?
        };
        match outcome {
            Ok(()) => {
                self.is_any_done = true;
                if let Some(plan) = &self.done.plan {
                    let due = plan.repay.checked_add(plan.insurance).map_err(math)?;
                    self.paid = self.paid.checked_add(due).map_err(math)?;
                    self.seized = self.seized.checked_add(plan.seize).map_err(math)?;
                    self.entries.push(batch_entry(info.key, plan, &self.done));
                }
            }
            Err(reason) => {
                skip(info.key, reason);
                // What stands behind it need not be its own then: the next obligation is looked for.
                if reason == LeveeError::WrongReserveList {
                    return Ok(behind);
                }
            }
        }
        Ok(tail)
    }
}

/// Tells that an obligation was passed over, and why.
fn skip(obligation: &Pubkey, reason: LeveeError) {
    emit!(LiquidationSkipped {
        obligation: *obligation,
        reason: reason.into(),
    });
}

/// Passes over what stands where an obligation is due: a reserve, behind an obligation with fewer positions than the list
/// gives it, or an obligation that was closed, at whose address there may be lamports. No reserve and no empty account
/// can be taken for an obligation, so whatever else stands there is a mistake of the caller's.
///
/// # Errors
/// [`LeveeError::NotAnObligation`].
#[cold]
#[inline(never)]
fn pass_over<'info>(info: &'info AccountInfo<'info>) -> Result<()> {
    let is_closed = *info.owner == System::id() && info.data_is_empty();
    if is_closed {
        skip(info.key, LeveeError::NotAnObligation);
    }
    let is_reserve = || AccountLoader::<Reserve>::try_from(info).is_ok();
    require!(is_closed || is_reserve(), LeveeError::NotAnObligation);
    Ok(())
}
