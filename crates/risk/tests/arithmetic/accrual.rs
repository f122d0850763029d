use levee_risk::fixed::{BorrowIndex, ScaledDebt, SupplyIndex};
use levee_risk::interest::{
    accrue, borrow_rate_up, compound_growth_up, utilization_down, ReserveTotals,
};
use levee_risk::units::{Atoms, Bps};
use proptest::prelude::*;

use crate::operands::{
    any_curve, any_index, any_u128, any_u64, big, cases, ceil_div, curve, limbs, number, YEAR,
};

proptest! {
    #![proptest_config(cases())]

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
