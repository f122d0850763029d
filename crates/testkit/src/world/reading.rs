//! What accounts say.

use anchor_lang::{Discriminator, ZeroCopy};
use levee::state::{LendingMarket, Obligation, Reserve};
use levee_client::accounts::{decode, encode};
use levee_client::instructions as ix;
use solana_pubkey::Pubkey;

use super::{Token, User, World};
use crate::chain::Chain;
use crate::tokens::token_amount;

impl<C: Chain> World<C> {
    /// The reserves of the user's obligation in its order.
    pub fn reserve_list(&self, user: &User) -> Vec<Pubkey> {
        ix::reserve_list(&self.obligation(user))
    }

    /// The decoded account at `address`.
    ///
    /// # Panics
    /// Where it is of another kind.
    pub fn read<T: ZeroCopy + Discriminator>(&self, address: &Pubkey) -> T {
        let account = self.chain.account(address).expect("the account exists");
        decode(&account.data).expect("the account is of that kind")
    }

    /// Rewrites the account at `address` as an attacker never could.
    ///
    /// # Panics
    /// Where it is of another kind.
    pub fn rewrite<T: ZeroCopy + Discriminator>(
        &mut self,
        address: &Pubkey,
        change: impl FnOnce(&mut T),
    ) {
        let mut account = self.chain.account(address).expect("the account exists");
        let mut value = decode::<T>(&account.data).expect("the account is of that kind");
        change(&mut value);
        account.data = encode(&value);
        self.chain.set_account(*address, account);
    }

    /// The decoded market.
    pub fn lending_market(&self) -> LendingMarket {
        self.read(&self.market)
    }

    /// The decoded obligation of `user`.
    pub fn obligation(&self, user: &User) -> Obligation {
        self.read(&user.obligation)
    }

    /// The decoded reserve of `token`.
    pub fn reserve(&self, token: &Token) -> Reserve {
        self.read(&token.keys.reserve)
    }

    /// The atoms in the user's wallet.
    pub fn balance(&self, user: &User, token: &Token) -> u64 {
        self.token_balance(&user.wallet(token))
    }

    /// The atoms in a token account; zero where there is none.
    pub fn token_balance(&self, address: &Pubkey) -> u64 {
        let account = self.chain.account(address);
        account.as_ref().map(token_amount).unwrap_or_default()
    }
}
