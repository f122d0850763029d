//! The market that most tests begin with: SOL against a dollar.

use levee::error::LeveeError;
use levee::state::ReserveConfig;
use solana_instruction::Instruction;

use crate::{
    assert_refused, sol_config, stable_config, world, BanksChain, PriceSpec, Token, User, World,
};

/// SOL at $100 and a dollar, at exact prices and without origination fees.
///
/// The borrower has 100 SOL deposited, so may borrow $7,500 and is unhealthy with that below $93.75. No second
/// passes unless a test says so, so no interest accrues.
pub struct Lending {
    /// The market.
    pub world: World<BanksChain>,
    /// 9 decimals, LTV 75 %, threshold 80 %.
    pub sol: Token,
    /// 6 decimals, LTV 80 %, threshold 85 %.
    pub usdc: Token,
    /// Has supplied 1,000,000 dollars.
    pub lender: User,
    /// Has supplied 100 SOL.
    pub borrower: User,
    /// Has 1,000,000 dollars in the wallet.
    pub liquidator: User,
}

/// `config` without an origination fee.
pub fn free(config: impl Fn([u8; 32]) -> ReserveConfig) -> impl Fn([u8; 32]) -> ReserveConfig {
    move |feed| ReserveConfig {
        origination_fee_bps: 0,
        ..config(feed)
    }
}

/// A price of this second without confidence interval, equal to its average.
pub fn exact(world: &World<BanksChain>, dollars: f64) -> PriceSpec {
    PriceSpec {
        confidence: 0,
        ..PriceSpec::usd(dollars, world.now())
    }
}

impl Lending {
    /// The market with the design's defaults.
    pub fn new() -> Self {
        Self::with(free(sol_config), free(stable_config))
    }

    /// The market with other configurations of SOL and of the dollar.
    pub fn with(
        sol: impl Fn([u8; 32]) -> ReserveConfig,
        usdc: impl Fn([u8; 32]) -> ReserveConfig,
    ) -> Self {
        Self::on(world(), sol, usdc)
    }

    /// The same on a bank of the caller's.
    pub fn on(
        mut world: World<BanksChain>,
        sol: impl Fn([u8; 32]) -> ReserveConfig,
        usdc: impl Fn([u8; 32]) -> ReserveConfig,
    ) -> Self {
        let sol = world.add_token(9, 100.0, sol);
        let usdc = world.add_token(6, 1.0, usdc);
        let lender = world.supplier(&usdc, usdc.atoms(1e6));
        let borrower = world.supplier(&sol, sol.atoms(100.0));
        let liquidator = world.user();
        world.fund(&liquidator, &usdc, usdc.atoms(1e6));
        world.fund(&borrower, &usdc, 0);
        let mut lending = Self {
            world,
            sol,
            usdc,
            lender,
            borrower,
            liquidator,
        };
        lending.post(&sol, 100.0);
        lending.post(&usdc, 1.0);
        lending
    }

    /// The market after the borrower borrowed `dollars` and SOL fell to `price` in the next slot.
    pub fn fallen(dollars: f64, price: f64) -> Self {
        let mut lending = Self::new();
        lending.owe(dollars);
        lending.fall(price);
        lending
    }

    /// Posts an exact price.
    pub fn post(&mut self, token: &Token, dollars: f64) {
        let spec = exact(&self.world, dollars);
        self.world.set_price(token, &spec);
    }

    /// The borrower borrows `dollars`.
    ///
    /// # Panics
    /// Where that is refused.
    pub fn owe(&mut self, dollars: f64) {
        let atoms = self.usdc.atoms(dollars);
        self.world
            .borrow(&self.borrower, &self.usdc, atoms)
            .expect("the collateral allows that");
    }

    /// A refresh, and the liquidator's liquidation of the borrower's dollars for SOL, within (most paid, least seized).
    pub fn liquidation(&mut self, (limit, least): (u64, u64)) -> Vec<Instruction> {
        let (liquidator, of) = (&self.liquidator, &self.borrower);
        let (usdc, sol) = (&self.usdc, &self.sol);
        self.world
            .liquidation(liquidator, of, usdc, sol, limit, least)
    }

    /// The liquidator pays at most `limit` to liquidate the borrower.
    ///
    /// # Panics
    /// Where that is refused.
    pub fn liquidate(&mut self, limit: u64) {
        let instructions = self.liquidation((limit, 0));
        self.world.must(&instructions, &[&self.liquidator.keypair]);
    }

    /// Asserts that the borrower cannot be liquidated at all.
    pub fn refuse_liquidation(&mut self, error: LeveeError) {
        let instructions = self.liquidation((u64::MAX, 0));
        let signers = [&self.liquidator.keypair];
        assert_refused(&mut self.world, &instructions, &signers, error);
    }

    /// In the next slot SOL stands at `dollars`.
    pub fn fall(&mut self, dollars: f64) {
        self.world.advance(1, 0);
        let sol = self.sol;
        self.post(&sol, dollars);
    }
}

impl Default for Lending {
    fn default() -> Self {
        Self::new()
    }
}
