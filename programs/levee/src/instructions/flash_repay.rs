//! `flash_repay`: the end of a flash loan.

use anchor_lang::prelude::*;

use super::FlashLoan;
use crate::error::math;
use crate::events::FlashRepaid;
use crate::gate::Action;

/// Repays the whole loan of the reserve and its fee, which is the protocol's.
///
/// # Errors
/// [`crate::error::LeveeError::NoFlashLoan`], and those of [`FlashLoan::enter`].
pub fn flash_repay(ctx: Context<FlashLoan>) -> Result<()> {
    let accounts = &ctx.accounts;
    let (loan, fee, decimals) = {
        let mut reserve = accounts.reserve.load_mut()?;
        accounts.enter(Action::FlashRepay, &reserve)?;
        let (loan, fee) = reserve.flash_repay()?;
        reserve.check_backing()?;
        (loan, fee, reserve.decimals)
    };
    let due = loan.checked_add(fee).map_err(math)?;
    accounts.transfer().receive(&accounts.user, decimals, due)?;
    emit!(FlashRepaid {
        reserve: *accounts.reserve.as_ref().key,
        atoms: loan.0,
        fee_atoms: fee.0,
    });
    Ok(())
}
