//! The committed table.

use std::fmt::Write as _;

use anyhow::{Context, Result};

use crate::batch::LARGEST_BATCH;
use crate::Row;

/// What one block may spend on transactions that write the same account.
const WRITE_LOCK_LIMIT: u64 = 12_000_000;

/// The whole report.
pub fn table(rows: &[Row]) -> Result<String> {
    let mut out = String::from(
        "# Compute units\n\n\
         Written by `cargo xtask bench`; do not edit. A row is a whole transaction in LiteSVM 0.12 (Agave 3.1) with\n\
         the token program that mainnet runs (p-token), every reserve of the obligation refreshed in it where prices are\n\
         needed, interest accruing on each. Positions are deposits + borrows; more than one of either goes through a\n\
         lookup table. Bytes include the signature.\n\n\
         | instruction | positions | compute units | accounts | bytes |\n|---|---|---:|---:|---:|\n",
    );
    for row in rows {
        writeln!(
            out,
            "| {} | {} | {} | {} | {} |",
            row.instruction, row.positions, row.compute_units, row.accounts, row.bytes
        )?;
    }
    let find = |instruction: &str, positions: &str| -> Result<u64> {
        let row = rows
            .iter()
            .find(|r| r.instruction == instruction && r.positions == positions);
        Ok(row.context("a measured row is missing")?.compute_units)
    };
    writeln!(
        out,
        "\n## Beside others\n\n\
         The same arithmetic for builds of late 2024, whole transactions, in the same virtual machine.\n\n\
         | | deposit | borrow | withdraw | repay | liquidate 1+1 | 4+2 | 8+5 |\n|---|---:|---:|---:|---:|---:|---:|---:|\n\
         | Levee | {} | {} | {} | {} | {} | {} | {} |\n\
         | klend | 131665 | 113326 | 121572 | | 164973 | 302083 | 541824 |\n\
         | marginfi | 37712 | 70560 | | 37384 | 197872 | | |\n\
         | Save | | | | | 210192 | | |\n",
        find("deposit", "1+1")?,
        find("borrow", "1+1")?,
        find("withdraw", "1+1")?,
        find("repay", "1+1")?,
        find("liquidate", "1+1")?,
        find("liquidate", "4+2")?,
        find("liquidate", "8+5")?,
    )?;
    let single = find("liquidate", "1+1")?;
    let sizes = [1, LARGEST_BATCH];
    let [first, whole] = sizes.map(|n| find("liquidate_batch", &format!("1+1 x {n}")));
    let (first, whole) = (first?, whole?);
    let further = (whole - first) / (LARGEST_BATCH as u64 - 1);
    let in_batches = WRITE_LOCK_LIMIT / whole * LARGEST_BATCH as u64;
    let singles = WRITE_LOCK_LIMIT / single;
    writeln!(
        out,
        "One block spends at most 12,000,000 compute units on transactions that write the same account: {singles} of\n\
         our 1+1 liquidations, or {in_batches} in batches of {LARGEST_BATCH}, against 72 of klend's by the same arithmetic.\n\
         A further obligation in a batch costs {further} compute units."
    )?;
    Ok(out)
}
