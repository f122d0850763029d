//! The accounts of the four instructions that move a user's tokens: deposit, withdraw, borrow, repay.

use anchor_lang::prelude::*;

use crate::error::LeveeError;
use crate::gate::{self, Action, State};
use crate::state::{LendingMarket, Obligation, Reserve};
use crate::token::Transfer;

/// A user, an obligation, a reserve, and the token accounts between them.
///
/// Withdraw and borrow are followed by the obligation's reserves in its own order, as it stands after the
/// instruction: all deposits, then all borrows, read-only.
#[derive(Accounts)]
pub struct UseReserve<'info> {
    /// The obligation's owner; for a repayment, anybody who pays.
    pub user: Signer<'info>,
    /// The lending market.
    pub market: AccountLoader<'info, LendingMarket>,
    /// The obligation.
    #[account(mut)]
    pub obligation: AccountLoader<'info, Obligation>,
    /// The reserve.
    #[account(mut)]
    pub reserve: AccountLoader<'info, Reserve>,
    /// The reserve's token account.
    /// CHECK: must be the reserve's.
    #[account(mut)]
    pub vault: UncheckedAccount<'info>,
    /// The user's token account.
    /// CHECK: the token program checks its mint and authority.
    #[account(mut)]
    pub user_tokens: UncheckedAccount<'info>,
    /// The reserve's token.
    /// CHECK: must be the reserve's.
    pub mint: UncheckedAccount<'info>,
    /// The token's program: SPL Token or Token-2022.
    /// CHECK: must be the reserve's.
    pub token_program: UncheckedAccount<'info>,
}

impl<'info> UseReserve<'info> {
    /// Refuses accounts that do not belong together, then asks the gate.
    ///
    /// # Errors
    /// [`LeveeError::ForeignMarket`], those of [`Reserve::check_accounts`] and of [`gate::check`].
    pub fn enter(
        &self,
        action: Action,
        market: &LendingMarket,
        obligation: &Obligation,
        reserve: &Reserve,
        slot: u64,
    ) -> Result<()> {
        let market_key = self.market.as_ref().key;
        require!(obligation.market == *market_key, LeveeError::ForeignMarket);
        reserve.check_accounts(
            market_key,
            self.vault.key,
            self.mint.key,
            self.token_program.key,
        )?;
        let mut state = State::of_market(market)
            .with_reserve(reserve)
            .with_obligation(obligation);
        // Asking for the latest restart costs; most actions do not mind it.
        if action.stopped_by().intersects(State::RESTART_GRACE) {
            state = state.with_grace(market, slot, reserve.clock_jump_slot)?;
        }
        gate::check(action, state)
    }

    /// Refuses a user who is not the obligation's owner.
    ///
    /// # Errors
    /// [`LeveeError::NotObligationOwner`].
    pub fn check_owner(&self, obligation: &Obligation) -> Result<()> {
        require!(
            obligation.owner == *self.user.key,
            LeveeError::NotObligationOwner
        );
        Ok(())
    }

    /// The transfer between the user and the vault.
    pub fn transfer(&self) -> Transfer<'_, 'info> {
        Transfer {
            token_program: &self.token_program,
            mint: &self.mint,
            vault: &self.vault,
            user: &self.user_tokens,
        }
    }
}
