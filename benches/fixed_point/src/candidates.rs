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

mod binary;
mod decimal;
mod limbs;
mod narrow;
mod native;
#[allow(
    clippy::manual_div_ceil,
    clippy::assign_op_pattern,
    clippy::ptr_offset_with_cast
)]
mod wide_integers;

use core::cmp::Ordering;

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
