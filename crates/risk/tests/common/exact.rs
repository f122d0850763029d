//! The formulas of the engine on numbers of any size, written from their statement rather than from the code.
//!
//! Every number is an integer: dollars are counted in [`fine`] units, small enough that an atom of every price is a
//! whole number of them, and a ratio is kept as numerator and denominator.

use std::cmp::Ordering;

use num_bigint::BigInt;

/// Decimal digits of a wad dollar that a negative scale can make necessary.
const FINE_DIGITS: i32 = 19;

pub fn big(n: impl Into<BigInt>) -> BigInt {
    n.into()
}

pub fn ten_to(power: u32) -> BigInt {
    big(10).pow(power)
}

/// Fine units in a wad dollar.
pub fn fine() -> BigInt {
    ten_to(FINE_DIGITS as u32)
}

/// A ratio that is never reduced, with a positive denominator.
#[derive(Clone, Debug)]
pub struct Ratio {
    pub over: BigInt,
    pub under: BigInt,
}

impl Ratio {
    pub fn new(over: BigInt, under: BigInt) -> Self {
        assert!(under > big(0));
        Self { over, under }
    }

    pub fn whole(n: impl Into<BigInt>) -> Self {
        Self::new(n.into(), big(1))
    }

    pub fn plus(&self, other: &Self) -> Self {
        Self::new(
            &self.over * &other.under + &other.over * &self.under,
            &self.under * &other.under,
        )
    }

    pub fn minus(&self, other: &Self) -> Self {
        Self::new(
            &self.over * &other.under - &other.over * &self.under,
            &self.under * &other.under,
        )
    }

    pub fn times(&self, by: &BigInt) -> Self {
        Self::new(&self.over * by, self.under.clone())
    }

    pub fn floor(&self) -> BigInt {
        num_integer_floor(&self.over, &self.under)
    }

    pub fn ceil(&self) -> BigInt {
        -num_integer_floor(&-&self.over, &self.under)
    }

    pub fn min(self, other: Self) -> Self {
        if other < self {
            other
        } else {
            self
        }
    }

    pub fn max(self, other: Self) -> Self {
        if other > self {
            other
        } else {
            self
        }
    }
}

impl PartialEq for Ratio {
    fn eq(&self, other: &Self) -> bool {
        self.cmp_exact(other) == Ordering::Equal
    }
}

impl PartialOrd for Ratio {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp_exact(other))
    }
}

impl Ratio {
    fn cmp_exact(&self, other: &Self) -> Ordering {
        (&self.over * &other.under).cmp(&(&other.over * &self.under))
    }
}

/// Division towards minus infinity by a positive number.
fn num_integer_floor(over: &BigInt, under: &BigInt) -> BigInt {
    let quotient = over / under;
    if over < &big(0) && &quotient * under != *over {
        quotient - 1
    } else {
        quotient
    }
}

/// What `atoms` are worth at `mantissa * 10^scale` wad dollars each, in fine units.
pub fn worth(atoms: impl Into<BigInt>, mantissa: u64, scale: i32) -> BigInt {
    atoms.into() * mantissa * ten_to((scale + FINE_DIGITS) as u32)
}

/// Fine units in whole wad dollars, rounded down.
pub fn wad_down(fine_units: &BigInt) -> BigInt {
    fine_units / fine()
}

/// Fine units in whole wad dollars, rounded up.
pub fn wad_up(fine_units: &BigInt) -> BigInt {
    (fine_units + fine() - 1) / fine()
}
