//! Where what was seized is sold, and for how much.

pub mod inventory;
pub mod test_market;

use async_trait::async_trait;
use levee_risk::price::Price;
use levee_risk::units::Atoms;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use crate::source::AccountState;

/// One side of a swap.
#[derive(Clone, Copy, Debug)]
pub struct Leg {
    /// The token.
    pub mint: Pubkey,
    /// Its program.
    pub token_program: Pubkey,
    /// The wallet's account of it.
    pub wallet: Pubkey,
    /// The newest price that the market knows.
    pub price: Price,
}

/// A swap to be quoted.
#[derive(Clone, Copy, Debug)]
pub struct Swap {
    /// Who owns both wallets.
    pub user: Pubkey,
    /// What is sold.
    pub from: Leg,
    /// What is bought.
    pub to: Leg,
    /// How much is sold.
    pub amount: Atoms,
}

/// What a swap brings.
#[derive(Clone, Debug)]
pub struct Route {
    /// At least so much is bought; rounded down.
    pub out: Atoms,
    /// The swap within the liquidation's transaction; none where what was seized stays in the wallet.
    pub instructions: Vec<Instruction>,
    /// What its instructions may use.
    pub compute_units: u32,
}

/// A place to swap.
#[async_trait]
pub trait SwapRouter: Send + Sync {
    /// What `swap` brings; `None` where it is not possible.
    async fn quote(&self, swap: &Swap) -> Option<Route>;

    /// Accounts that its quotes are made from.
    fn watched(&self) -> Vec<Pubkey>;

    /// Takes in what a watched account says.
    fn update(&self, account: &AccountState);
}
