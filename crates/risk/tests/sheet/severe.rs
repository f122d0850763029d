//! Where the severe tier begins: `h < s`, `s = 1 − (1 − l)/4`.

use levee_risk::clocks::Clocks;
use levee_risk::liquidation::is_short_of;
use levee_risk::policy::{assess, is_severe, Border, Moment, Tier, TierRules};
use levee_risk::sheet::View;
use levee_risk::units::{Bps, MathError, Ppm, Usd};
use levee_risk::valuation::{Health, WeightedUsd};
use num_bigint::BigInt;
use proptest::prelude::*;

use crate::cases::{near_insolvency, NOW_TS};
use crate::dice::cases;
use crate::exact::big;

fn health(collateral: u128, debt: u128) -> Health {
    let side = |raw| WeightedUsd::of(Usd::from_wad(raw), Bps(1)).unwrap();
    Health {
        collateral: side(collateral),
        debt: side(debt),
    }
}

const RULES: TierRules = TierRules {
    lift: Bps(100),
    mild_wait_slots: 25,
    max_proof_gap_slots: 150,
};

/// `W < s·B` with both sides times forty thousand.
fn severe(collateral: u128, debt: u128, threshold: u32) -> bool {
    let room: BigInt = big(10_000) - threshold.min(10_000);
    big(collateral) * 40_000 < big(debt) * (big(40_000) - room)
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn a_health_is_severe_exactly_below_its_limit(
        collateral in any::<u128>(), debt in any::<u128>(), shifts in (0u32..128, 0u32..8), threshold in 0u32..=12_000,
    ) {
        let (collateral, debt) = (collateral >> shifts.0, debt >> shifts.0 >> shifts.1);
        prop_assert_eq!(is_severe(&health(collateral, debt), Bps(threshold)), severe(collateral, debt, threshold));
    }

    #[test]
    fn one_unit_decides_at_the_limit(unit in 1u128..=u128::MAX / 40_000, threshold in 0u32..=10_000) {
        // Exactly at the limit, where it is not severe, and one unit of collateral less, where it is.
        let debt = unit * 40_000;
        let limit = unit * u128::from(30_000 + threshold);
        prop_assert!(!is_severe(&health(limit, debt), Bps(threshold)));
        prop_assert!(is_severe(&health(limit - 1, debt), Bps(threshold)));
    }

    #[test]
    fn what_is_insolvent_is_severe_whatever_the_basket_and_whichever_collateral_is_seized(
        case in near_insolvency(), at in any::<usize>(), start in 0u32..20_000,
    ) {
        let sheet = case.sheet();
        let book = sheet.book(View::Plain).unwrap();
        let threshold = case.deposits[at % case.deposits.len()].holding.weight;
        let border = Border { threshold, start: Ppm(start) };
        let moment = Moment { slot: 1_000, now_ts: NOW_TS };
        let look = assess(&sheet, &book, Clocks::default(), &RULES, moment, border, || {
            Ok::<_, MathError>(u64::MAX)
        });
        let is_unhealthy = !book.health.is_healthy();
        let is_severe = is_severe(&book.health, threshold) || is_short_of(&book, Ppm(start));
        prop_assert_eq!(look.unwrap().tier == Some(Tier::Severe), is_unhealthy && is_severe);
        prop_assert_eq!(border.is_passed(&book), is_severe);
        // Thresholds lie below one and borrow factors are no less: what cannot pay its debt is unhealthy.
        prop_assert!(is_unhealthy || book.collateral > book.debt || book.debt.wad() == 0);
    }

    #[test]
    fn whatever_is_severe_is_unhealthy(collateral in any::<u128>(), debt in any::<u128>(), threshold in 0u32..=10_000) {
        let health = health(collateral, debt);
        prop_assert!(!(is_severe(&health, Bps(threshold)) && health.is_healthy()));
    }
}
