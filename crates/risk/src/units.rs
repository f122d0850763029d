//! Quantities with their units in the type, and the one error that arithmetic has.

use core::fmt;

/// Why a calculation has no result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MathError {
    /// The result does not fit its type.
    Overflow,
    /// The divisor is zero.
    DivisionByZero,
}

impl fmt::Display for MathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Overflow => "the result does not fit its type",
            Self::DivisionByZero => "division by zero",
        })
    }
}

impl core::error::Error for MathError {}

/// An amount of one token in its smallest unit, as the token program counts it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Atoms(pub u64);

impl Atoms {
    /// No tokens.
    pub const ZERO: Self = Self(0);

    /// Exact sum in atoms; `Overflow` above `u64::MAX`.
    pub const fn checked_add(self, other: Self) -> Result<Self, MathError> {
        match self.0.checked_add(other.0) {
            Some(sum) => Ok(Self(sum)),
            None => Err(MathError::Overflow),
        }
    }

    /// Exact difference in atoms; `Overflow` when `other` is larger.
    pub const fn checked_sub(self, other: Self) -> Result<Self, MathError> {
        match self.0.checked_sub(other.0) {
            Some(difference) => Ok(Self(difference)),
            None => Err(MathError::Overflow),
        }
    }
}

/// A ratio in basis points: `Bps(10_000)` is one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Bps(pub u32);

impl Bps {
    /// The ratio one, which is also the denominator.
    pub const ONE: Self = Self(10_000);
}

/// A ratio in parts per million, for bonuses and per-slot rates: `Ppm(1_000_000)` is one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Ppm(pub u32);

impl Ppm {
    /// The ratio one, which is also the denominator.
    pub const ONE: Self = Self(1_000_000);
}

/// An amount of dollars, counted in 1e-18 dollars ("wads"); at most 3.4e20 dollars.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Usd(u128);

impl Usd {
    /// No dollars.
    pub const ZERO: Self = Self(0);

    /// An amount given in 1e-18 dollars.
    pub const fn from_wad(wad: u128) -> Self {
        Self(wad)
    }

    /// A whole number of dollars, exact for every `u64`.
    pub const fn from_whole(dollars: u64) -> Self {
        Self(crate::wide::mul_64(dollars, 1_000_000_000_000_000_000))
    }

    /// The amount in 1e-18 dollars.
    pub const fn wad(self) -> u128 {
        self.0
    }

    /// Exact sum; `Overflow` above `u128::MAX` wads.
    pub const fn checked_add(self, other: Self) -> Result<Self, MathError> {
        match self.0.checked_add(other.0) {
            Some(sum) => Ok(Self(sum)),
            None => Err(MathError::Overflow),
        }
    }

    /// Exact difference; `Overflow` when `other` is larger.
    pub const fn checked_sub(self, other: Self) -> Result<Self, MathError> {
        match self.0.checked_sub(other.0) {
            Some(difference) => Ok(Self(difference)),
            None => Err(MathError::Overflow),
        }
    }
}
