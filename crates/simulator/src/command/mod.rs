//! `levee simulate`.

mod market;

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{ensure, Context, Result};
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rayon::prelude::*;
use rayon::ThreadPoolBuilder;

use crate::book::Opening;
use crate::engines::{by_name, NAMES};
use crate::market::ImpactParams;
use crate::output::print;
use crate::picture;
use crate::prices::{find_paths, generate, read_path, PricePath, Shape};
use crate::report::{table, Figures, DEFINITIONS};
use crate::run::{run, Index, Outcome, Settings};

/// What `levee simulate` is told.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = DEFINITIONS)]
pub struct SimulateArguments {
    /// CSV files named after their assets, and folders of them: a folder with files is one path, with folders many. Columns are
    /// found by their titles (unix_timestamp, open, high, low, close and the like); times are Unix times or dates
    #[arg(long, value_name = "FILE_OR_FOLDER", num_args = 1.., conflicts_with = "path")]
    prices: Vec<PathBuf>,
    /// A generated path instead
    #[arg(long, value_enum)]
    path: Option<Shape>,
    /// Minutes of a generated path
    #[arg(
        long,
        value_name = "MINUTES",
        default_value_t = 1_440,
        requires = "path"
    )]
    steps: usize,
    /// Hold the last price where bars are missing, instead of refusing the file
    #[arg(long)]
    allow_gaps: bool,
    /// A book of obligations: CSV with obligation,side,asset,amount; side is deposit or borrow, amounts are in tokens
    #[arg(long, value_name = "FILE.csv", conflicts_with_all = ["borrowers", "collateral_usd", "lst_share"])]
    book: Option<PathBuf>,
    /// Borrowers of a generated book
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(0..=10_000_000))]
    borrowers: u32,
    /// All their collateral, in dollars
    #[arg(long, value_name = "USD", default_value_t = 1_000_000_000, value_parser = clap::value_parser!(u64).range(0..=1_000_000_000_000))]
    collateral_usd: u64,
    /// Part of the borrowers who hold liquid-staking tokens (JitoSOL, wstETH): half of them against the base itself, in an
    /// elevation group, half against dollars
    #[arg(long, value_name = "PERCENT", default_value = "0%", value_parser = market::parse_share_bps)]
    lst_share: u32,
    /// Draws other borrowers and another generated path
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Which engines, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "ENGINE,…", default_values_t = NAMES.map(String::from))]
    engines: Vec<String>,
    /// What is traded in a day, as ASSET=DOLLARS; otherwise an order of magnitude of the spot market
    #[arg(long, value_name = "ASSET=USD")]
    daily_volume_usd: Vec<String>,
    /// Sales do not move prices
    #[arg(long)]
    no_impact: bool,
    /// Most liquidations in a slot; zero where blocks have room for all
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    most_per_slot: u64,
    /// Percent of the borrowers who repay a tenth of their debt ten minutes after their health fell below 1.05
    #[arg(long, value_name = "PERCENT", default_value_t = 5, value_parser = clap::value_parser!(u64).range(0..=100))]
    top_up_pct: u64,
    /// Milliseconds until an oracle prints what was traded
    #[arg(long, value_name = "MS", default_value_t = 400, value_parser = clap::value_parser!(i64).range(0..=3_600_000))]
    oracle_delay_ms: i64,
    /// Threads; the result is the same for any number [default: one per core]
    #[arg(long)]
    threads: Option<usize>,
    /// Where the picture goes: a name that ends in .svg or .png; of several paths each adds its name
    #[arg(long, value_name = "FILE")]
    picture: Option<PathBuf>,
    /// Print a JSON list with one object per engine instead of tables
    #[arg(long)]
    json: bool,
}

/// A path with the runs of all engines on it.
struct Replayed {
    path: PricePath,
    outcomes: Vec<Outcome>,
}

/// Replays the paths under all engines and prints what came of it.
///
/// # Errors
/// One line that says what to do.
pub fn simulate(arguments: SimulateArguments) -> Result<()> {
    let replayed = arguments.replay_all()?;
    if let Some(file) = &arguments.picture {
        for one in &replayed {
            let drawn = picture::draw(file, &one.path, &one.outcomes, replayed.len() > 1)?;
            eprintln!("picture: {}", drawn.display());
        }
    }
    let text = arguments.text(&replayed)?;
    print(&text)
}

