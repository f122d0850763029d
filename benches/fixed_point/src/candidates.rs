//! The candidates. Each does the same five things in its own representation; operands are 64-bit limbs, the least
//! significant first:
//!
//! | operation | operands | result |
//! |---|---|---|
//! | balance | scaled (2), index (2) | atoms |
//! | scale | atoms, -, index (2) | scaled |
//! | value | atoms, price (2), power of ten | dollars |
//! | compare | W (2), B (2), f, g | 0, 1 or 2 as `W f` is less than, equal to or greater than `B g` |
//! | ratio | W (2), B (2) | W / B |

use core::cmp::Ordering;

use levee_risk::fixed::{ScaledSupply, SupplyIndex};
use levee_risk::units::{Atoms, Bps, Usd};
use levee_risk::valuation::{Health, WeightedUsd};
use levee_risk::wide::{cmp_mul, mul_128_64_checked, mul_64};

use crate::Operands;

/// An operation; `None` when the result does not fit.
pub type Function = fn(&Operands) -> Option<u128>;

/// The operations' names, in the order of [`Candidate::functions`].
pub const OPERATIONS: [&str; 5] = ["balance", "scale", "value", "compare", "ratio"];

/// A representation and its operations.
pub struct Candidate {
    /// How it is called in the report.
    pub name: &'static str,
    /// Balance, scale, value, compare, ratio.
    pub functions: [Function; 5],
    /// Bits of the integer in which an index, a scaled balance or a sum of dollars is stored.
    pub bits: u64,
    /// What one is, as `(base, exponent)`.
    pub units: Units,
}

/// The numbers that stand for one, as `(base, exponent)`.
pub struct Units {
    /// In an index.
    pub index: (u32, u32),
    /// In a scaled balance.
    pub scaled: (u32, u32),
    /// In a price, dollars per whole token.
    pub price: (u32, u32),
    /// In a sum of dollars.
    pub dollars: (u32, u32),
    /// In a ratio.
    pub ratio: (u32, u32),
}

/// All candidates, ours first.
pub const CANDIDATES: [Candidate; 5] = [
    Candidate {
        name: "Q64.64, 64-bit limbs (ours)",
        functions: [
            limbs::balance,
            limbs::scale,
            limbs::value,
            limbs::compare,
            limbs::ratio,
        ],
        bits: 128,
        units: Units {
            index: (2, 64),
            scaled: (2, 32),
            price: (10, 8),
            dollars: (10, 18),
            ratio: (2, 48),
        },
    },
    Candidate {
        name: "Q64.64, compiler's u128",
        functions: [
            native::balance,
            native::scale,
            native::value,
            native::compare,
            native::ratio,
        ],
        bits: 128,
        units: Units {
            index: (2, 64),
            scaled: (2, 32),
            price: (10, 8),
            dollars: (10, 18),
            ratio: (2, 48),
        },
    },
    Candidate {
        name: "Q68.60, 256-bit (klend)",
        functions: [
            binary::balance,
            binary::scale,
            binary::value,
            binary::compare,
            binary::ratio,
        ],
        bits: 128,
        units: Units {
            index: (2, 60),
            scaled: (2, 60),
            price: (2, 60),
            dollars: (2, 60),
            ratio: (2, 60),
        },
    },
    Candidate {
        name: "18 decimals, 192-bit (Solend)",
        functions: [
            decimal::balance,
            decimal::scale,
            decimal::value,
            decimal::compare,
            decimal::ratio,
        ],
        bits: 128,
        units: Units {
            index: (10, 18),
            scaled: (10, 18),
            price: (10, 18),
            dollars: (10, 18),
            ratio: (10, 18),
        },
    },
    Candidate {
        name: "Q16.48 in u64",
        functions: [
            narrow::balance,
            narrow::scale,
            narrow::value,
            narrow::compare,
            narrow::ratio,
        ],
        bits: 64,
        units: Units {
            index: (2, 48),
            scaled: (2, 0),
            price: (2, 48),
            dollars: (10, 6),
            ratio: (2, 48),
        },
    },
];

