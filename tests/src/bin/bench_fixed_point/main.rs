//! Measures the candidates for fixed-point numbers in compute units and writes `benches/fixed_point.md`.
//!
//! Needs `cargo xtask build-sbf --package levee-bench-fixed-point`; `SBF_OUT_DIR` names another folder than
//! `target/deploy`.

mod exact;
mod machine;
mod measure;

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use levee_bench_fixed_point::candidates::{CANDIDATES, OPERATIONS};
use levee_bench_fixed_point::core_costs;
use levee_tests::freshness::{compare, write};

use crate::machine::Machine;
use crate::measure::measure;

fn main() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder =
        env::var_os("SBF_OUT_DIR").map_or_else(|| root.join("target/deploy"), PathBuf::from);
    let mut machine = Machine::new(&folder.join("levee_bench_fixed_point.so"))?;

    let mut report = String::from(INTRODUCTION);
    writeln!(
        report,
        "| candidate | {} |\n|---|{}",
        OPERATIONS.join(" | "),
        "---|".repeat(OPERATIONS.len())
    )?;
    let mut errors = String::new();
    for (number, candidate) in CANDIDATES.iter().enumerate() {
        let measured = measure(&mut machine, number, candidate)?;
        write!(report, "| {} |", candidate.name)?;
        for costs in &measured.costs {
            write!(report, " {} |", costs.shown())?;
        }
        report.push('\n');
        writeln!(
            errors,
            "| {} | {} |",
            candidate.name,
            measured.errors.join(" | ")
        )?;
    }
    report.push_str(ERRORS);
    report.push_str(&errors);
    report.push_str(CONCLUSION);
    core_table(&mut machine, &mut report)?;
    let path = root.join("benches/fixed_point.md");
    if env::args().nth(1).as_deref() == Some("--check") {
        let committed =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        return compare(&committed, &report, "cargo xtask bench-fixed-point");
    }
    write(&path, &report)
}

const INTRODUCTION: &str = "\
# Fixed-point candidates, in compute units

Written by `cargo xtask bench-fixed-point` from the program `benches/fixed_point`, run in LiteSVM. Net
of an empty operation; mean over the operands that the candidate can hold, and the most expensive of them.
*balance*: scaled balance times index, in atoms. *scale*: atoms over index. *value*: atoms times price, in dollars.
*compare*: `W f` with `B g`. *ratio*: `W / B`.

";

const ERRORS: &str = "
The worst error against exact numbers, over the same operands. Balances: what a deposit at one index is worth at a later
one. An index grows second by second: how far a second's step at 0.01 % a year is off because of the index's last digit.

| candidate | balance, atoms | value, relative | ratio, relative | index's step, relative | operands out of range |
|---|---|---|---|---|---|
";

const CONCLUSION: &str = "
The risk crate uses Q64.64 in 64-bit limbs: of the candidates that keep every amount of 64 bits within an atom at indexes
up to 2^30 it is the cheapest in every operation, and its index takes the finest steps when interest accrues each second.
Q16.48 in a `u64` costs less, but it loses thousands of atoms of a large balance, cannot hold an index above 65,536, and
at 0.01 % a year one unit of its index is a thousandth of a second's interest.

## The arithmetic core

";

/// The risk crate's own functions on operands of a large reserve.
fn core_table(machine: &mut Machine, report: &mut String) -> Result<()> {
    let (wide, odd) = (0x9e37_79b9_7f4a_7c15, 0x2545_f491_4f6c_dd1d);
    let reserve = [
        129_600_000_000_000,
        458_200_000_000_000,
        1 << 61,
        3 << 60,
        1_000,
    ];
    report.push_str("| function | compute units |\n|---|---|\n");
    for (operation, (name, _)) in core_costs::FUNCTIONS.iter().enumerate().skip(1) {
        let operands = match *name {
            "utilization_down" => [reserve[1], reserve[0], 0, 0, 0, 0],
            "compound_growth_up" => [5_850_000_000, 3_600, 0, 0, 0, 0],
            name if name.starts_with("borrow_rate_up") => [wide, 0, 0, 0, 0, 0],
            name if name.starts_with("accrue") => [
                reserve[0], reserve[1], reserve[2], reserve[3], reserve[4], 3_600,
            ],
            _ => [wide, 1 << 40 | 12_345, odd, wide, 0, 0],
        };
        let (cost, _) = machine.run(CANDIDATES.len(), operation, &operands)?;
        writeln!(report, "| {name} | {cost} |")?;
    }
    Ok(())
}
