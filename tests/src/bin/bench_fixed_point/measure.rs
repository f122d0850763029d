//! Costs and errors of a candidate over a choice of operands.

use anyhow::Result;
use levee_bench_fixed_point::candidates::{Candidate, OPERATIONS};
use levee_bench_fixed_point::Operands;
use num_bigint::BigUint;

use crate::exact::{decode, distance, float, one, real, relative, Encode, Real};
use crate::machine::Machine;

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

/// What calls of one operation cost.
#[derive(Default)]
pub struct Costs(Vec<u64>);

impl Costs {
    pub fn shown(&self) -> String {
        match self.0.iter().max() {
            Some(most) => format!(
                "{} ({most})",
                self.0.iter().sum::<u64>() / self.0.len() as u64
            ),
            None => "-".to_owned(),
        }
    }
}

pub struct Measured {
    pub costs: Vec<Costs>,
    pub errors: Vec<String>,
}

/// All operations of a candidate on all operands.
pub fn measure(machine: &mut Machine, number: usize, candidate: &Candidate) -> Result<Measured> {
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
