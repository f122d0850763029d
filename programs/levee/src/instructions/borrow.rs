//! `borrow`: new debt of the obligation, tokens out.

use anchor_lang::prelude::*;
use levee_risk::units::Atoms;

use super::UseReserve;
use crate::error::LeveeError;
use crate::events::Borrowed;
use crate::gate::Action;
use crate::health;
use crate::token::VaultAuthority;

/// Borrows `amount_atoms`; the origination fee is added to the debt.
///
/// # Errors
/// [`LeveeError::ZeroAmount`], [`LeveeError::InsufficientLiquidity`], [`LeveeError::BorrowCapReached`],
/// [`LeveeError::OutflowCapReached`], [`LeveeError::TooManyBorrows`], [`LeveeError::DebtBelowDust`],
/// [`LeveeError::LtvExceeded`], and those of [`UseReserve::enter`] and [`health::new_risk_book`].
pub fn borrow<'info>(ctx: Context<'info, UseReserve<'info>>, amount_atoms: u64) -> Result<()> {
    let accounts = &ctx.accounts;
    require!(amount_atoms > 0, LeveeError::ZeroAmount);
    let clock = Clock::get()?;
    let atoms = Atoms(amount_atoms);
    let reserve_key = accounts.reserve.as_ref().key;

    let (fee, authority) = {
        let mut obligation = accounts.obligation.load_mut()?;
        let mut reserve = accounts.reserve.load_mut()?;
        accounts.check_owner(&obligation)?;
        accounts.enter(Action::Borrow, &obligation, &reserve, clock.slot)?;
        reserve.accrue(clock.unix_timestamp)?;
        let (position, fee) = reserve.borrow(obligation.debt_in(reserve_key), atoms, clock.slot)?;
        let dust = accounts.market.load()?.dust();
        require!(
            health::new_debt_value(&reserve, position, &clock)? >= dust,
            LeveeError::DebtBelowDust
        );
        obligation.set_debt(reserve_key, position)?;
        obligation.last_risk_increase_slot = clock.slot;
        reserve.check_backing()?;
        let authority = VaultAuthority::new(accounts.reserve.as_ref(), &reserve);
        (fee, authority)
    };
    let obligation = accounts.obligation.load()?;
    health::check_new_risk(&obligation, ctx.remaining_accounts, &clock)?;

    accounts.transfer().pay(&authority, atoms)?;
    emit!(Borrowed {
        obligation: *accounts.obligation.as_ref().key,
        reserve: *reserve_key,
        atoms: atoms.0,
        fee_atoms: fee.0,
    });
    Ok(())
}
