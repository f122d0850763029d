//! Interest: the rate curve over utilization, compounding, and what a reserve accrues.

use crate::fixed::{mul_q64, round_up_128, BorrowIndex, FractionalAtoms, ScaledDebt, SupplyIndex};
use crate::index_division::div_shifted_96;
use crate::units::{Atoms, Bps, MathError};
use crate::wide::{
    div_128_64, div_2_by_1, div_64, high, join, low, mul_128_64_checked, mul_64, mul_64_32,
};

pub use crate::curve::{
    is_higher_anywhere, validate_curve, CurveError, CurvePoint, MAX_CURVE_POINTS, MAX_RATE_BPS,
};

/// Seconds of the year that annual rates refer to: 365 days.
pub const SECONDS_PER_YEAR: u32 = 31_536_000;

/// What divides basis points a year to make a rate per second: 10,000 times the year's seconds.
const BPS_SECONDS_PER_YEAR: u64 = 315_360_000_000;

/// Longest time that is compounded, in years; what lies beyond bears no interest.
pub const MAX_YEARS: u32 = 64;

/// The borrowed part of a reserve, `debt / (debt + available)`: Q0.64, so below one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Utilization(u64);

impl Utilization {
    /// From the fraction's 64 bits.
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The fraction's 64 bits.
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// In basis points, rounded down, for display.
    pub fn bps_down(self) -> Bps {
        Bps(u32::try_from(high(mul_64_32(self.0, 10_000))).unwrap_or(u32::MAX))
    }
}

/// An interest rate per second: Q0.64.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Rate(u64);

impl Rate {
    /// From the fraction's 64 bits.
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The fraction's 64 bits.
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// The annual rate without compounding, for display: rounded down to a basis point, at most `u32::MAX` of them.
    /// A rate that [`borrow_rate_up`] took from a curve's point gives back that point's rate.
    pub fn annual_bps(self) -> Bps {
        let per_year = mul_64_32(self.0, SECONDS_PER_YEAR);
        let whole = high(per_year)
            .wrapping_mul(10_000)
            .wrapping_add(high(mul_64_32(low(per_year), 10_000)));
        Bps(u32::try_from(whole).unwrap_or(u32::MAX))
    }
}

/// What a debt grows by, as a part of itself: `(1 + rate)^seconds - 1`, Q64.64.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Growth(u128);

impl Growth {
    /// The number's 128 bits, 64 of them fractional.
    pub const fn bits(self) -> u128 {
        self.0
    }
}

/// `debt / (debt + available)` rounded down: zero without debt, the largest number below one when nothing is available.
pub fn utilization_down(debt: Atoms, available: Atoms) -> Utilization {
    if debt.0 == 0 {
        return Utilization(0);
    }
    if available.0 == 0 {
        return Utilization(u64::MAX);
    }
    match debt.0.overflowing_add(available.0) {
        (sum, false) => Utilization(div_2_by_1(debt.0, 0, sum).0),
        (sum, true) => match div_shifted_96(debt.0, join(1, sum)) {
            Ok((quotient, _)) => Utilization(low(quotient >> 32)),
            Err(_) => Utilization(u64::MAX),
        },
    }
}

/// The borrow rate per second at a utilization, rounded up: between two points of the curve a straight line.
///
/// With the points `(u0, r0)`, `(u1, r1)` around `u`, `r0 + (r1 - r0) (u - u0) / (u1 - u0)` basis points a year. Both
/// `u` and this are rounded up to 2^-32 of a basis point on the way, for a curve that [`validate_curve`] accepts. For
/// any other slice the result is some rate (zero for an empty one).
pub fn borrow_rate_up(curve: &[CurvePoint], utilization: Utilization) -> Rate {
    let Some((mut below, rest)) = curve.split_first() else {
        return Rate(0);
    };
    // Utilization in basis points with 32 fractional bits, rounded up: 46 bits.
    let in_bps = low(mul_64_32(utilization.0, 10_000).wrapping_add(u32::MAX as u128) >> 32);
    for above in rest {
        let end = (above.utilization_bps as u64) << 32;
        if in_bps <= end {
            let into = in_bps.saturating_sub((below.utilization_bps as u64) << 32);
            let width = above.utilization_bps.saturating_sub(below.utilization_bps) as u64;
            // A rate has at most 17 bits, so this product has at most 63.
            let rise = (above.rate_bps.saturating_sub(below.rate_bps) as u64).wrapping_mul(into);
            let base = (below.rate_bps as u64) << 32;
            return per_second_up(base.wrapping_add(div_64_up(rise, width)));
        }
        below = above;
    }
    per_second_up((below.rate_bps as u64) << 32)
}

