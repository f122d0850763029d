//! Flash loans.

use anchor_lang::prelude::Pubkey;
use anchor_lang::solana_program::instruction::Instruction;

use super::{build, ReserveKeys};

fn accounts(user: Pubkey, keys: &ReserveKeys, user_tokens: Pubkey) -> levee::accounts::FlashLoan {
    levee::accounts::FlashLoan {
        user,
        market: keys.market,
        reserve: keys.reserve,
        vault: keys.vault,
        user_tokens,
        mint: keys.mint,
        token_program: keys.token_program,
        instructions: solana_sdk_ids::sysvar::instructions::ID,
    }
}

/// Borrows `amount_atoms` to `user_tokens`; [`flash_repay`] of the same reserve must follow in the transaction.
pub fn flash_borrow(
    user: Pubkey,
    keys: &ReserveKeys,
    user_tokens: Pubkey,
    amount_atoms: u64,
) -> Instruction {
    build(
        accounts(user, keys, user_tokens),
        levee::instruction::FlashBorrow { amount_atoms },
    )
}

/// Repays the flash loan of a reserve and its fee from `user_tokens`.
pub fn flash_repay(user: Pubkey, keys: &ReserveKeys, user_tokens: Pubkey) -> Instruction {
    build(
        accounts(user, keys, user_tokens),
        levee::instruction::FlashRepay {},
    )
}
