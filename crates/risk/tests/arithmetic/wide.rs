use levee_risk::units::MathError;
use levee_risk::wide::{
    cmp_mul, div_128_64, div_192_64, div_rem_192_64, mul_128, mul_128_64, mul_128_64_checked,
    mul_64, mul_64_32, mul_div_128_down, mul_div_128_up, mul_div_down, mul_div_up,
};
use num_bigint::BigUint;
use proptest::prelude::*;

use crate::operands::{any_u128, any_u64, big, cases, ceil_div};

/// What `a * b / d` must give when the result has the type of `limit`.
fn quotient(n: BigUint, d: u64, limit: u128, up: bool) -> Result<u128, MathError> {
    if d == 0 {
        return Err(MathError::DivisionByZero);
    }
    let exact = if up { ceil_div(&n, &big(d)) } else { n / d };
    u128::try_from(exact)
        .ok()
        .filter(|q| *q <= limit)
        .ok_or(MathError::Overflow)
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn products_are_exact(a in any_u64(), b in any_u64(), wide in any_u128(), other in any_u128()) {
        prop_assert_eq!(big(mul_64(a, b)), big(a) * b);
        prop_assert_eq!(big(mul_64_32(a, b as u32)), big(a) * (b as u32));
        let (high, low) = mul_128_64(wide, b);
        prop_assert_eq!((big(high) << 128) + low, big(wide) * b);
        prop_assert_eq!(mul_128_64_checked(wide, b), wide.checked_mul(b as u128));
        let (high, low) = mul_128(wide, other);
        prop_assert_eq!((big(high) << 128) + low, big(wide) * other);
    }

    #[test]
    fn quotients_and_remainders_are_exact(high in any_u64(), low in any_u128(), d in any_u64()) {
        let n = (big(high) << 128) + low;
        if d == 0 {
            prop_assert_eq!(div_128_64(low, d), Err(MathError::DivisionByZero));
            prop_assert_eq!(div_192_64(high, low, d), None);
        } else {
            prop_assert_eq!(div_128_64(low, d), Ok((low / d as u128, (low % d as u128) as u64)));
            let exact = u128::try_from(&n / d).ok();
            prop_assert_eq!(div_192_64(high, low, d), exact);
            let remainder = u64::try_from(n % d).unwrap();
            prop_assert_eq!(div_rem_192_64(high, low, d), exact.map(|q| (q, remainder)));
        }
    }

    #[test]
    fn quotients_that_fit_are_exact_for_dividends_just_below_the_limit(d in 1u64.., low in any_u128(), less in any_u64()) {
        let high = (d - 1).saturating_sub(less >> 40);
        let n = (big(high) << 128) + low;
        prop_assert_eq!(div_192_64(high, low, d).map(big), Some(n / d));
    }

    #[test]
    fn a_product_over_a_divisor_is_rounded_as_named_or_refused(a in any_u64(), b in any_u64(), d in any_u64(), wide in any_u128()) {
        let limit = u64::MAX as u128;
        prop_assert_eq!(mul_div_down(a, b, d).map(u128::from), quotient(big(a) * b, d, limit, false));
        prop_assert_eq!(mul_div_up(a, b, d).map(u128::from), quotient(big(a) * b, d, limit, true));
        prop_assert_eq!(mul_div_128_down(wide, b, d), quotient(big(wide) * b, d, u128::MAX, false));
        prop_assert_eq!(mul_div_128_up(wide, b, d), quotient(big(wide) * b, d, u128::MAX, true));
    }

    #[test]
    fn products_compare_as_exact_numbers_do(a in any_u128(), b in any_u64(), c in any_u128(), d in any_u64()) {
        prop_assert_eq!(cmp_mul(a, b, c, d), (big(a) * b).cmp(&(big(c) * d)));
        prop_assert_eq!(cmp_mul(a, b, a, b), core::cmp::Ordering::Equal);
        prop_assert_eq!(cmp_mul(a, b, a.saturating_add(1), b), (big(a) * b).cmp(&(big(a.saturating_add(1)) * b)));
    }
}

#[test]
fn quotients_whose_first_estimate_is_two_too_large_are_exact() {
    let cases = [
        (0x7fff_ffff_ffff_ffff, u128::MAX, 0x8000_0000_0000_0000),
        (0x7fff_ffff_0000_0000, 0, 0x8000_0000_0000_0001),
        (0x8000_0000_0000_0000, 0, 0x8000_0000_ffff_ffff),
        (0xffff_fffe_ffff_ffff, u128::MAX, u64::MAX),
        (0xffff_fffe, u128::MAX, 0xffff_ffff),
    ];
    for (high, low, d) in cases {
        let n = (big(high) << 128) + low;
        assert_eq!(div_192_64(high, low, d).map(big), Some(n / d));
    }
}
