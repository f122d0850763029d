//! Oracle prices, and what a number of atoms is worth at one.

use crate::units::{Atoms, Bps, MathError, Usd};
use crate::wide::{
    div_128_64, mul_128_64, mul_128_64_checked, mul_64, mul_div_128_down, mul_div_down, mul_div_up,
};

/// Powers of ten up to the largest that fits 64 bits.
#[allow(clippy::indexing_slicing)] // A constant: an index out of range would not compile.
const POWERS_OF_TEN: [u64; 20] = [
    1,
    10,
    100,
    1_000,
    10_000,
    100_000,
    1_000_000,
    10_000_000,
    100_000_000,
    1_000_000_000,
    10_000_000_000,
    100_000_000_000,
    1_000_000_000_000,
    10_000_000_000_000,
    100_000_000_000_000,
    1_000_000_000_000_000,
    10_000_000_000_000_000,
    100_000_000_000_000_000,
    1_000_000_000_000_000_000,
    10_000_000_000_000_000_000,
];

/// Decimal digits of [`Usd`]: a wad dollar is 10⁻¹⁸ of a dollar.
const USD_DECIMALS: i32 = 18;

const FULL_BPS: u64 = 10_000;

/// The decimal exponent that takes `atoms × mantissa` to wad dollars: `18 − decimals + exponent`.
///
/// For most assets it is positive, and every valuation is then exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scale(i8);

impl Scale {
    /// The scale of a token with `decimals` that an oracle quotes in units of `10^exponent` dollars;
    /// `None` where the exponent is not sane: the result must lie within ±19.
    pub fn new(decimals: u8, exponent: i32) -> Option<Self> {
        let scale = USD_DECIMALS
            .checked_sub(i32::from(decimals))?
            .checked_add(exponent)?;
        if scale.unsigned_abs() < POWERS_OF_TEN.len() as u32 {
            i8::try_from(scale).ok().map(Self)
        } else {
            None
        }
    }

    /// `10^|scale|`.
    fn power(self) -> u64 {
        POWERS_OF_TEN
            .get(usize::from(self.0.unsigned_abs()))
            .copied()
            .unwrap_or(u64::MAX)
    }

    fn is_multiplier(self) -> bool {
        self.0 >= 0
    }
}

/// A positive price of one token: `mantissa × 10^scale` wad dollars per atom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    mantissa: u64,
    scale: Scale,
    /// Wad dollars of an atom where that is a whole number of 64 bits, as for most tokens; zero elsewhere.
    unit: u64,
}

impl Price {
    /// What an oracle printed, and how its units become dollars.
    #[inline(always)]
    pub fn new(mantissa: u64, scale: Scale) -> Self {
        let unit = if scale.is_multiplier() {
            u64::try_from(mul_64(mantissa, scale.power())).unwrap_or(0)
        } else {
            0
        };
        Self {
            mantissa,
            scale,
            unit,
        }
    }

    /// In the oracle's units.
    pub fn mantissa(&self) -> u64 {
        self.mantissa
    }

    /// What `atoms` are worth, in wad dollars, rounded down; exact unless the scale is negative.
    ///
    /// # Errors
    /// [`MathError::Overflow`] above 3.4e20 dollars.
    #[inline(always)]
    pub fn value_down(self, atoms: Atoms) -> Result<Usd, MathError> {
        let (value, _) = self.value(atoms)?;
        Ok(Usd::from_wad(value))
    }

    /// What `atoms` are worth, in wad dollars, rounded up; exact unless the scale is negative.
    ///
    /// # Errors
    /// [`MathError::Overflow`] above 3.4e20 dollars.
    #[inline(always)]
    pub fn value_up(self, atoms: Atoms) -> Result<Usd, MathError> {
        let (value, inexact) = self.value(atoms)?;
        let value = if inexact {
            value.checked_add(1).ok_or(MathError::Overflow)?
        } else {
            value
        };
        Ok(Usd::from_wad(value))
    }

    #[inline(always)]
    fn value(self, atoms: Atoms) -> Result<(u128, bool), MathError> {
        if self.unit != 0 {
            return Ok((mul_64(atoms.0, self.unit), false));
        }
        self.value_in_steps(atoms)
    }

    #[inline(never)]
    fn value_in_steps(self, atoms: Atoms) -> Result<(u128, bool), MathError> {
        let product = mul_64(atoms.0, self.mantissa);
        let power = self.scale.power();
        if self.scale.is_multiplier() {
            let value = mul_128_64_checked(product, power).ok_or(MathError::Overflow)?;
            Ok((value, false))
        } else {
            let (quotient, remainder) = div_128_64(product, power)?;
            Ok((quotient, remainder != 0))
        }
    }

    /// The most atoms that are worth no more than `value`.
    ///
    /// # Errors
    /// [`MathError::Overflow`] where that is more than 64 bits of atoms, [`MathError::DivisionByZero`]
    /// at a price of zero.
    pub fn atoms_down(self, value: Usd) -> Result<Atoms, MathError> {
        let (atoms, _) = self.atoms(value)?;
        Ok(Atoms(atoms))
    }

    /// The fewest atoms that are worth at least `value`.
    ///
    /// # Errors
    /// As [`Price::atoms_down`].
    pub fn atoms_up(self, value: Usd) -> Result<Atoms, MathError> {
        let (atoms, inexact) = self.atoms(value)?;
        let atoms = atoms
            .checked_add(u64::from(inexact))
            .ok_or(MathError::Overflow)?;
        Ok(Atoms(atoms))
    }

