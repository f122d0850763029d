//! Dividing by an index: amounts to scaled balances.

use crate::units::MathError;
use crate::wide::{
    div_64, div_rem_192_64, high, join, leading_zeros, low, mul_128_64, mul_64, mul_64_32,
};

/// `atoms * 2^96 / divisor` rounded down, and whether that was exact; `DivisionByZero`, or `Overflow` above 128 bits.
///
/// A divisor above 2^64 is shifted until its highest bit is set, the dividend with it. The quotient then has exactly
/// three digits of 32 bits, each found as in Knuth's algorithm D.
#[inline]
pub(crate) fn div_shifted_96(atoms: u64, divisor: u128) -> Result<(u128, bool), MathError> {
    if high(divisor) == 0 {
        if divisor == 0 {
            return Err(MathError::DivisionByZero);
        }
        return match div_rem_192_64(atoms >> 32, (atoms as u128) << 96, low(divisor)) {
            Some((quotient, remainder)) => Ok((quotient, remainder == 0)),
            None => Err(MathError::Overflow),
        };
    }
    let shift = leading_zeros(high(divisor));
    // In two steps, so that the amount stays below 64 when `shift` is zero.
    let spill = 63u32.wrapping_sub(shift);
    let divisor = join(
        high(divisor).wrapping_shl(shift) | (low(divisor) >> 1).wrapping_shr(spill),
        low(divisor).wrapping_shl(shift),
    );
    let rest = join((atoms >> 1).wrapping_shr(spill), atoms.wrapping_shl(shift));
    // Below 2^32 atoms, which most amounts are, the first digit is zero.
    let (digit2, rest) = if high(rest) >> 31 == 0 {
        (0, rest << 32)
    } else {
        quotient_digit(rest, divisor)
    };
    let (digit1, rest) = quotient_digit(rest, divisor);
    let (digit0, rest) = quotient_digit(rest, divisor);
    Ok((join(digit2, (digit1 << 32) | digit0), rest == 0))
}

/// An index with its inverse, where many amounts are divided by one index.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Divisor {
    pub(crate) index: u128,
    /// `2^159 / index`, rounded down.
    inverse: u128,
}

impl Divisor {
    /// `None` for an index below one, whose inverse has no use here, or from 2^32 on.
    pub(crate) fn new(index: u128) -> Option<Self> {
        if high(index) == 0 || high(index) >> 32 != 0 {
            return None;
        }
        let (inverse, _) = div_shifted_96(1 << 63, index).ok()?;
        Some(Self { index, inverse })
    }

    /// As [`div_shifted_96`]. The estimate `atoms * inverse / 2^63` is at most two too small, and the remainder, which has
    /// fewer than 99 bits, says how much.
    pub(crate) fn div_shifted_96(&self, atoms: u64) -> (u128, bool) {
        let (top, bottom) = mul_128_64(self.inverse, atoms);
        let mut quotient = join(
            (top << 1) | (high(bottom) >> 63),
            (high(bottom) << 1) | (low(bottom) >> 63),
        );
        let cross = low(quotient)
            .wrapping_mul(high(self.index))
            .wrapping_add(high(quotient).wrapping_mul(low(self.index)));
        let product = mul_64(low(quotient), low(self.index)).wrapping_add(join(cross, 0));
        let mut rest = join(atoms << 32, 0).wrapping_sub(product);
        while rest >= self.index {
            rest = rest.wrapping_sub(self.index);
            quotient = quotient.wrapping_add(1);
        }
        (quotient, rest == 0)
    }
}

/// `rest * 2^32 / divisor` and the remainder, for `rest < divisor` and the highest bit of `divisor` set.
///
/// The estimate, the highest 64 bits by the highest 32, is at most two too large; the remainder's sign says how much.
#[inline(always)]
fn quotient_digit(rest: u128, divisor: u128) -> (u64, u128) {
    let estimate = div_64(high(rest), high(divisor) >> 32).min(u32::MAX as u64);
    let bottom = mul_64_32(low(divisor), estimate as u32);
    let top = mul_64_32(high(divisor), estimate as u32).wrapping_add(high(bottom) as u128);
    let (remainder, mut negative) = (rest << 32).overflowing_sub(join(low(top), low(bottom)));
    let mut remainder = remainder;
    let mut quotient = estimate;
    // The 160-bit difference is negative when its highest 32 bits are, after the borrow from the lower 128.
    negative = (high(rest) >> 32) < high(top).wrapping_add(negative as u64);
    while negative {
        quotient = quotient.wrapping_sub(1);
        let (sum, carry) = remainder.overflowing_add(divisor);
        remainder = sum;
        negative = !carry;
    }
    (quotient, remainder)
}
