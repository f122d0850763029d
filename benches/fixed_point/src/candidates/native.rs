//! The same numbers, multiplied and divided by the operators that the compiler turns into library calls.

use super::{join, rank};
use crate::Operands;

pub fn balance(o: &Operands) -> Option<u128> {
    let product = |a: u64, b: u64| (a as u128).wrapping_mul(b as u128);
    let middle = product(o[1], o[2])
        .checked_add(product(o[0], o[3]))?
        .checked_add(product(o[0], o[2]) >> 64)?;
    Some((product(o[1], o[3]) << 32).wrapping_add(middle >> 32))
}

pub fn scale(o: &Operands) -> Option<u128> {
    let (dividend, index) = ((o[0] as u128) << 64, join(o[3], o[2]));
    let whole = dividend.checked_div(index)?;
    Some((whole << 32).wrapping_add((dividend.checked_rem(index)? << 32).checked_div(index)?))
}

pub fn value(o: &Operands) -> Option<u128> {
    (o[0] as u128)
        .wrapping_mul(o[1] as u128)
        .checked_mul(10_000_000_000u64.checked_div(o[3])? as u128)
}

pub fn compare(o: &Operands) -> Option<u128> {
    let left = join(o[1], o[0]).checked_mul(o[4] as u128)?;
    rank(left.cmp(&join(o[3], o[2]).checked_mul(o[5] as u128)?))
}

pub fn ratio(o: &Operands) -> Option<u128> {
    let (mut rest, divisor) = (join(o[1], o[0]), join(o[3], o[2]));
    let mut ratio = rest.checked_div(divisor)?;
    for _ in 0..2 {
        rest = rest.checked_rem(divisor)? << 24;
        ratio = (ratio << 24) | rest.checked_div(divisor)?;
    }
    Some(ratio)
}
