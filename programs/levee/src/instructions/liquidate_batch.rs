//! `liquidate_batch`: one reserve pair across many obligations, with one transfer each way.
//!
//! In a crash the write lock on the hot reserve is what liquidations compete for; a batch takes it once.

use anchor_lang::prelude::*;
use levee_risk::sheet::Sheet;
use levee_risk::units::Atoms;

use super::liquidated_pair::*;
use crate::engine::{emit_fact, liquidated, moment, Held, Listed, Parties, Rules};
use crate::error::{math, LeveeError};
use crate::events::LiquidationSkipped;
use crate::state::{Obligation, Restart};

/// Followed, for each obligation, by itself, writable, and its other reserves as in [`super::Liquidate`].
#[derive(Accounts)]
pub struct LiquidateBatch<'info> {
    pub pair: LiquidatedPair<'info>,
}

/// Repays at most `max_repay_atoms` and takes at least `min_seized_atoms` over all of them. An obligation that a
/// liquidation of it alone would be refused for is passed over with an event that says why.
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
    let rules = Rules::new(&market, moment(&clock), Restart::Ask);
    let mut sheet = Sheet::EMPTY;
    let mut paid = Atoms::ZERO;
    let mut seized = Atoms::ZERO;
    let flow = {
        let mut repay = pair.repay_reserve.load_mut()?;
        let mut seize = pair.seize_reserve.load_mut()?;
        pair.enter(&market, &repay, Some(&seize))?;
        let mut rest = ctx.remaining_accounts;
        while let Some((info, tail)) = rest.split_first() {
            let loader = AccountLoader::<Obligation>::try_from(info)
                .map_err(|_| error!(LeveeError::NotAnObligation))?;
            let mut obligation = loader
                .load_mut()
                .map_err(|_| error!(LeveeError::NotAnObligation))?;
            require!(
                obligation.market == *pair.market.as_ref().key,
                LeveeError::ForeignMarket
            );
            let (others, tail) = tail
                .split_at_checked(others_of(&obligation, pair))
                .ok_or(LeveeError::WrongReserveList)?;
            rest = tail;
            let left = Atoms(max_repay_atoms).checked_sub(paid).map_err(math)?;
            let mut held = Held {
                repay_key: pair.repay_reserve.as_ref().key,
                seize_key: pair.seize_reserve.as_ref().key,
                repay: &mut repay,
                seize: Some(&mut seize),
                others: Listed(others),
            };
            let mut parties = Parties {
                key: info.key,
                obligation: &mut obligation,
                reserves: &mut held,
                sheet: &mut sheet,
                receiver: None,
            };
            let mut used = 0;
            let outcome = parties.liquidate(&rules, left, &mut used, &mut |fact| {
                emit_fact(info.key, fact)
            })?;
            let done = match outcome {
                Ok(done) => done,
                Err(reason) => {
                    emit!(LiquidationSkipped {
                        obligation: *info.key,
                        reason: reason.into(),
                    });
                    continue;
                }
            };
            if let Some(plan) = &done.plan {
                let due = plan.repay.checked_add(plan.insurance).map_err(math)?;
                paid = paid.checked_add(due).map_err(math)?;
                seized = seized.checked_add(plan.seize).map_err(math)?;
                emit!(liquidated(info.key, &held, plan, &done));
            }
        }
        let held = Held {
            repay_key: pair.repay_reserve.as_ref().key,
            seize_key: pair.seize_reserve.as_ref().key,
            repay: &mut repay,
            seize: Some(&mut seize),
            others: Listed(&[]),
        };
        Flow::new(pair, &held, false)
    };
    require!(paid.0 > 0, LeveeError::NothingLiquidated);
    require!(seized.0 >= min_seized_atoms, LeveeError::SlippageExceeded);
    flow.transfer(pair, paid, seized)
}
