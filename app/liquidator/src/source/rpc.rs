//! A cluster by JSON-RPC and WebSocket.

use std::time::Duration;

use anyhow::{bail, ensure, Context, Result};
use async_trait::async_trait;
use levee::state::Obligation;
use levee_client::rpc::{filters_of, told, Receivers, FEED_OFFSET};
use solana_account_decoder_client_types::{UiAccount, UiAccountEncoding, UiDataSliceConfig};
use solana_commitment_config::CommitmentConfig;
use solana_pubkey::Pubkey;
use solana_pubsub_client::nonblocking::pubsub_client::PubsubClient;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_rpc_client_api::config::{RpcAccountInfoConfig, RpcProgramAccountsConfig};
use solana_rpc_client_api::filter::{Memcmp, RpcFilterType};
use solana_rpc_client_api::request::RpcRequest;
use solana_rpc_client_api::response::{OptionalContext, RpcKeyedAccount};
use tokio::sync::{mpsc, oneshot, OnceCell};
use tokio::time::timeout;

use super::subscription::{Subscription, PUSH_TIMEOUT};
use super::{AccountState, ChainSource, Event, Snapshot};

/// Longest wait for an answer.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// Pushes that wait to be read: more than a busy market has in a second.
const WAITING: usize = 16_384;
/// Accounts of one request.
const KEYS_AT_ONCE: usize = 100;
/// Where reserves and obligations name their market.
const MARKET_OFFSET: usize = 8;

/// One cluster.
pub struct RpcSource {
    rpc: RpcClient,
    ws_url: String,
    commitment: CommitmentConfig,
    receivers: OnceCell<Receivers>,
}

impl RpcSource {
    /// A cluster by its addresses. Nothing is asked yet.
    pub fn new(rpc_url: String, ws_url: String) -> Self {
        let commitment = CommitmentConfig::confirmed();
        Self {
            rpc: RpcClient::new_with_timeout_and_commitment(rpc_url, ANSWER_TIMEOUT, commitment),
            ws_url,
            commitment,
            receivers: OnceCell::new(),
        }
    }

    /// The programs whose prices the deployed program believes. They are asked for once.
    async fn receivers(&self) -> Result<&Receivers> {
        let asked = || Receivers::deployed(&self.rpc);
        self.receivers.get_or_try_init(asked).await
    }

    fn account_config(&self, min_slot: Option<u64>) -> RpcAccountInfoConfig {
        RpcAccountInfoConfig {
            encoding: Some(UiAccountEncoding::Base64),
            commitment: Some(self.commitment),
            min_context_slot: min_slot.filter(|slot| *slot > 0),
            ..RpcAccountInfoConfig::default()
        }
    }

    fn program_config(
        &self,
        filters: Vec<RpcFilterType>,
        min_slot: Option<u64>,
    ) -> RpcProgramAccountsConfig {
        RpcProgramAccountsConfig {
            filters: Some(filters),
            account_config: self.account_config(min_slot),
            with_context: Some(true),
            ..RpcProgramAccountsConfig::default()
        }
    }

    /// The accounts of a program that `filters` select, and the slot in which they were so; without their data where
    /// `is_bare`.
    async fn program_accounts(
        &self,
        program: &Pubkey,
        filters: Vec<RpcFilterType>,
        min_slot: u64,
        is_bare: bool,
    ) -> Result<(u64, Vec<AccountState>)> {
        // For nodes that leave the context out.
        let slot = self.rpc.get_slot_with_commitment(self.commitment).await?;
        let mut config = self.program_config(filters, Some(min_slot));
        config.account_config.data_slice = is_bare.then_some(UiDataSliceConfig {
            offset: 0,
            length: 0,
        });
        let params = serde_json::json!([program.to_string(), config]);
        let answer: OptionalContext<Vec<RpcKeyedAccount>> = self
            .rpc
            .send(RpcRequest::GetProgramAccounts, params)
            .await?;
        let (slot, accounts) = match answer {
            OptionalContext::Context(response) => (response.context.slot, response.value),
            OptionalContext::NoContext(accounts) => (slot, accounts),
        };
        ensure!(
            slot >= min_slot,
            "the node is at slot {slot}, before {min_slot}"
        );
        let receivers = self.receivers().await?;
        let states = accounts.iter().map(|keyed| {
            let key: Pubkey = keyed.pubkey.parse()?;
            state(key, &keyed.account, receivers)
        });
        Ok((slot, states.collect::<Result<_>>()?))
    }
}

