//! `init_reserve`: a token joins the market, with an empty vault of its own.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenInterface};
use levee_risk::fixed::{BorrowIndex, SupplyIndex};

use crate::create::NewAccount;
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
    /// The lending market.
    #[account(has_one = owner @ LeveeError::NotOwner)]
    pub market: AccountLoader<'info, LendingMarket>,
    /// The token.
    #[account(mint::token_program = token_program)]
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    /// The new reserve.
    /// CHECK: created here, see [`crate::create`].
    #[account(
        mut,
        seeds = [Reserve::SEED, market.key().as_ref(), mint.key().as_ref()],
        bump
    )]
    pub reserve: UncheckedAccount<'info>,
    /// The new reserve's token account.
    /// CHECK: created here, see [`crate::create`].
    #[account(
        mut,
        seeds = [Reserve::VAULT_SEED, reserve.key().as_ref()],
        bump
    )]
    pub vault: UncheckedAccount<'info>,
    /// The token's program: SPL Token or Token-2022.
    pub token_program: Interface<'info, TokenInterface>,
    /// The system program.
    pub system_program: Program<'info, System>,
}

/// Creates a reserve with `config`.
///
/// # Errors
/// [`LeveeError::NotOwner`], [`LeveeError::MintExtensionNotAllowed`], [`LeveeError::TooManyDecimals`],
/// [`LeveeError::WrongRateDecimals`], [`LeveeError::AddressInUse`] and those of [`ReserveConfig::validate`].
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
    let (market, mint) = (accounts.market.key(), accounts.mint.key());
    let (key, bump) = (accounts.reserve.key(), ctx.bumps.reserve);
    let mut reserve = Reserve {
        market,
        mint,
        token_program: accounts.token_program.key(),
        vault: accounts.vault.key(),
        supply_index: Limbs(SupplyIndex::ONE.to_limbs()),
        borrow_index: Limbs(BorrowIndex::ONE.to_limbs()),
        last_accrual_ts: clock.unix_timestamp,
        config,
        decimals,
        bump,
        ..bytemuck::Zeroable::zeroed()
    };
    reserve.outflow.start_slot = clock.slot;
    let new = NewAccount {
        payer: &accounts.owner,
        account: &accounts.reserve,
        seeds: &[Reserve::SEED, market.as_ref(), mint.as_ref(), &[bump]],
    };
    new.create_with(&reserve)?;
    let vault = NewAccount {
        payer: &accounts.owner,
        account: &accounts.vault,
        seeds: &[Reserve::VAULT_SEED, key.as_ref(), &[ctx.bumps.vault]],
    };
    vault.create_token_account(
        accounts.mint.as_ref().as_ref(),
        &key,
        accounts.token_program.key,
    )?;
    emit!(ReserveCreated {
        market,
        reserve: key,
        mint,
    });
    Ok(())
}
