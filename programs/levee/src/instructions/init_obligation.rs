//! `init_obligation`: an empty obligation for its owner.

use anchor_lang::prelude::*;

use crate::gate::{self, Action, State};
use crate::state::{LendingMarket, Obligation};

#[derive(Accounts)]
#[instruction(id: u64)]
pub struct InitObligation<'info> {
    #[account(mut)]
    pub owner: Signer<'info>,
    pub market: AccountLoader<'info, LendingMarket>,
    #[account(
        init,
        payer = owner,
        space = 8 + core::mem::size_of::<Obligation>(),
        seeds = [
            Obligation::SEED,
            market.key().as_ref(),
            owner.key().as_ref(),
            &id.to_le_bytes(),
        ],
        bump
    )]
    pub obligation: AccountLoader<'info, Obligation>,
    pub system_program: Program<'info, System>,
}

/// Creates the owner's obligation number `id`.
///
/// # Errors
/// [`crate::error::LeveeError::Frozen`].
pub fn init_obligation(ctx: Context<InitObligation>, id: u64) -> Result<()> {
    let state = State::of_market(&*ctx.accounts.market.load()?);
    gate::check(Action::InitObligation, state)?;
    let mut obligation = ctx.accounts.obligation.load_init()?;
    obligation.market = ctx.accounts.market.key();
    obligation.owner = ctx.accounts.owner.key();
    obligation.id = id;
    obligation.bump = ctx.bumps.obligation;
    Ok(())
}
