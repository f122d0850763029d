//! Everything in 64 bits: an index with 48 fractional bits, balances in whole atoms, dollars in millionths.

use levee_risk::wide::{div_128_64, mul_64};

use super::rank;
use crate::Operands;

fn fit(n: u128) -> Option<u128> {
    (n >> 64 == 0).then_some(n)
}

pub fn balance(o: &Operands) -> Option<u128> {
    fit(mul_64(o[0], o[2]) >> 48)
}

pub fn scale(o: &Operands) -> Option<u128> {
    let dividend = (o[0] as u128) << 48;
    div_128_64(dividend, o[2])
        .ok()
        .and_then(|(quotient, _)| fit(quotient))
}

pub fn value(o: &Operands) -> Option<u128> {
    let dollars = fit(mul_64(o[0], o[1]) >> 48)? as u64;
    Some(dollars.checked_div(o[3] / 1_000_000)? as u128)
}

pub fn compare(o: &Operands) -> Option<u128> {
    rank(mul_64(o[0], o[4]).cmp(&mul_64(o[2], o[5])))
}

pub fn ratio(o: &Operands) -> Option<u128> {
    let dividend = (o[0] as u128) << 48;
    div_128_64(dividend, o[2])
        .ok()
        .and_then(|(quotient, _)| fit(quotient))
}
