//! `settle_bad_debt`: a debt that no collateral stands behind is written off, by anybody.

use anchor_lang::prelude::*;

use crate::engine::{write_off, Held, Listed};
use crate::error::LeveeError;
use crate::events::BadDebtSettled;
use crate::gate::{self, Action, State};
use crate::state::{LendingMarket, Obligation, Reserve};

#[derive(Accounts)]
pub struct SettleBadDebt<'info> {
    /// The lending market.
    pub market: AccountLoader<'info, LendingMarket>,
    /// The obligation.
    #[account(mut, has_one = market @ LeveeError::ForeignMarket)]
    pub obligation: AccountLoader<'info, Obligation>,
    /// The reserve.
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
    let state = State::of_market(&market)
        .with_reserve(&reserve)
        .with_obligation(&obligation);
    gate::check(Action::SettleBadDebt, state)?;
    require!(
        obligation.deposit_count == 0,
        LeveeError::ObligationHasCollateral
    );

    reserve.accrue(clock.unix_timestamp)?;
    let key = accounts.reserve.as_ref().key;
    let mut held = Held {
        repay_key: key,
        seize_key: key,
        repay: &mut reserve,
        seize: None,
        others: Listed(&[]),
    };
    let written = write_off(&mut obligation, &mut held, key)?;
    let (loss, insured) = written.ok_or(LeveeError::NoDebt)?;
    emit!(BadDebtSettled {
        obligation: *accounts.obligation.as_ref().key,
        reserve: *key,
        loss_atoms: loss.0,
        insured_atoms: insured.0,
    });
    Ok(())
}
