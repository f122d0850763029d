//! `liquidate`: anybody repays a part of an unhealthy obligation's debt and takes collateral at a bonus.
//!
//! The part is what brings health back to its target, see [`levee_risk::liquidation`]. A position that no longer
//! covers its debt is closed, and what cannot be repaid is settled in the same instruction.

use anchor_lang::prelude::*;
use levee_risk::sheet::Sheet;
use levee_risk::units::Atoms;

use super::liquidated_pair::*;
use crate::engine::{emit_fact, liquidated, moment, Done, Parties, Rules};
use crate::error::{math, LeveeError};
use crate::state::{Obligation, Restart};
use crate::token::is_frozen;

/// Followed by the obligation's other reserves in its own order: all deposits, then all borrows, without the pair's.
/// Writable are those that may be netted or written off. Last, where the vault cannot pay (it is dry, or frozen by the token's issuer), the
/// liquidator's own obligation, writable.
#[derive(Accounts)]
pub struct Liquidate<'info> {
    pub pair: LiquidatedPair<'info>,
    /// The obligation.
    #[account(mut)]
    pub obligation: AccountLoader<'info, Obligation>,
}

/// Repays at most `max_repay_atoms` (the insurance's part of the bonus included) and takes at least
/// `min_seized_atoms`.
///
/// # Errors
/// [`LeveeError::ZeroAmount`], [`LeveeError::SlippageExceeded`], [`LeveeError::WrongReserveList`], those of
/// [`LiquidatedPair::enter`] and of [`Parties::liquidate`].
pub fn liquidate<'info>(
    ctx: Context<'info, Liquidate<'info>>,
    max_repay_atoms: u64,
    min_seized_atoms: u64,
) -> Result<()> {
    require!(max_repay_atoms > 0, LeveeError::ZeroAmount);
    let mut done = Done::NOTHING;
    let limit = Atoms(max_repay_atoms);
    let flow = change_balances(ctx.accounts, ctx.remaining_accounts, limit, &mut done)?;
    let seized = done.plan.map_or(0, |plan| plan.seize.0);
    require!(seized >= min_seized_atoms, LeveeError::SlippageExceeded);
    let Some(plan) = &done.plan else {
        return Ok(());
    };
    let Liquidate { obligation, pair } = &*ctx.accounts;
    let due = plan.repay.checked_add(plan.insurance).map_err(math)?;
    flow.transfer(pair, due, plan.seize)?;
    emit!(liquidated(
        obligation.as_ref().key,
        pair.keys(),
        plan,
        &done
    ));
    Ok(())
}

/// Everything but the transfers: what happened is written to `done`. All borrows have ended then.
// A stack frame of its own, apart from that of the accounts: the sheet is large.
#[inline(never)]
fn change_balances<'a, 'info>(
    accounts: &'a Liquidate<'info>,
    rest: &'info [AccountInfo<'info>],
    limit: Atoms,
    done: &mut Done,
) -> Result<Flow<'a, 'info>> {
    let Liquidate { obligation, pair } = accounts;
    let market = pair.market.load()?;
    let clock = Clock::get()?;
    let rules = Rules::new(&market, moment(&clock), Restart::Ask);
    let mut sheet = Sheet::EMPTY;
    let key = obligation.as_ref().key;
    let mut obligation = obligation.load_mut()?;
    require!(
        obligation.market == *pair.market.as_ref().key,
        LeveeError::ForeignMarket
    );
    let mut repay = pair.repay_reserve.load_mut()?;
    let mut seize = match pair.is_one_reserve() {
        true => None,
        false => Some(pair.seize_reserve.load_mut()?),
    };
    pair.enter(&market, &repay, seize.as_deref())?;
    let (others, receiver) = rest
        .split_at_checked(others_of(&obligation, pair))
        .ok_or(LeveeError::WrongReserveList)?;
    let receiver = pair.receiver(receiver)?;
    let mut receiver = match &receiver {
        Some(loader) => Some(pair.load_receiver(loader)?),
        None => None,
    };
    let mut held = pair.held(&mut repay, seize.as_deref_mut(), others);
    let mut parties = Parties {
        key,
        obligation: &mut obligation,
        reserves: &mut held,
        is_vault_frozen: receiver.is_some() && is_frozen(&pair.seize_vault)?,
        receiver: receiver.as_deref_mut(),
        insurance: None,
    };
    let tell = &mut |fact| emit_fact(key, fact);
    parties.liquidate(&mut sheet, &rules, limit, done, tell)??;
    if let Some(plan) = &done.plan {
        let due = plan.repay.checked_add(plan.insurance).map_err(math)?;
        held.repay.count_inflow(due, clock.slot);
    }
    Ok(Flow::new(pair, &held, done.as_deposit))
}
