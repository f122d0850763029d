use levee_risk::fixed::{BorrowIndex, ScaledDebt, SupplyIndex};
use levee_risk::interest::{
    accrue, borrow_rate_up, compound_growth_up, utilization_down, validate_curve, CurveError,
    CurvePoint, Rate, ReserveTotals, Utilization, MAX_RATE_BPS, SECONDS_PER_YEAR,
};
use levee_risk::units::{Atoms, Bps};
use num_bigint::BigUint;
use num_rational::Ratio;
use num_traits::CheckedSub;
use proptest::prelude::*;

use crate::operands::{any_index, any_u128, any_u64, big, cases, ceil_div, limbs, number};

const YEAR: u64 = SECONDS_PER_YEAR as u64;
/// Fractional bits of the reference power, whose own error stays far below a unit of 2^-64.
const PRECISION: u32 = 256;

fn curve(points: &[(u32, u32)]) -> Vec<CurvePoint> {
    points
        .iter()
        .map(|&(utilization_bps, rate_bps)| CurvePoint {
            utilization_bps,
            rate_bps,
        })
        .collect()
}

fn any_curve() -> impl Strategy<Value = Vec<CurvePoint>> {
    let corner = (1u32..10_000, 0u32..=MAX_RATE_BPS);
    (
        prop::collection::vec(corner, 0..=9),
        0u32..=MAX_RATE_BPS,
        0u32..=MAX_RATE_BPS,
    )
        .prop_map(|(corners, first, last)| {
            let mut utilizations: Vec<u32> =
                corners.iter().map(|c| c.0).chain([0, 10_000]).collect();
            utilizations.sort();
            utilizations.dedup();
            let mut rates: Vec<u32> = corners.iter().map(|c| c.1).chain([first, last]).collect();
            rates.sort();
            utilizations
                .into_iter()
                .zip(rates)
                .map(|(u, r)| CurvePoint {
                    utilization_bps: u,
                    rate_bps: r,
                })
                .collect()
        })
}

