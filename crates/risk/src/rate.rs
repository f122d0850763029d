//! What a token is worth in its base asset, where a price is made of both: a liquid-staking token in SOL, a synthetic
//! dollar in the dollar that it redeems for.

use crate::units::{Bps, MathError};
use crate::wide::{mul_64, mul_div_down};

/// Bits after the binary point of a [`Rate`].
pub const RATE_BITS: u32 = 40;

/// Seconds of a year of 365 days, as in the interest curve.
const YEAR_SECONDS: u64 = 31_536_000;
const FULL_BPS: u64 = 10_000;

/// Units of the base asset per token, Q24.40.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate(pub u64);

impl Default for Rate {
    fn default() -> Self {
        Self::ONE
    }
}

impl Rate {
    /// A token that is its own base.
    pub const ONE: Self = Self(1 << RATE_BITS);

    /// `base / tokens`, rounded down: a stake pool's lamports over its supply, both with as many decimals.
    ///
    /// # Errors
    /// [`MathError::DivisionByZero`] without tokens, [`MathError::Overflow`] from 2²⁴ on.
    pub fn of_down(base: u64, tokens: u64) -> Result<Self, MathError> {
        mul_div_down(base, Self::ONE.0, tokens).map(Self)
    }

    /// `mantissa × 10^exponent` as a rate, rounded down: what an oracle says of a redemption rate.
    ///
    /// # Errors
    /// [`MathError::Overflow`] for an exponent outside −18..=0, or from 2²⁴ on.
    pub fn of_decimal_down(mantissa: u64, exponent: i32) -> Result<Self, MathError> {
        let digits = u32::try_from(exponent.checked_neg().ok_or(MathError::Overflow)?)
            .map_err(|_| MathError::Overflow)?;
        let unit = (digits <= 18).then(|| 10u64.checked_pow(digits)).flatten();
        Self::of_down(mantissa, unit.ok_or(MathError::Overflow)?)
    }

    /// `price × rate` in the price's own unit, rounded down: for what is held.
    ///
    /// # Errors
    /// [`MathError::Overflow`] above 64 bits.
    #[inline(always)]
    pub fn apply_down(self, price: u64) -> Result<u64, MathError> {
        if self == Self::ONE {
            return Ok(price);
        }
        u64::try_from(mul_64(price, self.0) >> RATE_BITS).map_err(|_| MathError::Overflow)
    }

    /// `price × rate` in the price's own unit, rounded up: for what is owed.
    ///
    /// # Errors
    /// [`MathError::Overflow`] above 64 bits.
    #[inline(always)]
    pub fn apply_up(self, price: u64) -> Result<u64, MathError> {
        if self == Self::ONE {
            return Ok(price);
        }
        let product = mul_64(price, self.0);
        let floor = u64::try_from(product >> RATE_BITS).map_err(|_| MathError::Overflow)?;
        let exact = product & u128::from(Self::ONE.0.wrapping_sub(1)) == 0;
        floor
            .checked_add(u64::from(!exact))
            .ok_or(MathError::Overflow)
    }
}

/// How fast a rate may grow before new risk stops believing it. Rate and time are one observation: were they updated
/// apart, the cap could fall below the rate that everybody sees, as Aave's did on 10 March 2026.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateCap {
    /// The rate observed at [`RateCap::observed_ts`].
    pub observed: Rate,
    /// When, in Unix seconds.
    pub observed_ts: i64,
    /// Simple growth per year.
    pub growth_per_year: Bps,
}

impl RateCap {
    /// `observed × (1 + growth × elapsed / year)`, rounded down; saturating.
    pub fn at_down(&self, now_ts: i64) -> Rate {
        let elapsed = now_ts
            .saturating_sub(self.observed_ts)
            .max(0)
            .unsigned_abs();
        let growth = u64::from(self.growth_per_year.0)
            .checked_mul(elapsed)
            .and_then(|part| {
                mul_div_down(self.observed.0, part, YEAR_SECONDS.saturating_mul(FULL_BPS)).ok()
            })
            .unwrap_or(u64::MAX);
        Rate(self.observed.0.saturating_add(growth))
    }
}