/// `high * 2^64 + low`.
pub const fn join(high: u64, low: u64) -> u128 {
    (high as u128) << 64 | low as u128
}

fn rank(ordering: Ordering) -> Option<u128> {
    Some(match ordering {
        Ordering::Less => 0,
        Ordering::Equal => 1,
        Ordering::Greater => 2,
    })
}

/// What the risk crate does.
mod limbs {
    use super::*;

    pub fn balance(o: &Operands) -> Option<u128> {
        let scaled = ScaledSupply::from_limbs([o[0], o[1]]);
        scaled
            .atoms_down(SupplyIndex::from_limbs([o[2], o[3]]))
            .ok()
            .map(|atoms| atoms.0 as u128)
    }

    pub fn scale(o: &Operands) -> Option<u128> {
        let scaled =
            ScaledSupply::from_atoms_down(Atoms(o[0]), SupplyIndex::from_limbs([o[2], o[3]]))
                .ok()?;
        let [low, high] = scaled.to_limbs();
        Some(join(high, low))
    }

    pub fn value(o: &Operands) -> Option<u128> {
        // Price and power of ten make wads: 10^18 = 10^8 (price) * 10^9 (decimals) * 10^1.
        mul_128_64_checked(mul_64(o[0], o[1]), 10_000_000_000u64.checked_div(o[3])?)
    }

    pub fn compare(o: &Operands) -> Option<u128> {
        rank(cmp_mul(join(o[1], o[0]), o[4], join(o[3], o[2]), o[5]))
    }

    pub fn ratio(o: &Operands) -> Option<u128> {
        let weighted = |high, low| WeightedUsd::of(Usd::from_wad(join(high, low)), Bps(1)).ok();
        let health = Health {
            collateral: weighted(o[1], o[0])?,
            debt: weighted(o[3], o[2])?,
        };
        health.ratio_down().map(u128::from)
    }
}

/// The same numbers, multiplied and divided by the operators that the compiler turns into library calls.
mod native {
    use super::*;

    pub fn balance(o: &Operands) -> Option<u128> {
        let product = |a: u64, b: u64| (a as u128).wrapping_mul(b as u128);
        let middle = product(o[1], o[2])
            .checked_add(product(o[0], o[3]))?
            .checked_add(product(o[0], o[2]) >> 64)?;
        Some((product(o[1], o[3]) << 32).wrapping_add(middle >> 32))
    }

    pub fn scale(o: &Operands) -> Option<u128> {
        let (dividend, index) = ((o[0] as u128) << 64, join(o[3], o[2]));
        let whole = dividend.checked_div(index)?;
        Some((whole << 32).wrapping_add((dividend.checked_rem(index)? << 32).checked_div(index)?))
    }

    pub fn value(o: &Operands) -> Option<u128> {
        (o[0] as u128)
            .wrapping_mul(o[1] as u128)
            .checked_mul(10_000_000_000u64.checked_div(o[3])? as u128)
    }

    pub fn compare(o: &Operands) -> Option<u128> {
        let left = join(o[1], o[0]).checked_mul(o[4] as u128)?;
        rank(left.cmp(&join(o[3], o[2]).checked_mul(o[5] as u128)?))
    }

    pub fn ratio(o: &Operands) -> Option<u128> {
        let (mut rest, divisor) = (join(o[1], o[0]), join(o[3], o[2]));
        let mut ratio = rest.checked_div(divisor)?;
        for _ in 0..2 {
            rest = rest.checked_rem(divisor)? << 24;
            ratio = (ratio << 24) | rest.checked_div(divisor)?;
        }
        Some(ratio)
    }
}

#[allow(
    clippy::manual_div_ceil,
    clippy::assign_op_pattern,
    clippy::ptr_offset_with_cast
)]
mod wide_integers {
    uint::construct_uint! {
        /// The intermediates of 18-decimal numbers.
        pub struct U192(3);
    }
    uint::construct_uint! {
        /// The intermediates of Q68.60 numbers.
        pub struct U256(4);
    }
}

/// 60 fractional bits, products and dividends in 256 bits of the `uint` crate.
mod binary {
    use super::wide_integers::U256;
    use super::*;

