//! Many borrowers at once, for tests of batches.

use levee::error::LeveeError;
use levee::events::{BatchEntry, BatchLiquidated, LiquidationSkipped};
use levee_client::instructions::Limits;
use levee_testkit::{Failure, Receipt, Token, User};
use solana_pubkey::Pubkey;

use crate::{event, events, Lending, Snapshot};

/// Borrowers of some dollars against 100 SOL each, and SOL at another price one slot later.
pub struct Crowd {
    /// The market; its own borrower owes nothing.
    pub lending: Lending,
    /// The borrowers.
    pub users: Vec<User>,
}

impl Crowd {
    /// One borrower for each debt, which may be zero.
    ///
    /// # Panics
    /// Where a debt is more than the collateral allows.
    pub fn new(debts: &[f64], price: f64) -> Self {
        let mut lending = Lending::new();
        let (world, sol, usdc) = (&mut lending.world, lending.sol, lending.usdc);
        let borrower = |debt: &f64| {
            let user = world.supplier(&sol, sol.atoms(100.0));
            if *debt > 0.0 {
                world.borrow(&user, &usdc, usdc.atoms(*debt)).unwrap();
            }
            user
        };
        let users = debts.iter().map(borrower).collect();
        world.fund(&lending.liquidator, &sol, 0);
        lending.fall(price);
        Self { lending, users }
    }

    /// The debt and the collateral.
    pub fn pair(&self) -> (Token, Token) {
        (self.lending.usdc, self.lending.sol)
    }

    /// Liquidates the users with these numbers.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn send(&mut self, numbers: &[usize], limits: Limits) -> Result<Receipt, Failure> {
        let (usdc, sol) = self.pair();
        let of: Vec<_> = numbers.iter().map(|number| &self.users[*number]).collect();
        let by = &self.lending.liquidator;
        let world = &mut self.lending.world;
        world.liquidate_batch(by, &of, &usdc, &sol, limits)
    }

    /// The same without limits, which must succeed.
    ///
    /// # Panics
    /// Where it does not.
    pub fn must(&mut self, numbers: &[usize]) -> Receipt {
        self.send(numbers, Limits::NONE).unwrap()
    }

    /// Asserts that the same is refused and that nothing changed.
    ///
    /// # Panics
    /// Where it is not.
    pub fn refuse(&mut self, numbers: &[usize], limits: Limits, error: LeveeError) {
        let before = Snapshot::of(&self.lending.world.chain, self.accounts());
        let failure = self.send(numbers, limits).unwrap_err();
        assert!(failure.is(error), "{error:?} was due: {failure}");
        let after = Snapshot::of(&self.lending.world.chain, self.accounts());
        assert!(before == after, "a refused batch changed an account");
    }

    /// All accounts that a batch may change.
    pub fn accounts(&self) -> Vec<Pubkey> {
        let (usdc, sol) = self.pair();
        let by = &self.lending.liquidator;
        let mut all: Vec<_> = self.users.iter().map(|user| user.obligation).collect();
        for token in [usdc, sol] {
            all.extend([token.keys.reserve, token.keys.vault, by.wallet(&token)]);
        }
        all
    }

    /// (paid, received) by the liquidator since the wallets held $1,000,000 and nothing.
    pub fn moved(&self) -> (u64, u64) {
        let (usdc, sol) = self.pair();
        let (world, by) = (&self.lending.world, &self.lending.liquidator);
        let paid = usdc.atoms(1e6) - world.balance(by, &usdc);
        (paid, world.balance(by, &sol))
    }
}

/// What the batch's event says of those that were liquidated.
pub fn done(receipt: &Receipt) -> Vec<BatchEntry> {
    event::<BatchLiquidated>(receipt).liquidations
}

/// (obligation, code) of every event about one that was passed over.
pub fn skipped(receipt: &Receipt) -> Vec<(Pubkey, u32)> {
    let all = events::<LiquidationSkipped>(receipt);
    all.iter().map(|s| (s.obligation, s.reason)).collect()
}

/// Of what is paid and of what is taken.
pub fn limits(max_repay_atoms: u64, min_seized_atoms: u64) -> Limits {
    Limits {
        max_repay_atoms,
        min_seized_atoms,
    }
}
