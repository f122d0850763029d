//! The configuration file. `liquidator.example.toml` documents every field and is tested to name them all.

mod chain;
mod money;
mod router;
mod service;
mod strategy;

pub use chain::*;
pub use money::*;
pub use router::*;
pub use service::*;
pub use strategy::*;

use std::path::Path;

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
    /// What is offered for a place in a block.
    #[serde(default)]
    pub fees: Fees,
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
                self.watch.silent_seconds > 0,
                "watch.silent_seconds must be at least 1",
            ),
            (
                self.watch.fallback_millis > 0,
                "watch.fallback_millis must be at least 1",
            ),
            (
                self.watch.sweep_seconds > 0,
                "watch.sweep_seconds must be at least 1",
            ),
            (
                self.watch.stale_seconds > 0,
                "watch.stale_seconds must be at least 1: with 0 nothing is ever sent",
            ),
            (
                self.watch.stale_seconds.saturating_mul(1_000)
                    > self.watch.poll_millis.max(self.watch.fallback_millis),
                "watch.stale_seconds must be longer than watch.poll_millis and watch.fallback_millis: nothing is sent while what is known is stale",
            ),
            (
                self.watch.gap_slots > 0,
                "watch.gap_slots must be at least 1: with 0 everything is loaded anew in every slot",
            ),
            (
                self.profit.sol_micro_usd > 0,
                "profit.sol_micro_usd must be above 0: it says what fees cost",
            ),
            (
                self.strategy.refresh_slots > 0,
                "strategy.refresh_slots must be at least 1",
            ),
            (
                self.fees.floor_micro_lamports <= self.fees.cap_micro_lamports,
                "fees.floor_micro_lamports must not exceed fees.cap_micro_lamports",
            ),
            (
                (1..=100).contains(&self.fees.percentile),
                "fees.percentile must be 1 to 100",
            ),
            (
                self.fees.profit_share_bps <= 10_000,
                "fees.profit_share_bps must not exceed 10000",
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
