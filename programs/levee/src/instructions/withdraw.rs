//! `withdraw`: a scaled deposit in, tokens out, as far as the remaining collateral carries the debt.

use anchor_lang::prelude::*;

use super::UseReserve;
use crate::engine::{check_new_risk, moment};
use crate::error::LeveeError;
use crate::events::Withdrawn;
use crate::gate::Action;
use crate::token::VaultAuthority;

/// Withdraws `amount_atoms`, or everything for the largest number. Asks for prices only where there is debt.
///
/// # Errors
/// [`LeveeError::ZeroAmount`], [`LeveeError::InsufficientDeposit`], [`LeveeError::InsufficientLiquidity`],
/// [`LeveeError::OutflowCapReached`], [`LeveeError::LtvExceeded`], and those of [`UseReserve::enter`] and
/// [`check_new_risk`].
pub fn withdraw<'info>(ctx: Context<'info, UseReserve<'info>>, amount_atoms: u64) -> Result<()> {
    let accounts = &ctx.accounts;
    require!(amount_atoms > 0, LeveeError::ZeroAmount);
    let clock = Clock::get()?;
    let reserve_key = accounts.reserve.as_ref().key;
    let market = accounts.market.load()?;

    let (atoms, authority) = {
        let mut obligation = accounts.obligation.load_mut()?;
        let mut reserve = accounts.reserve.load_mut()?;
        accounts.check_owner(&obligation)?;
        accounts.enter(Action::Withdraw, &market, &obligation, &reserve, clock.slot)?;
        reserve.accrue(clock.unix_timestamp)?;
        let position = obligation.deposit_in(reserve_key);
        require!(!position.is_zero(), LeveeError::InsufficientDeposit);
        let change = reserve.withdraw(position, amount_atoms, clock.slot)?;
        obligation.set_deposit(reserve_key, change.remaining)?;
        obligation.raise_risk(clock.slot);
        reserve.check_backing()?;
        let authority = VaultAuthority::new(accounts.reserve.as_ref(), &reserve);
        (change.atoms, authority)
    };
    let obligation = accounts.obligation.load()?;
    if obligation.borrow_count > 0 {
        check_new_risk(&obligation, ctx.remaining_accounts, &market, moment(&clock))?;
    }

    accounts.transfer().pay(&authority, atoms)?;
    emit!(Withdrawn {
        obligation: *accounts.obligation.as_ref().key,
        reserve: *reserve_key,
        atoms: atoms.0,
    });
    Ok(())
}
