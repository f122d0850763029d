//! A market with borrowers, and a bot that watches it.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anchor_lang::{AnchorDeserialize, Discriminator};
use base64::prelude::{Engine, BASE64_STANDARD};
use levee::events::{BatchLiquidated, Liquidated};
use levee_client::tokens::associated_account;
use levee_liquidator::bot::{Bot, Parts, Round};
use levee_liquidator::config::Config;
use levee_liquidator::health::Health;
use levee_liquidator::journal::Journal;
use levee_liquidator::router::inventory::Inventory;
use levee_liquidator::router::SwapRouter;
use levee_testkit::{
    sol_config, stable_config, token_account, Chain, LiteChain, PriceSpec, Token, User, World,
};
use solana_pubkey::Pubkey;
use solana_sdk_ids::compute_budget;
use solana_transaction::versioned::VersionedTransaction;

use crate::chain::Shared;

/// What borrowers deposit and owe: unhealthy from 183.75 dollars a SOL down.
pub const COLLATERAL_SOL: f64 = 100.0;
pub const DEBT_USD: f64 = 14_700.0;

pub struct Scene {
    pub chain: Shared,
    pub sol: Token,
    pub usdc: Token,
    pub borrowers: Vec<User>,
    pub liquidator: User,
    pub config: Config,
    folder: tempfile::TempDir,
}

/// What one liquidation paid and took, as its event says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paid {
    pub obligation: Pubkey,
    pub due_atoms: u64,
    pub seized_atoms: u64,
}

