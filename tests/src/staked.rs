//! A market with a share of a stake pool: SOL at $100, the share at a rate, and a dollar.

use levee::state::{AuctionConfig, ElevationGroupConfig, Reserve};
use levee_client::instructions as ix;
use levee_testkit::{
    lst_config, sol_config, stable_config, stake_pool_account, Chain, Failure, PriceSpec, Receipt,
    Token, User, World,
};
use solana_account::Account;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::{exact, free, world, BanksChain};

/// The supply of the pool's token.
pub const SUPPLY: u64 = 1 << 50;

/// Ten shares, whose LTV is 70 % and whose threshold is 77 %.
pub struct Staked {
    /// The market.
    pub world: World<BanksChain>,
    /// The base.
    pub sol: Token,
    /// 6 decimals, at $1.
    pub usdc: Token,
    /// A share of the pool: 1.25 SOL at first.
    pub share: Token,
    /// Holds ten shares.
    pub user: User,
    /// Has 1,000 SOL and 1,000,000 dollars in the wallets.
    pub liquidator: User,
}

impl Staked {
    /// The market at exact prices.
    pub fn new() -> Self {
        let mut world = world();
        let sol = world.add_token(9, 100.0, free(sol_config));
        let usdc = world.add_token(6, 1.0, free(stable_config));
        let share = world.add_staked(&sol, 1.25, free(lst_config));
        world.supplier(&sol, sol.atoms(10_000.0));
        world.supplier(&usdc, usdc.atoms(1e6));
        let user = world.supplier(&share, share.atoms(10.0));
        for token in [&sol, &usdc] {
            world.fund(&user, token, 0);
        }
        let liquidator = world.user();
        world.fund(&liquidator, &sol, sol.atoms(1_000.0));
        world.fund(&liquidator, &usdc, usdc.atoms(1e6));
        world.fund(&liquidator, &share, 0);
        let mut staked = Self {
            world,
            sol,
            usdc,
            share,
            user,
            liquidator,
        };
        staked.post(100.0);
        staked
    }

    /// Posts exact prices of this second, SOL's being `dollars`.
    pub fn post(&mut self, dollars: f64) {
        for (token, dollars) in [(self.sol, dollars), (self.usdc, 1.0)] {
            let spec = exact(&self.world, dollars);
            self.world.set_price(&token, &spec);
        }
    }

    /// Posts SOL's price with another average.
    pub fn post_sol(&mut self, spec: PriceSpec) {
        let sol = self.sol;
        self.world.set_price(&sol, &spec);
    }

    /// Writes the pool with `numerator / 2^20` lamports for an atom, which is exact, last updated in `epoch`.
    pub fn set_pool(&mut self, numerator: u64, epoch: u64) {
        let lamports = numerator << 30;
        self.put_pool(stake_pool_account(
            self.share.keys.mint,
            lamports,
            SUPPLY,
            epoch,
        ));
    }

    /// Replaces the pool's account.
    ///
    /// # Panics
    /// Never: a share has a pool.
    pub fn put_pool(&mut self, pool: Account) {
        let key = self.share.rate_account.expect("a share has a pool");
        self.world.chain.set_account(key, pool);
    }

    /// Creates elevation group 1, which lends SOL against shares.
    ///
    /// # Panics
    /// Where the program refuses that.
    pub fn add_group(&mut self) {
        let owner = self.world.owner.insecure_clone();
        let config = share_group(self.sol.keys.reserve);
        let create = ix::update_elevation_group(owner.pubkey(), self.world.market, 1, config);
        self.world.must(&[create], &[&owner]);
        let join = |reserve: &mut Reserve| reserve.config.elevation_groups = 1;
        self.world.rewrite(&self.share.keys.reserve, join);
    }

    /// The user changes its group, after a refresh of all that it has.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn set_group(&mut self, number: u8) -> Result<Receipt, Failure> {
        let (user, market) = (&self.user, self.world.market);
        let list = self.world.reserve_list(user);
        let refresh = self.world.refresh(&self.world.tokens_of(&list));
        let set = ix::set_elevation_group(user.key(), market, user.obligation, &list, number);
        self.world.chain.send(&[refresh, set], &[&user.keypair])
    }

    /// The epoch of the cluster.
    pub fn epoch(&self) -> u64 {
        self.world.chain.clock().epoch
    }

    /// Lets `slots` and `seconds` pass, and epochs begin; exact prices follow.
    pub fn advance(&mut self, slots: u64, seconds: i64, epochs: u64) {
        self.world.advance(slots, seconds);
        let mut clock = self.world.chain.clock();
        clock.epoch += epochs;
        self.world.chain.set_clock(clock);
        self.post(100.0);
    }

    /// The user borrows `dollars`.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn borrow(&mut self, dollars: f64) -> Result<Receipt, Failure> {
        let atoms = self.usdc.atoms(dollars);
        self.world.borrow(&self.user, &self.usdc, atoms)
    }

    /// The liquidator repays `repay` of the user's for shares.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn liquidate(&mut self, repay: Token) -> Result<Receipt, Failure> {
        let (by, of) = (&self.liquidator, &self.user);
        self.world.liquidate(by, of, &repay, &self.share, u64::MAX)
    }
}

/// A group as the design proposes for a share against its base: LTV 90 %, threshold 93 %.
pub fn share_group(debt_reserve: Pubkey) -> ElevationGroupConfig {
    ElevationGroupConfig {
        debt_reserve,
        auction: AuctionConfig {
            start_ppm: 500,
            slope_ppm_per_slot: 5,
            width_ppm: 35_000,
            max_ppm: 20_000,
            insolvent_ppm: 20_000,
            margin_ppm: 500,
            min_target_bps: 10_030,
        },
        ltv_bps: 9_000,
        threshold_bps: 9_300,
        unused: 0,
    }
}

impl Default for Staked {
    fn default() -> Self {
        Self::new()
    }
}
