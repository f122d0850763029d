//! `deposit`: tokens in, a scaled deposit of the obligation out.

use anchor_lang::prelude::*;
use levee_risk::units::Atoms;

use super::UseReserve;
use crate::error::LeveeError;
use crate::events::Deposited;
use crate::gate::Action;
use crate::token;

/// Deposits `amount_atoms` from the owner's token account. Asks for no price.
///
/// # Errors
/// [`LeveeError::ZeroAmount`], [`LeveeError::DepositCapReached`], [`LeveeError::TooManyDeposits`] and those of
/// [`UseReserve::enter`].
pub fn deposit(ctx: Context<UseReserve>, amount_atoms: u64) -> Result<()> {
    let accounts = &ctx.accounts;
    require!(amount_atoms > 0, LeveeError::ZeroAmount);
    let clock = Clock::get()?;
    let atoms = Atoms(amount_atoms);
    let reserve_key = accounts.reserve.as_ref().key;

    let decimals = {
        let mut obligation = accounts.obligation.load_mut()?;
        let mut reserve = accounts.reserve.load_mut()?;
        accounts.check_owner(&obligation)?;
        accounts.enter(
            Action::Deposit,
            &*accounts.market.load()?,
            &obligation,
            &reserve,
            clock.slot,
        )?;
        token::recheck_mint(&accounts.mint)?;
        reserve.accrue(clock.unix_timestamp)?;
        let position = reserve.deposit(obligation.deposit_in(reserve_key), atoms)?;
        reserve.count_inflow(atoms, clock.slot);
        obligation.set_deposit(reserve_key, position)?;
        reserve.check_backing()?;
        reserve.decimals
    };

    accounts
        .transfer()
        .receive(&accounts.user, decimals, atoms)?;
    emit!(Deposited {
        obligation: *accounts.obligation.as_ref().key,
        reserve: *reserve_key,
        atoms: atoms.0,
    });
    Ok(())
}
