//! A sheet's book against the exact valuation.

use levee_risk::sheet::View;
use levee_risk::units::Bps;
use num_bigint::BigInt;
use proptest::prelude::*;

use crate::cases::{any_case, near_one, Case, Exact};
use crate::dice::cases;
use crate::exact::{big, fine, Ratio};

/// What is held is rounded down by less than the grain, what is owed up by less than the grain.
fn assert_rounded(
    exact: &Exact,
    value: u128,
    weighted: u128,
    is_up: bool,
) -> Result<(), TestCaseError> {
    let check = |exact: &Ratio, grain: &BigInt, ours: u128| {
        let ours = Ratio::whole(big(ours) * fine());
        let (low, high) = if is_up {
            (exact, &ours)
        } else {
            (&ours, exact)
        };
        prop_assert!(low <= high, "rounded the wrong way");
        prop_assert!(
            high.minus(low) <= Ratio::whole(grain.clone()),
            "rounded by more than the grain"
        );
        Ok(())
    };
    check(&exact.value, &exact.value_grain, value)?;
    check(&exact.weighted, &exact.weighted_grain, weighted)
}

fn assert_exact(case: &Case, view: View) -> Result<(), TestCaseError> {
    let (Some(held), Some(owed)) = (case.held(view), case.owed(view)) else {
        return Ok(());
    };
    let book = case.book(view);
    assert_rounded(
        &held,
        book.collateral.wad(),
        book.health.collateral.raw(),
        false,
    )?;
    assert_rounded(&owed, book.debt.wad(), book.health.debt.raw(), true)
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn a_plain_book_is_the_exact_value_at_the_newest_prices_rounded_against_the_borrower(case in any_case()) {
        assert_exact(&case, View::Plain)?;
    }

    #[test]
    fn a_lifted_book_moves_each_base_one_way_for_all_of_its_holdings(case in near_one(), most in 0u32..=1_000) {
        assert_exact(&case, View::Lifted(Bps(most)))?;
    }

    #[test]
    fn a_book_for_new_risk_moves_each_base_against_the_borrower(case in near_one()) {
        assert_exact(&case, View::NewRisk)?;
    }

    #[test]
    fn with_one_base_every_view_has_the_same_book_and_no_price_is_doubtful(
        mut case in near_one(), most in 0u32..=10_000,
    ) {
        let source = case.deposits[0].source;
        for entry in case.deposits.iter_mut().chain(&mut case.borrows) {
            entry.source = source;
        }
        let plain = case.book(View::Plain);
        prop_assert_eq!(case.book(View::Lifted(Bps(most))), plain);
        prop_assert_eq!(case.book(View::NewRisk), plain);
        prop_assert_eq!(case.sheet().doubt(), None);
    }

    #[test]
    fn a_book_without_a_pair_and_the_pair_are_the_whole_book(case in any_case(), at in any::<(u8, u8)>()) {
        let pair = (usize::from(at.0) % case.deposits.len(), usize::from(at.1) % case.borrows.len());
        let sheet = case.sheet();
        let mut book = sheet.book_without(View::Plain, Some(pair)).unwrap();
        sheet.seized_side(pair.0).unwrap().count(&mut book).unwrap();
        sheet.repaid_side(pair.1).unwrap().count(&mut book).unwrap();
        prop_assert_eq!(book, case.book(View::Plain));
    }
}
