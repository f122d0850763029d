//! The market that most rows are measured in.

use anyhow::Result;
use levee_testkit::{sol_config, stable_config, LiteChain, PriceSpec, Token, User, World};

/// A market with an obligation of `deposits` and `borrows` different reserves, near its limit.
pub struct Scene {
    pub world: World<LiteChain>,
    pub collateral: Vec<Token>,
    pub debt: Vec<Token>,
    pub user: User,
    pub liquidator: User,
}

impl Scene {
    pub fn new(deposits: usize, borrows: usize) -> Result<Self> {
        let mut world = World::new(LiteChain::new());
        let collateral: Vec<_> = (0..deposits)
            .map(|_| world.add_token(9, 200.0, sol_config))
            .collect();
        let debt: Vec<_> = (0..borrows)
            .map(|_| world.add_token(6, 1.0, stable_config))
            .collect();
        for token in &debt {
            world.supplier(token, token.atoms(1_000_000.0));
        }
        // Somebody owes in every collateral too, so that all reserves have interest to accrue.
        for token in &collateral {
            world.supplier(token, token.atoms(1_000.0));
        }
        for tokens in collateral.chunks(levee::state::MAX_BORROWS) {
            let other = world.supplier(&debt[0], debt[0].atoms(1_000_000.0));
            for token in tokens {
                world.borrow(&other, token, token.atoms(100.0))?;
            }
        }
        let user = world.user();
        for token in &collateral {
            world.fund(&user, token, token.atoms(1_000.0));
            world.deposit(&user, token, token.atoms(100.0))?;
        }
        let liquidator = world.user();
        for token in collateral.iter().chain(&debt) {
            world.fund(&liquidator, token, token.atoms(1_000_000.0));
        }
        let mut scene = Self {
            world,
            collateral,
            debt,
            user,
            liquidator,
        };
        if deposits + borrows > 2 {
            scene.use_lookup_table();
        }
        let value = 100.0 * 200.0 * deposits as f64;
        let each = value * 0.73 / borrows as f64;
        for token in scene.debt.clone() {
            scene.pass(200.0);
            scene.world.borrow(&scene.user, &token, token.atoms(each))?;
        }
        scene.pass(200.0);
        Ok(scene)
    }

    /// Everything that a transaction of many positions names.
    fn use_lookup_table(&mut self) {
        let world = &self.world;
        let mut addresses = vec![world.market, anchor_spl::token::ID, levee::ID];
        addresses.push(self.user.obligation);
        for token in &world.tokens {
            let keys = &token.keys;
            addresses.extend([keys.reserve, keys.vault, keys.mint, token.price_account]);
            addresses.extend([self.user.wallet(token), self.liquidator.wallet(token)]);
        }
        self.world.chain.use_lookup_table(addresses);
    }

    /// Ten slots pass, and every price is published anew. A fallen price has an average that lags ten percent behind.
    pub fn pass(&mut self, collateral_usd: f64) {
        self.world.advance(10, 4);
        let calm = PriceSpec::usd(collateral_usd, self.world.now());
        let falling = PriceSpec {
            ema: calm.price / 10 * 11,
            ..calm
        };
        let spec = if collateral_usd < 200.0 {
            falling
        } else {
            calm
        };
        for token in self.collateral.clone() {
            self.world.set_price(&token, &spec);
        }
        for token in self.debt.clone() {
            self.world.set_usd(&token, 1.0);
        }
    }
}
