//! `levee heatmap`: its arguments, and what it does.

use std::path::PathBuf;

use anyhow::{ensure, Context, Result};
use clap::{Args, ValueEnum};
use levee_risk::units::{Bps, Ppm};

use super::book::{FixedRule, Obligations, Rule};
use super::curve::{Range, STEPS};
use super::file::{read_book, FileOptions, FORMATS};
use super::picture;
use super::report::{Heatmap, Options, DEFINITIONS};
use crate::impact;
use crate::market::default_market;
use crate::output::{print, Format};

/// Of the fixed rule where nothing else is said: Aave v3's, with a usual bonus.
const CLOSE_FACTOR_BPS: u32 = 5_000;
const BONUS_BPS: u32 = 500;
const WHOLE_BELOW_BPS: u32 = 9_500;

/// How obligations of a file are closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RuleName {
    /// By Levee's engine with its default parameters.
    Levee,
    /// A fixed part of the debt at a fixed bonus, as Aave v3 does.
    Fixed,
}

/// Arguments of `levee heatmap`.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = after_help())]
pub struct HeatmapArguments {
    /// A book of obligations, CSV or JSON; without it the market on the cluster is read
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Whose price moves: a symbol or a mint [default: what most obligations hold]
    #[arg(long)]
    pub asset: Option<String>,
    /// A price that replaces the file's, as often as needed; a market has its own
    #[arg(long = "price", value_name = "ASSET=USD", value_parser = price_pair, requires = "file")]
    pub prices: Vec<(String, String)>,
    /// How the obligations of a file are closed; those of a market are closed by its own rules
    #[arg(long, value_enum, default_value_t = RuleName::Fixed, requires = "file")]
    pub rule: RuleName,
    /// Part of the debt that the fixed rule closes at once, of a file [default: 5000]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=10_000), requires = "file")]
    pub close_factor_bps: Option<u32>,
    /// Bonus of the fixed rule, of a file [default: 500]
    #[arg(long, value_parser = clap::value_parser!(u32).range(0..=5_000), requires = "file")]
    pub bonus_bps: Option<u32>,
    /// Health below which the fixed rule closes all, of a file [default: 9500]
    #[arg(long, value_parser = clap::value_parser!(u32).range(0..=10_000), requires = "file")]
    pub whole_below_bps: Option<u32>,
    /// Liquidation threshold where a file gives none
    #[arg(long, default_value_t = 8_000, value_parser = clap::value_parser!(u32).range(1..=9_999), requires = "file")]
    pub threshold_bps: u32,
    /// How far down the price is followed
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=99))]
    pub down_pct: u32,
    /// How far up the price is followed
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub up_pct: u32,
    /// Width of a bucket of prices
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub bucket_pct: u32,
    /// Dollars of the asset that change hands in a day [default: an order of magnitude of its spot market]
    #[arg(long, value_parser = positive)]
    pub daily_volume_usd: Option<f64>,
    /// Daily volatility of the asset
    #[arg(long, default_value_t = impact::VOLATILITY_PPM as f64 / 1e4, value_parser = positive)]
    pub daily_volatility_pct: f64,
    /// Y of the square-root law of impact
    #[arg(long, default_value_t = impact::FACTOR_PPM as f64 / 1e6, value_parser = positive)]
    pub impact_coefficient: f64,
    /// Part of a side's volume after which a book counts as exhausted
    #[arg(long, default_value_t = 95, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub exhausted_pct: u32,
    /// Shocks whose cascades are shown
    #[arg(long, value_delimiter = ',', default_values_t = [1, 2, 5, 10, 15, 20, 30], value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub shock_pct: Vec<u32>,
    /// Where the picture goes: a name that ends in .svg or .png
    #[arg(long, value_name = "FILE")]
    pub picture: Option<PathBuf>,
}

fn after_help() -> String {
    format!("{DEFINITIONS}\n\nBooks in files\n{FORMATS}")
}

