//! Compute units, accounts and bytes of every instruction: `cargo xtask bench [--json | --check]`.
//!
//! Each row is a whole transaction in LiteSVM, with the token program that mainnet runs. Where an instruction asks for
//! prices, the transaction refreshes all reserves of the obligation first, with interest to accrue on each.

mod batch;
mod flash;
mod positions;
mod render;
mod scene;
mod setup;

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Parser;
use levee_testkit::Receipt;
use levee_tests::freshness::{compare, write};
use serde::Serialize;

#[derive(Parser)]
#[command(about = "Measures compute units and writes benches/compute_units.md")]
struct Arguments {
    /// Print the rows as JSON; write nothing.
    #[arg(long)]
    json: bool,
    /// Fail where a figure differs from the committed table by more than 2 %; write nothing.
    #[arg(long, conflicts_with = "json")]
    check: bool,
}

#[derive(Serialize)]
struct Row {
    instruction: &'static str,
    positions: String,
    compute_units: u64,
    accounts: usize,
    bytes: usize,
}

impl Row {
    fn new(instruction: &'static str, positions: &str, receipt: &Receipt) -> Self {
        Self {
            instruction,
            positions: positions.into(),
            compute_units: receipt.compute_units,
            accounts: receipt.accounts,
            bytes: receipt.bytes,
        }
    }
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let mut rows = setup::rows()?;
    for (deposits, borrows) in [(1, 1), (4, 2), (8, 5)] {
        rows.extend(positions::rows(deposits, borrows)?);
    }
    rows.extend(batch::rows()?);
    rows.extend(flash::rows()?);
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&rows)?);
        return Ok(());
    }
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../benches/compute_units.md");
    let table = render::table(&rows)?;
    if arguments.check {
        let committed =
            std::fs::read_to_string(&path).with_context(|| format!("{}", path.display()))?;
        return compare(&committed, &table, "cargo xtask bench");
    }
    write(&path, &table)?;
    eprintln!("wrote {}", path.display());
    Ok(())
}
