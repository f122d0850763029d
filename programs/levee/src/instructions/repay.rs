//! `repay`: tokens in, less debt of the obligation. Open in every state.

use anchor_lang::prelude::*;

use super::UseReserve;
use crate::error::LeveeError;
use crate::events::Repaid;
use crate::gate::Action;

/// Repays `amount_atoms`, or the whole debt where that is less; the largest number always repays all. Anybody
/// may pay. Asks for no price.
///
/// # Errors
/// [`LeveeError::ZeroAmount`], [`LeveeError::NoDebt`] and those of [`UseReserve::enter`].
pub fn repay(ctx: Context<UseReserve>, amount_atoms: u64) -> Result<()> {
    let accounts = &ctx.accounts;
    require!(amount_atoms > 0, LeveeError::ZeroAmount);
    let clock = Clock::get()?;
    let reserve_key = accounts.reserve.as_ref().key;

    let (atoms, decimals) = {
        let mut obligation = accounts.obligation.load_mut()?;
        let mut reserve = accounts.reserve.load_mut()?;
        accounts.enter(
            Action::Repay,
            &*accounts.market.load()?,
            &obligation,
            &reserve,
            clock.slot,
        )?;
        reserve.accrue(clock.unix_timestamp)?;
        let position = obligation.debt_in(reserve_key);
        require!(!position.is_zero(), LeveeError::NoDebt);
        let change = reserve.repay(position, amount_atoms)?;
        reserve.count_inflow(change.atoms, clock.slot);
        obligation.set_debt(reserve_key, change.remaining)?;
        reserve.check_backing()?;
        (change.atoms, reserve.decimals)
    };

    accounts
        .transfer()
        .receive(&accounts.user, decimals, atoms)?;
    emit!(Repaid {
        obligation: *accounts.obligation.as_ref().key,
        reserve: *reserve_key,
        atoms: atoms.0,
    });
    Ok(())
}
