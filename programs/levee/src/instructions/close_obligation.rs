//! `close_obligation`: an empty obligation's rent goes back to its owner.

use anchor_lang::prelude::*;

use crate::error::LeveeError;
use crate::events::ObligationClosed;
use crate::gate::{self, Action, State};
use crate::state::Obligation;

#[derive(Accounts)]
pub struct CloseObligation<'info> {
    /// The obligation's owner, who gets its rent.
    #[account(mut)]
    pub owner: Signer<'info>,
    /// The obligation.
    #[account(mut, close = owner, has_one = owner @ LeveeError::NotObligationOwner)]
    pub obligation: AccountLoader<'info, Obligation>,
}

/// Closes an obligation that holds and owes nothing.
///
/// # Errors
/// [`LeveeError::NotObligationOwner`], [`LeveeError::ObligationInsolvent`], [`LeveeError::ObligationNotEmpty`].
pub fn close_obligation(ctx: Context<CloseObligation>) -> Result<()> {
    let obligation = ctx.accounts.obligation.load()?;
    gate::check(
        Action::CloseObligation,
        State::OPEN.with_obligation(&obligation),
    )?;
    require!(
        obligation.position_count() == 0,
        LeveeError::ObligationNotEmpty
    );
    emit!(ObligationClosed {
        obligation: ctx.accounts.obligation.key(),
    });
    Ok(())
}
