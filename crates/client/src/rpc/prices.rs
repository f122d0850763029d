//! Where a reserve's prices are, and what they say now.

use std::collections::{BTreeSet, HashMap};

use anchor_lang::prelude::Pubkey;
use anchor_lang::AccountDeserialize;
use anyhow::{bail, Context, Result};
use futures_util::future::try_join_all;
use levee::state::{
    Reserve, ORACLE_PYTH_LEGACY, ORACLE_PYTH_PULL, RATE_PYTH_REDEMPTION, RATE_STAKE_POOL,
};
use pyth_solana_receiver_sdk::price_update::PriceUpdateV2;
use solana_account::Account;
use solana_account_decoder_client_types::UiAccountEncoding;
use solana_rpc_client_api::config::{RpcAccountInfoConfig, RpcProgramAccountsConfig};
use solana_rpc_client_api::filter::{Memcmp, RpcFilterType};

use super::{Connection, Now};
use crate::instructions::PriceKeys;
use crate::quote::Copies;
use crate::refresh::{refreshed, Seen};

/// Keeps the updates that Pyth's sponsors post, at an address per feed.
const PYTH_PUSH_ORACLE: Pubkey =
    anchor_lang::prelude::pubkey!("pythWSnswVUd12oZpeFP8e9CVaEqJg25g1Vtc2biRsT");
/// Of the feeds that Pyth sponsors.
const SPONSORED_SHARD: u16 = 0;
/// Where a fully verified `PriceUpdateV2` names its feed: after the discriminator, the writer and the verification level.
pub const FEED_OFFSET: usize = 8 + 32 + 1;

/// Pyth's id of a feed.
type Feed = [u8; 32];

/// The account of Pyth's own, sponsored updates of `feed`.
pub fn sponsored_feed(feed: &[u8; 32]) -> Pubkey {
    let seeds: [&[u8]; 2] = [&SPONSORED_SHARD.to_le_bytes(), feed];
    Pubkey::find_program_address(&seeds, &PYTH_PUSH_ORACLE).0
}

impl Connection {
    /// The accounts that a refresh of each of `reserves` should name, in their order: sponsored updates where there are any, else
    /// the newest one that anybody posted.
    ///
    /// # Errors
    /// The cluster's; within the list, where there is no update of a feed.
    pub async fn price_keys_of(
        &self,
        reserves: &[(Pubkey, Reserve)],
    ) -> Result<Vec<Result<PriceKeys>>> {
        let feeds = reserves.iter().flat_map(|(_, reserve)| feeds(reserve));
        let feeds: BTreeSet<Feed> = feeds.collect();
        let updates = self.newest_updates(feeds.into_iter().collect()).await?;
        let update = |feed: &Feed| {
            updates.get(feed).copied().with_context(|| {
                format!(
                    "there is no price of feed {} on {}: post one, or push one to a test feed with `levee price push`",
                    hex(feed),
                    self.cluster.name()
                )
            })
        };
        let keys = reserves.iter().map(|(key, reserve)| {
            let config = &reserve.config;
            let price = match config.oracle_kind {
                ORACLE_PYTH_LEGACY => Pubkey::from(config.oracle_feed),
                ORACLE_PYTH_PULL => update(&config.oracle_feed)?,
                kind => bail!("reserve {key} has an oracle of the unknown kind {kind}"),
            };
            let rate = match config.rate_kind {
                RATE_STAKE_POOL => Some(Pubkey::from(config.rate_source)),
                RATE_PYTH_REDEMPTION => Some(update(&config.rate_source)?),
                _ => None,
            };
            Ok(PriceKeys {
                reserve: *key,
                price,
                rate,
            })
        });
        Ok(keys.collect())
    }

    /// The newest update of each of `feeds` that has one.
    async fn newest_updates(&self, feeds: Vec<Feed>) -> Result<HashMap<Feed, Pubkey>> {
        let sponsored: Vec<Pubkey> = feeds.iter().map(sponsored_feed).collect();
        let accounts = self.accounts(&sponsored).await?;
        let receivers = self.receivers().await?;
        let found = feeds.iter().zip(sponsored).zip(accounts);
        let believed = found.filter_map(|((feed, key), account)| {
            receivers.contains(&account?.owner).then_some((*feed, key))
        });
        let mut newest: HashMap<Feed, Pubkey> = believed.collect();
        let missing = feeds.iter().filter(|feed| !newest.contains_key(*feed));
        let posted = missing.map(async |feed| anyhow::Ok((*feed, self.newest_posted(feed).await?)));
        let posted: Vec<(Feed, Option<Pubkey>)> = try_join_all(posted).await?;
        newest.extend(
            posted
                .into_iter()
                .filter_map(|(feed, key)| Some((feed, key?))),
        );
        Ok(newest)
    }

