//! Reading: the program's accounts, the clock and the prices.

use anchor_lang::prelude::{Clock, Pubkey};
use anchor_lang::{Discriminator, ZeroCopy};
use anyhow::{bail, Context, Result};
use levee::state::{LendingMarket, Obligation, Reserve};
use solana_account::Account;
use solana_account_decoder_client_types::UiAccountEncoding;
use solana_commitment_config::CommitmentConfig;
use solana_hash::Hash;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_rpc_client_api::config::{RpcAccountInfoConfig, RpcProgramAccountsConfig};
use solana_rpc_client_api::filter::{Memcmp, RpcFilterType};
use solana_sdk_ids::sysvar;
use tokio::sync::OnceCell;

use super::{public_part, Cluster, Moniker, Receivers};
use crate::accounts::decode;

/// Accounts of one request.
const ACCOUNTS_AT_ONCE: usize = 100;
/// Of an account's discriminator, which the market's address follows in reserves and obligations.
const DISCRIMINATOR_BYTES: usize = 8;

/// The cluster's time.
#[derive(Clone, Debug)]
pub struct Now {
    /// The clock.
    pub clock: Clock,
    /// The slot of the latest restart, zero for never.
    pub restart_slot: u64,
}

/// A cluster on which Levee is asked for.
pub struct Connection {
    /// For whatever is not asked here.
    pub client: RpcClient,
    /// The cluster.
    pub cluster: Cluster,
    genesis: OnceCell<Hash>,
    receivers: OnceCell<Receivers>,
}

impl Connection {
    /// Connects at the first request.
    pub fn new(cluster: Cluster, commitment: CommitmentConfig) -> Self {
        Self {
            client: RpcClient::new_with_commitment(cluster.url.clone(), commitment),
            cluster,
            genesis: OnceCell::new(),
            receivers: OnceCell::new(),
        }
    }

    /// The hash of the cluster's first block, which tells clusters apart whatever they are called. It is asked for once.
    ///
    /// # Errors
    /// A cluster that does not answer.
    pub async fn genesis(&self) -> Result<Hash> {
        let asked = self
            .genesis
            .get_or_try_init(|| self.client.get_genesis_hash());
        let genesis = asked.await.with_context(|| {
            format!(
                "{} does not answer: is the URL right, and the chain running?",
                self.cluster.name()
            )
        })?;
        Ok(*genesis)
    }

    /// Which of the known clusters it is, by whatever URL; `None` for all others, local chains among them.
    ///
    /// # Errors
    /// A cluster that does not answer.
    pub async fn known(&self) -> Result<Option<Moniker>> {
        Ok(Moniker::of_genesis(&self.genesis().await?))
    }

    /// Whether SOL and tokens have value here, by whatever URL: on mainnet-beta alone.
    ///
    /// # Errors
    /// A cluster that does not answer.
    pub async fn has_value(&self) -> Result<bool> {
        Ok(self.known().await? == Some(Moniker::MainnetBeta))
    }

    /// The programs whose prices the deployed program believes. They are asked for once.
    ///
    /// # Errors
    /// The cluster's.
    pub async fn receivers(&self) -> Result<&Receivers> {
        let asked = || Receivers::deployed(&self.client);
        self.receivers.get_or_try_init(asked).await
    }

    /// Refuses a cluster that does not answer or is not the one that was named. Returns the genesis hash.
    ///
    /// # Errors
    /// One clear line.
    pub async fn check_cluster(&self) -> Result<Hash> {
        let genesis = self.genesis().await?;
        let expected = self
            .cluster
            .moniker
            .and_then(|moniker| moniker.genesis_hash());
        match expected {
            Some(expected) if genesis.to_string() != expected => bail!(
                "{} is another cluster than {}: its genesis hash is {genesis}",
                public_part(&self.cluster.url),
                self.cluster.name()
            ),
            _ => Ok(genesis),
        }
    }

    /// Refuses a cluster without the program.
    ///
    /// # Errors
    /// One clear line.
    pub async fn check_program(&self) -> Result<()> {
        match self.account(&levee::ID).await? {
            Some(account) if account.executable => Ok(()),
            Some(_) => bail!("{} is no program on {}", levee::ID, self.cluster.name()),
            None => bail!(
                "Levee is not on {}: there is nothing at {}. Put it there with `cargo xtask deploy --url {}`",
                self.cluster.name(),
                levee::ID,
                self.cluster.name()
            ),
        }
    }

    /// An account, where there is one.
    ///
    /// # Errors
    /// The cluster's.
    pub async fn account(&self, key: &Pubkey) -> Result<Option<Account>> {
        let commitment = self.client.commitment();
        let answer = self
            .client
            .get_account_with_commitment(key, commitment)
            .await;
        Ok(answer.with_context(|| format!("cannot read {key}"))?.value)
    }

