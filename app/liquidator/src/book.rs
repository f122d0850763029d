//! What the bot knows of a market: the index of its obligations, valued with the newest prices that the oracles show.
//!
//! An oracle's account changes before anybody refreshes the reserves with it. Its prices are read by the program's own
//! code, on copies of the reserves, just as a refresh would.

use std::collections::HashMap;

use anchor_lang::prelude::{AccountInfo, Clock};
use anchor_lang::Discriminator;
use anyhow::{anyhow, bail, Context, Result};
use levee::state::{
    LendingMarket, Obligation, Reserve, ORACLE_PYTH_LEGACY, RATE_NONE, RATE_PYTH_REDEMPTION,
};
use levee::{oracle, rate};
use levee_client::accounts::decode;
use levee_client::instructions::PriceKeys;
use levee_index::boxes::Motion;
use levee_index::world::FeedId;
use levee_index::{Index, Settled};
use levee_risk::policy::Moment;
use solana_pubkey::Pubkey;

use crate::source::{AccountState, Snapshot};

/// A feed's account and the time of what it said last.
#[derive(Clone, Copy)]
struct PriceAccount {
    key: Pubkey,
    publish_ts: i64,
}

/// The market and everything that depends on it.
pub struct Book {
    market: Pubkey,
    index: Index,
    clock: Clock,
    restart_slot: u64,
    /// Accounts of each feed.
    feeds: HashMap<FeedId, Vec<PriceAccount>>,
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
        let mut book = Self {
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

    /// The feeds of pull oracles whose accounts must be found.
    pub fn pull_feeds(&self) -> Vec<FeedId> {
        let listed = self.index.world().reserves.iter();
        let pull = listed.filter(|r| r.reserve.config.oracle_kind != ORACLE_PYTH_LEGACY);
        let mut feeds: Vec<FeedId> = pull.map(|r| r.reserve.config.oracle_feed).collect();
        let redeemed = self.index.world().reserves.iter();
        let redeemed = redeemed.filter(|r| r.reserve.config.rate_kind == RATE_PYTH_REDEMPTION);
        feeds.extend(redeemed.map(|r| r.reserve.config.rate_source));
        feeds.sort_unstable();
        feeds.dedup();
        feeds
    }

    /// Makes `key` an account of `feed`.
    pub fn know_price_account(&mut self, feed: FeedId, key: Pubkey) {
        let accounts = self.feeds.entry(feed).or_default();
        if accounts.iter().all(|known| known.key != key) {
            accounts.push(PriceAccount {
                key,
                publish_ts: i64::MIN,
            });
        }
    }

    /// Accounts of prices and rates, which are to be watched.
    pub fn watched(&self) -> Vec<Pubkey> {
        let mut keys: Vec<Pubkey> = self.feeds.values().flatten().map(|a| a.key).collect();
        for listed in &self.index.world().reserves {
            let config = &listed.reserve.config;
            if config.oracle_kind == ORACLE_PYTH_LEGACY {
                keys.push(Pubkey::new_from_array(config.oracle_feed));
            }
            if config.rate_kind != RATE_NONE && config.rate_kind != RATE_PYTH_REDEMPTION {
                keys.push(Pubkey::new_from_array(config.rate_source));
            }
        }
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// The feeds that no account is known of.
    pub fn feeds_without_account(&self) -> Vec<FeedId> {
        let unknown = |feed: &FeedId| self.feeds.get(feed).is_none_or(Vec::is_empty);
        self.pull_feeds().into_iter().filter(unknown).collect()
    }

    /// What a refresh of `reserve` names: the accounts with the newest price and rate; `None` where one is not known.
    pub fn price_keys(&self, reserve: &Pubkey) -> Option<PriceKeys> {
        let config = &self.index.world().reserve(reserve)?.config;
        let newest = |feed: &FeedId| {
            let accounts = self.feeds.get(feed)?.iter();
            accounts.max_by_key(|a| a.publish_ts).map(|a| a.key)
        };
        let price = match config.oracle_kind {
            ORACLE_PYTH_LEGACY => Pubkey::new_from_array(config.oracle_feed),
            _ => newest(&config.oracle_feed)?,
        };
        let rate = match config.rate_kind {
            RATE_NONE => None,
            RATE_PYTH_REDEMPTION => Some(newest(&config.rate_source)?),
            _ => Some(Pubkey::new_from_array(config.rate_source)),
        };
        Some(PriceKeys {
            reserve: *reserve,
            price,
            rate,
        })
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
            self.index.remove(&account.key);
            return false;
        }
        self.apply_price(account);
        false
    }

    fn apply_own(&mut self, slot: u64, account: &AccountState) -> bool {
        if let Ok(reserve) = decode::<Reserve>(&account.data) {
            let is_new = self.index.world().number(&account.key).is_none();
            if reserve.market == self.market {
                self.index.put_reserve(account.key, reserve);
            }
            return is_new;
        }
        match decode::<Obligation>(&account.data) {
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

    /// Reads a price or rate account into every reserve that it concerns, as a refresh would.
    fn apply_price(&mut self, account: &AccountState) {
        let reserves: Vec<(Pubkey, Reserve)> = self
            .index
            .world()
            .reserves
            .iter()
            .map(|listed| (listed.key, listed.reserve))
            .collect();
        for (key, mut reserve) in reserves {
            if self.is_price_of(&account.key, &reserve) {
                // As if nothing were cached: what this account says, however old. The index takes the newest.
                reserve.price.publish_ts = i64::MIN;
                let read = with_info(account, |info| {
                    oracle::refresh(&mut reserve, info, &self.clock)
                });
                if read.is_ok() {
                    let quote = reserve.cached_source().quote;
                    self.note_publish_ts(&reserve.config.oracle_feed, account, quote.publish_ts);
                    self.index.put_price(&reserve.config.oracle_feed, &quote);
                }
            }
            if self.is_rate_of(&account.key, &reserve) {
                reserve.price.rate = 0;
                let read = with_info(account, |info| {
                    rate::refresh(&mut reserve, info, &self.clock)
                });
                if read.is_ok() {
                    let cache = reserve.price;
                    self.note_publish_ts(&reserve.config.rate_source, account, cache.rate_ts);
                    self.index.put_rate(&key, cache.rate, cache.rate_ts);
                }
            }
        }
    }

    fn note_publish_ts(&mut self, feed: &FeedId, account: &AccountState, publish_ts: i64) {
        let accounts = self.feeds.get_mut(feed).into_iter().flatten();
        for known in accounts.filter(|known| known.key == account.key) {
            known.publish_ts = publish_ts;
        }
    }

    fn is_price_of(&self, key: &Pubkey, reserve: &Reserve) -> bool {
        let config = &reserve.config;
        match config.oracle_kind {
            ORACLE_PYTH_LEGACY => config.oracle_feed == key.to_bytes(),
            _ => self.is_account_of(key, &config.oracle_feed),
        }
    }

    fn is_rate_of(&self, key: &Pubkey, reserve: &Reserve) -> bool {
        let config = &reserve.config;
        match config.rate_kind {
            RATE_NONE => false,
            RATE_PYTH_REDEMPTION => self.is_account_of(key, &config.rate_source),
            _ => config.rate_source == key.to_bytes(),
        }
    }

    fn is_account_of(&self, key: &Pubkey, feed: &FeedId) -> bool {
        let accounts = self.feeds.get(feed);
        accounts.is_some_and(|accounts| accounts.iter().any(|known| known.key == *key))
    }
}

/// Shows `account` to the program's code.
fn with_info<T>(account: &AccountState, read: impl FnOnce(&AccountInfo) -> T) -> T {
    let mut lamports = account.lamports;
    let mut data = account.data.clone();
    let info = AccountInfo::new(
        &account.key,
        false,
        false,
        &mut lamports,
        &mut data,
        &account.owner,
        false,
    );
    read(&info)
}