/// All engines on one path, each on a thread of its own.
fn replay(
    (path, opening): (PricePath, Opening),
    engines: &[String],
    settings: &Settings,
    bar: &ProgressBar,
) -> Result<Replayed> {
    let index = Arc::new(Index::new(&opening, &path, settings)?);
    let outcomes = engines
        .par_iter()
        .map(|name| {
            let mut engine = by_name(name)?;
            let tick = || bar.inc(1);
            run(&opening, &path, &index, engine.as_mut(), settings, &tick)
                .with_context(|| format!("{name} on {}", path.name))
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(Replayed { path, outcomes })
}

/// On stderr, hidden where that is no terminal.
fn progress(points: u64) -> Result<ProgressBar> {
    let bar = ProgressBar::new(points);
    if !io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    bar.set_style(ProgressStyle::with_template(
        "{wide_bar:.cyan/dim} {percent} %, {elapsed}, {eta} left",
    )?);
    Ok(bar)
}

impl SimulateArguments {
    /// All paths under all engines.
    fn replay_all(&self) -> Result<Vec<Replayed>> {
        ensure!(!self.engines.is_empty(), "--engines: name at least one");
        for name in &self.engines {
            by_name(name)?;
        }
        if let Some(file) = &self.picture {
            picture::check(file)?;
        }
        let settings = self.settings();
        let paths = self.paths()?;
        self.check_volumes(&paths)?;
        let mut jobs = Vec::new();
        for path in paths {
            let opening = self.open(&path).with_context(|| path.name.clone())?;
            jobs.push((path, opening));
        }
        let threads = self.threads.unwrap_or(0);
        ensure!(threads <= 1_024, "--threads {threads}: at most 1024");
        let pool = ThreadPoolBuilder::new().num_threads(threads).build()?;
        let points: u64 = jobs.iter().map(|(path, _)| path.len() as u64).sum();
        let bar = progress(points * self.engines.len() as u64)?;
        let replayed = pool.install(|| {
            let replay = |job| replay(job, &self.engines, &settings, &bar);
            jobs.into_iter().map(replay).collect::<Result<Vec<_>>>()
        });
        bar.finish_and_clear();
        replayed
    }

    fn settings(&self) -> Settings {
        let mut settings = Settings {
            most_per_slot: self.most_per_slot,
            top_up_ppm: self.top_up_pct * 10_000,
            seed: self.seed,
            ..Settings::default()
        };
        settings.oracle.delay_ms = self.oracle_delay_ms;
        if self.no_impact {
            settings.impact = ImpactParams {
                factor_ppm: 0,
                ..settings.impact
            };
        }
        settings
    }

    fn paths(&self) -> Result<Vec<PricePath>> {
        if self.prices.is_empty() {
            let shape = self.path.unwrap_or(Shape::Jump);
            return Ok(vec![generate(shape, self.steps, self.seed)?]);
        }
        let mut paths = Vec::new();
        for files in find_paths(&self.prices)? {
            let (path, notes) = read_path(&files, self.allow_gaps)?;
            for note in notes {
                eprintln!("note: {note}");
            }
            paths.push(path);
        }
        Ok(paths)
    }

    fn text(&self, replayed: &[Replayed]) -> Result<String> {
        let figures: Vec<Vec<Figures>> = replayed
            .iter()
            .map(|one| {
                let of = |run| Figures::new(&one.path.name, run);
                one.outcomes.iter().map(of).collect()
            })
            .collect();
        let joined: Vec<Figures> = (0..self.engines.len())
            .filter_map(|at| {
                let all: Vec<&Figures> = figures.iter().map(|rows| &rows[at]).collect();
                Figures::joined(&all)
            })
            .collect();
        if self.json {
            let rows = match figures.as_slice() {
                [only] => only,
                _ => &joined,
            };
            return Ok(serde_json::to_string_pretty(rows)?);
        }
        let mut text = String::new();
        for (one, rows) in replayed.iter().zip(&figures) {
            text.push_str(&format!("{}\n", table(&one.path.name, rows)));
        }
        if figures.len() > 1 {
            let title = format!("all {} paths", figures.len());
            text.push_str(&format!("{}\n", table(&title, &joined)));
        }
        text.push_str(DEFINITIONS);
        Ok(text)
    }
}

#[cfg(test)]
mod tests;
