//! `claim_protocol_fees`: the protocol's part of interest and fees is paid to the owner.

use anchor_lang::prelude::*;

use crate::error::LeveeError;
use crate::events::FeesClaimed;
use crate::gate::{self, Action, State};
use crate::state::{LendingMarket, Reserve};
use crate::token::{Transfer, VaultAuthority};

#[derive(Accounts)]
pub struct ClaimProtocolFees<'info> {
    /// The market's owner.
    pub owner: Signer<'info>,
    /// The lending market.
    #[account(has_one = owner @ LeveeError::NotOwner)]
    pub market: AccountLoader<'info, LendingMarket>,
    /// The reserve.
    #[account(mut)]
    pub reserve: AccountLoader<'info, Reserve>,
    /// The reserve's token account.
    /// CHECK: must be the reserve's.
    #[account(mut)]
    pub vault: UncheckedAccount<'info>,
    /// Receives the fees.
    /// CHECK: the token program checks its mint.
    #[account(mut)]
    pub destination: UncheckedAccount<'info>,
    /// The reserve's token.
    /// CHECK: must be the reserve's.
    pub mint: UncheckedAccount<'info>,
    /// The token's program: SPL Token or Token-2022.
    /// CHECK: must be the reserve's.
    pub token_program: UncheckedAccount<'info>,
}

/// Pays out all whole atoms of fees that the vault can pay.
///
/// # Errors
/// [`LeveeError::NotOwner`], [`LeveeError::NothingToClaim`], and the gate's.
pub fn claim_protocol_fees(ctx: Context<ClaimProtocolFees>) -> Result<()> {
    let accounts = &ctx.accounts;
    let clock = Clock::get()?;
    let (atoms, authority) = {
        let mut reserve = accounts.reserve.load_mut()?;
        reserve.check_accounts(
            accounts.market.as_ref().key,
            accounts.vault.key,
            accounts.mint.key,
            accounts.token_program.key,
        )?;
        let market = accounts.market.load()?;
        let state = State::of_market(&market).with_reserve(&reserve);
        gate::check(Action::ClaimFees, state)?;
        reserve.accrue(clock.unix_timestamp)?;
        let atoms = reserve.claim_fees()?;
        require!(atoms.0 > 0, LeveeError::NothingToClaim);
        reserve.check_backing()?;
        let authority = VaultAuthority::new(accounts.reserve.as_ref(), &reserve);
        (atoms, authority)
    };
    let transfer = Transfer {
        token_program: &accounts.token_program,
        mint: &accounts.mint,
        vault: &accounts.vault,
        user: &accounts.destination,
    };
    transfer.pay(&authority, atoms)?;
    emit!(FeesClaimed {
        reserve: *accounts.reserve.as_ref().key,
        atoms: atoms.0,
    });
    Ok(())
}
