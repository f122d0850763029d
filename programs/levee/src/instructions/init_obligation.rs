//! `init_obligation`: an empty obligation for its owner.

use anchor_lang::prelude::*;

use crate::create::NewAccount;
use crate::events::ObligationCreated;
use crate::gate::{self, Action, State};
use crate::state::{LendingMarket, Obligation};

#[derive(Accounts)]
#[instruction(id: u64)]
pub struct InitObligation<'info> {
    /// Pays for the obligation and owns it.
    #[account(mut)]
    pub owner: Signer<'info>,
    /// The lending market.
    pub market: AccountLoader<'info, LendingMarket>,
    /// The new obligation.
    /// CHECK: created here, see [`crate::create`].
    #[account(
        mut,
        seeds = [
            Obligation::SEED,
            market.key().as_ref(),
            owner.key().as_ref(),
            &id.to_le_bytes(),
        ],
        bump
    )]
    pub obligation: UncheckedAccount<'info>,
    /// The system program.
    pub system_program: Program<'info, System>,
}

/// Creates the owner's obligation number `id`.
///
/// # Errors
/// [`crate::error::LeveeError::Frozen`], [`crate::error::LeveeError::AddressInUse`].
pub fn init_obligation(ctx: Context<InitObligation>, id: u64) -> Result<()> {
    let state = State::of_market(&*ctx.accounts.market.load()?);
    gate::check(Action::InitObligation, state)?;
    let (market, owner) = (ctx.accounts.market.key(), ctx.accounts.owner.key());
    let bump = ctx.bumps.obligation;
    let obligation = Obligation {
        market,
        owner,
        id,
        bump,
        ..bytemuck::Zeroable::zeroed()
    };
    let id = id.to_le_bytes();
    let new = NewAccount {
        payer: &ctx.accounts.owner,
        account: &ctx.accounts.obligation,
        seeds: &[
            Obligation::SEED,
            market.as_ref(),
            owner.as_ref(),
            &id,
            &[bump],
        ],
    };
    new.create_with(&obligation)?;
    emit!(ObligationCreated {
        market,
        owner,
        obligation: ctx.accounts.obligation.key(),
    });
    Ok(())
}
