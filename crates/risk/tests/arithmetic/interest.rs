use levee_risk::interest::{
    borrow_rate_up, compound_growth_up, utilization_down, validate_curve, CurveError, Rate,
    Utilization, MAX_RATE_BPS,
};
use levee_risk::units::{Atoms, Bps};
use num_bigint::BigUint;
use num_rational::Ratio;
use num_traits::CheckedSub;
use proptest::prelude::*;

use crate::operands::{any_curve, any_rate, any_u64, big, cases, ceil_div, curve, YEAR};

/// Fractional bits of the reference power, whose own error stays far below a unit of 2^-64.
const PRECISION: u32 = 256;

/// `(1 + rate)^n` from below and from above, with [`PRECISION`] fractional bits.
fn power(rate: u64, n: u64) -> (BigUint, BigUint) {
    let one = big(1u8) << PRECISION;
    let base = &one + (big(rate) << (PRECISION - 64));
    let (mut low, mut high) = (one.clone(), one);
    for bit in (0..64 - n.leading_zeros()).rev() {
        low = (&low * &low) >> PRECISION;
        high = ((&high * &high) >> PRECISION) + 1u8;
        if n >> bit & 1 == 1 {
            low = (low * &base) >> PRECISION;
            high = ((high * &base) >> PRECISION) + 1u8;
        }
    }
    (low, high)
}

/// `n r + n (n-1)/2 r^2 + n (n-1)(n-2)/6 r^3` in units of 2^-192 / 6.
fn third_order(rate: u64, n: u64) -> BigUint {
    let terms = [
        (big(n) * rate * 6u8) << 128,
        (big(n) * n.saturating_sub(1) * rate * rate * 3u8) << 64,
        big(n) * n.saturating_sub(1) * n.saturating_sub(2) * rate * rate * rate,
    ];
    terms.into_iter().sum()
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn utilization_is_the_borrowed_part_rounded_down(debt in any_u64(), available in any_u64()) {
        let utilization = utilization_down(Atoms(debt), Atoms(available)).bits();
        if debt == 0 {
            prop_assert_eq!(utilization, 0);
        } else if available == 0 {
            prop_assert_eq!(utilization, u64::MAX);
        } else {
            prop_assert_eq!(big(utilization), (big(debt) << 64) / (big(debt) + available));
        }
    }

    #[test]
    fn the_rate_lies_on_the_line_between_two_points_rounded_up_by_at_most_2_to_the_minus_32_of_a_basis_point(points in any_curve(), bits in any_u64()) {
        prop_assert_eq!(validate_curve(&points), Ok(()));
        let u = Ratio::new(big(bits) * 10_000u32, big(1u8) << 64);
        let segment = points.windows(2).find(|pair| u < Ratio::from(big(pair[1].utilization_bps))).unwrap();
        let (below, above) = (segment[0], segment[1]);
        let slope = Ratio::new(
            big(above.rate_bps - below.rate_bps),
            big(above.utilization_bps - below.utilization_bps),
        );
        let bps = &slope * (u - big(below.utilization_bps)) + big(below.rate_bps);
        // Two roundings: of the utilization and of the annual rate.
        let bps_above = (slope + big(1u8)) / (big(1u8) << 32) + &bps;
        let per_second = |bps: Ratio<BigUint>| (bps * Ratio::new(big(1u8) << 64, big(10_000u32) * YEAR)).ceil().to_integer();
        let rate = big(borrow_rate_up(&points, Utilization::from_bits(bits)).bits());
        prop_assert!(per_second(bps) <= rate && rate <= per_second(bps_above));
    }

    #[test]
    fn a_higher_utilization_never_has_a_lower_rate(points in any_curve(), a in any_u64(), b in any_u64()) {
        let rate = |bits| borrow_rate_up(&points, Utilization::from_bits(bits));
        prop_assert!(rate(a.min(b)) <= rate(a.max(b)));
    }

    #[test]
    fn any_slice_of_points_has_some_rate(points in prop::collection::vec((any::<u32>(), any::<u32>()), 0..12), bits in any_u64()) {
        borrow_rate_up(&curve(&points), Utilization::from_bits(bits));
    }

    #[test]
    fn within_a_year_growth_is_the_third_order_sum_rounded_up_by_few_units(rate in any_rate(), n in 0..=YEAR) {
        let growth = big(compound_growth_up(Rate::from_bits(rate), n).bits());
        let exact = third_order(rate, n);
        let excess = ((&growth * 6u8) << 128u8).checked_sub(&exact);
        prop_assert!(excess.is_some());
        // 1 + x + x^2/2 units, with x = n r.
        let x = big(n) * rate;
        let units = (big(2u8) << 128) + (&x << 65) + &x * &x;
        prop_assert!(excess.unwrap() <= units * 3u8);
    }

    #[test]
    fn more_time_or_a_higher_rate_never_means_less_growth(a in any_rate(), b in any_rate(), n in any_u64(), m in any_u64()) {
        let growth = |rate, n| compound_growth_up(Rate::from_bits(rate), n);
        prop_assert!(growth(a.min(b), n.min(m)) <= growth(a.max(b), n.max(m)));
    }

    #[test]
    fn growth_has_a_value_for_any_rate_and_any_time(rate in any::<u64>(), n in any_u64()) {
        compound_growth_up(Rate::from_bits(rate), n);
    }
}

