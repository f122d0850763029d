//! `levee liquidations`: its arguments, and what it does.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{ensure, Result};
use clap::Args;

use super::interest::MarketState;
use super::report::{Report, DEFINITIONS};
use super::store::Store;
use super::summary::{summarize, Window};
use crate::output::{print, Format};

/// Arguments of `levee liquidations`.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = DEFINITIONS)]
pub struct LiquidationsArguments {
    /// Where liquidations are kept; made where it is missing
    #[arg(long, value_name = "FILE", default_value = "liquidations.sqlite")]
    pub database: PathBuf,
    /// Forget what the database knows and read the whole chain again
    #[arg(long, conflicts_with = "offline")]
    pub rebuild: bool,
    /// Ask no cluster: sum up what the database knows
    #[arg(long)]
    pub offline: bool,
    /// Length of the window
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub hours: u32,
    /// Where the window ends, in Unix seconds [default: now]
    #[arg(long, value_name = "SECONDS")]
    pub until: Option<i64>,
}

impl LiquidationsArguments {
    /// The window, which ends at `now_ts` where the arguments name no end.
    pub fn window(&self, now_ts: i64) -> Window {
        let to_ts = self.until.unwrap_or(now_ts);
        Window {
            from_ts: to_ts.saturating_sub(i64::from(self.hours) * 3_600),
            to_ts,
        }
    }
}

/// Prints what `store` knows of the arguments' window and of one market, with the market as it stands where that is known.
///
/// # Errors
/// The database's, and where it does not know a reserve.
pub fn print_summary(
    arguments: &LiquidationsArguments,
    format: Format,
    store: &Store,
    market: Option<&str>,
    state: Option<&MarketState>,
    now_ts: i64,
) -> Result<()> {
    // The end is excluded, and what happened in this second counts.
    let window = arguments.window(now_ts.saturating_add(1));
    let summary = summarize(store, window, market)?;
    let report = Report::new(window, &summary, state, store.gaps()?);
    let text = match format {
        Format::Json => serde_json::to_string_pretty(&report)?,
        Format::Tables => report.table(),
    };
    print(&text)
}

/// Prints what the database of `arguments` knows of one market, or of all that it knows, without asking a cluster.
///
/// # Errors
/// Where there is no such database, and as [`print_summary`].
pub fn liquidations_offline(
    arguments: &LiquidationsArguments,
    format: Format,
    market: Option<&str>,
) -> Result<()> {
    ensure!(
        arguments.database.is_file(),
        "there is no database {}: run it without --offline once",
        arguments.database.display()
    );
    let store = Store::open(&arguments.database)?;
    let since = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let now_ts = i64::try_from(since.as_secs())?;
    print_summary(arguments, format, &store, market, None, now_ts)
}

/// Synchronizes the database with `connection`'s cluster, and prints the summary of `market`.
///
/// # Errors
/// One line: the cluster's, the database's, or where a transaction makes no sense.
#[cfg(feature = "rpc")]
pub async fn liquidations(
    arguments: &LiquidationsArguments,
    format: Format,
    connection: &levee_client::rpc::Connection,
    market: &anchor_lang::prelude::Pubkey,
) -> Result<()> {
    use super::history::synchronize;
    use super::interest::open_interest;
    use super::rpc::ClusterHistory;
    use super::store::ReserveFacts;
    use crate::heatmap::MarketAccounts;

    let (accounts, moment) = MarketAccounts::fetch(connection, market).await?;
    let mut store = Store::open(&arguments.database)?;
    if arguments.rebuild {
        store.clear()?;
    }
    let genesis = connection.genesis().await?;
    store.bind(&genesis.to_string(), &market.to_string())?;
    let reserves = accounts.reserves.iter();
    let facts: Vec<_> = reserves
        .map(|(key, reserve)| ReserveFacts::of(key, reserve))
        .collect();
    let owners = accounts.obligations.iter();
    let owners: Vec<_> = owners
        .map(|(key, one)| (key.to_string(), one.owner.to_string()))
        .collect();
    store.describe(&facts, &owners)?;
    let bar = indicatif::ProgressBar::new_spinner();
    let history = ClusterHistory::new(connection, *market);
    synchronize(&mut store, &history, |at| {
        bar.set_message(format!(
            "{} transactions listed, {} read",
            at.listed, at.read
        ));
        bar.tick();
    })
    .await?;
    bar.finish_and_clear();
    let state = open_interest(&accounts, moment)?;
    print_summary(
        arguments,
        format,
        &store,
        Some(&market.to_string()),
        Some(&state),
        moment.now_ts,
    )
}
