//! `accept_owner`: the second half of handing a market over.

use anchor_lang::prelude::*;

use crate::error::LeveeError;
use crate::events::OwnerChanged;
use crate::gate::{self, Action, State};
use crate::state::LendingMarket;

#[derive(Accounts)]
pub struct AcceptOwner<'info> {
    /// Whom the owner offered the market to.
    pub pending_owner: Signer<'info>,
    /// The lending market.
    #[account(mut, has_one = pending_owner @ LeveeError::NotPendingOwner)]
    pub market: AccountLoader<'info, LendingMarket>,
}

/// Makes the signer the owner.
///
/// # Errors
/// [`LeveeError::NotPendingOwner`].
pub fn accept_owner(ctx: Context<AcceptOwner>) -> Result<()> {
    let owner = ctx.accounts.pending_owner.key();
    let mut market = ctx.accounts.market.load_mut()?;
    gate::check(Action::Configure, State::of_market(&market))?;
    market.owner = owner;
    market.pending_owner = Pubkey::default();
    emit!(OwnerChanged {
        market: ctx.accounts.market.key(),
        owner,
    });
    Ok(())
}
