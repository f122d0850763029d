//! The configuration file. `liquidator.example.toml` documents every field and is tested to name them all.

use std::path::{Path, PathBuf};

use anyhow::{anyhow, Context, Result};
use serde::Deserialize;

/// The whole file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the chain is.
    pub cluster: Cluster,
    /// How the chain is watched.
    #[serde(default)]
    pub watch: Watch,
    /// What is done about unhealthy obligations.
    #[serde(default)]
    pub strategy: Strategy,
    /// What a liquidation must bring.
    #[serde(default)]
    pub profit: Profit,
    /// Where what was seized is sold.
    #[serde(default)]
    pub router: Router,
    /// What was sent.
    pub journal: Journal,
    /// Metrics and health.
    #[serde(default)]
    pub server: Server,
    /// Logs.
    #[serde(default)]
    pub log: Log,
}

/// Where the chain is, and who pays.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cluster {
    /// JSON-RPC.
    pub rpc_url: String,
    /// WebSocket; beside the RPC's address where it is missing.
    pub ws_url: Option<String>,
    /// The cluster's genesis hash; refused where it is another.
    pub genesis_hash: Option<String>,
    /// The lending market.
    pub market: String,
    /// The keypair file of the wallet.
    pub keypair: PathBuf,
}

/// How the chain is watched.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Watch {
    /// How often clock, prices and balances are asked for, besides what is pushed.
    pub poll_millis: u64,
    /// How often everything is loaded anew without any reason.
    pub resync_seconds: u64,
    /// How long without a sign of life before `/healthz` fails and nothing is sent.
    pub stale_seconds: u64,
    /// How many slots without a push before the connection counts as broken.
    pub gap_slots: u64,
    /// Price accounts of pull feeds; found by their feed ids where empty.
    pub price_accounts: Vec<String>,
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            poll_millis: 400,
            resync_seconds: 60,
            stale_seconds: 15,
            gap_slots: 150,
            price_accounts: Vec::new(),
        }
    }
}

/// What is done about unhealthy obligations.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Strategy {
    /// Most obligations of one transaction; one sends each alone.
    pub max_batch: usize,
    /// Whether a flash loan stands in where the wallet holds too little and the router swaps within the transaction.
    pub flash: bool,
    /// Whether obligations that must wait are marked, so that their auction goes on.
    pub mark: bool,
    /// Slots between two marks of one obligation.
    pub mark_slots: u64,
    /// Whether debts without collateral are settled.
    pub settle: bool,
    /// How far the amounts may move between quote and execution, in basis points.
    pub tolerance_bps: u32,
    /// Slots that pass after a refused or failed attempt before the next one.
    pub retry_slots: u64,
    /// The number of the wallet's own obligation, for collateral that a dry vault cannot pay; made where it is missing.
    pub receiver_obligation: Option<u64>,
    /// A lookup table of the market's addresses; without, fewer obligations fit a transaction.
    pub lookup_table: Option<String>,
}

impl Default for Strategy {
    fn default() -> Self {
        Self {
            max_batch: 24,
            flash: true,
            mark: true,
            mark_slots: 20,
            settle: true,
            tolerance_bps: 50,
            retry_slots: 4,
            receiver_obligation: None,
            lookup_table: None,
        }
    }
}

/// What a liquidation must bring.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Profit {
    /// The least profit of a transaction, in millionths of a dollar; below zero to heal at a loss.
    pub min_profit_micro_usd: i64,
    /// What prices may move until the swap, in basis points of the seized value.
    pub latency_margin_bps: u32,
    /// The priority fee, in millionths of a lamport per compute unit.
    pub priority_fee_micro_lamports: u64,
    /// What a SOL costs the wallet, in millionths of a dollar, for fees.
    pub sol_micro_usd: u64,
}

impl Default for Profit {
    fn default() -> Self {
        Self {
            min_profit_micro_usd: 0,
            latency_margin_bps: 2,
            priority_fee_micro_lamports: 1_000,
            sol_micro_usd: 200_000_000,
        }
    }
}

