//! What an obligation is worth, and its health.
//!
//! With deposits `C_i`, liquidation thresholds `l_i`, debts `D_j` and borrow factors `f_j`:
//! `W = Σ l_i·C_i`, `B = Σ f_j·D_j`, health `h = W / B`. `W` and `B` are compared, never divided, until
//! something must be sized.

use core::cmp::Ordering;

use crate::units::{Bps, MathError, Ppm, Usd};
use crate::wide::{
    div_128_64, div_digit, high, join, leading_zeros, low, mul_128, mul_128_64_checked, mul_64,
    mul_64_32,
};

/// Dollars times basis points: the unit of `W` and `B`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct WeightedUsd(u128);

impl WeightedUsd {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// `value × weight`, exact.
    ///
    /// # Errors
    /// [`MathError::Overflow`] above 3.4e20 dollars at a weight of one basis point.
    #[inline(always)]
    pub fn of(value: Usd, weight: Bps) -> Result<Self, MathError> {
        let (top, bottom) = (high(value.wad()), low(value.wad()));
        if top >> 40 == 0 && weight.0 >> 20 == 0 {
            // Below 2⁶⁰ and a carry of 20 bits: nothing can leave 128.
            let product = mul_64_32(bottom, weight.0);
            let top = top.wrapping_mul(u64::from(weight.0));
            return Ok(Self(product.wrapping_add(join(top, 0))));
        }
        mul_128_64_checked(value.wad(), u64::from(weight.0))
            .map(Self)
            .ok_or(MathError::Overflow)
    }

    /// The raw product of wad dollars and basis points.
    pub fn raw(self) -> u128 {
        self.0
    }

    #[inline(always)]
    fn checked_add(self, other: Self) -> Result<Self, MathError> {
        self.0
            .checked_add(other.0)
            .map(Self)
            .ok_or(MathError::Overflow)
    }
}

/// The two sides of a health factor, or, with LTVs as weights, of a borrowing limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// `W`: collateral times threshold.
    pub collateral: WeightedUsd,
    /// `B`: debt times borrow factor.
    pub debt: WeightedUsd,
}

/// Bits after the binary point of [`Health::ratio_down`].
pub const RATIO_BITS: u32 = 48;

impl Health {
    /// Without collateral or debt.
    pub const NOTHING: Self = Self {
        collateral: WeightedUsd::ZERO,
        debt: WeightedUsd::ZERO,
    };

    /// Whether `W ≥ B`. Exact.
    pub fn is_healthy(&self) -> bool {
        self.collateral >= self.debt
    }

    /// Compares two health factors by cross-multiplication. Exact; without debt the factor is infinite.
    pub fn compare(&self, other: &Self) -> Ordering {
        let left = mul_128(self.collateral.0, other.debt.0);
        let right = mul_128(other.collateral.0, self.debt.0);
        left.cmp(&right)
    }

    /// `W / B` with [`RATIO_BITS`] fractional bits, rounded down; `None` without debt or from 2¹⁶ on.
    ///
    /// Both sides are first brought to 64 bits, `B` rounded up, so the result lies below the exact
    /// ratio by at most `2⁻⁴⁸`, and `2⁻⁶¹` of the ratio plus one.
    #[inline(always)]
    pub fn ratio_down(&self) -> Option<u64> {
        if self.debt.0 == 0 {
            return None;
        }
        // To 64 bits of debt with the highest one set, rounded up, and the collateral by as much, rounded down.
        let (collateral, debt, exact) = normalized(self.collateral.0, self.debt.0)?;
        let debt = match debt.checked_add(u64::from(!exact)) {
            Some(debt) => debt,
            // All ones: the collateral is halved with it.
            None => return ratio(collateral >> 1, 1 << 63),
        };
        ratio(collateral, debt)
    }