/// A rate that a curve can give: up to 1,000 % a year.
fn any_rate() -> impl Strategy<Value = u64> {
    let highest = (big(MAX_RATE_BPS) << 64) / (10_000 * YEAR) + 1u8;
    let highest = u64::try_from(highest).unwrap();
    (any_u64(), 0u32..44).prop_map(move |(n, shift)| (n >> 20 >> shift).min(highest))
}

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

    #[test]
    fn an_accrual_gives_suppliers_and_protocol_at_most_what_debtors_owe_to_the_fraction(
        (available, scaled) in (any_u64(), (any::<u128>(), 32u32..128).prop_map(|(n, shift)| n >> shift)),
        (supply_index, borrow_index) in (any_u128(), any_index()),
        points in any_curve(),
        take in 0u32..=12_000,
        elapsed in (any_u64(), 0u32..64).prop_map(|(n, shift)| n >> shift),
    ) {
        let state = ReserveTotals {
            available: Atoms(available),
            debt: ScaledDebt::from_limbs(limbs(scaled)),
            supply_index: SupplyIndex::from_limbs(limbs(supply_index)),
            borrow_index: BorrowIndex::from_limbs(limbs(borrow_index)),
        };
        let Ok(accrual) = accrue(&state, &points, Bps(take), elapsed) else { return Ok(()) };
        let supply_after = number(accrual.supply_index.to_limbs());
        let borrow_after = number(accrual.borrow_index.to_limbs());
        prop_assert!(supply_after >= supply_index && borrow_after >= borrow_index);

        // Everything in units of 2^-96 atoms times the supply index; the claims are all that the reserve has.
        let claims = (big(available) << 96) + big(scaled) * borrow_index;
        let supply_growth = claims * (supply_after - supply_index);
        let fees = (big(number(accrual.fees.to_limbs())) << 32) * supply_index;
        let debt_growth = big(scaled) * (borrow_after - borrow_index) * supply_index;
        prop_assert!(supply_growth + fees <= debt_growth);
    }

    #[test]
    fn an_accrual_follows_its_formulas_with_the_roundings_named(
        (available, scaled) in (any_u64(), (any::<u128>(), 64u32..128).prop_map(|(n, shift)| n >> shift)),
        (supply_index, borrow_index) in (any_index(), any_index()),
        points in any_curve(),
        take in 0u32..=10_000,
        elapsed in 1..=YEAR,
    ) {
        let debt = ScaledDebt::from_limbs(limbs(scaled));
        let index = BorrowIndex::from_limbs(limbs(borrow_index));
        let state = ReserveTotals {
            available: Atoms(available),
            debt,
            supply_index: SupplyIndex::from_limbs(limbs(supply_index)),
            borrow_index: index,
        };
        let Ok(accrual) = accrue(&state, &points, Bps(take), elapsed) else { return Ok(()) };
        if debt.is_zero() {
            prop_assert_eq!((accrual.supply_index, accrual.borrow_index), (state.supply_index, index));
            return Ok(());
        }
        let owed = debt.atoms_down(index).unwrap();
        let utilization = utilization_down(owed, Atoms(available));
        let rate = borrow_rate_up(&points, utilization);
        let growth = big(compound_growth_up(rate, elapsed).bits());
        prop_assert_eq!((accrual.utilization, accrual.rate), (utilization, rate));

        let one = big(1u8) << 64;
        let borrowed = ceil_div(&(&growth * borrow_index), &one);
        prop_assert_eq!(big(number(accrual.borrow_index.to_limbs())), borrowed + borrow_index);
        prop_assert_eq!(big(number(accrual.fees.to_limbs())), &growth * owed.0 * take / 10_000u32);
        let kept = big(utilization.bits()) * (10_000 - take) / 10_000u32;
        let supplied = (big(supply_index) * ((&growth * kept) >> 64u8)) >> 64u8;
        prop_assert_eq!(big(number(accrual.supply_index.to_limbs())), supplied + supply_index);
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

#[test]
fn without_elapsed_time_or_debt_nothing_accrues() {
    let mut state = ReserveTotals {
        available: Atoms(7),
        debt: ScaledDebt::from_atoms_up(Atoms(5), BorrowIndex::ONE).unwrap(),
        supply_index: SupplyIndex::ONE,
        borrow_index: BorrowIndex::ONE,
    };
    let points = curve(&[(0, 100), (10_000, 100_000)]);
    for elapsed in [0, YEAR] {
        let accrual = accrue(&state, &points, Bps(1_000), elapsed).unwrap();
        assert_eq!(
            (accrual.supply_index, accrual.borrow_index),
            (SupplyIndex::ONE, BorrowIndex::ONE)
        );
        assert_eq!(accrual.fees.to_limbs(), [0, 0]);
        state.debt = ScaledDebt::ZERO;
    }
}

#[test]
fn a_day_accrued_second_by_second_grows_as_one_accrual_of_a_day_does() {
    let points = curve(&[(0, 500), (10_000, 500)]);
    let mut state = ReserveTotals {
        available: Atoms(0),
        debt: ScaledDebt::from_atoms_up(Atoms(1_000_000_000), BorrowIndex::ONE).unwrap(),
        supply_index: SupplyIndex::ONE,
        borrow_index: BorrowIndex::ONE,
    };
    let day = 86_400;
    let once = accrue(&state, &points, Bps(0), day).unwrap();
    for _ in 0..day {
        let second = accrue(&state, &points, Bps(0), 1).unwrap();
        (state.supply_index, state.borrow_index) = (second.supply_index, second.borrow_index);
    }
    // Each second rounds by at most a few units of 2^-64.
    let once = [
        number(once.supply_index.to_limbs()),
        number(once.borrow_index.to_limbs()),
    ];
    let often = [
        number(state.supply_index.to_limbs()),
        number(state.borrow_index.to_limbs()),
    ];
    assert!(often[0] <= once[0] && once[0] - often[0] <= 4 * day as u128);
    assert!(often[1] >= once[1] && often[1] - once[1] <= 4 * day as u128);
}
