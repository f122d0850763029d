//! From a configuration to a bot: everything that can be wrong is said here, in one line.

use std::collections::HashMap;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{anyhow, bail, Context, Result};
use levee_client::lookup_table;
use levee_client::rpc::{read_keypair, Cluster, Connection};
use solana_commitment_config::CommitmentConfig;
use solana_message::AddressLookupTableAccount;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::bot::{Bot, Parts};
use crate::config::{Config, Router, RouterKind};
use crate::health::Health;
use crate::journal::Journal;
use crate::router::inventory::Inventory;
use crate::router::test_market::TestMarkets;
use crate::router::SwapRouter;
use crate::sender::rpc::RpcSender;
use crate::source::rpc::RpcSource;

fn key(text: &str, what: &str) -> Result<Pubkey> {
    Pubkey::from_str(text).map_err(|_| anyhow!("{what}: {text:?} is no address"))
}

fn router(config: &Router) -> Result<Arc<dyn SwapRouter>> {
    match config.kind {
        RouterKind::Inventory => {
            let mut pairs = HashMap::new();
            for pair in &config.pairs {
                let from = key(&pair.from, "router.pairs.from")?;
                let to = key(&pair.to, "router.pairs.to")?;
                pairs.insert((from, to), pair.cost_bps);
            }
            Ok(Arc::new(Inventory {
                cost_bps: config.cost_bps,
                pairs,
            }))
        }
        RouterKind::TestMarket => {
            let sides = config.test_markets.iter().map(|market| {
                let side = |text| key(text, "router.test_markets");
                Ok([side(&market.first)?, side(&market.second)?])
            });
            Ok(Arc::new(TestMarkets::new(sides.collect::<Result<_>>()?)))
        }
    }
}

/// Connects, checks cluster, program, market and wallet, and makes the bot.
///
/// # Errors
/// One line that says what to do.
pub async fn start(config: Config, is_paper: bool) -> Result<(Bot, Arc<Health>)> {
    let market = key(&config.cluster.market, "cluster.market")
        .context("`levee market show` prints the address of the market")?;
    let named = config.watch.price_accounts.iter();
    let price_accounts: Result<Vec<_>> = named
        .map(|text| key(text, "watch.price_accounts"))
        .collect();
    let keypair = read_keypair(&config.cluster.keypair)?;
    let mut cluster = Cluster::parse(&config.cluster.rpc_url)?;
    if let Some(ws_url) = &config.cluster.ws_url {
        cluster.websocket_url.clone_from(ws_url);
    }
    let connection = Connection::new(cluster.clone(), CommitmentConfig::confirmed());
    let genesis = connection.check_cluster().await?.to_string();
    if let Some(expected) = &config.cluster.genesis_hash {
        if genesis != *expected {
            bail!(
                "{} is another cluster: its genesis hash is {genesis}, cluster.genesis_hash says {expected}",
                cluster.name()
            );
        }
    }
    connection.check_program().await?;
    connection.market(&market).await?;
    let wallet = keypair.pubkey();
    let lamports = connection.account(&wallet).await?.map_or(0, |a| a.lamports);
    if lamports == 0 && !is_paper {
        bail!("the wallet {wallet} is empty: send it SOL for fees, or run with --paper");
    }
    let tables = match &config.strategy.lookup_table {
        Some(table) => vec![table_at(&connection, key(table, "strategy.lookup_table")?).await?],
        None => Vec::new(),
    };
    let journal = match is_paper {
        true => Journal::in_memory()?,
        false => Journal::open(&config.journal.path)?,
    };
    let health = Arc::new(Health::new(Duration::from_secs(config.watch.stale_seconds)));
    tracing::info!(%market, %wallet, cluster = cluster.name(), is_paper, "starting");
    let parts = Parts {
        source: Arc::new(RpcSource::new(
            cluster.url.clone(),
            cluster.websocket_url.clone(),
        )),
        sender: Arc::new(RpcSender::new(cluster.url)),
        router: router(&config.router)?,
        keypair,
        market,
        price_accounts: price_accounts?,
        tables,
        journal,
        config,
        is_paper,
    };
    Ok((Bot::new(parts, health.clone())?, health))
}

async fn table_at(connection: &Connection, at: Pubkey) -> Result<AddressLookupTableAccount> {
    let account = connection.account(&at).await?;
    let account = account.with_context(|| format!("there is no lookup table {at}"))?;
    lookup_table::decode(at, &account.data).map_err(|_| anyhow!("{at} is no lookup table"))
}
