//! 60 fractional bits, products and dividends in 256 bits of the `uint` crate.

use super::wide_integers::U256;
use super::{join, rank};
use crate::Operands;

fn number(high: u64, low: u64) -> U256 {
    U256([low, high, 0, 0])
}

fn narrow(n: U256) -> Option<u128> {
    (n.0[2] | n.0[3] == 0).then(|| join(n.0[1], n.0[0]))
}

pub fn balance(o: &Operands) -> Option<u128> {
    narrow((number(o[1], o[0]) * number(o[3], o[2])) >> 120)
}

pub fn scale(o: &Operands) -> Option<u128> {
    narrow((U256::from(o[0]) << 120).checked_div(number(o[3], o[2]))?)
}

pub fn value(o: &Operands) -> Option<u128> {
    narrow((U256::from(o[0]) * number(o[2], o[1])).checked_div(U256::from(o[3]))?)
}

pub fn compare(o: &Operands) -> Option<u128> {
    rank((number(o[1], o[0]) * U256::from(o[4])).cmp(&(number(o[3], o[2]) * U256::from(o[5]))))
}

pub fn ratio(o: &Operands) -> Option<u128> {
    narrow((number(o[1], o[0]) << 60).checked_div(number(o[3], o[2]))?)
}
