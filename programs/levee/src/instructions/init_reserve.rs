//! `init_reserve`: a token joins the market, with an empty vault of its own.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};
use levee_risk::fixed::{BorrowIndex, SupplyIndex};

use crate::error::LeveeError;
use crate::events::ReserveCreated;
use crate::gate::{self, Action, State};
use crate::state::{
    LendingMarket, Limbs, Reserve, ReserveConfig, RATE_STAKE_POOL, STAKE_POOL_DECIMALS,
};
use crate::token;

#[derive(Accounts)]
pub struct InitReserve<'info> {
    /// The market's owner; listing a token is the greatest risk there is.
    #[account(mut)]
    pub owner: Signer<'info>,
    #[account(has_one = owner @ LeveeError::NotOwner)]
    pub market: AccountLoader<'info, LendingMarket>,
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    #[account(
        init,
        payer = owner,
        space = 8 + core::mem::size_of::<Reserve>(),
        seeds = [Reserve::SEED, market.key().as_ref(), mint.key().as_ref()],
        bump
    )]
    pub reserve: AccountLoader<'info, Reserve>,
    #[account(
        init,
        payer = owner,
        seeds = [Reserve::VAULT_SEED, reserve.key().as_ref()],
        bump,
        token::mint = mint,
        token::authority = reserve,
        token::token_program = token_program
    )]
    pub vault: Box<InterfaceAccount<'info, TokenAccount>>,
    pub token_program: Interface<'info, TokenInterface>,
    pub system_program: Program<'info, System>,
}

/// Creates a reserve with `config`.
///
/// # Errors
/// [`LeveeError::NotOwner`], [`LeveeError::MintExtensionNotAllowed`], [`LeveeError::TooManyDecimals`],
/// [`LeveeError::WrongRateDecimals`] and those of [`ReserveConfig::validate`].
pub fn init_reserve(ctx: Context<InitReserve>, config: ReserveConfig) -> Result<()> {
    config.validate()?;
    let accounts = &ctx.accounts;
    gate::check(
        Action::Configure,
        State::of_market(&*accounts.market.load()?),
    )?;
    let decimals = token::check_mint(&accounts.mint.to_account_info())?;
    require!(
        config.rate_kind != RATE_STAKE_POOL || decimals == STAKE_POOL_DECIMALS,
        LeveeError::WrongRateDecimals
    );
    let clock = Clock::get()?;
    let mut reserve = accounts.reserve.load_init()?;
    reserve.market = accounts.market.key();
    reserve.mint = accounts.mint.key();
    reserve.token_program = accounts.token_program.key();
    reserve.vault = accounts.vault.key();
    reserve.supply_index = Limbs(SupplyIndex::ONE.to_limbs());
    reserve.borrow_index = Limbs(BorrowIndex::ONE.to_limbs());
    reserve.last_accrual_ts = clock.unix_timestamp;
    reserve.outflow.start_slot = clock.slot;
    reserve.config = config;
    reserve.decimals = decimals;
    reserve.bump = ctx.bumps.reserve;
    emit!(ReserveCreated {
        market: reserve.market,
        reserve: accounts.reserve.key(),
        mint: reserve.mint,
    });
    Ok(())
}
