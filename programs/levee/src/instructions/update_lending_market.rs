//! `update_lending_market`: the owner replaces the market's rules and helpers.

use anchor_lang::prelude::*;

use crate::error::LeveeError;
use crate::events::MarketConfigured;
use crate::gate::{self, Action, State};
use crate::state::{LendingMarket, MarketConfig};

/// A market and its owner.
#[derive(Accounts)]
pub struct OwnMarket<'info> {
    /// The market's owner.
    pub owner: Signer<'info>,
    /// The lending market.
    #[account(mut, has_one = owner @ LeveeError::NotOwner)]
    pub market: AccountLoader<'info, LendingMarket>,
}

/// Replaces the risk admin, the guardian and the configuration.
///
/// # Errors
/// [`LeveeError::NotOwner`], [`LeveeError::InvalidMarketConfig`].
pub fn update_lending_market(
    ctx: Context<OwnMarket>,
    risk_admin: Pubkey,
    guardian: Pubkey,
    config: MarketConfig,
) -> Result<()> {
    config.validate()?;
    let mut market = ctx.accounts.market.load_mut()?;
    gate::check(Action::Configure, State::of_market(&market))?;
    market.risk_admin = risk_admin;
    market.guardian = guardian;
    market.config = config;
    emit!(MarketConfigured {
        market: ctx.accounts.market.key(),
    });
    Ok(())
}
