//! Price and rate accounts: which there are, and what they say, read by the program's own code.

use anchor_lang::prelude::AccountInfo;
use levee::state::{Reserve, ORACLE_PYTH_LEGACY, RATE_NONE, RATE_PYTH_REDEMPTION};
use levee::{oracle, rate};
use levee_client::instructions::PriceKeys;
use levee_index::world::FeedId;
use solana_pubkey::Pubkey;

use super::{Book, Cached, PriceAccount};
use crate::source::AccountState;

impl Cached {
    pub(super) fn of(reserve: &Reserve) -> Self {
        Self {
            publish_ts: reserve.price.publish_ts,
            rate_ts: reserve.price.rate_ts,
        }
    }
}

impl Book {
    /// Whether a refresh of `reserve` now would put a newer price or rate into it.
    pub fn is_behind(&self, reserve: &Pubkey) -> bool {
        let known = self.index.world().reserve(reserve);
        let cached = self.cached.get(reserve);
        known.zip(cached).is_some_and(|(known, cached)| {
            known.price.publish_ts > cached.publish_ts || known.price.rate_ts > cached.rate_ts
        })
    }

    /// Takes in what a reserve caches; never goes back, as the program does not.
    pub(super) fn note_cached(&mut self, key: Pubkey, reserve: &Reserve) {
        let newer = Cached::of(reserve);
        let cached = self.cached.entry(key).or_insert(newer);
        cached.publish_ts = cached.publish_ts.max(newer.publish_ts);
        cached.rate_ts = cached.rate_ts.max(newer.rate_ts);
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

    /// Reads a price or rate account into every reserve that it concerns, as a refresh would.
    pub(super) fn apply_price(&mut self, account: &AccountState) {
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