/// `n / d` rounded up; the largest number for a `d` of zero.
#[inline(always)]
fn div_64_up(n: u64, d: u64) -> u64 {
    let quotient = div_64(n, d);
    quotient.saturating_add((quotient.wrapping_mul(d) != n) as u64)
}

/// Annual basis points with 32 fractional bits as a rate per second, rounded up: times 2^32 over
/// [`BPS_SECONDS_PER_YEAR`]. A remainder has 39 bits, so the 32 bits are divided as 25 and 7.
#[inline(always)]
fn per_second_up(annual: u64) -> Rate {
    let whole = div_64(annual, BPS_SECONDS_PER_YEAR);
    let rest = annual.wrapping_sub(whole.wrapping_mul(BPS_SECONDS_PER_YEAR)) << 25;
    let upper = div_64(rest, BPS_SECONDS_PER_YEAR);
    let rest = rest.wrapping_sub(upper.wrapping_mul(BPS_SECONDS_PER_YEAR)) << 7;
    Rate((whole << 32 | upper << 7).wrapping_add(div_64_up(rest, BPS_SECONDS_PER_YEAR)))
}

/// `(1 + rate)^seconds - 1` to third order, as Aave's `MathUtils.calculateCompoundedInterest` has it:
/// `n r + n (n-1)/2 r^2 + n (n-1)(n-2)/6 r^3`, every step rounded up, by less than `1 + n r + (n r)^2 / 2`
/// units of 2^-64 in all.
///
/// The omitted terms are positive, so the debtor never pays more than the exact power (and that rounding). With
/// `x = n r` the result falls short by at most `x^4 / 24` of the power: 7e-9 of it at 2 % in one step, 7e-5 at 20 %.
/// Time beyond a year is compounded year by year, for at most [`MAX_YEARS`]; growth beyond 2^64 stays there.
pub fn compound_growth_up(rate: Rate, seconds: u64) -> Growth {
    if seconds <= SECONDS_PER_YEAR as u64 {
        let x = mul_64_32(rate.0, seconds as u32);
        if x >> 63 == 0 {
            return Growth(growth_below_half(rate.0, low(x)) as u128);
        }
    }
    Growth(growth_of_years(rate, seconds).unwrap_or(u128::MAX))
}

/// The same for any growth and time, step by step.
#[cold]
#[inline(never)]
fn growth_of_years(rate: Rate, seconds: u64) -> Result<u128, MathError> {
    let year = SECONDS_PER_YEAR as u64;
    let mut left = seconds.min(year.wrapping_mul(MAX_YEARS as u64));
    let mut growth = 0u128;
    while left > 0 {
        let step = left.min(year);
        let more = growth_in_a_year(rate, step as u32)?;
        growth = sum(sum(growth, more)?, round_up_128(mul_q64(growth, more)?)?)?;
        left = left.wrapping_sub(step);
    }
    Ok(growth)
}

/// One step: the polynomial in Horner's form, `x (1 + (y + y z/3) / 2)` with `x = n r`, `y = x - r`, `z = y - r`.
#[inline]
fn growth_in_a_year(rate: Rate, seconds: u32) -> Result<u128, MathError> {
    let x = mul_64_32(rate.0, seconds);
    let y = x.saturating_sub(rate.0 as u128);
    let z = y.saturating_sub(rate.0 as u128);
    let (third, rest) = div_128_64(z, 3)?;
    let third = round_up_128((third, rest == 0))?;
    let inner = sum(y, round_up_128(mul_q64(y, third)?)?)?;
    let half = (inner >> 1).wrapping_add(inner & 1);
    sum(x, round_up_128(mul_q64(x, half)?)?)
}

/// The same for `x < 1/2`, nearly always the case: then everything fits 64 bits, all of them fractional.
#[inline]
fn growth_below_half(rate: u64, x: u64) -> u64 {
    let y = x.saturating_sub(rate);
    let z = y.saturating_sub(rate);
    let third = z.wrapping_add(2) / 3;
    let inner = y.wrapping_add(mul_fraction_up(y, third));
    let half = inner.wrapping_add(1) >> 1;
    x.wrapping_add(mul_fraction_up(x, half))
}

/// `a * b / 2^64` rounded up.
#[inline(always)]
fn mul_fraction_up(a: u64, b: u64) -> u64 {
    let product = mul_64(a, b);
    high(product).wrapping_add((low(product) != 0) as u64)
}

