//! Tokens: how they join the market, and what their oracles, pools and feeds say.

use levee::state::{Reserve, ReserveConfig, RATE_PYTH_REDEMPTION, RATE_STAKE_POOL};
use levee_client::instructions as ix;
use levee_client::ReserveKeys;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use super::{Token, World, TOKEN_PROGRAM};
use crate::chain::Chain;
use crate::oracle::{price_account, stake_pool_account, PriceSpec};
use crate::tokens::mint_account;

impl<C: Chain> World<C> {
    /// Adds a token of SPL Token at `dollars`, configured by `config` for its feed.
    ///
    /// # Panics
    /// Where the program refuses that.
    pub fn add_token(
        &mut self,
        decimals: u8,
        dollars: f64,
        config: impl Fn([u8; 32]) -> ReserveConfig,
    ) -> Token {
        let mint = self.keypair().pubkey();
        self.chain
            .set_account(mint, mint_account(TOKEN_PROGRAM, decimals));
        self.add_reserve(mint, TOKEN_PROGRAM, decimals, dollars, config)
    }

    /// Adds the reserve of an existing mint.
    ///
    /// # Panics
    /// Where the program refuses that.
    pub fn add_reserve(
        &mut self,
        mint: Pubkey,
        token_program: Pubkey,
        decimals: u8,
        dollars: f64,
        config: impl Fn([u8; 32]) -> ReserveConfig,
    ) -> Token {
        let feed = self.keypair().pubkey().to_bytes();
        let price_account = self.keypair().pubkey();
        let token = Token {
            keys: ReserveKeys::new(self.market, mint, token_program),
            feed,
            price_account,
            rate_account: None,
            decimals,
        };
        self.list(token, config(feed));
        self.set_usd(&token, dollars);
        token
    }

    /// Adds a token of SPL Token that is a share of a stake pool and priced at `rate` times `base`, configured by `config` for
    /// the base's feed. The pool is written as SPL's program writes it.
    ///
    /// # Panics
    /// Where the program refuses that.
    pub fn add_staked(
        &mut self,
        base: &Token,
        rate: f64,
        config: impl Fn([u8; 32]) -> ReserveConfig,
    ) -> Token {
        let mint = self.keypair().pubkey();
        self.chain.set_account(mint, mint_account(TOKEN_PROGRAM, 9));
        let pool = self.keypair().pubkey();
        let token = Token {
            keys: ReserveKeys::new(self.market, mint, TOKEN_PROGRAM),
            rate_account: Some(pool),
            decimals: 9,
            ..*base
        };
        self.set_stake_rate(&token, rate);
        let config = ReserveConfig {
            rate_kind: RATE_STAKE_POOL,
            rate_source: pool.to_bytes(),
            max_rate_growth_bps: 1_000,
            ..config(base.feed)
        };
        self.list(token, config);
        token
    }

    /// Adds a token of SPL Token that redeems for `rate` of `base`, as a feed of its own says.
    ///
    /// # Panics
    /// Where the program refuses that.
    pub fn add_redeemable(
        &mut self,
        base: &Token,
        decimals: u8,
        rate: f64,
        config: impl Fn([u8; 32]) -> ReserveConfig,
    ) -> Token {
        let mint = self.keypair().pubkey();
        self.chain
            .set_account(mint, mint_account(TOKEN_PROGRAM, decimals));
        let rate_feed = self.keypair().pubkey();
        let token = Token {
            keys: ReserveKeys::new(self.market, mint, TOKEN_PROGRAM),
            rate_account: Some(rate_feed),
            decimals,
            ..*base
        };
        self.set_redemption_rate(&token, rate);
        let config = ReserveConfig {
            rate_kind: RATE_PYTH_REDEMPTION,
            rate_source: rate_feed.to_bytes(),
            max_rate_growth_bps: 1_000,
            ..config(base.feed)
        };
        self.list(token, config);
        token
    }

    fn list(&mut self, token: Token, config: ReserveConfig) {
        let owner = self.owner.insecure_clone();
        let create = ix::init_reserve(owner.pubkey(), &token.keys, config);
        self.must(&[create], &[&owner]);
        self.tokens.push(token);
    }

    /// Writes the stake pool of `token` with `rate` lamports for an atom, updated in this epoch.
    pub fn set_stake_rate(&mut self, token: &Token, rate: f64) {
        let epoch = self.chain.clock().epoch;
        let supply = 1_000_000_000_000_000;
        let lamports = (supply as f64 * rate).round() as u64;
        let pool = stake_pool_account(token.keys.mint, lamports, supply, epoch);
        let key = token.rate_account.expect("the token has a stake pool");
        self.chain.set_account(key, pool);
    }

    /// Posts `rate` on the redemption feed of `token`, which is named by its account's address.
    pub fn set_redemption_rate(&mut self, token: &Token, rate: f64) {
        let key = token.rate_account.expect("the token has a redemption feed");
        let spec = PriceSpec::usd(rate, self.now());
        self.outdate(token, spec.publish_ts);
        self.chain
            .set_account(key, price_account(key.to_bytes(), &spec));
    }

    /// Makes what the reserves of the price account or the rate of `token` cached of the second `ts` a second older.
    ///
    /// The program takes only what is newer, and most tests let no second pass between two prices, so that no interest
    /// accrues.
    pub fn outdate(&mut self, token: &Token, ts: i64) {
        for other in self.tokens.clone() {
            let is_priced_alike = other.price_account == token.price_account;
            let is_rated_alike =
                other.rate_account.is_some() && other.rate_account == token.rate_account;
            let known = self.chain.account(&other.keys.reserve);
            if known.is_none() || !(is_priced_alike || is_rated_alike) {
                continue;
            }
            self.rewrite(&other.keys.reserve, |reserve: &mut Reserve| {
                let is_feed = reserve.config.rate_kind == RATE_PYTH_REDEMPTION;
                let cache = &mut reserve.price;
                cache.publish_ts -= i64::from(is_priced_alike && cache.publish_ts == ts);
                cache.rate_ts -= i64::from(is_feed && is_rated_alike && cache.rate_ts == ts);
            });
        }
    }

    /// Posts `spec` for `token`, and makes a cached price of its second a second older: see [`World::outdate`].
    pub fn set_price(&mut self, token: &Token, spec: &PriceSpec) {
        self.outdate(token, spec.publish_ts);
        self.chain
            .set_account(token.price_account, price_account(token.feed, spec));
    }

    /// Posts a calm price of this second.
    pub fn set_usd(&mut self, token: &Token, dollars: f64) {
        let now = self.now();
        self.set_price(token, &PriceSpec::usd(dollars, now));
    }
}