    async fn newest_posted(&self, feed: &Feed) -> Result<Option<Pubkey>> {
        let receivers = self.receivers().await?.all().iter();
        let updates = try_join_all(receivers.map(|receiver| self.updates(receiver, feed))).await?;
        let newest = updates
            .into_iter()
            .flatten()
            .max_by_key(|(_, published)| *published);
        Ok(newest.map(|(key, _)| key))
    }

    async fn updates(&self, receiver: &Pubkey, feed: &Feed) -> Result<Vec<(Pubkey, i64)>> {
        let filter = Memcmp::new_raw_bytes(FEED_OFFSET, feed.to_vec());
        let config = RpcProgramAccountsConfig {
            filters: Some(vec![RpcFilterType::Memcmp(filter)]),
            account_config: RpcAccountInfoConfig {
                encoding: Some(UiAccountEncoding::Base64),
                commitment: Some(self.client.commitment()),
                ..RpcAccountInfoConfig::default()
            },
            ..RpcProgramAccountsConfig::default()
        };
        let listed = self
            .client
            .get_program_ui_accounts_with_config(receiver, config)
            .await
            .context("cannot list the price accounts of Pyth's receiver")?;
        let decoded = listed.into_iter().filter_map(|(key, account)| {
            let data = account.data.decode()?;
            Some((key, publish_ts(&data)?))
        });
        Ok(decoded.collect())
    }

    /// What `reserves` would be after a refresh now; those without `prices` stay as they are.
    ///
    /// # Errors
    /// The cluster's; what the program would refuse in a price account.
    pub async fn refreshed(
        &self,
        reserves: &[(Pubkey, Reserve)],
        prices: &[PriceKeys],
        now: &Now,
    ) -> Result<Copies> {
        let mut copies = Copies(reserves.iter().copied().collect());
        for (key, fresh) in self.refreshed_each(reserves, prices, now).await? {
            copies.0.insert(key, fresh?);
        }
        Ok(copies)
    }

    /// What each of `reserves` that `prices` names would be after a refresh now.
    ///
    /// # Errors
    /// The cluster's; within the list, what the program would refuse in a price account.
    pub async fn refreshed_each(
        &self,
        reserves: &[(Pubkey, Reserve)],
        prices: &[PriceKeys],
        now: &Now,
    ) -> Result<Vec<(Pubkey, Result<Reserve>)>> {
        let named = |keys: &PriceKeys| [Some(keys.price), keys.rate];
        let keys: Vec<Pubkey> = prices.iter().flat_map(named).flatten().collect();
        let receivers = self.receivers().await?;
        let mut accounts = self.accounts(&keys).await?;
        for account in accounts.iter_mut().flatten() {
            account.owner = receivers.shown(&account.owner);
        }
        let seen = |key: Pubkey| -> Result<&Account> {
            let at = keys.iter().position(|listed| *listed == key);
            let account = at.and_then(|at| accounts.get(at)?.as_ref());
            account.with_context(|| format!("there is no price account {key}"))
        };
        let one = |keys: &PriceKeys, reserve: &Reserve| -> Result<Reserve> {
            let price = seen(keys.price)?;
            let rate = keys.rate.map(seen).transpose()?;
            let rate = keys.rate.as_ref().zip(rate);
            let rate = rate.map(|(key, account)| view(key, account));
            Ok(refreshed(
                reserve,
                view(&keys.price, price),
                rate,
                &now.clock,
            )?)
        };
        let each = prices.iter().filter_map(|keys| {
            let listed = reserves.iter().find(|(key, _)| *key == keys.reserve);
            let (key, reserve) = listed?;
            let fresh = one(keys, reserve).with_context(|| format!("the prices of reserve {key}"));
            Some((*key, fresh))
        });
        Ok(each.collect())
    }
}

/// Pyth's feeds whose updates a refresh of `reserve` reads.
fn feeds(reserve: &Reserve) -> impl Iterator<Item = Feed> {
    let config = &reserve.config;
    let pull = (config.oracle_kind == ORACLE_PYTH_PULL).then_some(config.oracle_feed);
    let redeemed = (config.rate_kind == RATE_PYTH_REDEMPTION).then_some(config.rate_source);
    pull.into_iter().chain(redeemed)
}

fn view<'a>(key: &'a Pubkey, account: &'a Account) -> Seen<'a> {
    Seen {
        key,
        owner: &account.owner,
        data: &account.data,
    }
}

fn publish_ts(mut data: &[u8]) -> Option<i64> {
    let update: PriceUpdateV2 = AccountDeserialize::try_deserialize(&mut data).ok()?;
    Some(update.price_message.publish_time)
}

/// A feed id as Pyth writes it.
pub fn hex(feed: &[u8; 32]) -> String {
    feed.iter().map(|byte| format!("{byte:02x}")).collect()
}
