//! Where a reserve's prices are, and what they say now.

use anchor_lang::prelude::Pubkey;
use anchor_lang::AccountDeserialize;
use anyhow::{bail, Context, Result};
use levee::oracle::PYTH_RECEIVERS;
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
/// In a fully verified update, after the discriminator, the writer and the verification level.
const FEED_OFFSET: usize = 8 + 32 + 1;

/// The account of Pyth's own, sponsored updates of `feed`.
pub fn sponsored_feed(feed: &[u8; 32]) -> Pubkey {
    let seeds: [&[u8]; 2] = [&SPONSORED_SHARD.to_le_bytes(), feed];
    Pubkey::find_program_address(&seeds, &PYTH_PUSH_ORACLE).0
}

impl Connection {
    /// The accounts that a refresh of `reserve` should name: sponsored updates where there are any, else the newest one that
    /// anybody posted.
    ///
    /// # Errors
    /// The cluster's, and where there is no update of the feed.
    pub async fn price_keys(&self, key: &Pubkey, reserve: &Reserve) -> Result<PriceKeys> {
        let config = &reserve.config;
        let price = match config.oracle_kind {
            ORACLE_PYTH_LEGACY => Pubkey::from(config.oracle_feed),
            ORACLE_PYTH_PULL => self.newest_update(&config.oracle_feed).await?,
            kind => bail!("reserve {key} has an oracle of the unknown kind {kind}"),
        };
        let rate = match config.rate_kind {
            RATE_STAKE_POOL => Some(Pubkey::from(config.rate_source)),
            RATE_PYTH_REDEMPTION => Some(self.newest_update(&config.rate_source).await?),
            _ => None,
        };
        Ok(PriceKeys {
            reserve: *key,
            price,
            rate,
        })
    }

    async fn newest_update(&self, feed: &[u8; 32]) -> Result<Pubkey> {
        let sponsored = sponsored_feed(feed);
        if let Some(account) = self.account(&sponsored).await? {
            if PYTH_RECEIVERS.contains(&account.owner) {
                return Ok(sponsored);
            }
        }
        let mut newest: Option<(i64, Pubkey)> = None;
        for receiver in PYTH_RECEIVERS {
            for (key, published) in self.updates(&receiver, feed).await? {
                newest = newest.max(Some((published, key)));
            }
        }
        let (_, key) = newest.with_context(|| {
            format!(
                "there is no price of feed {} on {}: post one, or push one to a test feed with `levee price push`",
                hex(feed),
                self.cluster.name()
            )
        })?;
        Ok(key)
    }

    async fn updates(&self, receiver: &Pubkey, feed: &[u8; 32]) -> Result<Vec<(Pubkey, i64)>> {
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

    /// What `reserves` would be after a refresh now.
    ///
    /// # Errors
    /// The cluster's; what the program would refuse in a price account.
    pub async fn refreshed(
        &self,
        reserves: &[(Pubkey, Reserve)],
        prices: &[PriceKeys],
        now: &Now,
    ) -> Result<Copies> {
        let named = |keys: &PriceKeys| [Some(keys.price), keys.rate];
        let keys: Vec<Pubkey> = prices.iter().flat_map(named).flatten().collect();
        let accounts = self.accounts(&keys).await?;
        let seen = |key: Pubkey| -> Result<&Account> {
            let at = keys.iter().position(|listed| *listed == key);
            let account = at.and_then(|at| accounts.get(at)?.as_ref());
            account.with_context(|| format!("there is no price account {key}"))
        };
        let mut copies = Copies::default();
        for (key, reserve) in reserves {
            let Some(keys) = prices.iter().find(|keys| keys.reserve == *key) else {
                copies.0.insert(*key, *reserve);
                continue;
            };
            let price = seen(keys.price)?;
            let rate = keys.rate.map(seen).transpose()?;
            let rate = keys.rate.as_ref().zip(rate);
            let rate = rate.map(|(key, account)| view(key, account));
            let reserve = refreshed(reserve, view(&keys.price, price), rate, &now.clock)
                .with_context(|| format!("the prices of reserve {key}"))?;
            copies.0.insert(*key, reserve);
        }
        Ok(copies)
    }
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
