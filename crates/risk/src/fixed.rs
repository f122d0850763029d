//! Indexes and scaled balances.
//!
//! An index is Q64.64, a scaled balance Q96.32, each a `u128`, so that `atoms = scaled * index / 2^96`. The 32
//! fractional bits of a balance are what keeps an operation within one atom: rounding `atoms / index` to a multiple of
//! 2^-32 changes its worth by less than `index * 2^-32` atoms, which is at most one while the index is at most 2^32
//! (a debt would have to grow four billion times). Supply and debt have types of their own, so that a debt cannot be
//! multiplied by a supply index. `benches/fixed_point.md` compares this representation with others.

use crate::index_division::{div_shifted_96, Divisor};
use crate::units::{Atoms, MathError};
use crate::wide::{div_192_64, high, join, low, mul_128, mul_128_64, mul_64, mul_64_32};

/// `scaled * index / 2^96` rounded down, and whether that was exact; `Overflow` above `u64::MAX` atoms.
#[inline(always)]
fn atoms(scaled: u128, index: u128) -> Result<(u64, bool), MathError> {
    if (high(scaled) | high(index)) >> 32 != 0 {
        return wide_atoms(scaled, index);
    }
    // Nearly always both have 96 bits, which makes three of the four products smaller.
    let bottom = mul_64(low(scaled), low(index));
    let middle = mul_64_32(low(scaled), high(index) as u32)
        .wrapping_add(mul_64_32(low(index), high(scaled) as u32))
        .wrapping_add(high(bottom) as u128);
    let whole = ((high(scaled).wrapping_mul(high(index)) as u128) << 32).wrapping_add(middle >> 32);
    if high(whole) != 0 {
        return Err(MathError::Overflow);
    }
    Ok((low(whole), low(bottom) | (low(middle) << 32) == 0))
}

/// The same for numbers of any size.
#[cold]
#[inline(never)]
fn wide_atoms(scaled: u128, index: u128) -> Result<(u64, bool), MathError> {
    let (top, bottom) = mul_128(scaled, index);
    if top >> 32 != 0 {
        return Err(MathError::Overflow);
    }
    Ok(((low(top) << 32) | (high(bottom) >> 32), bottom << 32 == 0))
}

/// `a * b` for Q64.64 numbers, rounded down, and whether that was exact; `Overflow` above 2^64. Cheapest for an `a`
/// below 2^32 and a `b` below one, as an index and what it grows by.
#[inline(always)]
pub(crate) fn mul_q64(a: u128, b: u128) -> Result<(u128, bool), MathError> {
    if (high(a) >> 32) | high(b) == 0 {
        let bottom = mul_64(low(a), low(b));
        let top = mul_64_32(low(b), high(a) as u32);
        return Ok((top.wrapping_add(high(bottom) as u128), low(bottom) == 0));
    }
    wide_mul_q64(a, b)
}

/// The same for numbers of any size.
#[cold]
#[inline(never)]
fn wide_mul_q64(a: u128, b: u128) -> Result<(u128, bool), MathError> {
    let (top, bottom) = mul_128(a, b);
    if high(top) != 0 {
        return Err(MathError::Overflow);
    }
    Ok((join(low(top), high(bottom)), low(bottom) == 0))
}

/// Adds one where the result was not exact.
#[inline(always)]
pub(crate) const fn round_up_128((floor, exact): (u128, bool)) -> Result<u128, MathError> {
    match floor.checked_add(!exact as u128) {
        Some(ceiling) => Ok(ceiling),
        None => Err(MathError::Overflow),
    }
}

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
        pub struct $name(pub(crate) u128);

        impl $name {
            /// From two 64-bit limbs, the least significant first: the form in which accounts store it.
            pub const fn from_limbs([bottom, top]: [u64; 2]) -> Self {
                Self(join(top, bottom))
            }

            /// As two 64-bit limbs, the least significant first.
            pub const fn to_limbs(self) -> [u64; 2] {
                [low(self.0), high(self.0)]
            }
        }
    };
}

