//! A market with three collaterals and two debts, one of them a token that redeems for another, and its borrowers.

mod borrowers;
mod prices;

pub use borrowers::Crowd;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use levee::state::MarketConfig;
use levee_client::instructions::{self as ix, PriceKeys};
use levee_client::quote::book;
use levee_client::rpc::Connection;
use levee_client::{pda, tokens, ReserveKeys};
use levee_risk::policy::Moment;
use levee_test_oracle::{feed_address, push_all, Feed};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;
use tokio::sync::Mutex;

use crate::bootstrap::{bootstrap, deploy};
use crate::ledger::{airdrop, send_all};
use prices::{push, push_forever};

pub const SOL: usize = 0;
pub const ETH: usize = 1;
pub const STAKED: usize = 2;
pub const USDC: usize = 3;
pub const USDT: usize = 4;

/// Name, decimals, feed as in market.toml; prices are by feed.
const TOKENS: [(&str, u8, u8); 5] = [
    ("sol", 9, 1),
    ("eth", 8, 2),
    ("staked", 9, 1),
    ("usdc", 6, 3),
    ("usdt", 6, 4),
];
/// Feed of the staked token's redemption rate.
const RATE_FEED: u8 = 5;
const RATE: i64 = 120_000_000;

pub struct Token {
    pub keys: ReserveKeys,
    pub decimals: u8,
    feed: u8,
}

pub struct Market {
    pub connection: Connection,
    pub admin: Keypair,
    pub key: Pubkey,
    pub tokens: Vec<Token>,
    pub owners: Vec<Keypair>,
    /// Where prices are pushed.
    oracle: Pubkey,
    /// Units of 10⁻⁸ dollars, by feed.
    prices: Arc<Mutex<HashMap<u8, i64>>>,
    pusher: tokio::task::JoinHandle<()>,
}

impl Drop for Market {
    fn drop(&mut self) {
        self.pusher.abort();
    }
}

impl Market {
    /// With five hundred obligations.
    pub async fn new(connection: Connection) -> Self {
        Self::of(connection, Crowd::LARGE).await
    }

    pub async fn of(connection: Connection, crowd: Crowd) -> Self {
        let admin = Keypair::new();
        airdrop(&connection, &admin.pubkey()).await;
        let key = pda::market(&admin.pubkey(), 0);
        let prices = HashMap::from([
            (1, 20_000_000_000),
            (2, 400_000_000_000),
            (3, 100_000_000),
            (4, 100_000_000),
        ]);
        let prices = Arc::new(Mutex::new(prices));
        deploy(&connection, &admin).await;
        let made = bootstrap(&connection, &admin).await;
        assert_eq!(made.market, key.to_string());
        let oracle = made.oracle.as_ref().unwrap().parse().unwrap();
        let first = push(&oracle, &admin, &*prices.lock().await);
        send_all(&connection, &[(&admin, vec![first])]).await;
        let tokens: Vec<Token> = TOKENS
            .iter()
            .map(|(name, decimals, feed)| Token {
                keys: ReserveKeys::new(
                    key,
                    made.reserves[*name].mint.parse().unwrap(),
                    tokens::TOKEN_PROGRAM,
                ),
                decimals: *decimals,
                feed: *feed,
            })
            .collect();
        let pusher = tokio::spawn(push_forever(
            Connection::new(connection.cluster.clone(), connection.client.commitment()),
            (oracle, admin.insecure_clone()),
            prices.clone(),
        ));
        let mut market = Self {
            connection,
            admin,
            key,
            tokens,
            owners: Vec::new(),
            oracle,
            prices,
            pusher,
        };
        market.lend().await;
        market.borrow(crowd).await;
        market
    }

    /// Gives `to` an account of every token, with so many dollars of it.
    pub async fn fund(&self, to: &Pubkey, dollars: f64) {
        let mut list = Vec::new();
        for token in &self.tokens {
            let account = self.wallet(to, token);
            let admin = &self.admin.pubkey();
            let program = &tokens::TOKEN_PROGRAM;
            let mint = &token.keys.mint;
            let atoms = self.atoms(token, dollars).await;
            list.push(tokens::create_associated_account(admin, to, mint, program));
            list.push(tokens::mint_to(program, mint, &account, admin, atoms).unwrap());
        }
        send_all(&self.connection, &[(&self.admin, list)]).await;
    }

    pub fn wallet(&self, of: &Pubkey, token: &Token) -> Pubkey {
        tokens::associated_account(of, &token.keys.mint, &tokens::TOKEN_PROGRAM)
    }

    /// Balances of `of`, token by token.
    pub async fn balances(&self, of: &Pubkey) -> Vec<u64> {
        let keys: Vec<_> = self.tokens.iter().map(|t| self.wallet(of, t)).collect();
        self.atoms_in(&keys).await
    }

    /// Atoms in token accounts.
    pub async fn atoms_in(&self, keys: &[Pubkey]) -> Vec<u64> {
        let accounts = self.connection.accounts(keys).await.unwrap();
        let atoms = accounts.iter().map(|account| {
            let account = account.as_ref().expect("the token account exists");
            tokens::balance(&account.data).expect("it is a token account")
        });
        atoms.collect()
    }

    async fn atoms(&self, token: &Token, dollars: f64) -> u64 {
        let price = self.prices.lock().await[&token.feed] as f64 / 1e8;
        (dollars / price * 10f64.powi(i32::from(token.decimals))) as u64
    }

    /// Somebody lends the debts' tokens.
    async fn lend(&mut self) {
        self.fund(&self.admin.pubkey(), 20_000_000.0).await;
        let owner = self.admin.pubkey();
        let obligation = pda::obligation(&self.key, &owner, 0);
        let mut list = vec![ix::init_obligation(owner, self.key, 0)];
        for token in [&self.tokens[USDC], &self.tokens[USDT]] {
            let atoms = self.atoms(token, 10_000_000.0).await;
            let wallet = self.wallet(&owner, token);
            list.push(ix::deposit(owner, obligation, &token.keys, wallet, atoms));
        }
        send_all(&self.connection, &[(&self.admin, list)]).await;
    }

    /// Every token: what all wallets, of these and of the market's own people, and the vault hold.
    pub async fn total(&self, token: &Token, of: &[Pubkey]) -> u64 {
        let owners = self.owners.iter().map(|owner| owner.pubkey());
        let everybody = owners
            .chain([self.admin.pubkey()])
            .chain(of.iter().copied());
        let mut keys: Vec<_> = everybody.map(|owner| self.wallet(&owner, token)).collect();
        keys.push(token.keys.vault);
        self.atoms_in(&keys).await.iter().sum()
    }
}

/// A market without reserves, and its address.
pub async fn found_only(connection: &Connection, admin: &Keypair) -> Pubkey {
    send_all(connection, &[(admin, found(admin))]).await;
    pda::market(&admin.pubkey(), 0)
}

fn found(admin: &Keypair) -> Vec<Instruction> {
    let key = admin.pubkey();
    vec![ix::init_lending_market(
        key,
        0,
        key,
        key,
        MarketConfig::DEFAULT,
    )]
}
