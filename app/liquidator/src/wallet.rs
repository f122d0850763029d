//! The wallet's tokens: what it holds, and what is promised to transactions that may still land.

use std::collections::HashMap;

use solana_pubkey::Pubkey;

use crate::source::AccountState;

/// Mint, owner and atoms of a token account, of SPL Token or Token-2022; `None` for anything else.
pub fn token_balance(account: &AccountState) -> Option<(Pubkey, Pubkey, u64)> {
    let is_token = [anchor_spl::token::ID, anchor_spl::token_2022::ID].contains(&account.owner);
    let key = |at: usize| Pubkey::try_from(account.data.get(at..at + 32)?).ok();
    let atoms = account.data.get(64..72)?.try_into().ok()?;
    // Longer than a mint, which lies in the same programs.
    (is_token && account.data.len() >= 165).then_some(())?;
    Some((key(0)?, key(32)?, u64::from_le_bytes(atoms)))
}

/// Balances by token account, and promises.
#[derive(Default)]
pub struct Wallet {
    balances: HashMap<Pubkey, u64>,
    promised: HashMap<i64, (Pubkey, u64)>,
}

impl Wallet {
    /// Takes in what a token account of the wallet says.
    pub fn update(&mut self, account: &AccountState) {
        match token_balance(account) {
            Some((_, _, atoms)) => self.balances.insert(account.key, atoms),
            None => self.balances.remove(&account.key),
        };
    }

    /// Whether the token account is known to exist.
    pub fn has(&self, account: &Pubkey) -> bool {
        self.balances.contains_key(account)
    }

    /// Atoms of a token account that nothing may still spend.
    pub fn free(&self, account: &Pubkey) -> u64 {
        let promised = self.promised.values();
        let promised = promised.filter(|(from, _)| from == account);
        promised.fold(
            self.balances.get(account).copied().unwrap_or(0),
            |left, (_, atoms)| left.saturating_sub(*atoms),
        )
    }

    /// Keeps atoms of a token account for intent `id`.
    pub fn promise(&mut self, id: i64, account: Pubkey, atoms: u64) {
        self.promised.insert(id, (account, atoms));
    }

    /// Intent `id` has ended.
    pub fn settle(&mut self, id: i64) {
        self.promised.remove(&id);
    }
}
