//! Books and health factors against exact ones.

use levee_risk::units::{Bps, MathError, Usd};
use levee_risk::valuation::{Book, Health, WeightedUsd, RATIO_BITS};
use proptest::prelude::*;

use crate::exact::{big, Ratio};
use crate::random::cases;

/// A weighted sum of any size: every bit length is as likely.
fn any_weighted() -> impl Strategy<Value = u128> {
    (any::<u128>(), 0u32..128, any::<bool>()).prop_map(|(n, shift, ones)| {
        if ones {
            u128::MAX >> shift
        } else {
            n >> shift
        }
    })
}

fn weighted(raw: u128) -> WeightedUsd {
    WeightedUsd::of(Usd::from_wad(raw), Bps(1)).unwrap()
}

fn health(collateral: u128, debt: u128) -> Health {
    Health {
        collateral: weighted(collateral),
        debt: weighted(debt),
    }
}

/// Dollars up to a thousand trillion, and weights up to fifty thousand basis points.
fn entry() -> impl Strategy<Value = (Usd, Bps)> {
    (
        0u128..1_000_000_000_000_000_000_000_000_000_000,
        0u32..80,
        0u32..=50_000,
    )
        .prop_map(|(wad, shift, weight)| (Usd::from_wad(wad >> shift), Bps(weight)))
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn a_weighted_value_is_the_exact_product_or_an_overflow(wad in any_weighted(), weight in any::<u32>()) {
        let exact = u128::try_from(big(wad) * weight).map_err(|_| MathError::Overflow);
        prop_assert_eq!(WeightedUsd::of(Usd::from_wad(wad), Bps(weight)).map(WeightedUsd::raw), exact);
    }

    #[test]
    fn health_factors_compare_as_their_exact_ratios(
        a in any_weighted(), b in any_weighted(), c in any_weighted(), d in any_weighted(),
    ) {
        let exact = (big(a) * d).cmp(&(big(c) * b));
        prop_assert_eq!(health(a, b).compare(&health(c, d)), exact);
        prop_assert_eq!(health(a, b).is_healthy(), a >= b);
    }

    #[test]
    fn a_ratio_lies_below_the_exact_one_by_its_last_bit_and_two_to_the_minus_61_of_it_plus_one(
        collateral in any_weighted(), debt in any_weighted(),
    ) {
        let Some(ratio) = health(collateral, debt).ratio_down() else {
            // Without debt, or from 2^16 on.
            prop_assert!(debt == 0 || big(collateral) >= big(debt) << 16);
            return Ok(());
        };
        let exact = Ratio::new(big(collateral) << RATIO_BITS, big(debt));
        prop_assert!(Ratio::whole(ratio) <= exact);
        // In units of the last bit.
        let relative = Ratio::new(&exact.over + (&exact.under << RATIO_BITS), &exact.under << 61u32);
        prop_assert!(Ratio::whole(ratio).plus(&Ratio::whole(1)).plus(&relative) >= exact);
        let ppm = levee_risk::valuation::ratio_ppm_down(ratio);
        prop_assert!(big(ppm) << RATIO_BITS <= big(ratio) * 1_000_000);
        prop_assert!(big(ppm + 1) << RATIO_BITS > big(ratio) * 1_000_000);
    }

    /// Where events and displays show a health factor, it is at or near one.
    #[test]
    fn a_displayed_health_factor_is_never_above_the_exact_one_and_at_most_two_millionths_below_it_when_unhealthy(
        debt in any_weighted(), part in 0u32..=2_500_000, off in any::<i8>(),
    ) {
        let collateral = big(debt) * part / 1_000_000 + off;
        let Ok(collateral) = u128::try_from(collateral) else {
            return Ok(());
        };
        let ppm = health(collateral, debt).ppm_down();
        if debt == 0 {
            prop_assert_eq!(ppm, u64::MAX);
            return Ok(());
        }
        let exact = big(collateral) * 1_000_000 / debt;
        if exact < big(2_000_000) {
            prop_assert!(big(ppm) <= exact);
            let below = if exact < big(1_000_000) { 2 } else { 3 };
            prop_assert!(big(ppm) + below >= exact, "{} for {}", ppm, exact);
        } else {
            prop_assert!(ppm == u64::MAX || big(ppm) <= exact);
        }
    }

    #[test]
    fn a_book_counts_every_position_once_and_exactly(
        deposits in prop::collection::vec(entry(), 0..4),
        borrows in prop::collection::vec(entry(), 0..4),
    ) {
        let mut book = Book::default();
        for (value, weight) in &deposits {
            book.add_collateral(*value, *weight).unwrap();
        }
        for (value, factor) in &borrows {
            book.add_debt(*value, *factor).unwrap();
        }
        let plain = |entries: &[(Usd, Bps)]| entries.iter().map(|(value, _)| value.wad()).sum();
        let weighted = |entries: &[(Usd, Bps)]| entries.iter().map(|(v, w)| v.wad() * u128::from(w.0)).sum();
        prop_assert_eq!((book.collateral.wad(), book.debt.wad()), (plain(&deposits), plain(&borrows)));
        prop_assert_eq!(book.health.collateral.raw(), weighted(&deposits));
        prop_assert_eq!(book.health.debt.raw(), weighted(&borrows));
    }
}