    /// The health factor in parts per million, at most two below the exact one where that is below one, three where it is
    /// below two; `u64::MAX` without debt, and it may be from two on. For events and displays, so one cheap division;
    /// nothing is decided on it.
    #[inline(always)]
    pub fn ppm_down(&self) -> u64 {
        if self.debt.0 == 0 {
            return u64::MAX;
        }
        // A weighted thousand dollars and more have 83 bits: the upper halves are exact to a millionth.
        if high(self.debt.0) >> 20 != 0 && high(self.collateral.0) >> 43 == 0 {
            return high(self.collateral.0)
                .wrapping_mul(u64::from(Ppm::ONE.0))
                .checked_div(high(self.debt.0).saturating_add(1))
                .unwrap_or(u64::MAX);
        }
        // Forty-two bits of debt, and so at most forty-three of collateral: times a million that is below 64.
        let shift = bits(self.debt.0).saturating_sub(42);
        let debt = low(self.debt.0 >> shift);
        let collateral = self.collateral.0 >> shift;
        if collateral >> 43 != 0 {
            return u64::MAX;
        }
        let debt = debt.saturating_add(u64::from(shift > 0));
        low(collateral)
            .wrapping_mul(u64::from(Ppm::ONE.0))
            .checked_div(debt)
            .unwrap_or(u64::MAX)
    }
}

/// A ratio with [`RATIO_BITS`] fractional bits in parts per million, rounded down.
pub fn ratio_ppm_down(ratio: u64) -> u64 {
    u64::try_from(mul_64(ratio, u64::from(Ppm::ONE.0)) >> RATIO_BITS).unwrap_or(u64::MAX)
}

/// `(W, B, whether B lost nothing)`, both shifted until the highest bit of `B` is bit 63; `None` where `W` then has more than 80.
#[inline(always)]
fn normalized(collateral: u128, debt: u128) -> Option<(u128, u64, bool)> {
    if high(debt) == 0 {
        let shift = leading_zeros(low(debt));
        if collateral >> 80u32.wrapping_sub(shift) != 0 {
            return None;
        }
        return Some((collateral << shift, low(debt).wrapping_shl(shift), true));
    }
    let up = leading_zeros(high(debt));
    let down = 64u32.wrapping_sub(up);
    if up == 0 {
        return Some((collateral >> 64, high(debt), low(debt) == 0));
    }
    let funnel = |n: u128| high(n).wrapping_shl(up) | low(n).wrapping_shr(down);
    let lost = low(debt).wrapping_shl(up);
    // A collateral with more bits than the debt keeps them above bit 63.
    let above = high(collateral).wrapping_shr(down);
    Some((join(above, funnel(collateral)), funnel(debt), lost == 0))
}

/// `collateral / debt` with [`RATIO_BITS`] fractional bits, rounded down, for a debt with its highest bit set.
#[inline(always)]
fn ratio(collateral: u128, debt: u64) -> Option<u64> {
    if collateral >> (128 - RATIO_BITS) != 0 {
        return None;
    }
    let dividend = collateral << RATIO_BITS;
    if high(dividend) >= debt {
        let (ratio, _) = div_128_64(dividend, debt).ok()?;
        return u64::try_from(ratio).ok();
    }
    let (top, rest) = div_digit(high(dividend), low(dividend) >> 32, debt);
    let (bottom, _) = div_digit(rest, low(dividend) & 0xffff_ffff, debt);
    Some((top << 32) | bottom)
}

/// Bits of a number that is not zero, without its leading zeros.
fn bits(n: u128) -> u32 {
    let (half, rest) = if high(n) != 0 {
        (high(n), 128u32)
    } else {
        (low(n), 64)
    };
    rest.saturating_sub(leading_zeros(half))
}

/// Everything that one obligation holds and owes, in dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Book {
    /// Deposits, unweighted.
    pub collateral: Usd,
    /// Debts, unweighted.
    pub debt: Usd,
    /// Deposits and debts, weighted.
    pub health: Health,
}

impl Book {
    /// Counts a deposit.
    ///
    /// # Errors
    /// [`MathError::Overflow`] as in [`WeightedUsd::of`].
    #[inline(always)]
    pub fn add_collateral(&mut self, value: Usd, weight: Bps) -> Result<(), MathError> {
        self.collateral = self.collateral.checked_add(value)?;
        self.health.collateral = self
            .health
            .collateral
            .checked_add(WeightedUsd::of(value, weight)?)?;
        Ok(())
    }

    /// Counts a debt.
    ///
    /// # Errors
    /// [`MathError::Overflow`] as in [`WeightedUsd::of`].
    #[inline(always)]
    pub fn add_debt(&mut self, value: Usd, factor: Bps) -> Result<(), MathError> {
        self.debt = self.debt.checked_add(value)?;
        self.health.debt = self
            .health
            .debt
            .checked_add(WeightedUsd::of(value, factor)?)?;
        Ok(())
    }
}