/// What interest depends on, as the reserve stands before it accrues.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReserveTotals {
    /// Atoms in the vault that belong to the reserve.
    pub available: Atoms,
    /// Everything that is owed.
    pub debt: ScaledDebt,
    /// The supply index of the last accrual.
    pub supply_index: SupplyIndex,
    /// The borrow index of the last accrual.
    pub borrow_index: BorrowIndex,
}

/// What an accrual changes, and the rate that it applied.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Accrual {
    /// The new supply index.
    pub supply_index: SupplyIndex,
    /// The new borrow index.
    pub borrow_index: BorrowIndex,
    /// What the protocol takes: to be added to its unclaimed fees.
    pub fees: FractionalAtoms,
    /// The utilization that the rate was read at; zero when nothing accrued.
    pub utilization: Utilization,
    /// The borrow rate that applied over the elapsed time; zero when nothing accrued.
    pub rate: Rate,
}

/// Accrues interest over `elapsed_seconds` at the rate of the utilization before it. A `take_rate` above one counts as
/// one. Without elapsed time or debt the indexes stay as they are. `Overflow` when the debt exceeds `u64::MAX` atoms or
/// an index 2^64.
///
/// With `g` the growth, `D` the debt and `A` the available atoms, `t` the take rate and `U = D / (A + D)`:
///
/// ```text
/// borrow_index += borrow_index * g               rounded up
/// supply_index += supply_index * (g * U * (1-t)) rounded down, each product
/// fees         += g * D * t                      rounded down
/// ```
///
/// **Depositors and the protocol never gain more than the debtors owe.** Let `D` be the exact debt, `d <= D` its whole
/// atoms, `U <= d / (A + d)` as computed, and `S` the supply claims, of which the reserve guarantees `S <= A + D`.
/// `d / (A + d)` rises with `d`, so `S U <= (A + D) D / (A + D) = D`. The supply claims therefore grow by at most
/// `S g U (1-t) <= g D (1-t)`, the fees by at most `g d t <= g D t`, in sum `g D`; the debts grow by at least `g D`.
/// Then `S <= A + D` holds after the accrual as well, with the fees counted among the claims.
pub fn accrue(
    state: &ReserveTotals,
    curve: &[CurvePoint],
    take_rate: Bps,
    elapsed_seconds: u64,
) -> Result<Accrual, MathError> {
    if elapsed_seconds == 0 || state.debt.is_zero() {
        return Ok(Accrual {
            supply_index: state.supply_index,
            borrow_index: state.borrow_index,
            fees: FractionalAtoms::ZERO,
            utilization: Utilization::default(),
            rate: Rate::default(),
        });
    }
    let debt = state.debt.atoms_down(state.borrow_index)?;
    let utilization = utilization_down(debt, state.available);
    let rate = borrow_rate_up(curve, utilization);
    let growth = compound_growth_up(rate, elapsed_seconds).0;
    let take_bps = take_rate.0.min(Bps::ONE.0);

    let kept = scale_down(utilization.0 as u128, Bps::ONE.0.wrapping_sub(take_bps));
    let supply_growth = mul_q64(growth, kept)?.0;
    let interest = match high(growth) {
        0 => mul_64(low(growth), debt.0),
        _ => mul_128_64_checked(growth, debt.0).ok_or(MathError::Overflow)?,
    };
    Ok(Accrual {
        supply_index: SupplyIndex(sum(
            state.supply_index.0,
            mul_q64(state.supply_index.0, supply_growth)?.0,
        )?),
        borrow_index: BorrowIndex(sum(
            state.borrow_index.0,
            round_up_128(mul_q64(state.borrow_index.0, growth)?)?,
        )?),
        fees: FractionalAtoms(scale_down(interest, take_bps)),
        utilization,
        rate,
    })
}

/// The sum, or `Overflow`.
fn sum(a: u128, b: u128) -> Result<u128, MathError> {
    a.checked_add(b).ok_or(MathError::Overflow)
}

/// `n * bps / 10_000` rounded down, for at most 10,000 basis points.
///
/// With `n = 10_000 q + r` that is `q bps` plus the rounded `r bps / 10_000`: exact, and only small divisions.
#[inline(always)]
fn scale_down(n: u128, bps: u32) -> u128 {
    let Ok((quotient, remainder)) = div_128_64(n, 10_000) else {
        return 0;
    };
    join(high(quotient).wrapping_mul(bps as u64), 0)
        .wrapping_add(mul_64_32(low(quotient), bps))
        .wrapping_add((remainder.wrapping_mul(bps as u64) / 10_000) as u128)
}
