//! Products and quotients wider than 64 bits, made for SBF.
//!
//! There a 64-bit multiplication or division is one instruction, while `u128 * u128` and `u128 / u128` are library
//! calls of dozens to thousands. Everything here is therefore built from 64-bit instructions on 32-bit digits.
//! Plain integers without units: callers wrap the results. `benches/fixed_point.md` has the measurement.

use core::cmp::Ordering;

use crate::units::MathError;

const LOW_32: u64 = 0xffff_ffff;

/// The least significant 64 bits.
#[inline(always)]
pub const fn low(n: u128) -> u64 {
    n as u64
}

/// The most significant 64 bits.
#[inline(always)]
pub const fn high(n: u128) -> u64 {
    (n >> 64) as u64
}

/// `high * 2^64 + low`.
#[inline(always)]
pub const fn join(high: u64, low: u64) -> u128 {
    ((high as u128) << 64) | low as u128
}

/// `a * b`, exact, from four 32-bit products.
///
/// The low half is a product of its own rather than the sum of the four: LLVM knows the usual way to write this, turns
/// it into `a as u128 * b as u128`, and that becomes the library call that this function avoids.
#[inline(always)]
pub const fn mul_64(a: u64, b: u64) -> u128 {
    let (al, ah) = (a & LOW_32, a >> 32);
    let (bl, bh) = (b & LOW_32, b >> 32);
    let ll = al.wrapping_mul(bl);
    let lh = al.wrapping_mul(bh);
    let cross = ah.wrapping_mul(bl).wrapping_add(lh);
    let low = a.wrapping_mul(b);
    let carries = (((cross < lh) as u64) << 32) | (low < ll) as u64;
    let high = ah
        .wrapping_mul(bh)
        .wrapping_add(cross >> 32)
        .wrapping_add(carries);
    join(high, low)
}

/// `a * b`, exact, from two products; cheaper than [`mul_64`] where one factor has 32 bits.
#[inline(always)]
pub const fn mul_64_32(a: u64, b: u32) -> u128 {
    let b = b as u64;
    let high = (a >> 32)
        .wrapping_mul(b)
        .wrapping_add((a & LOW_32).wrapping_mul(b) >> 32);
    join(high >> 32, a.wrapping_mul(b))
}

/// `a * b`, exact, as `(high, low)` with `high` counting 2^128.
#[inline(always)]
pub const fn mul_128_64(a: u128, b: u64) -> (u64, u128) {
    let (bottom, top) = if b >> 32 == 0 {
        (mul_64_32(low(a), b as u32), mul_64_32(high(a), b as u32))
    } else {
        (mul_64(low(a), b), mul_64(high(a), b))
    };
    let top = top.wrapping_add(high(bottom) as u128);
    (high(top), join(low(top), low(bottom)))
}

/// `a * b`, or `None` when it does not fit 128 bits.
#[inline(always)]
pub const fn mul_128_64_checked(a: u128, b: u64) -> Option<u128> {
    match mul_128_64(a, b) {
        (0, product) => Some(product),
        _ => None,
    }
}

/// `a * b`, exact, as `(high, low)` with `high` counting 2^128.
#[inline(always)]
pub const fn mul_128(a: u128, b: u128) -> (u128, u128) {
    let (bottom_high, bottom) = mul_128_64(a, low(b));
    let (top_high, top) = mul_128_64(a, high(b));
    let (middle, carry) = join(bottom_high, high(bottom)).overflowing_add(top);
    (
        join(top_high.wrapping_add(carry as u64), high(middle)),
        join(low(middle), low(bottom)),
    )
}

/// Compares `a * b` with `c * d` without rounding or overflow.
#[inline]
pub fn cmp_mul(a: u128, b: u64, c: u128, d: u64) -> Ordering {
    mul_128_64(a, b).cmp(&mul_128_64(c, d))
}

/// Leading zero bits of a number that is not zero. SBF has no such instruction; halving is the shortest replacement.
#[inline(always)]
pub(crate) const fn leading_zeros(mut n: u64) -> u32 {
    let mut zeros = 0u32;
    let mut width = 32u32;
    while width > 0 {
        if n >> (64u32.wrapping_sub(width)) == 0 {
            n = n.wrapping_shl(width);
            zeros = zeros.wrapping_add(width);
        }
        width >>= 1;
    }
    zeros
}

/// `n / d` for a `d` that is not zero.
#[inline(always)]
pub(crate) const fn div_64(n: u64, d: u64) -> u64 {
    match n.checked_div(d) {
        Some(quotient) => quotient,
        None => u64::MAX,
    }
}

/// `(high * 2^64 + low) / d` and the remainder, for `high < d`: Knuth's algorithm D (The Art of Computer Programming,
/// volume 2, section 4.3.1) with two digits of 32 bits, as in Hacker's Delight, `divlu`.
#[inline(always)]
pub(crate) const fn div_2_by_1(high: u64, low: u64, d: u64) -> (u64, u64) {
    if high == 0 {
        let quotient = div_64(low, d);
        return (quotient, low.wrapping_sub(quotient.wrapping_mul(d)));
    }
    if d >> 32 == 0 {
        let n1 = (high << 32) | (low >> 32);
        let q1 = div_64(n1, d);
        let n0 = (n1.wrapping_sub(q1.wrapping_mul(d)) << 32) | (low & LOW_32);
        let q0 = div_64(n0, d);
        return ((q1 << 32) | q0, n0.wrapping_sub(q0.wrapping_mul(d)));
    }
    let shift = leading_zeros(d);
    let d = d.wrapping_shl(shift);
    // Shifting right in two steps keeps the amount below 64 when `shift` is zero.
    let n_high = high.wrapping_shl(shift) | (low >> 1).wrapping_shr(63u32.wrapping_sub(shift));
    let n_low = low.wrapping_shl(shift);
    let (q1, rest) = div_digit(n_high, n_low >> 32, d);
    let (q0, rest) = div_digit(rest, n_low & LOW_32, d);
    ((q1 << 32) | q0, rest.wrapping_shr(shift))
}

