//! What anybody does with unhealthy obligations.

use levee_client::instructions::{self as ix, other_reserves, Limits, LiquidatorKeys, PairKeys};
use solana_instruction::Instruction;

use super::{Token, User, World};
use crate::chain::{Chain, Failure, Receipt};

impl<C: Chain> World<C> {
    /// Refreshes all prices of `of`'s obligation and liquidates it from and to `liquidator`'s wallets.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn liquidate(
        &mut self,
        liquidator: &User,
        of: &User,
        repay: &Token,
        seize: &Token,
        max_repay_atoms: u64,
    ) -> Result<Receipt, Failure> {
        let instructions = self.liquidation(liquidator, of, repay, seize, max_repay_atoms, 0);
        self.chain.send(&instructions, &[&liquidator.keypair])
    }

    /// The instructions of [`World::liquidate`].
    pub fn liquidation(
        &mut self,
        liquidator: &User,
        of: &User,
        repay: &Token,
        seize: &Token,
        max_repay_atoms: u64,
        min_seized_atoms: u64,
    ) -> Vec<Instruction> {
        let keys = self.liquidator_keys(liquidator, repay, seize);
        let pair = pair_of(repay, seize);
        let list = self.reserve_list(of);
        let refresh = self.refresh(&self.tokens_of(&list));
        let others = other_reserves(&self.obligation(of), &pair, true);
        let limits = Limits {
            max_repay_atoms,
            min_seized_atoms,
        };
        let liquidate = ix::liquidate(&keys, &pair, of.obligation, &others, None, limits);
        vec![refresh, liquidate]
    }

    /// Who `liquidator` is to the program; wallets that are missing are made.
    pub fn liquidator_keys(
        &mut self,
        liquidator: &User,
        repay: &Token,
        seize: &Token,
    ) -> LiquidatorKeys {
        for token in [repay, seize] {
            if self.chain.account(&liquidator.wallet(token)).is_none() {
                self.fund(liquidator, token, 0);
            }
        }
        LiquidatorKeys {
            liquidator: liquidator.key(),
            source: liquidator.wallet(repay),
            destination: liquidator.wallet(seize),
        }
    }

    /// Refreshes the prices of all of `of`, and liquidates them over one pair from and to `liquidator`'s wallets.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn liquidate_batch(
        &mut self,
        liquidator: &User,
        of: &[&User],
        repay: &Token,
        seize: &Token,
        limits: Limits,
    ) -> Result<Receipt, Failure> {
        let keys = self.liquidator_keys(liquidator, repay, seize);
        let pair = pair_of(repay, seize);
        let mut list = Vec::new();
        let mut obligations = Vec::new();
        for user in of {
            list.extend(self.reserve_list(user));
            let others = other_reserves(&self.obligation(user), &pair, true);
            obligations.push((user.obligation, others));
        }
        list.extend([repay.keys.reserve, seize.keys.reserve]);
        let refresh = self.refresh(&self.tokens_of(&list));
        let batch = ix::liquidate_batch(&keys, &pair, &obligations, limits);
        self.chain.send(&[refresh, batch], &[&liquidator.keypair])
    }

    /// Refreshes the prices of all of `of` and marks them; `by` pays the fee.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn mark(&mut self, by: &User, of: &[&User]) -> Result<Receipt, Failure> {
        let mut list = Vec::new();
        let mut obligations = Vec::new();
        for user in of {
            let reserves = self.reserve_list(user);
            list.extend_from_slice(&reserves);
            obligations.push((user.obligation, reserves));
        }
        let refresh = self.refresh(&self.tokens_of(&list));
        let mark = ix::mark_unhealthy(self.market, &obligations);
        self.chain.send(&[refresh, mark], &[&by.keypair])
    }
}

/// The pair of two tokens' reserves.
pub fn pair_of(repay: &Token, seize: &Token) -> PairKeys {
    PairKeys {
        repay: repay.keys,
        seize: seize.keys,
    }
}
