//! What clients need: addresses and instructions.

use anchor_lang::prelude::{AccountMeta, AnchorSerialize, Pubkey};
use anchor_lang::solana_program::instruction::Instruction;
use anchor_lang::system_program;

use crate::{Feed, FEED_SEED};

/// The address of `authority`'s feed `id`, for the oracle at `program`.
pub fn feed_address(program: &Pubkey, authority: &Pubkey, id: &[u8; 32]) -> Pubkey {
    Pubkey::find_program_address(&[FEED_SEED, authority.as_ref(), id], program).0
}

/// Opens or updates one feed. `authority` signs, and pays for a new account.
pub fn push(program: &Pubkey, authority: &Pubkey, feed: &Feed) -> Instruction {
    push_all(program, authority, std::slice::from_ref(feed))
}

/// Opens or updates feeds in one instruction, all or none; about a dozen fit a transaction.
pub fn push_all(program: &Pubkey, authority: &Pubkey, feeds: &[Feed]) -> Instruction {
    let mut accounts = vec![
        AccountMeta::new(*authority, true),
        AccountMeta::new_readonly(system_program::ID, false),
    ];
    accounts.extend(
        feeds
            .iter()
            .map(|feed| AccountMeta::new(feed_address(program, authority, &feed.id), false)),
    );
    let mut data = Vec::new();
    crate::Instruction::Push(feeds.to_vec())
        .serialize(&mut data)
        .expect("writing to memory cannot fail");
    Instruction {
        program_id: *program,
        accounts,
        data,
    }
}