/// One quotient digit: `(n * 2^32 + next) / d` and the remainder, for `n < d`, `next < 2^32` and the highest bit of
/// `d` set. The estimate from the highest digits is at most two too large.
#[inline(always)]
pub(crate) const fn div_digit(n: u64, next: u64, d: u64) -> (u64, u64) {
    let (d1, d0) = (d >> 32, d & LOW_32);
    let mut quotient = div_64(n, d1);
    let mut rest = n.wrapping_sub(quotient.wrapping_mul(d1));
    while rest >> 32 == 0
        && (quotient >> 32 != 0 || quotient.wrapping_mul(d0) > (rest << 32) | next)
    {
        quotient = quotient.wrapping_sub(1);
        rest = rest.wrapping_add(d1);
    }
    let remainder = ((n << 32) | next).wrapping_sub(quotient.wrapping_mul(d));
    (quotient, remainder)
}

/// `n / d` rounded down and the remainder; `DivisionByZero` when `d` is zero.
#[inline]
pub const fn div_128_64(n: u128, d: u64) -> Result<(u128, u64), MathError> {
    if d == 0 {
        return Err(MathError::DivisionByZero);
    }
    let top = div_64(high(n), d);
    let rest = high(n).wrapping_sub(top.wrapping_mul(d));
    let (bottom, remainder) = div_2_by_1(rest, low(n), d);
    Ok((join(top, bottom), remainder))
}

/// `(high * 2^128 + low) / d` rounded down; `None` when the quotient exceeds 128 bits or `d` is zero.
#[inline]
pub const fn div_192_64(high: u64, low: u128, d: u64) -> Option<u128> {
    match div_rem_192_64(high, low, d) {
        Some((quotient, _)) => Some(quotient),
        None => None,
    }
}

/// As [`div_192_64`], with the remainder.
#[inline]
pub const fn div_rem_192_64(high: u64, low: u128, d: u64) -> Option<(u128, u64)> {
    if high >= d {
        return None;
    }
    let (top, rest) = div_2_by_1(high, self::high(low), d);
    let (bottom, remainder) = div_2_by_1(rest, self::low(low), d);
    Some((join(top, bottom), remainder))
}

/// `a * b / d` rounded down and whether it was exact.
#[inline(always)]
const fn mul_div(a: u64, b: u64, d: u64) -> Result<(u64, bool), MathError> {
    if d == 0 {
        return Err(MathError::DivisionByZero);
    }
    let product = mul_64(a, b);
    if high(product) >= d {
        return Err(MathError::Overflow);
    }
    let (quotient, remainder) = div_2_by_1(high(product), low(product), d);
    Ok((quotient, remainder == 0))
}

/// `a * b / d` rounded down; `DivisionByZero`, or `Overflow` when the quotient exceeds 64 bits.
#[inline]
pub const fn mul_div_down(a: u64, b: u64, d: u64) -> Result<u64, MathError> {
    match mul_div(a, b, d) {
        Ok((quotient, _)) => Ok(quotient),
        Err(error) => Err(error),
    }
}

/// `a * b / d` rounded up; `DivisionByZero`, or `Overflow` when the rounded quotient exceeds 64 bits.
#[inline]
pub const fn mul_div_up(a: u64, b: u64, d: u64) -> Result<u64, MathError> {
    match mul_div(a, b, d) {
        Ok((quotient, true)) => Ok(quotient),
        Ok((u64::MAX, false)) => Err(MathError::Overflow),
        Ok((quotient, false)) => Ok(quotient.wrapping_add(1)),
        Err(error) => Err(error),
    }
}

/// `a * b / d` rounded down and whether it was exact.
#[inline(always)]
const fn mul_div_128(a: u128, b: u64, d: u64) -> Result<(u128, bool), MathError> {
    if d == 0 {
        return Err(MathError::DivisionByZero);
    }
    let (high, low) = mul_128_64(a, b);
    match div_rem_192_64(high, low, d) {
        Some((quotient, remainder)) => Ok((quotient, remainder == 0)),
        None => Err(MathError::Overflow),
    }
}

/// `a * b / d` rounded down; `DivisionByZero`, or `Overflow` when the quotient exceeds 128 bits.
#[inline]
pub const fn mul_div_128_down(a: u128, b: u64, d: u64) -> Result<u128, MathError> {
    match mul_div_128(a, b, d) {
        Ok((quotient, _)) => Ok(quotient),
        Err(error) => Err(error),
    }
}

/// `a * b / d` rounded up; `DivisionByZero`, or `Overflow` when the rounded quotient exceeds 128 bits.
#[inline]
pub const fn mul_div_128_up(a: u128, b: u64, d: u64) -> Result<u128, MathError> {
    match mul_div_128(a, b, d) {
        Ok((quotient, true)) => Ok(quotient),
        Ok((u128::MAX, false)) => Err(MathError::Overflow),
        Ok((quotient, false)) => Ok(quotient.wrapping_add(1)),
        Err(error) => Err(error),
    }
}