    fn number(high: u64, low: u64) -> U256 {
        U256([low, high, 0, 0])
    }

    fn narrow(n: U256) -> Option<u128> {
        (n.0[2] | n.0[3] == 0).then(|| join(n.0[1], n.0[0]))
    }

    pub fn balance(o: &Operands) -> Option<u128> {
        narrow((number(o[1], o[0]) * number(o[3], o[2])) >> 120)
    }

    pub fn scale(o: &Operands) -> Option<u128> {
        narrow((U256::from(o[0]) << 120).checked_div(number(o[3], o[2]))?)
    }

    pub fn value(o: &Operands) -> Option<u128> {
        narrow((U256::from(o[0]) * number(o[2], o[1])).checked_div(U256::from(o[3]))?)
    }

    pub fn compare(o: &Operands) -> Option<u128> {
        rank((number(o[1], o[0]) * U256::from(o[4])).cmp(&(number(o[3], o[2]) * U256::from(o[5]))))
    }

    pub fn ratio(o: &Operands) -> Option<u128> {
        narrow((number(o[1], o[0]) << 60).checked_div(number(o[3], o[2]))?)
    }
}

/// 18 decimals, products and dividends in 192 bits of the `uint` crate.
mod decimal {
    use super::wide_integers::U192;
    use super::*;

    const WAD: u64 = 1_000_000_000_000_000_000;

    fn number(high: u64, low: u64) -> U192 {
        U192([low, high, 0])
    }

    fn narrow(n: U192) -> Option<u128> {
        (n.0[2] == 0).then(|| join(n.0[1], n.0[0]))
    }

    pub fn balance(o: &Operands) -> Option<u128> {
        let wads = number(o[1], o[0]).checked_mul(number(o[3], o[2]))? / U192::from(WAD);
        narrow(wads / U192::from(WAD))
    }

    pub fn scale(o: &Operands) -> Option<u128> {
        let wads = U192::from(o[0])
            .checked_mul(U192::from(WAD))?
            .checked_mul(U192::from(WAD))?;
        narrow(wads.checked_div(number(o[3], o[2]))?)
    }

    pub fn value(o: &Operands) -> Option<u128> {
        narrow(
            U192::from(o[0])
                .checked_mul(number(o[2], o[1]))?
                .checked_div(U192::from(o[3]))?,
        )
    }

    pub fn compare(o: &Operands) -> Option<u128> {
        let left = number(o[1], o[0]).checked_mul(U192::from(o[4]))?;
        rank(left.cmp(&number(o[3], o[2]).checked_mul(U192::from(o[5]))?))
    }

    pub fn ratio(o: &Operands) -> Option<u128> {
        narrow(
            number(o[1], o[0])
                .checked_mul(U192::from(WAD))?
                .checked_div(number(o[3], o[2]))?,
        )
    }
}

/// Everything in 64 bits: an index with 48 fractional bits, balances in whole atoms, dollars in millionths.
mod narrow {
    use super::*;

    fn fit(n: u128) -> Option<u128> {
        (n >> 64 == 0).then_some(n)
    }

    pub fn balance(o: &Operands) -> Option<u128> {
        fit(mul_64(o[0], o[2]) >> 48)
    }

    pub fn scale(o: &Operands) -> Option<u128> {
        let dividend = (o[0] as u128) << 48;
        levee_risk::wide::div_128_64(dividend, o[2])
            .ok()
            .and_then(|(quotient, _)| fit(quotient))
    }

    pub fn value(o: &Operands) -> Option<u128> {
        let dollars = fit(mul_64(o[0], o[1]) >> 48)? as u64;
        Some(dollars.checked_div(o[3] / 1_000_000)? as u128)
    }

    pub fn compare(o: &Operands) -> Option<u128> {
        rank(mul_64(o[0], o[4]).cmp(&mul_64(o[2], o[5])))
    }

    pub fn ratio(o: &Operands) -> Option<u128> {
        let dividend = (o[0] as u128) << 48;
        levee_risk::wide::div_128_64(dividend, o[2])
            .ok()
            .and_then(|(quotient, _)| fit(quotient))
    }
}