fn price_pair(text: &str) -> std::result::Result<(String, String), String> {
    match text.split_once('=') {
        Some((asset, price)) if !asset.is_empty() => Ok((asset.into(), price.into())),
        _ => Err("give it as ASSET=USD, such as SOL=150".into()),
    }
}

fn positive(text: &str) -> std::result::Result<f64, String> {
    let number = text.parse().ok();
    let number = number.filter(|number: &f64| number.is_finite() && *number > 0.0);
    number.ok_or_else(|| "write a number above zero".into())
}

impl HeatmapArguments {
    /// What to show along the price of `asset`.
    fn options(&self, asset: &str) -> Options {
        let steps = |percent: u32| percent * (STEPS / 100);
        Options {
            range: Range {
                down: steps(self.down_pct),
                up: steps(self.up_pct),
            },
            bucket: steps(self.bucket_pct),
            daily_volume_usd: self
                .daily_volume_usd
                .unwrap_or_else(|| impact::daily_volume_usd(asset) as f64),
            daily_volatility: self.daily_volatility_pct / 100.0,
            impact_coefficient: self.impact_coefficient,
            exhausted_part: f64::from(self.exhausted_pct) / 100.0,
            shocks: self
                .shock_pct
                .iter()
                .map(|percent| steps(*percent))
                .collect(),
        }
    }

    fn file_options(&self) -> Result<FileOptions> {
        for (name, value) in [
            ("--close-factor-bps", self.close_factor_bps),
            ("--bonus-bps", self.bonus_bps),
            ("--whole-below-bps", self.whole_below_bps),
        ] {
            ensure!(
                value.is_none() || self.rule == RuleName::Fixed,
                "{name} is of the fixed rule: leave it out, or leave out --rule levee"
            );
        }
        let rule = match self.rule {
            RuleName::Levee => Rule::Levee(default_market().engine()),
            RuleName::Fixed => Rule::Fixed(FixedRule {
                close_factor: Bps(self.close_factor_bps.unwrap_or(CLOSE_FACTOR_BPS)),
                bonus: Ppm(self.bonus_bps.unwrap_or(BONUS_BPS) * 100),
                full_below: Bps(self.whole_below_bps.unwrap_or(WHOLE_BELOW_BPS)),
            }),
        };
        Ok(FileOptions {
            rule,
            threshold: Bps(self.threshold_bps),
            prices: self.prices.clone(),
        })
    }
}

/// Prints the heatmap of the file that `arguments` name, or of `market` where they name none.
///
/// # Errors
/// One line that says what is wrong; nothing was written then.
pub fn heatmap(
    arguments: &HeatmapArguments,
    format: Format,
    market: Option<Obligations>,
) -> Result<()> {
    if let Some(file) = &arguments.picture {
        crate::picture::check(file)?;
    }
    let book = match &arguments.file {
        Some(file) => read_book(file, &arguments.file_options()?)?,
        None => market.context("name a book with --file, or a market on a cluster")?,
    };
    let asset = match &arguments.asset {
        Some(name) => book.find_asset(name)?,
        None => book.most_held_asset()?,
    };
    let options = arguments.options(&book.assets[asset].name);
    let heatmap = Heatmap::new(&book, asset, &options)?;
    let text = match format {
        Format::Json => serde_json::to_string_pretty(&heatmap)?,
        Format::Tables => heatmap.table(),
    };
    if let Some(file) = &arguments.picture {
        picture::draw(file, &heatmap)?;
    }
    print(&text)
}

/// Prints the heatmap of `market` on `connection`'s cluster.
///
/// # Errors
/// The cluster's, and as [`heatmap`].
#[cfg(feature = "rpc")]
pub async fn heatmap_of_market(
    arguments: &HeatmapArguments,
    format: Format,
    connection: &levee_client::rpc::Connection,
    market: &anchor_lang::prelude::Pubkey,
) -> Result<()> {
    let (accounts, moment) = super::MarketAccounts::fetch(connection, market).await?;
    let book = Obligations::of_market(&format!("market {market}"), &accounts, moment)?;
    heatmap(arguments, format, Some(book))
}