/// Where what was seized is sold.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Router {
    /// Which.
    pub kind: RouterKind,
    /// What selling costs where no pair says otherwise, in basis points.
    pub cost_bps: u32,
    /// Pairs that cost something else.
    pub pairs: Vec<PairCost>,
    /// The two sides of each test market.
    pub test_markets: Vec<TestMarket>,
}

/// Kinds of routers.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum RouterKind {
    /// What was seized stays in the wallet, and is sold elsewhere at a configured cost.
    #[default]
    Inventory,
    /// The constant-product market of the tests, for local chains.
    TestMarket,
}

/// What selling one token for another costs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairCost {
    /// The mint that is sold.
    pub from: String,
    /// The mint that is bought.
    pub to: String,
    /// In basis points.
    pub cost_bps: u32,
}

/// The token accounts of a test market.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestMarket {
    /// One side.
    pub first: String,
    /// The other.
    pub second: String,
}

/// What was sent.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Journal {
    /// The SQLite file. Two bots never share one.
    pub path: PathBuf,
}

/// Metrics and health.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// Where `/metrics` and `/healthz` are served; nowhere without.
    pub listen: Option<String>,
}

/// Logs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// How lines are written.
    pub format: LogFormat,
    /// What is written, as in `RUST_LOG`.
    pub filter: String,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            format: LogFormat::Text,
            filter: "info".into(),
        }
    }
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For machines.
    Json,
}

impl Config {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// One line that names the file, and the line and column where the text is at fault.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the configuration {}", path.display()))?;
        let mut config = Self::parse(&text).map_err(|why| anyhow!("{}: {why}", path.display()))?;
        // Files are named from where the configuration lies.
        let folder = path.parent().unwrap_or(Path::new("."));
        for file in [&mut config.cluster.keypair, &mut config.journal.path] {
            *file = match file.strip_prefix("~") {
                Ok(rest) => Path::new(&std::env::var("HOME").unwrap_or_default()).join(rest),
                Err(_) => folder.join(&file),
            };
        }
        Ok(config)
    }

    /// Parses and checks the text of a file.
    ///
    /// # Errors
    /// One line with the place of the fault.
    pub fn parse(text: &str) -> Result<Self> {
        let config: Self = toml::from_str(text).map_err(|error| place(text, &error))?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<()> {
        let rules = [
            (
                self.strategy.max_batch > 0,
                "strategy.max_batch must be at least 1",
            ),
            (
                self.strategy.mark_slots > 0 && self.strategy.mark_slots <= 150,
                "strategy.mark_slots must be 1 to 150: an older proof counts for nothing",
            ),
            (
                self.strategy.tolerance_bps < 10_000,
                "strategy.tolerance_bps must be below 10000",
            ),
            (
                self.watch.poll_millis > 0,
                "watch.poll_millis must be at least 1",
            ),
            (
                self.watch.resync_seconds > 0,
                "watch.resync_seconds must be at least 1",
            ),
            (
                self.router.cost_bps < 10_000
                    && self.router.pairs.iter().all(|pair| pair.cost_bps < 10_000),
                "a router's cost_bps must be below 10000",
            ),
            (
                self.profit.latency_margin_bps < 10_000,
                "profit.latency_margin_bps must be below 10000",
            ),
        ];
        match rules.iter().find(|(holds, _)| !holds) {
            Some((_, why)) => Err(anyhow!("{why}")),
            None => Ok(()),
        }
    }
}

/// The library's message in one line, with line and column.
fn place(text: &str, error: &toml::de::Error) -> anyhow::Error {
    let message = error.message().replace('\n', " ");
    let Some(span) = error.span() else {
        return anyhow!("{message}");
    };
    let before = &text[..span.start.min(text.len())];
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .map_or(0, |last| last.chars().count())
        + 1;
    anyhow!("line {line}, column {column}: {message}")
}

#[cfg(test)]
mod tests;