    /// Accounts in the order of `keys`.
    ///
    /// # Errors
    /// The cluster's.
    pub async fn accounts(&self, keys: &[Pubkey]) -> Result<Vec<Option<Account>>> {
        let mut accounts = Vec::with_capacity(keys.len());
        for some in keys.chunks(ACCOUNTS_AT_ONCE) {
            let read = self.client.get_multiple_accounts(some).await;
            accounts.extend(read.context("cannot read accounts")?);
        }
        Ok(accounts)
    }

    /// An account of the program.
    ///
    /// # Errors
    /// Where it is missing, of another program or of another kind; `what` names it in the message.
    pub async fn decoded<T: ZeroCopy + Discriminator>(
        &self,
        key: &Pubkey,
        what: &str,
    ) -> Result<T> {
        let account = self.account(key).await?;
        let account = account
            .with_context(|| format!("there is no {what} {key} on {}", self.cluster.name()))?;
        if account.owner != levee::ID {
            bail!(
                "{key} is no {what}: it belongs to {}, not to Levee",
                account.owner
            );
        }
        decode(&account.data).with_context(|| format!("{key} is no {what}"))
    }

    /// A lending market.
    ///
    /// # Errors
    /// As [`Self::decoded`].
    pub async fn market(&self, key: &Pubkey) -> Result<LendingMarket> {
        self.decoded(key, "lending market").await
    }

    /// An obligation.
    ///
    /// # Errors
    /// As [`Self::decoded`].
    pub async fn obligation(&self, key: &Pubkey) -> Result<Obligation> {
        self.decoded(key, "obligation").await
    }

    /// All reserves of `market`, in the order of their addresses.
    ///
    /// # Errors
    /// The cluster's.
    pub async fn reserves(&self, market: &Pubkey) -> Result<Vec<(Pubkey, Reserve)>> {
        self.of_market(market, Vec::new()).await
    }

    /// All obligations of `market`, in the order of their addresses.
    ///
    /// # Errors
    /// The cluster's.
    pub async fn obligations(&self, market: &Pubkey) -> Result<Vec<(Pubkey, Obligation)>> {
        self.of_market(market, Vec::new()).await
    }

    /// The obligations of `owner` in `market`, in the order of their addresses.
    ///
    /// # Errors
    /// The cluster's.
    pub async fn obligations_of(
        &self,
        market: &Pubkey,
        owner: &Pubkey,
    ) -> Result<Vec<(Pubkey, Obligation)>> {
        let at = DISCRIMINATOR_BYTES + std::mem::offset_of!(Obligation, owner);
        let filter = RpcFilterType::Memcmp(Memcmp::new_raw_bytes(at, owner.to_bytes().to_vec()));
        self.of_market(market, vec![filter]).await
    }

    async fn of_market<T: ZeroCopy + Discriminator>(
        &self,
        market: &Pubkey,
        filters: Vec<RpcFilterType>,
    ) -> Result<Vec<(Pubkey, T)>> {
        let config = RpcProgramAccountsConfig {
            filters: Some([filters_of::<T>(market), filters].concat()),
            account_config: RpcAccountInfoConfig {
                encoding: Some(UiAccountEncoding::Base64),
                commitment: Some(self.client.commitment()),
                ..RpcAccountInfoConfig::default()
            },
            ..RpcProgramAccountsConfig::default()
        };
        let accounts = self
            .client
            .get_program_ui_accounts_with_config(&levee::ID, config)
            .await
            .context("cannot list the program's accounts")?;
        let mut decoded = Vec::with_capacity(accounts.len());
        for (key, account) in accounts {
            let data = account
                .data
                .decode()
                .with_context(|| format!("{key} cannot be read"))?;
            decoded.push((
                key,
                decode(&data).with_context(|| format!("cannot decode {key}"))?,
            ));
        }
        decoded.sort_by_key(|(key, _)| *key);
        Ok(decoded)
    }

    /// The cluster's time.
    ///
    /// # Errors
    /// The cluster's.
    pub async fn now(&self) -> Result<Now> {
        let keys = [sysvar::clock::ID, sysvar::last_restart_slot::ID];
        let accounts = self.accounts(&keys).await?;
        let clock = accounts
            .first()
            .cloned()
            .flatten()
            .context("the cluster shows no clock")?;
        let restart = accounts.get(1).cloned().flatten();
        let restart = restart.and_then(|account| account.data.first_chunk().copied());
        Ok(Now {
            clock: bincode::deserialize(&clock.data).context("the cluster's clock is malformed")?,
            restart_slot: restart.map_or(0, u64::from_le_bytes),
        })
    }
}

/// Selects the accounts of kind `T` in `market`: for `getProgramAccounts` and `programSubscribe` alike.
pub fn filters_of<T: ZeroCopy + Discriminator>(market: &Pubkey) -> Vec<RpcFilterType> {
    let size = DISCRIMINATOR_BYTES + std::mem::size_of::<T>();
    let prefix = [T::DISCRIMINATOR, market.as_ref()].concat();
    vec![
        RpcFilterType::DataSize(size as u64),
        RpcFilterType::Memcmp(Memcmp::new_raw_bytes(0, prefix)),
    ]
}
