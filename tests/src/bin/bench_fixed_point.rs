//! Measures the candidates for fixed-point numbers in compute units and writes `benches/fixed_point.md`.
//!
//! Needs `cargo xtask build-sbf --package levee-bench-fixed-point`; `SBF_OUT_DIR` names another folder than
//! `target/deploy`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{anyhow, ensure, Context, Result};
use levee_bench_fixed_point::candidates::{Candidate, CANDIDATES, OPERATIONS};
use levee_bench_fixed_point::{core_costs, function, Operands, DATA_LEN};
use levee_tests::freshness::compare;
use litesvm::LiteSVM;
use num_bigint::BigUint;
use num_rational::Ratio;
use num_traits::ToPrimitive;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;
use solana_transaction::Transaction;

type Real = Ratio<BigUint>;

/// Repetitions in one call: the same operands cost the same each time.
const REPETITIONS: u8 = 10;

/// Indexes at which an amount is deposited and later read.
const INDEXES: [(&str, &str); 5] = [
    ("1", "1.000000001585491184589599100"),
    (
        "1.048540642417873765200833079",
        "1.231234567890123456789012345",
    ),
    ("1.999999999999999999", "37.98765432109876543210987"),
    ("65000.123456789", "65535.9"),
    ("1048576.333333333333333333", "1073741823.777777777777777"),
];

/// Amounts in atoms.
const AMOUNTS: [u64; 5] = [
    1,
    999_999,
    123_456_789_012,
    1_000_000_000_000_007,
    9_223_372_036_854_775_783,
];

/// Dollars per whole token of nine decimals.
const PRICES: [&str; 4] = ["0.00001234", "0.99987654", "187.65432109", "64321.98765432"];

/// Sums of dollars, as `W` and `B`.
const SUMS: [(&str, &str); 4] = [
    ("7.654321", "8.123456"),
    ("12345.678901234567890123", "11999.999999999999999999"),
    ("98765432.101234567890123", "98765432.101234567890122"),
    ("1234567890123.4", "876543210987.6"),
];

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
    if std::env::args().nth(1).as_deref() == Some("--check") {
        let committed =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        return compare(&committed, &report, "cargo xtask bench-fixed-point");
    }
    fs::write(&path, &report).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(())
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

/// What calls of one operation cost.
#[derive(Default)]
struct Costs(Vec<u64>);

impl Costs {
    fn shown(&self) -> String {
        match self.0.iter().max() {
            Some(most) => format!(
                "{} ({most})",
                self.0.iter().sum::<u64>() / self.0.len() as u64
            ),
            None => "-".to_owned(),
        }
    }
}

struct Measured {
    costs: Vec<Costs>,
    errors: Vec<String>,
}

/// All operations of a candidate on all operands.
fn measure(machine: &mut Machine, number: usize, candidate: &Candidate) -> Result<Measured> {
    let units = &candidate.units;
    let mut costs: Vec<Costs> = OPERATIONS.iter().map(|_| Costs::default()).collect();
    let mut refused = 0;
    let mut run = |operation: usize, operands: Option<Operands>| -> Result<Option<u128>> {
        let outcome = operands
            .map(|operands| machine.run(number, operation, &operands))
            .transpose()?;
        match outcome {
            Some((cost, Some(result))) => {
                costs[operation].0.push(cost);
                Ok(Some(result))
            }
            _ => {
                refused += 1;
                Ok(None)
            }
        }
    };

    let mut atoms_off = 0.0f64;
    for (amount, (before, after)) in AMOUNTS
        .iter()
        .flat_map(|amount| INDEXES.map(|indexes| (*amount, indexes)))
    {
        let (before, after) = (real(before), real(after));
        let index = candidate.encode(&before, units.index);
        let Some(scaled) = run(1, index.map(|[low, high]| [amount, 0, low, high, 0, 0]))? else {
            continue;
        };
        let exact = Real::from(BigUint::from(amount)) * &after / &before;
        if exact.to_integer().bits() > 64 {
            continue;
        }
        let later = candidate.encode(&after, units.index);
        let operands =
            later.map(|[low, high]| [scaled as u64, (scaled >> 64) as u64, low, high, 0, 0]);
        let Some(atoms) = run(0, operands)? else {
            continue;
        };
        atoms_off = atoms_off.max(float(&distance(&Real::from(BigUint::from(atoms)), &exact)));
    }

    let mut value_off = 0.0f64;
    for (amount, price) in AMOUNTS
        .iter()
        .flat_map(|amount| PRICES.map(|price| (*amount, real(price))))
    {
        let operands = candidate
            .encode(&price, units.price)
            .map(|[low, high]| [amount, low, high, 1_000_000_000, 0, 0]);
        let Some(value) = run(2, operands)? else {
            continue;
        };
        let exact = Real::from(BigUint::from(amount)) * price / BigUint::from(1_000_000_000u64);
        if exact > Real::from(BigUint::from(1u8)) {
            value_off = value_off.max(relative(&decode(value, units.dollars), &exact));
        }
    }

    let mut ratio_off = 0.0f64;
    for (collateral, debt) in SUMS.map(|(w, b)| (real(w), real(b))) {
        let both = candidate
            .encode(&collateral, units.dollars)
            .zip(candidate.encode(&debt, units.dollars));
        let operands = both.map(|([w0, w1], [b0, b1])| [w0, w1, b0, b1, 8_500, 11_000]);
        run(3, operands)?;
        let Some(ratio) = run(4, operands)? else {
            continue;
        };
        ratio_off = ratio_off.max(relative(&decode(ratio, units.ratio), &(collateral / debt)));
    }

    // One unit of the index over a second's interest at 0.01 % a year.
    let step = 1.0 / float(&Real::from(one(units.index))) / (0.0001 / 31_536_000.0);
    let errors = vec![
        format!("{atoms_off:.1}"),
        format!("{value_off:.0e}"),
        format!("{ratio_off:.0e}"),
        format!("{step:.0e}"),
        refused.to_string(),
    ];
    Ok(Measured { costs, errors })
}