impl Scene {
    /// So many borrowers, and a liquidator who holds this many dollars.
    pub fn new(borrowers: usize, dollars: f64) -> Self {
        let mut world = World::new(LiteChain::new());
        let sol = world.add_token(9, 200.0, sol_config);
        let usdc = world.add_token(6, 1.0, stable_config);
        world.supplier(&usdc, usdc.atoms(10_000_000.0));
        let borrowers: Vec<User> = (0..borrowers)
            .map(|at| {
                let user = world.supplier(&sol, sol.atoms(COLLATERAL_SOL));
                let debt = usdc.atoms(DEBT_USD + at as f64);
                world.borrow(&user, &usdc, debt).unwrap();
                user
            })
            .collect();
        let liquidator = world.user();
        // Where wallets keep tokens on real chains.
        for (token, atoms) in [(&usdc, usdc.atoms(dollars)), (&sol, 0)] {
            let keys = &token.keys;
            let account = token_account(keys.token_program, keys.mint, liquidator.key(), atoms);
            world.chain.set_account(wallet(&liquidator, token), account);
        }
        let chain = Shared::new(world);
        chain.lock().obligations = borrowers.iter().map(|user| user.obligation).collect();
        let config = "[cluster]\nrpc_url = \"\"\nmarket = \"\"\nkeypair = \"\"\n[journal]\npath = \"\"\n[watch]\npoll_millis = 1\nsilent_seconds = 60\nfallback_millis = 1\n";
        let mut config = Config::parse(config).unwrap();
        config.profit.min_profit_micro_usd = -1_000_000;
        Self {
            chain,
            sol,
            usdc,
            borrowers,
            liquidator,
            config,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// A bot on the scene's journal, which keeps what it seizes.
    pub fn bot(&self) -> Bot {
        self.bot_with(Arc::new(Inventory {
            cost_bps: 0,
            pairs: HashMap::new(),
        }))
    }

    pub fn bot_with(&self, router: Arc<dyn SwapRouter>) -> Bot {
        self.make(router, false)
    }

    pub fn paper_bot(&self) -> Bot {
        let inventory = Inventory {
            cost_bps: 0,
            pairs: HashMap::new(),
        };
        self.make(Arc::new(inventory), true)
    }

    fn make(&self, router: Arc<dyn SwapRouter>, is_paper: bool) -> Bot {
        let parts = Parts {
            source: Arc::new(self.chain.clone()),
            sender: Arc::new(self.chain.clone()),
            router,
            keypair: self.liquidator.keypair.insecure_clone(),
            market: self.chain.lock().world.market,
            price_accounts: Vec::new(),
            tables: Vec::new(),
            journal: self.journal(),
            config: self.config.clone(),
            is_paper,
        };
        Bot::new(parts, Arc::new(Health::new(Duration::from_secs(60)))).unwrap()
    }

    pub fn journal_path(&self) -> std::path::PathBuf {
        self.folder.path().join("journal")
    }

    pub fn journal(&self) -> Journal {
        Journal::open(Path::new(&self.journal_path())).unwrap()
    }

    /// Slots pass, a second for every two and a half, and both prices are published anew; SOL's average with it.
    pub fn pass(&self, slots: u64, sol_usd: f64) {
        self.pass_lagging(slots, sol_usd, sol_usd);
    }

    /// The same with SOL's average elsewhere.
    pub fn pass_lagging(&self, slots: u64, sol_usd: f64, average_usd: f64) {
        let world = &mut self.chain.lock().world;
        world.advance(slots, (slots * 2).div_ceil(5).cast_signed());
        world.chain.svm().expire_blockhash();
        let spec = PriceSpec {
            ema: PriceSpec::usd(average_usd, 0).price,
            ..PriceSpec::usd(sol_usd, world.now())
        };
        world.set_price(&self.sol, &spec);
        world.set_usd(&self.usdc, 1.0);
    }

    /// Rounds, with a slot between them, until one has nothing to do and nothing open; what was done over all.
    pub async fn rounds(&self, bot: &mut Bot, sol_usd: f64) -> Round {
        let mut sum = Round::default();
        for _ in 0..60 {
            let round = self.round(bot).await;
            sum.sent += round.sent;
            sum.marked += round.marked;
            sum.unhealthy = round.unhealthy;
            sum.open = round.open;
            if round.sent == 0 && round.open == 0 {
                return sum;
            }
            self.pass(1, sol_usd);
        }
        panic!("the bot never comes to rest: {sum:?}");
    }

    /// One round, a little later than the last one, so that everything due is asked for.
    pub async fn round(&self, bot: &mut Bot) -> Round {
        tokio::time::sleep(Duration::from_millis(3)).await;
        bot.round(false).await.unwrap()
    }

    /// What all landed transactions liquidated, by their events.
    pub fn paid(&self) -> Vec<Paid> {
        let state = self.chain.lock();
        let succeeded = state
            .landed
            .iter()
            .filter(|(_, landed)| landed.error.is_none());
        let logs = succeeded.filter_map(|(signature, _)| state.logs.get(signature));
        logs.flatten().flat_map(|line| events(line)).collect()
    }

    pub fn balance(&self, token: &Token) -> u64 {
        let at = wallet(&self.liquidator, token);
        self.chain.lock().world.token_balance(&at)
    }

    /// How many borrowers are unhealthy, by the program's own code at the prices now.
    pub fn unhealthy(&self) -> usize {
        use levee_client::quote::book;
        use levee_risk::policy::Moment;
        let mut state = self.chain.lock();
        let world = &mut state.world;
        let refresh = world.refresh(&[self.sol, self.usdc]);
        let payer = self.liquidator.keypair.insecure_clone();
        world.must(&[refresh], &[&payer]);
        let moment = Moment {
            slot: world.slot(),
            now_ts: world.now(),
        };
        let market = world.lending_market();
        let reserves: HashMap<_, _> = [self.sol, self.usdc]
            .iter()
            .map(|token| (token.keys.reserve, world.reserve(token)))
            .collect();
        let is_unhealthy = |user: &&User| {
            let obligation = world.obligation(user);
            let book = book(&market, &obligation, |key| reserves.get(key), moment);
            !book.unwrap().health.is_healthy()
        };
        self.borrowers.iter().filter(is_unhealthy).count()
    }
}

/// What a transaction offers for a compute unit, in millionths of a lamport.
pub fn offered(transaction: &VersionedTransaction) -> u64 {
    const SET_PRICE: u8 = 3;
    let message = &transaction.message;
    let keys = message.static_account_keys();
    let of_budget = message.instructions().iter().filter(|instruction| {
        keys[usize::from(instruction.program_id_index)] == compute_budget::ID
    });
    let mut prices = of_budget.filter_map(|instruction| {
        let price = instruction.data.strip_prefix(&[SET_PRICE])?;
        Some(u64::from_le_bytes(price.try_into().ok()?))
    });
    prices.next().unwrap_or(0)
}

/// Where the liquidator keeps a token.
pub fn wallet(liquidator: &User, token: &Token) -> Pubkey {
    associated_account(
        &liquidator.key(),
        &token.keys.mint,
        &token.keys.token_program,
    )
}

/// The liquidations that a log line tells of.
pub fn events(line: &str) -> Vec<Paid> {
    let Some(data) = line.strip_prefix("Program data: ") else {
        return Vec::new();
    };
    let data = BASE64_STANDARD.decode(data).unwrap_or_default();
    if let Some(mut body) = data.strip_prefix(Liquidated::DISCRIMINATOR) {
        let event = Liquidated::deserialize(&mut body).unwrap();
        return vec![Paid {
            obligation: event.obligation,
            due_atoms: event.repaid_atoms + event.insurance_atoms,
            seized_atoms: event.seized_atoms,
        }];
    }
    if let Some(mut body) = data.strip_prefix(BatchLiquidated::DISCRIMINATOR) {
        let event = BatchLiquidated::deserialize(&mut body).unwrap();
        let each = event.liquidations.iter().map(|entry| Paid {
            obligation: entry.obligation,
            due_atoms: entry.repaid_atoms + entry.insurance_atoms,
            seized_atoms: entry.seized_atoms,
        });
        return each.collect();
    }
    Vec::new()
}