    /// `⌊value × by / (divisor × price)⌋` in one division where the divisors' product has 64 bits: nested rounding down is
    /// rounding down once.
    ///
    /// # Errors
    /// As [`Price::atoms_down`].
    #[inline(always)]
    pub(crate) fn atoms_of_down(
        self,
        value: Usd,
        by: u64,
        divisor: u64,
    ) -> Result<Atoms, MathError> {
        let unit = mul_64(self.unit, divisor);
        if let (Ok(unit @ 1..), (0, dividend)) = (u64::try_from(unit), mul_128_64(value.wad(), by))
        {
            let (atoms, _) = div_128_64(dividend, unit)?;
            return u64::try_from(atoms)
                .map(Atoms)
                .map_err(|_| MathError::Overflow);
        }
        self.atoms_down(mul_div_128_down(value.wad(), by, divisor).map(Usd::from_wad)?)
    }

    /// `⌊value / (mantissa × 10^scale)⌋`; two divisions by 64-bit numbers, since
    /// `⌊⌊v / a⌋ / b⌋ = ⌊v / (a·b)⌋`.
    fn atoms(self, value: Usd) -> Result<(u64, bool), MathError> {
        if self.unit != 0 {
            let (atoms, remainder) = div_128_64(value.wad(), self.unit)?;
            let atoms = u64::try_from(atoms).map_err(|_| MathError::Overflow)?;
            return Ok((atoms, remainder != 0));
        }
        if self.mantissa == 0 {
            return Err(MathError::DivisionByZero);
        }
        let power = self.scale.power();
        let (scaled, inexact) = if self.scale.is_multiplier() {
            let (quotient, remainder) = div_128_64(value.wad(), power)?;
            (quotient, remainder != 0)
        } else {
            let product = mul_128_64_checked(value.wad(), power).ok_or(MathError::Overflow)?;
            (product, false)
        };
        let (quotient, remainder) = div_128_64(scaled, self.mantissa)?;
        let atoms = u64::try_from(quotient).map_err(|_| MathError::Overflow)?;
        Ok((atoms, inexact || remainder != 0))
    }
}

/// What the oracle said last: all in the oracle's own units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quote {
    /// The price; never zero.
    pub price: u64,
    /// The half-width of the confidence interval (one standard deviation in Pyth's aggregate).
    pub confidence: u64,
    /// The exponential moving average of the price (about an hour in Pyth's feeds).
    pub ema: u64,
    /// The units are `10^exponent` dollars.
    pub exponent: i32,
    /// The oracle's time, in Unix seconds.
    pub publish_ts: i64,
}

/// What makes a price doubtful, and how far it is then moved against whoever raises risk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DoubtLimits {
    /// The widest confidence, as a part of the price.
    pub max_confidence: Bps,
    /// The widest distance between price and average, as a part of the average.
    pub max_ema_divergence: Bps,
    /// `k`: how many times the confidence a borrower's price is moved against the borrower.
    pub confidence_multiple: Bps,
}

/// Why a price is doubtful.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// The confidence interval is wider than its limit.
    WideConfidence,
    /// The price is further from its average than its limit.
    EmaDivergence,
}

impl Quote {
    /// `min(price − k·confidence, average)`, rounded down: what new risk may count on as collateral.
    pub fn collateral_down(&self, k: Bps) -> u64 {
        let margin = self.margin_up(k);
        self.price.saturating_sub(margin).min(self.ema)
    }

    /// `max(price + k·confidence, average)`, rounded up: what new risk owes.
    pub fn debt_up(&self, k: Bps) -> u64 {
        let margin = self.margin_up(k);
        self.price.saturating_add(margin).max(self.ema)
    }

    /// The price lifted towards its average by at most `most`, rounded down: what a mild liquidation counts as
    /// collateral. Never below the price.
    pub fn lifted_down(&self, most: Bps) -> u64 {
        if self.ema <= self.price {
            return self.price;
        }
        let room = self.move_down(most);
        self.price.saturating_add(room).min(self.ema)
    }

    /// The price lowered towards its average by at most `most`, the move rounded down: what a mild liquidation counts as
    /// debt. Never above the price.
    pub fn lowered(&self, most: Bps) -> u64 {
        if self.ema >= self.price {
            return self.price;
        }
        let room = self.move_down(most);
        self.price.saturating_sub(room).max(self.ema)
    }

    /// The first reason to doubt this price, if any.
    pub fn doubt(&self, limits: &DoubtLimits) -> Option<Doubt> {
        let exceeds = |difference: u64, of: u64, limit: Bps| {
            let limit = u64::from(limit.0);
            if (difference | of) >> 48 == 0 && limit <= FULL_BPS {
                // 48 bits by 14: most prices need no wide product.
                difference.wrapping_mul(FULL_BPS) > of.wrapping_mul(limit)
            } else {
                mul_64(difference, FULL_BPS) > mul_64(of, limit)
            }
        };
        if exceeds(self.confidence, self.price, limits.max_confidence) {
            Some(Doubt::WideConfidence)
        } else if exceeds(
            self.price.abs_diff(self.ema),
            self.ema,
            limits.max_ema_divergence,
        ) {
            Some(Doubt::EmaDivergence)
        } else {
            None
        }
    }

    /// Whether it is older than `seconds`.
    pub fn is_older(&self, seconds: u32, now_ts: i64) -> bool {
        now_ts.saturating_sub(self.publish_ts) > i64::from(seconds)
    }

    fn margin_up(&self, k: Bps) -> u64 {
        mul_div_up(self.confidence, u64::from(k.0), FULL_BPS).unwrap_or(u64::MAX)
    }

    fn move_down(&self, most: Bps) -> u64 {
        if self.price >> 48 == 0 && u64::from(most.0) <= FULL_BPS {
            // 48 bits by 14.
            return self.price.wrapping_mul(u64::from(most.0)) / FULL_BPS;
        }
        mul_div_down(self.price, u64::from(most.0), FULL_BPS).unwrap_or(u64::MAX)
    }
}
