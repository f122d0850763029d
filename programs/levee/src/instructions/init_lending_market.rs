//! `init_lending_market`: a new market, owned by whoever creates it.

use anchor_lang::prelude::*;

use crate::events::MarketCreated;
use crate::gate::{self, Action, State};
use crate::state::{LendingMarket, MarketConfig};

#[derive(Accounts)]
#[instruction(id: u64)]
pub struct InitLendingMarket<'info> {
    #[account(mut)]
    pub creator: Signer<'info>,
    #[account(
        init,
        payer = creator,
        space = 8 + core::mem::size_of::<LendingMarket>(),
        seeds = [LendingMarket::SEED, creator.key().as_ref(), &id.to_le_bytes()],
        bump
    )]
    pub market: AccountLoader<'info, LendingMarket>,
    pub system_program: Program<'info, System>,
}

/// Creates a market with its `risk_admin` and `guardian`; the creator is its owner.
///
/// # Errors
/// [`crate::error::LeveeError::InvalidMarketConfig`].
pub fn init_lending_market(
    ctx: Context<InitLendingMarket>,
    id: u64,
    risk_admin: Pubkey,
    guardian: Pubkey,
    config: MarketConfig,
) -> Result<()> {
    config.validate()?;
    gate::check(Action::Configure, State::OPEN)?;
    let owner = ctx.accounts.creator.key();
    let mut market = ctx.accounts.market.load_init()?;
    market.owner = owner;
    market.risk_admin = risk_admin;
    market.guardian = guardian;
    market.creator = owner;
    market.id = id;
    market.config = config;
    market.bump = ctx.bumps.market;
    emit!(MarketCreated {
        market: ctx.accounts.market.key(),
        owner,
    });
    Ok(())
}
