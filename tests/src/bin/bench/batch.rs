//! Many obligations in one transaction.

use anyhow::Result;
use levee_client::instructions::Limits;
use levee_testkit::{sol_config, stable_config, LiteChain, PriceSpec, Token, User, World};

use crate::Row;

/// Obligations of the largest batch that is measured.
pub const LARGEST_BATCH: usize = 24;

/// `liquidate_batch` and `mark_unhealthy` of n obligations with one deposit and one debt each.
pub fn rows() -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for count in [1, 2, 8, 20, LARGEST_BATCH] {
        let mut crowd = Crowd::new(count)?;
        let positions = format!("1+1 x {count}");
        let of: Vec<&User> = crowd.borrowers.iter().collect();
        let receipt = crowd.world.mark(&crowd.liquidator, &of)?;
        rows.push(Row::new("mark_unhealthy", &positions, &receipt));
        crowd.pass(175.0);
        let of: Vec<&User> = crowd.borrowers.iter().collect();
        let (by, debt, collateral) = (&crowd.liquidator, &crowd.debt, &crowd.collateral);
        let world = &mut crowd.world;
        let receipt = world.liquidate_batch(by, &of, debt, collateral, Limits::NONE)?;
        rows.push(Row::new("liquidate_batch", &positions, &receipt));
    }
    Ok(rows)
}

/// Borrowers of the same pair who became unhealthy at once.
struct Crowd {
    world: World<LiteChain>,
    collateral: Token,
    debt: Token,
    borrowers: Vec<User>,
    liquidator: User,
}

impl Crowd {
    fn new(count: usize) -> Result<Self> {
        let mut world = World::new(LiteChain::new());
        let collateral = world.add_token(9, 200.0, sol_config);
        let debt = world.add_token(6, 1.0, stable_config);
        let lender = world.supplier(&debt, debt.atoms(10_000_000.0));
        // Somebody owes the collateral too, so that both reserves have interest to accrue.
        world.supplier(&collateral, collateral.atoms(1_000.0));
        world.borrow(&lender, &collateral, collateral.atoms(100.0))?;
        let mut borrowers = Vec::new();
        for at in 0..count {
            let borrower = world.supplier(&collateral, collateral.atoms(100.0));
            let dollars = 14_600.0 + at as f64;
            world.borrow(&borrower, &debt, debt.atoms(dollars))?;
            borrowers.push(borrower);
        }
        let liquidator = world.user();
        for token in [&collateral, &debt] {
            world.fund(&liquidator, token, token.atoms(1_000_000.0));
        }
        let mut table = vec![world.market, anchor_spl::token::ID, levee::ID];
        table.extend(borrowers.iter().map(|user| user.obligation));
        for token in [&collateral, &debt] {
            let keys = &token.keys;
            table.extend([keys.reserve, keys.vault, keys.mint, token.price_account]);
            table.push(liquidator.wallet(token));
        }
        world.chain.use_lookup_table(table);
        let mut crowd = Self {
            world,
            collateral,
            debt,
            borrowers,
            liquidator,
        };
        crowd.pass(175.0);
        Ok(crowd)
    }

    /// Ten slots pass, and both prices are published anew. The collateral's average lags ten percent behind, as in a fall.
    fn pass(&mut self, collateral_usd: f64) {
        self.world.advance(10, 4);
        let calm = PriceSpec::usd(collateral_usd, self.world.now());
        let falling = PriceSpec {
            ema: calm.price / 10 * 11,
            ..calm
        };
        self.world.set_price(&self.collateral, &falling);
        self.world.set_usd(&self.debt, 1.0);
    }
}
