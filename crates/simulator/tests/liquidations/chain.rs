//! A market on an embedded chain whose transactions can be listed and read as a cluster's.

use std::cell::Cell;

use anyhow::{bail, Result};
use levee_client::instructions::Limits;
use levee_risk::policy::Moment;
use levee_simulator::heatmap::MarketAccounts;
use levee_simulator::liquidations::{
    open_interest, synchronize, History, Listed, Logs, MarketState, Progress, ReserveFacts, Store,
};
use levee_testkit::{sol_config, stable_config, LiteChain, Receipt, Token, User, World};

/// What a cluster keeps of one address.
#[derive(Default)]
pub struct Record {
    pub transactions: Vec<(Listed, Vec<String>)>,
    /// Transactions of a page.
    pub page: usize,
    /// The block times that only a transaction's own answer has.
    pub late_ts: Option<i64>,
    /// Answers before the cluster fails; `None` for a sound one.
    pub answers_left: Cell<Option<u32>>,
}

impl Record {
    pub fn add(&mut self, block_ts: i64, logs: &[String]) {
        let number = self.transactions.len();
        let listed = Listed {
            // Not in the order of time, as signatures are not.
            signature: format!("{:03}-{number}", (number * 37 + 11) % 101),
            slot: 1_000 + number as u64,
            block_ts: Some(block_ts),
            is_failed: false,
        };
        self.transactions.push((listed, logs.to_vec()));
    }

    fn answer(&self) -> Result<()> {
        match self.answers_left.get() {
            Some(0) => bail!("the cluster does not answer"),
            left => self.answers_left.set(left.map(|left| left - 1)),
        }
        Ok(())
    }
}

impl History for Record {
    async fn page(&self, before: Option<&str>, until: Option<&str>) -> Result<Vec<Listed>> {
        self.answer()?;
        let newest_first = self.transactions.iter().rev().map(|(listed, _)| listed);
        let mut older =
            newest_first.skip_while(|one| before.is_some_and(|before| one.signature != before));
        if before.is_some() {
            older.next();
        }
        let newer = older.take_while(|one| until != Some(one.signature.as_str()));
        Ok(newer.take(self.page.max(1)).cloned().collect())
    }

    async fn logs(&self, of: &Listed) -> Result<Logs> {
        self.answer()?;
        let found = self.transactions.iter().find(|(one, _)| one == of);
        let Some((_, lines)) = found else {
            bail!("there is no {}", of.signature);
        };
        Ok(Logs {
            lines: lines.clone(),
            block_ts: self.late_ts,
        })
    }
}

/// SOL and USDC with a lender of each, a liquidator, and a record of all transactions sent through it.
pub struct Market {
    pub world: World<LiteChain>,
    pub sol: Token,
    pub usdc: Token,
    pub liquidator: User,
    pub record: Record,
}

impl Market {
    pub fn new() -> Self {
        let mut world = World::new(LiteChain::new());
        let sol = world.add_token(9, 100.0, sol_config);
        let usdc = world.add_token(6, 1.0, stable_config);
        world.supplier(&usdc, usdc.atoms(1e6));
        world.supplier(&sol, sol.atoms(1e4));
        let liquidator = world.user();
        world.fund(&liquidator, &usdc, usdc.atoms(1e6));
        world.fund(&liquidator, &sol, sol.atoms(1e4));
        let record = Record {
            page: 2,
            ..Record::default()
        };
        Self {
            world,
            sol,
            usdc,
            liquidator,
            record,
        }
    }

    /// A borrower of dollars against 100 SOL at $100.
    pub fn long(&mut self, dollars: f64) -> User {
        let user = self.world.supplier(&self.sol, self.sol.atoms(100.0));
        let atoms = self.usdc.atoms(dollars);
        self.world
            .borrow(&user, &self.usdc, atoms)
            .expect("it is within the LTV");
        user
    }

    /// A borrower of SOL against 10,000 dollars.
    pub fn short(&mut self, sol: f64) -> User {
        let user = self.world.supplier(&self.usdc, self.usdc.atoms(1e4));
        let atoms = self.sol.atoms(sol);
        self.world
            .borrow(&user, &self.sol, atoms)
            .expect("it is within the LTV");
        user
    }

    /// The price of SOL moves, a slot later.
    pub fn price(&mut self, dollars: f64) {
        self.world.advance(1, 1);
        self.world.set_usd(&self.sol, dollars);
        self.world.set_usd(&self.usdc, 1.0);
    }

    /// Liquidates and records.
    pub fn liquidate(&mut self, of: &User, is_long: bool) -> Receipt {
        let (repay, seize) = match is_long {
            true => (self.usdc, self.sol),
            false => (self.sol, self.usdc),
        };
        let receipt = self
            .world
            .liquidate(&self.liquidator, of, &repay, &seize, u64::MAX);
        let receipt = receipt.expect("the obligation is unhealthy beyond doubt");
        self.record.add(self.world.now(), &receipt.logs);
        receipt
    }

    /// The same of many longs at once.
    pub fn liquidate_batch(&mut self, of: &[&User]) -> Receipt {
        let limits = Limits {
            max_repay_atoms: u64::MAX,
            min_seized_atoms: 0,
        };
        let (usdc, sol) = (self.usdc, self.sol);
        let receipt = self
            .world
            .liquidate_batch(&self.liquidator, of, &usdc, &sol, limits);
        let receipt = receipt.expect("the obligations are unhealthy beyond doubt");
        self.record.add(self.world.now(), &receipt.logs);
        receipt
    }

    pub fn accounts(&self, users: &[&User]) -> MarketAccounts {
        let reserves =
            [self.sol, self.usdc].map(|token| (token.keys.reserve, self.world.reserve(&token)));
        let obligations = users
            .iter()
            .map(|user| (user.obligation, self.world.obligation(user)));
        MarketAccounts {
            market: self.world.lending_market(),
            reserves: reserves.to_vec(),
            obligations: obligations.collect(),
        }
    }

    /// Tells `store` of the reserves.
    pub fn describe(&self, store: &mut Store) {
        let accounts = self.accounts(&[]);
        let facts = accounts
            .reserves
            .iter()
            .map(|(key, reserve)| ReserveFacts::of(key, reserve));
        store
            .describe(&facts.collect::<Vec<_>>(), &[])
            .expect("the database takes it");
    }

    pub fn state(&self, users: &[&User]) -> MarketState {
        let moment = Moment {
            slot: self.world.slot(),
            now_ts: self.world.now(),
        };
        open_interest(&self.accounts(users), moment).expect("the accounts fit")
    }
}

/// Reads all that is new.
pub fn read(store: &mut Store, record: &Record) -> Result<Progress> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(synchronize(store, record, |_| {}))
}

/// A database in a folder that goes with it.
pub fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().expect("there is room");
    let store = Store::open(&folder.path().join("liquidations.sqlite")).expect("it opens");
    (folder, store)
}
