//! Five hundred obligations over three collaterals and two debts, one of them a token that redeems for another.

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
use levee_test_oracle::{feed_address, push_all, Feed, LOCALNET_ID};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;
use tokio::sync::Mutex;

use crate::bootstrap::{bootstrap, deploy};
use crate::ledger::{airdrop, send_all};

const OWNERS: usize = 10;
const OBLIGATIONS_EACH: usize = 50;
/// Obligations of one transaction.
const AT_ONCE: usize = 4;

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

/// What owners deposit and owe, in turn.
const KINDS: [(&[usize], &[usize]); 5] = [
    (&[SOL], &[USDC]),
    (&[ETH], &[USDC]),
    (&[STAKED], &[USDT]),
    (&[SOL, ETH], &[USDC]),
    (&[STAKED, ETH], &[USDT, USDC]),
];

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
    owners: Vec<Keypair>,
    /// Units of 10⁻⁸ dollars, by feed.
    prices: Arc<Mutex<HashMap<u8, i64>>>,
    pusher: tokio::task::JoinHandle<()>,
}

impl Drop for Market {
    fn drop(&mut self) {
        self.pusher.abort();
    }
}

fn feed(id: u8, price: i64) -> Feed {
    Feed::steady([id; 32], price, -8)
}

impl Market {
    pub async fn new(connection: Connection) -> Self {
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
        send_all(
            &connection,
            &[(&admin, vec![push(&admin, &*prices.lock().await)])],
        )
        .await;
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
            admin.insecure_clone(),
            prices.clone(),
        ));
        let mut market = Self {
            connection,
            admin,
            key,
            tokens,
            owners: Vec::new(),
            prices,
            pusher,
        };
        market.lend().await;
        market.borrow().await;
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

    /// Ten owners borrow fifty times each.
    async fn borrow(&mut self) {
        self.owners = (0..OWNERS).map(|_| Keypair::new()).collect();
        let funded = self.owners.iter().map(|owner| async {
            airdrop(&self.connection, &owner.pubkey()).await;
            self.fund(&owner.pubkey(), 1_000_000.0).await;
        });
        join_all(funded).await;
        let mut deposits = Vec::new();
        let mut borrows = Vec::new();
        for (at, owner) in self.owners.iter().enumerate() {
            let kind = KINDS[at % KINDS.len()];
            for first in (0..OBLIGATIONS_EACH).step_by(AT_ONCE) {
                let ids = first..OBLIGATIONS_EACH.min(first + AT_ONCE);
                let (mut deposit, mut borrow) = (Vec::new(), vec![self.refresh(kind)]);
                for id in ids {
                    self.position(owner, kind, id, &mut deposit, &mut borrow)
                        .await;
                }
                deposits.push((owner, deposit));
                borrows.push((owner, borrow));
            }
        }
        send_all(&self.connection, &deposits).await;
        send_all(&self.connection, &borrows).await;
    }

    fn refresh(&self, (deposits, debts): (&[usize], &[usize])) -> Instruction {
        let keys = deposits.iter().chain(debts).map(|at| self.price_keys(*at));
        ix::refresh_reserves(&keys.collect::<Vec<_>>())
    }

    fn price_keys(&self, token: usize) -> PriceKeys {
        let admin = self.admin.pubkey();
        let address = |id: u8| feed_address(&LOCALNET_ID, &admin, &[id; 32]);
        PriceKeys {
            reserve: self.tokens[token].keys.reserve,
            price: address(self.tokens[token].feed),
            rate: (token == STAKED).then(|| address(RATE_FEED)),
        }
    }

    /// Thousands of dollars of collateral, and debts of seven tenths of it and a little more from one to the next.
    async fn position(
        &self,
        owner: &Keypair,
        (deposits, debts): (&[usize], &[usize]),
        id: usize,
        deposit: &mut Vec<Instruction>,
        borrow: &mut Vec<Instruction>,
    ) {
        let user = owner.pubkey();
        let id_number = id as u64;
        let obligation = pda::obligation(&self.key, &user, id_number);
        deposit.push(ix::init_obligation(user, self.key, id_number));
        let dollars = 2_000.0 + 150.0 * id as f64;
        let mut list = Vec::new();
        for at in deposits {
            let token = &self.tokens[*at];
            // The staked token is worth more than its base.
            let worth = if *at == STAKED {
                RATE as f64 / 1e8
            } else {
                1.0
            };
            let atoms = self
                .atoms(token, dollars / worth / deposits.len() as f64)
                .await;
            let wallet = self.wallet(&user, token);
            deposit.push(ix::deposit(user, obligation, &token.keys, wallet, atoms));
            list.push(token.keys.reserve);
        }
        let part = 0.70 + 0.04 * id as f64 / OBLIGATIONS_EACH as f64;
        for at in debts {
            let token = &self.tokens[*at];
            let atoms = self.atoms(token, dollars * part / debts.len() as f64).await;
            let wallet = self.wallet(&user, token);
            list.push(token.keys.reserve);
            borrow.push(ix::borrow(
                user,
                obligation,
                &token.keys,
                wallet,
                &list,
                atoms,
            ));
        }
    }

    /// From now on `feed`'s price is the part of what it was.
    pub async fn fall(&self, token: usize, part: f64) {
        let mut prices = self.prices.lock().await;
        let price = prices.get_mut(&self.tokens[token].feed).unwrap();
        *price = (*price as f64 * part) as i64;
        send_all(
            &self.connection,
            &[(&self.admin, vec![push(&self.admin, &prices)])],
        )
        .await;
    }

    /// How many obligations are unhealthy, of how many: all of them valued by the program's own code at the prices now.
    pub async fn unhealthy(&self) -> (usize, usize) {
        let connection = &self.connection;
        let market = connection.market(&self.key).await.unwrap();
        let reserves = connection.reserves(&self.key).await.unwrap();
        let obligations = connection.obligations(&self.key).await.unwrap();
        let now = connection.now().await.unwrap();
        let prices: Vec<_> = (0..TOKENS.len()).map(|at| self.price_keys(at)).collect();
        let copies = connection
            .refreshed(&reserves, &prices, &now)
            .await
            .unwrap();
        let moment = Moment {
            slot: now.clock.slot,
            now_ts: now.clock.unix_timestamp,
        };
        let unhealthy = obligations.iter().filter(|(_, obligation)| {
            let book = book(&market, obligation, |key| copies.0.get(key), moment);
            !book.unwrap().health.is_healthy()
        });
        (unhealthy.count(), obligations.len())
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

fn push(admin: &Keypair, prices: &HashMap<u8, i64>) -> Instruction {
    let mut feeds: Vec<Feed> = prices.iter().map(|(id, price)| feed(*id, *price)).collect();
    feeds.push(feed(RATE_FEED, RATE));
    push_all(&LOCALNET_ID, &admin.pubkey(), &feeds)
}

/// Publishes all prices every second, as young as liquidations ask for.
async fn push_forever(
    connection: Connection,
    admin: Keypair,
    prices: Arc<Mutex<HashMap<u8, i64>>>,
) {
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let prices = prices.lock().await;
        send_all(&connection, &[(&admin, vec![push(&admin, &prices)])]).await;
    }
}
