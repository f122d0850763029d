//! 18 decimals, products and dividends in 192 bits of the `uint` crate.

use super::wide_integers::U192;
use super::{join, rank};
use crate::Operands;

const WAD: u64 = 1_000_000_000_000_000_000;

fn number(high: u64, low: u64) -> U192 {
    U192([low, high, 0])
}

fn narrow(n: U192) -> Option<u128> {
    (n.0[2] == 0).then(|| join(n.0[1], n.0[0]))
}

pub fn balance(o: &Operands) -> Option<u128> {
    let wads = number(o[1], o[0]).checked_mul(number(o[3], o[2]))? / U192::from(WAD);
    narrow(wads / U192::from(WAD))
}

pub fn scale(o: &Operands) -> Option<u128> {
    let wads = U192::from(o[0])
        .checked_mul(U192::from(WAD))?
        .checked_mul(U192::from(WAD))?;
    narrow(wads.checked_div(number(o[3], o[2]))?)
}

pub fn value(o: &Operands) -> Option<u128> {
    narrow(
        U192::from(o[0])
            .checked_mul(number(o[2], o[1]))?
            .checked_div(U192::from(o[3]))?,
    )
}

pub fn compare(o: &Operands) -> Option<u128> {
    let left = number(o[1], o[0]).checked_mul(U192::from(o[4]))?;
    rank(left.cmp(&number(o[3], o[2]).checked_mul(U192::from(o[5]))?))
}

pub fn ratio(o: &Operands) -> Option<u128> {
    narrow(
        number(o[1], o[0])
            .checked_mul(U192::from(WAD))?
            .checked_div(number(o[3], o[2]))?,
    )
}
