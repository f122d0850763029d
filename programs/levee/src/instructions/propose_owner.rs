//! `propose_owner`: the first half of handing a market over.

use anchor_lang::prelude::*;

use super::OwnMarket;
use crate::events::OwnerProposed;
use crate::gate::{self, Action, State};

/// Offers the market to `pending_owner`; the zero address withdraws an offer. Nothing else changes until
/// it is accepted.
///
/// # Errors
/// [`crate::error::LeveeError::NotOwner`].
pub fn propose_owner(ctx: Context<OwnMarket>, pending_owner: Pubkey) -> Result<()> {
    let mut market = ctx.accounts.market.load_mut()?;
    gate::check(Action::Configure, State::of_market(&market))?;
    market.pending_owner = pending_owner;
    emit!(OwnerProposed {
        market: ctx.accounts.market.key(),
        pending_owner,
    });
    Ok(())
}