proptest! {
    // Each case is a power to up to 31 million, in numbers of 256 bits.
    #![proptest_config(cases())]

    #[test]
    fn third_order_never_exceeds_the_exact_power_and_misses_at_most_x4_over_24_of_it(rate in any_rate(), n in 1..=YEAR) {
        let (low, high) = power(rate, n);
        let one = big(1u8) << PRECISION;
        let sum = &one + (third_order(rate, n) << (PRECISION - 192)) / 6u8;
        prop_assert!(sum <= high);

        let growth = &one + (big(compound_growth_up(Rate::from_bits(rate), n).bits()) << (PRECISION - 64));
        let x = big(n) * rate;
        let missing = low.checked_sub(&growth).unwrap_or_default();
        let bound = ((x.pow(4) * &high) >> (4 * 64)) / 24u8 + 1u8;
        prop_assert!(missing <= bound);
    }

    #[test]
    fn beyond_a_year_growth_compounds_the_years_and_stays_below_the_exact_power(rate in any_rate(), n in YEAR..6 * YEAR) {
        let growth = big(compound_growth_up(Rate::from_bits(rate), n).bits());
        let (_, high) = power(rate, n);
        // A year's rounding is less than 1 + x + x^2/2 < 61 units at 1,000 %; later years multiply it.
        let rounding = (big(61u32 * 6) * &high) >> 64;
        prop_assert!((growth << (PRECISION - 64)) + (big(1u8) << PRECISION) <= high + rounding);
        let year = compound_growth_up(Rate::from_bits(rate), YEAR).bits();
        let two = compound_growth_up(Rate::from_bits(rate), 2 * YEAR).bits();
        prop_assert_eq!(big(two), big(year) * 2u8 + ceil_div(&(big(year) * year), &(big(1u8) << 64)));
    }
}

#[test]
fn a_flat_curve_shows_its_own_annual_rate_at_every_utilization() {
    for rate_bps in (0..=MAX_RATE_BPS).step_by(7) {
        let points = curve(&[(0, rate_bps), (10_000, rate_bps)]);
        for bits in [0, 1 << 63, u64::MAX] {
            assert_eq!(
                borrow_rate_up(&points, Utilization::from_bits(bits)).annual_bps(),
                Bps(rate_bps)
            );
        }
    }
}

#[test]
fn every_defect_of_a_curve_has_an_error_of_its_own() {
    let refused = |points: &[(u32, u32)]| validate_curve(&curve(points)).unwrap_err();
    assert_eq!(refused(&[]), CurveError::TooFewPoints);
    assert_eq!(refused(&[(0, 1)]), CurveError::TooFewPoints);
    let twelve: Vec<_> = (0..12).map(|i| (i * 10_000 / 11, i)).collect();
    assert_eq!(refused(&twelve), CurveError::TooManyPoints);
    assert_eq!(refused(&[(1, 0), (10_000, 1)]), CurveError::FirstNotAtZero);
    assert_eq!(refused(&[(0, 0), (9_999, 1)]), CurveError::LastNotAtFull);
    assert_eq!(
        refused(&[(0, 0), (5, 1), (5, 2), (10_000, 3)]),
        CurveError::UtilizationNotIncreasing
    );
    assert_eq!(refused(&[(0, 5), (10_000, 4)]), CurveError::RateDecreasing);
    assert_eq!(
        refused(&[(0, 5), (10_000, MAX_RATE_BPS + 1)]),
        CurveError::RateTooHigh
    );
    assert_eq!(
        validate_curve(&curve(&[(0, 0), (10_000, MAX_RATE_BPS)])),
        Ok(())
    );
}
