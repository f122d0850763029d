//! What a mild case passes over, against a list of what is old, doubtful or of another base.

use levee_risk::policy::{BasketEvidence, MildEvidence};
use levee_risk::sheet::{Source, View};
use levee_risk::units::{Bps, Usd};
use proptest::prelude::*;

use crate::cases::{any_case, near_one, Case, NOW_TS};
use crate::dice::cases;

/// What the deposits that `concerns` are worth together; `None` where it concerns a debt or deposit `seized`.
fn sum(case: &Case, seized: Option<usize>, concerns: impl Fn(&Source) -> bool) -> Option<u128> {
    let sheet = case.sheet();
    let owes = |entry: &crate::cases::Entry| concerns(&case.newest(&entry.source));
    if case.borrows.iter().any(owes) {
        return None;
    }
    let mut sum = 0;
    for (at, entry) in case.deposits.iter().enumerate() {
        if !concerns(&case.newest(&entry.source)) {
            continue;
        }
        if seized == Some(at) {
            return None;
        }
        let side = sheet.seized_side(at).unwrap();
        sum += side.price.value_down(side.deposited).unwrap().wad();
    }
    Some(sum)
}

/// A deposit, or none; and a dust value between nothing and all that is held.
fn scenes() -> impl Strategy<Value = (Option<usize>, u64)> {
    (proptest::option::of(0usize..8), 0u64..=1_000)
}

fn dust(case: &Case, part: u64) -> Usd {
    let all = case.book(View::Plain).collateral.wad();
    Usd::from_wad(all / 1_000 * u128::from(part))
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn without_a_dust_value_everything_is_asked(case in near_one(), seized in proptest::option::of(0usize..8), lift in 0u32..=1_000) {
        let sheet = case.sheet();
        let basket = BasketEvidence { sheet: &sheet, seized, dust: Usd::ZERO };
        prop_assert_eq!(basket.is_fresh(NOW_TS), sheet.is_fresh(NOW_TS));
        prop_assert_eq!(basket.is_doubtful(), sheet.is_doubtful());
        let lift = Bps(lift);
        prop_assert_eq!(basket.is_healthy_lifted(lift, 0), sheet.is_healthy_lifted(lift, 0));
    }

    #[test]
    fn passed_over_is_what_together_is_dust_and_neither_owed_nor_seized(case in any_case(), scene in scenes(), later in 0i64..20) {
        let (seized, part) = scene;
        let (sheet, dust, now_ts) = (case.sheet(), dust(&case, part), NOW_TS + later);
        let basket = BasketEvidence { sheet: &sheet, seized, dust };
        let is_dust = |sum: Option<u128>| sum.is_some_and(|sum| sum < dust.wad());
        let is_old = |source: &Source| source.quote.is_older(source.max_mild_age, now_ts);
        prop_assert_eq!(
            basket.is_fresh(now_ts),
            sheet.is_fresh(now_ts) || is_dust(sum(&case, seized, is_old))
        );
        let feed = case.newest(&case.borrows[0].source).feed;
        let has_one_base = is_dust(sum(&case, seized, |source| source.feed != feed));
        let doubt = |source: &Source| source.quote.doubt(&source.limits).is_some();
        let is_passed = is_dust(sum(&case, seized, doubt)) || has_one_base;
        prop_assert_eq!(basket.is_doubtful(), sheet.is_doubtful() && !is_passed);
        let lift = Bps(100);
        let is_healthy = sheet.is_healthy_lifted(lift, 0).unwrap();
        prop_assert_eq!(basket.is_healthy_lifted(lift, 0).unwrap(), is_healthy && !has_one_base);
    }
}
