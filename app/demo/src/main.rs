//! The command: see the library.

use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{ensure, Context, Result};
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use levee_client::output::{print, say, usage};
use levee_testkit::program_path;

use levee_demo::market::Market;
use levee_demo::picture::Canvas;
use levee_demo::prices::{dollars, PricePath};
use levee_demo::report::{self, Report};
use levee_demo::{book, walk};

const LONG_ABOUT: &str = "\
Replays a price path on a lending market: an embedded chain with the built program, lenders, borrowers spread over \
loan-to-value ratios, and a liquidator that plans with the program's own code and sends real transactions.

The market lists a base asset at the path's price, a liquid-staking token whose pool makes it worth 1.2 of the base, \
and USDC at one dollar. Prices are posted with a confidence of 0.1 % and an exponential average over one hour. Every bar is walked in \
four steps of a quarter of its length each: open, low, high, close where it rises; open, high, low, close where it \
falls. At each step every borrower is valued off the chain, and whoever is unhealthy is liquidated on the chain until \
healthy; who is barely unhealthy at a price far from its average is marked and tried again 25 slots later. Each bar \
ends with a refresh of all reserves. The same arguments give the same output.";

#[derive(Parser)]
#[command(about = "Replays a price crash on an embedded chain", long_about = LONG_ABOUT)]
#[command(after_long_help = report::DEFINITIONS)]
struct Arguments {
    /// CSV with the columns unix_timestamp,open,high,low,close of the base asset; further columns are ignored
    #[arg(long, value_name = "FILE.csv")]
    prices: Option<PathBuf>,
    /// Where the picture goes, an SVG [default: demo.svg in cargo's target folder]
    #[arg(long, value_name = "FILE.svg")]
    picture: Option<PathBuf>,
    /// How many borrowers
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=5_000))]
    borrowers: u32,
    /// Draws other borrowers
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print one JSON object instead of the table
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        // Help is no error.
        Err(shown) if !shown.use_stderr() => {
            // A closed pipe is nobody's fault.
            let _ = shown.print();
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            say(usage(&error.to_string()));
            return ExitCode::FAILURE;
        }
    };
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say(format_args!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Whether all invariants held.
fn run(arguments: &Arguments) -> Result<bool> {
    let path = match &arguments.prices {
        Some(file) => PricePath::read(file)?,
        None => PricePath::october_2025(),
    };
    let program = program_path("levee");
    ensure!(
        program.is_file(),
        "{} is missing: run `cargo xtask build-sbf`",
        program.display()
    );
    let picture = arguments.picture.clone().unwrap_or_else(default_picture);
    let canvas = Canvas::reserve(&picture)?;

    let mut market = Market::open(path.first().timestamp, dollars(path.first().open))?;
    let mut users = book::open(&mut market, arguments.borrowers, arguments.seed)?;
    // Hidden where stderr is no terminal.
    let bar = ProgressBar::new(path.bars.len() as u64);
    bar.set_style(ProgressStyle::with_template(
        "{wide_bar:.cyan/dim} {pos}/{len} bars, {elapsed}",
    )?);
    let run = walk::walk(&mut market, &mut users, &path, || bar.inc(1))?;
    bar.finish_and_clear();

    canvas.draw(&run, &path)?;
    let report = Report::new(
        &run,
        &path.name,
        users.borrowers.len(),
        arguments.seed,
        picture.display().to_string(),
    );
    let text = if arguments.json {
        serde_json::to_string_pretty(&report)?
    } else {
        format!("{}\nPicture: {}", report.table(), report.picture)
    };
    print(text).context("cannot print the result")?;
    for failure in &report.failures {
        say(format_args!("broken invariant: {failure}"));
    }
    Ok(report.invariants_broken == 0)
}

/// In the target folder that this binary was built into, else in the current one.
fn default_picture() -> PathBuf {
    let binary = env::current_exe().unwrap_or_default();
    let target = binary
        .ancestors()
        .find(|folder| folder.join("CACHEDIR.TAG").is_file())
        .unwrap_or(Path::new(""));
    target.join("demo.svg")
}
