//! The tests' own market in which a liquidator sells what it seized, and the program that passes instructions on.

use anchor_lang::{InstructionData, ToAccountMetas};
use levee_swap::POOL_SEED;
use levee_testkit::{token_account, Chain, Token, User, World};
use solana_instruction::{AccountMeta, Instruction};
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::BanksChain;

/// A market on a bank that has the swap program too.
///
/// # Panics
/// Where a program is not built.
pub fn world_with_swap() -> World<BanksChain> {
    World::new(BanksChain::with_programs(&[("levee_swap", levee_swap::ID)]))
}

/// A constant-product market of two tokens.
pub struct Pool {
    sides: [(Token, Pubkey); 2],
}

impl Pool {
    /// A market that holds these atoms.
    pub fn new<C: Chain>(world: &mut World<C>, sides: [(&Token, u64); 2]) -> Self {
        let sides = sides.map(|(token, atoms)| {
            let keys = &token.keys;
            let account = token_account(keys.token_program, keys.mint, authority(), atoms);
            let key = world.keypair().pubkey();
            world.chain.set_account(key, account);
            (*token, key)
        });
        Self { sides }
    }

    /// Swaps `atoms` of `from` for the other token.
    pub fn swap(&self, user: &User, from: &Token, atoms: u64) -> Instruction {
        let is_from = |side: &&(Token, Pubkey)| side.0.keys.mint == from.keys.mint;
        let (side_in, side_out) = match is_from(&&self.sides[0]) {
            true => (&self.sides[0], &self.sides[1]),
            false => (&self.sides[1], &self.sides[0]),
        };
        let accounts = levee_swap::accounts::Swap {
            user: user.key(),
            user_in: user.wallet(&side_in.0),
            user_out: user.wallet(&side_out.0),
            pool_in: side_in.1,
            pool_out: side_out.1,
            pool: authority(),
            token_program: from.keys.token_program,
        };
        Instruction {
            program_id: levee_swap::ID,
            accounts: accounts.to_account_metas(None),
            data: levee_swap::instruction::Swap { amount_in: atoms }.data(),
        }
    }
}

/// `instruction`, invoked by a program instead of standing at the top level of the transaction.
pub fn forwarded(instruction: &Instruction) -> Instruction {
    let data = instruction.data.clone();
    let target = AccountMeta::new_readonly(instruction.program_id, false);
    Instruction {
        program_id: levee_swap::ID,
        accounts: [vec![target], instruction.accounts.clone()].concat(),
        data: levee_swap::instruction::Forward { data }.data(),
    }
}

fn authority() -> Pubkey {
    Pubkey::find_program_address(&[POOL_SEED], &levee_swap::ID).0
}
