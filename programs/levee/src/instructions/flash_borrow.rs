//! `flash_borrow`: atoms of a reserve that come back, with a fee, later in the same transaction.

use anchor_lang::prelude::*;
use anchor_lang::solana_program::instruction::{get_stack_height, TRANSACTION_LEVEL_STACK_HEIGHT};
use anchor_lang::Discriminator;
use levee_risk::units::Atoms;
use solana_instructions_sysvar::{load_current_index_checked, load_instruction_at_checked};

use crate::error::LeveeError;
use crate::events::FlashBorrowed;
use crate::gate::{self, Action, State};
use crate::instruction::FlashRepay;
use crate::state::{LendingMarket, Reserve};
use crate::token::{Transfer, VaultAuthority};

/// Where `flash_repay` names the reserve among its accounts.
const REPAY_RESERVE: usize = 2;

/// A user, a reserve, and the token accounts between them.
#[derive(Accounts)]
pub struct FlashLoan<'info> {
    /// Signs for the repayment; for the loan, anybody.
    pub user: Signer<'info>,
    /// The lending market.
    pub market: AccountLoader<'info, LendingMarket>,
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
    /// The instructions sysvar.
    /// CHECK: must be the instructions sysvar.
    #[account(address = solana_sdk_ids::sysvar::instructions::ID)]
    pub instructions: UncheckedAccount<'info>,
}

impl<'info> FlashLoan<'info> {
    /// Refuses what does not stand at the top level of the transaction and accounts that do not belong together, then asks
    /// the gate.
    ///
    /// # Errors
    /// [`LeveeError::FlashLoanNotTopLevel`], those of [`Reserve::check_accounts`] and of [`gate::check`].
    pub fn enter(&self, action: Action, reserve: &Reserve) -> Result<()> {
        require!(
            get_stack_height() == TRANSACTION_LEVEL_STACK_HEIGHT,
            LeveeError::FlashLoanNotTopLevel
        );
        reserve.check_accounts(
            self.market.as_ref().key,
            self.vault.key,
            self.mint.key,
            self.token_program.key,
        )?;
        let market = self.market.load()?;
        gate::check(action, State::of_market(&market).with_reserve(reserve))
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

/// Lends `amount_atoms`. Exactly one `flash_repay` of the same reserve must follow at the top level of the transaction; until
/// then deposits, withdrawals, borrows and fee claims of the reserve are closed.
///
/// # Errors
/// [`LeveeError::ZeroAmount`], [`LeveeError::FlashRepayMissing`], [`LeveeError::InsufficientLiquidity`], and those of
/// [`FlashLoan::enter`].
pub fn flash_borrow(ctx: Context<FlashLoan>, amount_atoms: u64) -> Result<()> {
    let accounts = &ctx.accounts;
    require!(amount_atoms > 0, LeveeError::ZeroAmount);
    let clock = Clock::get()?;
    let reserve_key = accounts.reserve.as_ref().key;
    let authority = {
        let mut reserve = accounts.reserve.load_mut()?;
        accounts.enter(Action::FlashBorrow, &reserve)?;
        check_repayment(&accounts.instructions, reserve_key)?;
        // No second passes before the repayment, so what is lent cannot distort the interest.
        reserve.accrue(clock.unix_timestamp)?;
        reserve.flash_borrow(Atoms(amount_atoms))?;
        reserve.check_backing()?;
        VaultAuthority::new(accounts.reserve.as_ref(), &reserve)
    };
    accounts.transfer().pay(&authority, Atoms(amount_atoms))?;
    emit!(FlashBorrowed {
        reserve: *reserve_key,
        atoms: amount_atoms,
    });
    Ok(())
}

/// Asks for exactly one `flash_repay` of `reserve` among the transaction's further instructions.
fn check_repayment(instructions: &AccountInfo, reserve: &Pubkey) -> Result<()> {
    let missing = || error!(LeveeError::FlashRepayMissing);
    // The library takes the last two bytes without asking whether there are any.
    require!(instructions.data_len() >= 2, LeveeError::FlashRepayMissing);
    let current = load_current_index_checked(instructions).map_err(|_| missing())?;
    let mut repayments = 0u32;
    for index in usize::from(current).saturating_add(1).. {
        let next = match load_instruction_at_checked(index, instructions) {
            Ok(next) => next,
            // Beyond the last one.
            Err(ProgramError::InvalidArgument) => break,
            Err(_) => return Err(missing()),
        };
        let repays = next.program_id == crate::ID
            && next.data.starts_with(FlashRepay::DISCRIMINATOR)
            && next
                .accounts
                .get(REPAY_RESERVE)
                .is_some_and(|account| account.pubkey == *reserve);
        repayments = repayments.saturating_add(u32::from(repays));
    }
    require!(repayments == 1, LeveeError::FlashRepayMissing);
    Ok(())
}
