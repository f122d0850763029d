//! A second market of somebody else, whose accounts must be of no use in the first.

use levee::state::MarketConfig;
use levee_client::{instructions as ix, pda, ReserveKeys};
use levee_testkit::{sol_config, Chain, Token, World};
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

/// Somebody else's market.
pub struct Foreign {
    /// Its owner, risk admin and guardian.
    pub owner: Keypair,
    /// Its address.
    pub market: Pubkey,
    /// The same mint and price as in the first market, another reserve.
    pub token: Token,
}

impl Foreign {
    /// Creates a market beside the one of `world` that lists the mint of `token` too.
    ///
    /// # Panics
    /// Where the program refuses that.
    pub fn new<C: Chain>(world: &mut World<C>, token: &Token) -> Self {
        let owner = world.keypair();
        let key = owner.pubkey();
        let market = pda::market(&key, 0);
        let create = ix::init_lending_market(key, 0, key, key, MarketConfig::DEFAULT);
        let keys = ReserveKeys::new(market, token.keys.mint, token.keys.token_program);
        let list = ix::init_reserve(key, &keys, sol_config(token.feed));
        world.must(&[create, list], &[&owner]);
        Self {
            owner,
            market,
            token: Token { keys, ..*token },
        }
    }
}
