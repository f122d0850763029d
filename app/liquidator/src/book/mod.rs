//! What the bot knows of a market: the index of its obligations, valued with the newest prices that the oracles show.
//!
//! An oracle's account changes before anybody refreshes the reserves with it. Its prices are read by the program's own
//! code, on copies of the reserves, just as a refresh would.

mod closed;
mod prices;

use std::collections::HashMap;

use anchor_lang::prelude::Clock;
use anchor_lang::Discriminator;
use anyhow::{anyhow, bail, Context, Result};
use levee::state::{LendingMarket, Obligation, Reserve};
use levee_client::accounts::decode;
use levee_index::boxes::Motion;
use levee_index::world::FeedId;
use levee_index::{Index, Settled};
use levee_risk::policy::Moment;
use solana_pubkey::Pubkey;

use crate::source::{AccountState, Snapshot};
use closed::Closed;

/// A feed's account and the time of what it said last.
#[derive(Clone, Copy)]
struct PriceAccount {
    key: Pubkey,
    publish_ts: i64,
}

/// What a reserve caches on the chain, where what is known is newer.
#[derive(Clone, Copy)]
struct Cached {
    publish_ts: i64,
    rate_ts: i64,
}

/// The market and everything that depends on it.
pub struct Book {
    market: Pubkey,
    index: Index,
    clock: Clock,
    restart_slot: u64,
    /// Accounts of each feed.
    feeds: HashMap<FeedId, Vec<PriceAccount>>,
    /// By reserve: what the index knows is newer.
    cached: HashMap<Pubkey, Cached>,
    closed: Closed,
    /// The newest slot that anything was seen in.
    newest_slot: u64,
}

/// A dollar, more or less, stays where it is. A wrong guess costs speed only.
fn motion(_: &FeedId, reserve: &Reserve) -> Motion {
    let price = reserve.price.price as f64 * 10f64.powi(reserve.price.exponent);
    if (0.9..1.1).contains(&price) {
        Motion::PEGGED
    } else {
        Motion::FREE
    }
}

impl Book {
    /// Everything of `snapshot`, at the time of `clock`.
    ///
    /// # Errors
    /// Where the market is not among its accounts, or is none.
    pub fn load(
        market: Pubkey,
        snapshot: &Snapshot,
        clock: Clock,
        restart_slot: u64,
    ) -> Result<Self> {
        let account = snapshot.accounts.iter().find(|a| a.key == market);
        let account = account.with_context(|| format!("there is no account {market}"))?;
        if account.owner != levee::ID {
            bail!("{market} does not belong to Levee ({})", levee::ID);
        }
        let decoded = decode::<LendingMarket>(&account.data)
            .map_err(|why| anyhow!("{market} is no lending market: {why}"))?;
        let moment = Moment {
            slot: clock.slot,
            now_ts: clock.unix_timestamp,
        };
        let reserves = snapshot.accounts.iter().filter_map(|account| {
            let reserve = decode::<Reserve>(&account.data).ok()?;
            (account.owner == levee::ID && reserve.market == market)
                .then_some((account.key, reserve))
        });
        let reserves: Vec<(Pubkey, Reserve)> = reserves.collect();
        let cached = reserves.iter().map(|(key, of)| (*key, Cached::of(of)));
        let mut book = Self {
            cached: cached.collect(),
            closed: Closed::default(),
            market,
            index: Index::new(decoded, reserves, moment, motion),
            clock,
            restart_slot,
            feeds: HashMap::new(),
            newest_slot: snapshot.slot,
        };
        for account in &snapshot.accounts {
            if account.data.starts_with(Obligation::DISCRIMINATOR) {
                book.apply(snapshot.slot, account);
            }
        }
        Ok(book)
    }

    /// The index.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// Whether `key` is an obligation that was unhealthy when verdicts were brought up to date.
    pub fn is_unhealthy(&self, key: &Pubkey) -> bool {
        let id = self.index.obligations().number(key);
        id.is_some_and(|id| self.index.is_unhealthy(id))
    }

    /// The market's address.
    pub fn market(&self) -> &Pubkey {
        &self.market
    }

    /// The newest slot that anything was seen in.
    pub fn newest_slot(&self) -> u64 {
        self.newest_slot.max(self.clock.slot)
    }

    /// When the next block will be made.
    pub fn next_moment(&self) -> Moment {
        Moment {
            slot: self.newest_slot() + 1,
            now_ts: self.clock.unix_timestamp,
        }
    }

    /// The slot of the cluster's latest restart; zero for never.
    pub fn restart_slot(&self) -> u64 {
        self.restart_slot
    }

    /// Takes in an account as it was in `slot`. Returns whether it named a reserve that is not known, so that everything must be
    /// loaded anew.
    pub fn apply(&mut self, slot: u64, account: &AccountState) -> bool {
        self.newest_slot = self.newest_slot.max(slot);
        if account.key == self.market {
            if let Ok(market) = decode::<LendingMarket>(&account.data) {
                self.index.put_market(market);
            }
            return false;
        }
        if account.owner == levee::ID {
            return self.apply_own(slot, account);
        }
        if self.index.obligations().number(&account.key).is_some() {
            // It was closed, and its lamports are gone.
            self.forget(&account.key, slot);
            return false;
        }
        self.apply_price(account);
        false
    }

    fn apply_own(&mut self, slot: u64, account: &AccountState) -> bool {
        if let Ok(reserve) = decode::<Reserve>(&account.data) {
            let is_new = self.index.world().number(&account.key).is_none();
            if reserve.market == self.market {
                self.note_cached(account.key, &reserve);
                self.index.put_reserve(account.key, reserve);
            }
            return is_new;
        }
        match decode::<Obligation>(&account.data) {
            Ok(_) if self.closed.is_after(&account.key, slot) => false,
            Ok(obligation) if obligation.market == self.market => {
                self.index.put(&account.key, &obligation, slot).is_err()
            }
            _ => false,
        }
    }

    /// Time goes on.
    pub fn advance(&mut self, clock: Clock) {
        if clock.slot >= self.clock.slot {
            self.newest_slot = self.newest_slot.max(clock.slot);
            self.index.advance(Moment {
                slot: clock.slot,
                now_ts: clock.unix_timestamp,
            });
            self.clock = clock;
        }
    }

    /// The cluster's latest restart.
    pub fn set_restart_slot(&mut self, slot: u64) {
        self.restart_slot = slot;
    }

    /// Brings the verdicts up to date.
    pub fn settle(&mut self) -> Settled {
        self.index.settle()
    }
}