macro_rules! balance {
    ($(#[$doc:meta])* $name:ident) => {
        number!($(#[$doc])* $name);

        impl $name {
            /// Nothing.
            pub const ZERO: Self = Self(0);

            /// Whether nothing is left, not even a fraction.
            pub const fn is_zero(self) -> bool {
                self.0 == 0
            }

            /// Exact sum; `Overflow` above 128 bits.
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
    };
}

macro_rules! scaled {
    ($name:ident, $index:ident, $divisor:ident) => {
        /// An index prepared for dividing many amounts by it.
        #[derive(Clone, Copy, Debug)]
        pub struct $divisor(Divisor);

        impl $divisor {
            /// `None` for an index below one or from 2^32 on.
            pub fn new(index: $index) -> Option<Self> {
                Divisor::new(index.0).map(Self)
            }

            /// Whether it was made of `index`.
            pub fn is_of(&self, index: $index) -> bool {
                self.0.index == index.0
            }
        }

        impl $name {
            /// The largest balance that is worth at most `atoms`. `DivisionByZero` for an index of zero, `Overflow`
            /// above 128 bits (an index below 2^-32).
            pub fn from_atoms_down(atoms: Atoms, index: $index) -> Result<Self, MathError> {
                div_shifted_96(atoms.0, index.0).map(|(floor, _)| Self(floor))
            }

            /// As [`Self::from_atoms_down`], with a divisor that is made once for many.
            pub fn from_atoms_down_by(atoms: Atoms, divisor: &$divisor) -> Self {
                Self(divisor.0.div_shifted_96(atoms.0).0)
            }

            /// As [`Self::from_atoms_up`], with a divisor that is made once for many.
            pub fn from_atoms_up_by(atoms: Atoms, divisor: &$divisor) -> Result<Self, MathError> {
                round_up_128(divisor.0.div_shifted_96(atoms.0)).map(Self)
            }

            /// The smallest balance that is worth at least `atoms`. Errors as [`Self::from_atoms_down`].
            pub fn from_atoms_up(atoms: Atoms, index: $index) -> Result<Self, MathError> {
                round_up_128(div_shifted_96(atoms.0, index.0)?).map(Self)
            }
        }
    };
}

number! {
    /// Atoms that one scaled unit of supply is worth, Q64.64. It grows by interest and falls by socialized losses only.
    SupplyIndex
}

number! {
    /// Atoms that one scaled unit of debt owes, Q64.64. It never falls.
    BorrowIndex
}

balance! {
    /// A deposit, or a sum of deposits, divided by the supply index: Q96.32.
    ///
    /// To the depositor its worth is rounded down. A deposit adds `from_atoms_down`, a withdrawal burns
    /// `from_atoms_up`.
    ScaledSupply
}

balance! {
    /// A debt, or a sum of debts, divided by the borrow index: Q96.32.
    ///
    /// What a borrower owes is rounded up. A borrow adds `from_atoms_up`, a repayment cancels `from_atoms_down`.
    ScaledDebt
}

balance! {
    /// An amount of atoms with 64 fractional bits (Q64.64), where whole atoms would lose what accrues per second.
    FractionalAtoms
}

scaled!(ScaledSupply, SupplyIndex, SupplyDivisor);
scaled!(ScaledDebt, BorrowIndex, BorrowDivisor);

impl ScaledSupply {
    /// What the deposit is worth in atoms, rounded down; `Overflow` above `u64::MAX`.
    pub fn atoms_down(self, index: SupplyIndex) -> Result<Atoms, MathError> {
        atoms(self.0, index.0).map(|(floor, _)| Atoms(floor))
    }
}

impl ScaledDebt {
    /// What is owed in atoms, rounded up; `Overflow` above `u64::MAX`.
    pub fn atoms_up(self, index: BorrowIndex) -> Result<Atoms, MathError> {
        let (floor, exact) = atoms(self.0, index.0)?;
        Atoms(floor).checked_add(Atoms(!exact as u64))
    }

    /// What is owed in atoms, rounded down: for utilization and fees, never for what a borrower must repay.
    /// `Overflow` above `u64::MAX`.
    pub fn atoms_down(self, index: BorrowIndex) -> Result<Atoms, MathError> {
        atoms(self.0, index.0).map(|(floor, _)| Atoms(floor))
    }
}

impl SupplyIndex {
    /// The index of a new reserve: one atom per scaled atom.
    pub const ONE: Self = Self(1 << 64);

    /// The index after `loss` is taken from everyone who holds a part of `claims`:
    /// `index * (claims - loss) / claims`, rounded down. Unchanged by a loss of zero, and zero when the loss takes
    /// everything; a reserve with that index cannot take deposits (`DivisionByZero`).
    pub fn socialize_down(self, loss: Atoms, claims: Atoms) -> Self {
        if loss.0 == 0 {
            return self;
        }
        let remaining = claims.0.saturating_sub(loss.0);
        let (high, low) = mul_128_64(self.0, remaining);
        Self(div_192_64(high, low, claims.0).unwrap_or(0))
    }
}

impl BorrowIndex {
    /// The index of a new reserve: one atom per scaled atom.
    pub const ONE: Self = Self(1 << 64);
}

impl FractionalAtoms {
    /// A whole number of atoms, exact.
    pub const fn from_atoms(atoms: Atoms) -> Self {
        Self(join(atoms.0, 0))
    }

    /// The whole atoms, rounded down.
    pub const fn atoms_down(self) -> Atoms {
        Atoms(high(self.0))
    }
}
