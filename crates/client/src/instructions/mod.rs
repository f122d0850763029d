//! Instruction builders. Each names the reserves in the order that the program wants.

mod flash;
mod liquidation;
mod market;
mod user;

pub use flash::*;
pub use liquidation::*;
pub use market::*;
pub use user::*;

use anchor_lang::prelude::{AccountMeta, Pubkey};
use anchor_lang::solana_program::instruction::Instruction;
use anchor_lang::{InstructionData, ToAccountMetas};
use levee::state::Obligation;

use crate::pda;

const SYSTEM_PROGRAM: Pubkey = anchor_lang::system_program::ID;

/// The fixed addresses around a reserve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReserveKeys {
    /// The lending market.
    pub market: Pubkey,
    /// The reserve.
    pub reserve: Pubkey,
    /// Its token account.
    pub vault: Pubkey,
    /// Its token.
    pub mint: Pubkey,
    /// Its token's program.
    pub token_program: Pubkey,
}

impl ReserveKeys {
    /// Derives the addresses of the reserve of `mint` in `market`.
    pub fn new(market: Pubkey, mint: Pubkey, token_program: Pubkey) -> Self {
        let reserve = pda::reserve(&market, &mint);
        Self {
            market,
            reserve,
            vault: pda::vault(&reserve),
            mint,
            token_program,
        }
    }
}

/// The reserves of an obligation in its own order, as withdraw and borrow want them.
pub fn reserve_list(obligation: &Obligation) -> Vec<Pubkey> {
    let positions = obligation.deposits().iter().chain(obligation.borrows());
    positions.map(|position| position.reserve).collect()
}

fn build(accounts: impl ToAccountMetas, data: impl InstructionData) -> Instruction {
    Instruction {
        program_id: levee::ID,
        accounts: accounts.to_account_metas(None),
        data: data.data(),
    }
}

fn read_only(mut instruction: Instruction, keys: &[Pubkey]) -> Instruction {
    let metas = keys
        .iter()
        .map(|key| AccountMeta::new_readonly(*key, false));
    instruction.accounts.extend(metas);
    instruction
}
