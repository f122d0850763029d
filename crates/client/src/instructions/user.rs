//! What owners do with their obligations.

use anchor_lang::prelude::Pubkey;
use anchor_lang::solana_program::instruction::Instruction;

use super::{build, read_only, ReserveKeys, SYSTEM_PROGRAM};
use crate::pda;

/// Creates the obligation number `id` of `owner`.
pub fn init_obligation(owner: Pubkey, market: Pubkey, id: u64) -> Instruction {
    build(
        levee::accounts::InitObligation {
            owner,
            market,
            obligation: pda::obligation(&market, &owner, id),
            system_program: SYSTEM_PROGRAM,
        },
        levee::instruction::InitObligation { id },
    )
}

/// Closes an empty obligation.
pub fn close_obligation(owner: Pubkey, obligation: Pubkey) -> Instruction {
    build(
        levee::accounts::CloseObligation { owner, obligation },
        levee::instruction::CloseObligation {},
    )
}

fn use_reserve(
    user: Pubkey,
    obligation: Pubkey,
    keys: &ReserveKeys,
    user_tokens: Pubkey,
) -> levee::accounts::UseReserve {
    levee::accounts::UseReserve {
        user,
        market: keys.market,
        obligation,
        reserve: keys.reserve,
        vault: keys.vault,
        user_tokens,
        mint: keys.mint,
        token_program: keys.token_program,
    }
}

/// Deposits from the owner's `user_tokens`.
pub fn deposit(
    owner: Pubkey,
    obligation: Pubkey,
    keys: &ReserveKeys,
    user_tokens: Pubkey,
    amount_atoms: u64,
) -> Instruction {
    build(
        use_reserve(owner, obligation, keys, user_tokens),
        levee::instruction::Deposit { amount_atoms },
    )
}

/// Withdraws to `user_tokens`. `reserves` are those of the obligation as it stands afterwards, see [`reserve_list`](super::reserve_list); they
/// are only looked at where there is debt.
pub fn withdraw(
    owner: Pubkey,
    obligation: Pubkey,
    keys: &ReserveKeys,
    user_tokens: Pubkey,
    reserves: &[Pubkey],
    amount_atoms: u64,
) -> Instruction {
    let instruction = build(
        use_reserve(owner, obligation, keys, user_tokens),
        levee::instruction::Withdraw { amount_atoms },
    );
    read_only(instruction, reserves)
}

/// Borrows to `user_tokens`. `reserves` are those of the obligation as it stands afterwards, see [`reserve_list`](super::reserve_list).
pub fn borrow(
    owner: Pubkey,
    obligation: Pubkey,
    keys: &ReserveKeys,
    user_tokens: Pubkey,
    reserves: &[Pubkey],
    amount_atoms: u64,
) -> Instruction {
    let instruction = build(
        use_reserve(owner, obligation, keys, user_tokens),
        levee::instruction::Borrow { amount_atoms },
    );
    read_only(instruction, reserves)
}

/// Repays from `user_tokens` of `payer`, who need not be the owner.
pub fn repay(
    payer: Pubkey,
    obligation: Pubkey,
    keys: &ReserveKeys,
    user_tokens: Pubkey,
    amount_atoms: u64,
) -> Instruction {
    build(
        use_reserve(payer, obligation, keys, user_tokens),
        levee::instruction::Repay { amount_atoms },
    )
}

/// Puts an obligation into elevation group `number`, zero for none. `reserves` are the obligation's, see
/// [`reserve_list`](super::reserve_list); they are only looked at where there is debt.
pub fn set_elevation_group(
    owner: Pubkey,
    market: Pubkey,
    obligation: Pubkey,
    reserves: &[Pubkey],
    number: u8,
) -> Instruction {
    let instruction = build(
        levee::accounts::SetElevationGroup {
            owner,
            market,
            obligation,
        },
        levee::instruction::SetElevationGroup { number },
    );
    read_only(instruction, reserves)
}
