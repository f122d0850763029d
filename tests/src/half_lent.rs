//! A market in which half of the dollars are lent, for tests about interest and fees.

use levee::state::ReserveConfig;

use crate::{sol_config, stable_config, world, BanksChain, Token, User, World};

const USDC: u64 = 1_000_000;

/// 10,000 of 20,000 USDC are borrowed, for an origination fee of one basis point that is owed too.
pub struct HalfLent {
    /// The market.
    pub world: World<BanksChain>,
    /// The collateral, at $200.
    pub sol: Token,
    /// What is lent; 6 decimals.
    pub usdc: Token,
    /// Has supplied 100 SOL and owes 10,001 USDC.
    pub borrower: User,
}

impl HalfLent {
    /// The market with the design's defaults.
    pub fn new() -> Self {
        Self::with(stable_config)
    }

    /// The market with another configuration of the dollar.
    ///
    /// # Panics
    /// Where the program refuses that.
    pub fn with(config: impl Fn([u8; 32]) -> ReserveConfig) -> Self {
        let mut world = world();
        let sol = world.add_token(9, 200.0, sol_config);
        let usdc = world.add_token(6, 1.0, config);
        world.supplier(&usdc, 20_000 * USDC);
        let borrower = world.supplier(&sol, 100_000_000_000);
        let borrowed = world.borrow(&borrower, &usdc, 10_000 * USDC);
        borrowed.expect("the collateral carries it");
        Self {
            world,
            sol,
            usdc,
            borrower,
        }
    }
}

impl Default for HalfLent {
    fn default() -> Self {
        Self::new()
    }
}
