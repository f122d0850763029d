//! Prices against exact ones.

use levee_risk::price::{Doubt, DoubtLimits, Price, Quote, Scale};
use levee_risk::units::{Atoms, Bps, MathError, Usd};
use num_bigint::BigInt;
use proptest::prelude::*;

use crate::exact::{big, fine, wad_down, wad_up, worth, Ratio};
use crate::random::cases;

/// Any number, all bit lengths equally likely.
fn any_u64() -> impl Strategy<Value = u64> {
    (any::<u64>(), 0u32..64).prop_map(|(n, shift)| n >> shift)
}

fn any_usd() -> impl Strategy<Value = u128> {
    (any::<u128>(), 0u32..128).prop_map(|(n, shift)| n >> shift)
}

fn usd(exact: BigInt) -> Result<Usd, MathError> {
    u128::try_from(exact)
        .map(Usd::from_wad)
        .map_err(|_| MathError::Overflow)
}

fn atoms(exact: BigInt) -> Result<Atoms, MathError> {
    u64::try_from(exact)
        .map(Atoms)
        .map_err(|_| MathError::Overflow)
}

/// The decimals and exponent of a scale.
fn price(mantissa: u64, scale: i32) -> Price {
    let decimals = if scale < -9 { 18 } else { 9 };
    Price::new(
        mantissa,
        Scale::new(decimals, scale - 18 + i32::from(decimals)).unwrap(),
    )
}

#[test]
fn a_scale_is_eighteen_less_decimals_plus_exponent_and_within_nineteen() {
    for decimals in 0..=u8::MAX {
        for exponent in -300..300 {
            let scale = 18 - i32::from(decimals) + exponent;
            let ours = Scale::new(decimals, exponent);
            assert_eq!(ours.is_some(), (-19..=19).contains(&scale));
            // A scale has no getter: it is equal to the one of another token with the same sum.
            assert_eq!(ours, Scale::new(18, scale));
        }
    }
    assert_eq!(Scale::new(9, i32::MIN), None);
    assert_eq!(Scale::new(0, i32::MAX), None);
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn atoms_are_worth_their_product_with_the_price_rounded_as_named(
        amount in any_u64(), mantissa in any_u64(), scale in -19i32..=19,
    ) {
        let exact = worth(amount, mantissa, scale);
        let price = price(mantissa, scale);
        prop_assert_eq!(price.value_down(Atoms(amount)), usd(wad_down(&exact)));
        prop_assert_eq!(price.value_up(Atoms(amount)), usd(wad_up(&exact)));
    }

    #[test]
    fn a_value_buys_its_quotient_by_the_price_rounded_as_named(
        value in any_usd(), mantissa in any_u64(), scale in -19i32..=19,
    ) {
        let price = price(mantissa, scale);
        let (down, up) = if mantissa == 0 {
            (Err(MathError::DivisionByZero), Err(MathError::DivisionByZero))
        } else {
            let exact = Ratio::new(big(value) * fine(), worth(1, mantissa, scale));
            (atoms(exact.floor()), atoms(exact.ceil()))
        };
        prop_assert_eq!(price.atoms_down(Usd::from_wad(value)), down);
        prop_assert_eq!(price.atoms_up(Usd::from_wad(value)), up);
    }

    #[test]
    fn new_risk_counts_on_the_worse_of_the_average_and_the_price_less_its_margin(
        price in any_u64(), confidence in any_u64(), ema in any_u64(), k in 0u32..200_000,
    ) {
        let quote = Quote { price, confidence, ema, ..Quote::default() };
        let margin: BigInt = (big(confidence) * k + 9_999) / 10_000;
        let worse: BigInt = (big(price) - &margin).max(big(0)).min(big(ema));
        prop_assert_eq!(big(quote.collateral_down(Bps(k))), worse);
        let dearer = (big(price) + margin).min(big(u64::MAX)).max(big(ema));
        prop_assert_eq!(big(quote.debt_up(Bps(k))), dearer);
    }

    #[test]
    fn a_mild_case_counts_on_the_average_as_far_as_the_lift_reaches_and_never_on_less_than_the_price(
        price in any_u64(), ema in any_u64(), near in 0u64..20_000, near_or_far: bool, most in 0u32..=10_000,
    ) {
        // An average within and beyond the lift's reach as often as anywhere.
        let ema = if near_or_far { ema } else {
            u64::try_from(u128::from(price) * u128::from(near) / 10_000).unwrap_or(u64::MAX)
        };
        let quote = Quote { price, ema, ..Quote::default() };
        let room: BigInt = big(price) * most / 10_000;
        let lifted = (big(price) + &room).min(big(u64::MAX)).min(big(ema)).max(big(price));
        prop_assert_eq!(big(quote.lifted_down(Bps(most))), lifted);
        let lowered = (big(price) - room).max(big(ema)).min(big(price));
        prop_assert_eq!(big(quote.lowered(Bps(most))), lowered);
    }

    #[test]
    fn a_price_is_old_from_the_first_second_beyond_its_age(
        age in 0u32..=u32::MAX, publish_ts in any::<i64>(), seconds in -2i64..=2,
    ) {
        let quote = Quote { publish_ts, ..Quote::default() };
        let now = i128::from(publish_ts) + i128::from(age) + i128::from(seconds);
        if let Ok(now) = i64::try_from(now) {
            prop_assert_eq!(quote.is_older(age, now), seconds > 0);
        }
    }

    #[test]
    fn a_price_is_doubtful_exactly_when_a_limit_is_exceeded(
        price in any_u64(), ratio in 0u64..20_000, ema_ratio in 0u64..20_000, off in any::<[bool; 2]>(),
        limits in (1u32..=10_000, 1u32..=10_000),
    ) {
        // Near the limits as often as anywhere.
        let part = |ratio: u64, limit: u32, off: bool| {
            let ratio = if ratio.is_multiple_of(2) { u64::from(limit) } else { ratio };
            u64::try_from(u128::from(price) * u128::from(ratio) / 10_000 + u128::from(off)).unwrap_or(u64::MAX)
        };
        let confidence = part(ratio, limits.0, off[0]);
        let ema = if ema_ratio.is_multiple_of(3) { part(ema_ratio, 10_000, off[1]) } else { price / 2 + part(ema_ratio, limits.1, off[1]) / 2 };
        let quote = Quote { price, confidence, ema, ..Quote::default() };
        let doubt = quote.doubt(&DoubtLimits {
            max_confidence: Bps(limits.0),
            max_ema_divergence: Bps(limits.1),
            confidence_multiple: Bps(10_000),
        });
        let distance = if price > ema { big(price) - ema } else { big(ema) - price };
        let expected = if big(confidence) * 10_000 > big(price) * limits.0 {
            Some(Doubt::WideConfidence)
        } else if distance * 10_000 > big(ema) * limits.1 {
            Some(Doubt::EmaDivergence)
        } else {
            None
        };
        prop_assert_eq!(doubt, expected);
    }
}
