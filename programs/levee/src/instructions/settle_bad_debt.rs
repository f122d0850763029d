//! `settle_bad_debt`: a debt that no collateral stands behind is written off, by anybody.

use anchor_lang::prelude::*;
use levee_risk::fixed::ScaledDebt;

use crate::error::LeveeError;
use crate::events::BadDebtSettled;
use crate::gate::{self, Action, State};
use crate::state::{LendingMarket, Obligation, Reserve};

#[derive(Accounts)]
pub struct SettleBadDebt<'info> {
    pub market: AccountLoader<'info, LendingMarket>,
    #[account(mut, has_one = market @ LeveeError::ForeignMarket)]
    pub obligation: AccountLoader<'info, Obligation>,
    #[account(mut, has_one = market @ LeveeError::ForeignMarket)]
    pub reserve: AccountLoader<'info, Reserve>,
}

/// Writes off the obligation's whole debt in one reserve: the insurance pays first, the rest lowers the supply index.
/// Asks for no price.
///
/// # Errors
/// [`LeveeError::ObligationHasCollateral`], [`LeveeError::NoDebt`], [`LeveeError::ForeignMarket`].
pub fn settle_bad_debt(ctx: Context<SettleBadDebt>) -> Result<()> {
    let accounts = &ctx.accounts;
    let clock = Clock::get()?;
    let mut obligation = accounts.obligation.load_mut()?;
    let mut reserve = accounts.reserve.load_mut()?;
    let market = accounts.market.load()?;
    let state = State::of_market(&market, clock.slot)
        .with_reserve(&reserve)
        .with_obligation(&obligation);
    gate::check(Action::SettleBadDebt, state)?;
    require!(
        obligation.deposit_count == 0,
        LeveeError::ObligationHasCollateral
    );
    let reserve_key = accounts.reserve.as_ref().key;
    let debt = obligation.debt_in(reserve_key);
    require!(!debt.is_zero(), LeveeError::NoDebt);

    reserve.accrue(clock.unix_timestamp)?;
    let (loss, insured) = reserve.write_off(debt)?;
    obligation.set_debt(reserve_key, ScaledDebt::ZERO)?;
    reserve.check_backing()?;
    emit!(BadDebtSettled {
        obligation: *accounts.obligation.as_ref().key,
        reserve: *reserve_key,
        loss_atoms: loss.0,
        insured_atoms: insured.0,
    });
    Ok(())
}