trait Encode {
    /// The limbs that stand for a number, rounded down; `None` when they are too few.
    fn encode(&self, number: &Real, unit: (u32, u32)) -> Option<[u64; 2]>;
}

impl Encode for Candidate {
    fn encode(&self, number: &Real, unit: (u32, u32)) -> Option<[u64; 2]> {
        let encoded = (number * one(unit)).to_integer();
        (encoded.bits() <= self.bits).then(|| {
            let encoded = encoded.to_u128().unwrap_or_default();
            [encoded as u64, (encoded >> 64) as u64]
        })
    }
}

fn one((base, exponent): (u32, u32)) -> BigUint {
    BigUint::from(base).pow(exponent)
}

fn decode(number: u128, unit: (u32, u32)) -> Real {
    Real::new(BigUint::from(number), one(unit))
}

/// A number from its decimal digits.
fn real(digits: &str) -> Real {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let digits: BigUint = format!("{whole}{fraction}")
        .parse()
        .expect("the constants above are decimal numbers");
    Real::new(digits, BigUint::from(10u8).pow(fraction.len() as u32))
}

fn distance(a: &Real, b: &Real) -> Real {
    if a > b {
        a - b
    } else {
        b - a
    }
}

fn relative(got: &Real, exact: &Real) -> f64 {
    float(&(distance(got, exact) / exact))
}

fn float(number: &Real) -> f64 {
    let float = |n: &BigUint| n.to_f64().unwrap_or(f64::INFINITY);
    float(number.numer()) / float(number.denom())
}

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

/// The virtual machine with the program in it.
struct Machine {
    svm: LiteSVM,
    payer: Keypair,
    program: Pubkey,
    empty: u64,
}

impl Machine {
    fn new(path: &Path) -> Result<Self> {
        let program = Pubkey::new_unique();
        let payer = Keypair::new();
        let mut svm = LiteSVM::new()
            .with_sigverify(false)
            .with_transaction_history(0);
        let bytecode = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        svm.add_program(program, &bytecode)
            .map_err(|error| anyhow!("{error:?}"))?;
        svm.airdrop(&payer.pubkey(), 1_000_000_000_000)
            .map_err(|failed| anyhow!("{:?}", failed.err))?;
        let mut machine = Self {
            svm,
            payer,
            program,
            empty: 0,
        };
        machine.empty = machine.call(CANDIDATES.len(), 0, &[0; 6])?.0;
        Ok(machine)
    }

    /// Compute units of one operation, rounded, without the loop around it, and its result.
    fn run(
        &mut self,
        candidate: usize,
        operation: usize,
        operands: &Operands,
    ) -> Result<(u64, Option<u128>)> {
        let (cost, result) = self.call(candidate, operation, operands)?;
        let function = function(candidate, operation).context("no such function")?;
        ensure!(
            result == function(operands),
            "the machine and the host disagree on {candidate}/{operation}"
        );
        let net = cost.saturating_sub(self.empty) + u64::from(REPETITIONS) / 2;
        Ok((net / u64::from(REPETITIONS), result))
    }

    fn call(
        &mut self,
        candidate: usize,
        operation: usize,
        operands: &Operands,
    ) -> Result<(u64, Option<u128>)> {
        let mut data = Vec::with_capacity(DATA_LEN);
        data.extend([candidate as u8, operation as u8, REPETITIONS, 0, 0, 0, 0, 0]);
        data.extend(operands.iter().flat_map(|operand| operand.to_le_bytes()));
        let instruction = Instruction {
            program_id: self.program,
            accounts: Vec::new(),
            data,
        };
        let transaction = Transaction::new_signed_with_payer(
            &[instruction],
            Some(&self.payer.pubkey()),
            &[&self.payer],
            self.svm.latest_blockhash(),
        );
        let outcome = self
            .svm
            .send_transaction(transaction)
            .map_err(|failed| anyhow!("{:?}", failed))?;
        let mut returned = [0; 17];
        let data = outcome.return_data.data;
        returned[..data.len()].copy_from_slice(&data);
        let [number @ .., present] = returned;
        Ok((
            outcome.compute_units_consumed,
            (present == 1).then(|| u128::from_le_bytes(number)),
        ))
    }
}
