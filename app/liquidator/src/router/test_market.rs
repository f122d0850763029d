//! The constant-product market of the tests, for local chains. It swaps within the transaction, which makes flash loans
//! possible.

use std::collections::HashMap;
use std::sync::Mutex;

use anchor_lang::{InstructionData, ToAccountMetas};
use async_trait::async_trait;
use levee_risk::units::Atoms;
use levee_swap::{amount_out, POOL_SEED};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use super::{Route, Swap, SwapRouter};
use crate::source::AccountState;
use crate::wallet::token_balance;

/// What a swap uses at most, with a margin.
const COMPUTE_UNITS: u32 = 40_000;

/// Markets by the token accounts of their sides.
pub struct TestMarkets {
    sides: Vec<[Pubkey; 2]>,
    /// Mint and balance of each token account.
    known: Mutex<HashMap<Pubkey, (Pubkey, u64)>>,
}

impl TestMarkets {
    /// Markets of which nothing is known yet.
    pub fn new(sides: Vec<[Pubkey; 2]>) -> Self {
        Self {
            sides,
            known: Mutex::default(),
        }
    }
}

#[async_trait]
impl SwapRouter for TestMarkets {
    async fn quote(&self, swap: &Swap) -> Option<Route> {
        let known = self.known.lock().ok()?;
        let ways = self.sides.iter().flat_map(|[a, b]| [(*a, *b), (*b, *a)]);
        let quotes = ways.filter_map(|(pool_in, pool_out)| {
            let (mint_in, held_in) = known.get(&pool_in)?;
            let (mint_out, held_out) = known.get(&pool_out)?;
            let fits = *mint_in == swap.from.mint && *mint_out == swap.to.mint;
            fits.then(|| {
                let out = amount_out(*held_in, *held_out, swap.amount.0);
                (out, pool_in, pool_out)
            })
        });
        let (out, pool_in, pool_out) = quotes.max()?;
        let accounts = levee_swap::accounts::Swap {
            user: swap.user,
            user_in: swap.from.wallet,
            user_out: swap.to.wallet,
            pool_in,
            pool_out,
            pool: Pubkey::find_program_address(&[POOL_SEED], &levee_swap::ID).0,
            token_program: swap.from.token_program,
        };
        let amount_in = swap.amount.0;
        Some(Route {
            out: Atoms(out),
            instructions: vec![Instruction {
                program_id: levee_swap::ID,
                accounts: accounts.to_account_metas(None),
                data: levee_swap::instruction::Swap { amount_in }.data(),
            }],
            compute_units: COMPUTE_UNITS,
        })
    }

    fn watched(&self) -> Vec<Pubkey> {
        self.sides.iter().flatten().copied().collect()
    }

    fn update(&self, account: &AccountState) {
        let Some((mint, _, atoms)) = token_balance(account) else {
            return;
        };
        if let Ok(mut known) = self.known.lock() {
            known.insert(account.key, (mint, atoms));
        }
    }
}
