//! Exact numbers, and how far from them the candidates are.

use levee_bench_fixed_point::candidates::Candidate;
use num_bigint::BigUint;
use num_rational::Ratio;
use num_traits::ToPrimitive;

pub type Real = Ratio<BigUint>;

pub trait Encode {
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

pub fn one((base, exponent): (u32, u32)) -> BigUint {
    BigUint::from(base).pow(exponent)
}

pub fn decode(number: u128, unit: (u32, u32)) -> Real {
    Real::new(BigUint::from(number), one(unit))
}

/// A number from its decimal digits.
pub fn real(digits: &str) -> Real {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let digits: BigUint = format!("{whole}{fraction}")
        .parse()
        .expect("the constants above are decimal numbers");
    Real::new(digits, BigUint::from(10u8).pow(fraction.len() as u32))
}

pub fn distance(a: &Real, b: &Real) -> Real {
    if a > b {
        a - b
    } else {
        b - a
    }
}

pub fn relative(got: &Real, exact: &Real) -> f64 {
    float(&(distance(got, exact) / exact))
}

pub fn float(number: &Real) -> f64 {
    let float = |n: &BigUint| n.to_f64().unwrap_or(f64::INFINITY);
    float(number.numer()) / float(number.denom())
}
