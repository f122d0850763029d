//! What owners do.

use levee_client::instructions as ix;

use super::{Token, User, World};
use crate::chain::{Chain, Failure, Receipt};

impl<C: Chain> World<C> {
    /// Deposits from the user's wallet.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn deposit(&mut self, user: &User, token: &Token, atoms: u64) -> Result<Receipt, Failure> {
        let wallet = user.wallet(token);
        let deposit = ix::deposit(user.key(), user.obligation, &token.keys, wallet, atoms);
        self.chain.send(&[deposit], &[&user.keypair])
    }

    /// Refreshes all prices of the obligation as it will be, and withdraws to the user's wallet.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn withdraw(&mut self, user: &User, token: &Token, atoms: u64) -> Result<Receipt, Failure> {
        let mut list = self.reserve_list(user);
        if atoms == u64::MAX {
            let deposits = self.obligation(user).deposits().len();
            let at = list[..deposits]
                .iter()
                .position(|r| *r == token.keys.reserve);
            if let Some(at) = at {
                list.remove(at);
            }
        }
        let refreshed = self.tokens_of(&list);
        let withdraw = ix::withdraw(
            user.key(),
            user.obligation,
            &token.keys,
            user.wallet(token),
            &list,
            atoms,
        );
        let mut instructions = Vec::new();
        if self.obligation(user).borrow_count > 0 {
            instructions.push(self.refresh(&refreshed));
        }
        instructions.push(withdraw);
        self.chain.send(&instructions, &[&user.keypair])
    }

    /// Refreshes all prices of the obligation as it will be, and borrows to the user's wallet.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn borrow(&mut self, user: &User, token: &Token, atoms: u64) -> Result<Receipt, Failure> {
        let mut list = self.reserve_list(user);
        if self.obligation(user).debt_in(&token.keys.reserve).is_zero() {
            list.push(token.keys.reserve);
        }
        let wallet = user.wallet(token);
        if self.chain.account(&wallet).is_none() {
            self.fund(user, token, 0);
        }
        let refresh = self.refresh(&self.tokens_of(&list));
        let borrow = ix::borrow(
            user.key(),
            user.obligation,
            &token.keys,
            wallet,
            &list,
            atoms,
        );
        self.chain.send(&[refresh, borrow], &[&user.keypair])
    }

    /// Repays from the user's wallet.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn repay(&mut self, user: &User, token: &Token, atoms: u64) -> Result<Receipt, Failure> {
        let wallet = user.wallet(token);
        let repay = ix::repay(user.key(), user.obligation, &token.keys, wallet, atoms);
        self.chain.send(&[repay], &[&user.keypair])
    }
}