fn holds(offset: usize, bytes: &[u8]) -> Vec<RpcFilterType> {
    let filter = Memcmp::new_base58_encoded(offset, bytes);
    vec![RpcFilterType::Memcmp(filter)]
}

/// An account as the program's code on this side is to see it.
pub(super) fn state(
    key: Pubkey,
    account: &UiAccount,
    receivers: &Receivers,
) -> Result<AccountState> {
    let data = account.data.decode();
    Ok(AccountState {
        key,
        owner: receivers.shown(&account.owner.parse()?),
        lamports: account.lamports,
        data: data.with_context(|| format!("the data of account {key} is not in base64"))?,
    })
}

#[async_trait]
impl ChainSource for RpcSource {
    async fn snapshot(&self, market: &Pubkey, min_slot: u64) -> Result<Snapshot> {
        let filters = holds(MARKET_OFFSET, market.as_ref());
        let (slot, mut accounts) = self
            .program_accounts(&levee::ID, filters, min_slot, false)
            .await?;
        let (_, own) = self.accounts(&[*market], slot).await?;
        accounts.extend(own.into_iter().filter(|account| account.lamports > 0));
        Ok(Snapshot { slot, accounts })
    }

    async fn obligations(&self, market: &Pubkey, min_slot: u64) -> Result<(u64, Vec<Pubkey>)> {
        let filters = filters_of::<Obligation>(market);
        let (slot, accounts) = self
            .program_accounts(&levee::ID, filters, min_slot, true)
            .await?;
        Ok((slot, accounts.iter().map(|account| account.key).collect()))
    }

    async fn accounts(&self, keys: &[Pubkey], min_slot: u64) -> Result<(u64, Vec<AccountState>)> {
        let receivers = self.receivers().await?;
        let mut slot = u64::MAX;
        let mut states = Vec::with_capacity(keys.len());
        for keys in keys.chunks(KEYS_AT_ONCE) {
            let config = self.account_config(Some(min_slot));
            let answer = self
                .rpc
                .get_multiple_ui_accounts_with_config(keys, config)
                .await?;
            ensure!(
                answer.context.slot >= min_slot,
                "the node is at slot {}, before {min_slot}",
                answer.context.slot
            );
            slot = slot.min(answer.context.slot);
            for (key, account) in keys.iter().zip(answer.value) {
                states.push(match account {
                    Some(account) => state(*key, &account, receivers)?,
                    None => AccountState::gone(*key),
                });
            }
        }
        Ok((if slot == u64::MAX { min_slot } else { slot }, states))
    }

    async fn price_accounts(&self, feed: &[u8; 32]) -> Result<Vec<AccountState>> {
        let mut found = Vec::new();
        for receiver in self.receivers().await?.all() {
            let (_, accounts) = self
                .program_accounts(receiver, holds(FEED_OFFSET, feed), 0, false)
                .await?;
            found.extend(accounts);
        }
        Ok(found)
    }

    async fn subscribe(
        &self,
        market: &Pubkey,
        accounts: &[Pubkey],
    ) -> Result<mpsc::Receiver<Event>> {
        let connecting = timeout(PUSH_TIMEOUT, PubsubClient::new(self.ws_url.as_str()));
        let client = match connecting.await {
            Ok(client) => client.with_context(|| format!("cannot connect to {}", self.ws_url))?,
            Err(_) => bail!("{} does not answer", self.ws_url),
        };
        let (sender, mut receiver) = mpsc::channel(WAITING);
        let (ready, is_ready) = oneshot::channel();
        let subscription = Subscription {
            program: self.program_config(holds(MARKET_OFFSET, market.as_ref()), None),
            account: self.account_config(None),
            keys: accounts.iter().chain([market]).copied().collect(),
            receivers: self.receivers().await?.clone(),
        };
        tokio::spawn(async move {
            let pushed = tokio::select! {
                pushed = subscription.push(&client, &sender, ready) => pushed,
                // Nobody reads any more.
                () = sender.closed() => return,
            };
            if let Err(why) = pushed {
                // The same: then there is nothing to tell.
                let _ = sender.send(Event::Gap(told(&why))).await;
            }
        });
        match timeout(PUSH_TIMEOUT, is_ready).await {
            Ok(Ok(())) => Ok(receiver),
            Ok(Err(_)) => match receiver.recv().await {
                Some(Event::Gap(why)) => bail!("{}: {why}", self.ws_url),
                _ => bail!("{} takes no subscriptions", self.ws_url),
            },
            Err(_) => bail!("{} does not answer", self.ws_url),
        }
    }
}
