//! `init_lending_market`: a new market, owned by whoever creates it.

use anchor_lang::prelude::*;

use crate::create::NewAccount;
use crate::events::MarketCreated;
use crate::gate::{self, Action, State};
use crate::state::{LendingMarket, MarketConfig};

#[derive(Accounts)]
#[instruction(id: u64)]
pub struct InitLendingMarket<'info> {
    /// Pays for the market and owns it.
    #[account(mut)]
    pub creator: Signer<'info>,
    /// The new market.
    /// CHECK: created here, see [`crate::create`].
    #[account(
        mut,
        seeds = [LendingMarket::SEED, creator.key().as_ref(), &id.to_le_bytes()],
        bump
    )]
    pub market: UncheckedAccount<'info>,
    /// The system program.
    pub system_program: Program<'info, System>,
}

/// Creates a market with its `risk_admin` and `guardian`; the creator is its owner.
///
/// # Errors
/// [`crate::error::LeveeError::InvalidMarketConfig`], [`crate::error::LeveeError::AddressInUse`].
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
    let bump = ctx.bumps.market;
    let market = LendingMarket {
        owner,
        risk_admin,
        guardian,
        creator: owner,
        id,
        config,
        bump,
        ..bytemuck::Zeroable::zeroed()
    };
    let id = id.to_le_bytes();
    let new = NewAccount {
        payer: &ctx.accounts.creator,
        account: &ctx.accounts.market,
        seeds: &[LendingMarket::SEED, owner.as_ref(), &id, &[bump]],
    };
    new.create_with(&market)?;
    #[cfg(feature = "test-feeds")]
    msg!(crate::oracle::TEST_FEEDS_NOTICE);
    emit!(MarketCreated {
        market: ctx.accounts.market.key(),
        owner,
    });
    Ok(())
}
