//! `borrow`: new debt of the obligation, tokens out.

use anchor_lang::prelude::*;
use levee_risk::units::Atoms;

use super::UseReserve;
use crate::engine::{check_new_risk, debt_value, moment};
use crate::error::LeveeError;
use crate::events::Borrowed;
use crate::gate::Action;
use crate::token::VaultAuthority;

/// Borrows `amount_atoms`; the origination fee is added to the debt.
///
/// # Errors
/// [`LeveeError::ZeroAmount`], [`LeveeError::InsufficientLiquidity`], [`LeveeError::BorrowCapReached`],
/// [`LeveeError::OutflowCapReached`], [`LeveeError::TooManyBorrows`], [`LeveeError::DebtBelowDust`],
/// [`LeveeError::NotTheGroupsDebt`], [`LeveeError::LtvExceeded`], and those of [`UseReserve::enter`] and
/// [`check_new_risk`].
pub fn borrow<'info>(ctx: Context<'info, UseReserve<'info>>, amount_atoms: u64) -> Result<()> {
    let accounts = &ctx.accounts;
    require!(amount_atoms > 0, LeveeError::ZeroAmount);
    let clock = Clock::get()?;
    let atoms = Atoms(amount_atoms);
    let reserve_key = accounts.reserve.as_ref().key;
    let market = accounts.market.load()?;

    let (fee, authority) = {
        let mut obligation = accounts.obligation.load_mut()?;
        let mut reserve = accounts.reserve.load_mut()?;
        accounts.check_owner(&obligation)?;
        accounts.enter(Action::Borrow, &market, &obligation, &reserve, clock.slot)?;
        let group = market.group(obligation.elevation_group)?;
        require!(
            group.is_none_or(|group| group.config.debt_reserve == *reserve_key),
            LeveeError::NotTheGroupsDebt
        );
        reserve.accrue(clock.unix_timestamp)?;
        let (position, fee) = reserve.borrow(obligation.debt_in(reserve_key), atoms, clock.slot)?;
        require!(
            debt_value(&reserve, position, moment(&clock))? >= market.dust(),
            LeveeError::DebtBelowDust
        );
        obligation.set_debt(reserve_key, position)?;
        obligation.raise_risk(clock.slot);
        reserve.check_backing()?;
        let authority = VaultAuthority::new(accounts.reserve.as_ref(), &reserve);
        (fee, authority)
    };
    let obligation = accounts.obligation.load()?;
    let valued = check_new_risk(&obligation, ctx.remaining_accounts, &market, moment(&clock))?;
    valued.check_clock(&market, clock.slot)?;

    accounts.transfer().pay(&authority, atoms)?;
    emit!(Borrowed {
        obligation: *accounts.obligation.as_ref().key,
        reserve: *reserve_key,
        atoms: atoms.0,
        fee_atoms: fee.0,
    });
    Ok(())
}
