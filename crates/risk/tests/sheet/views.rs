//! What moving prices for or against the borrower may change about a verdict.

use levee_risk::rate::Rate;
use levee_risk::sheet::View;
use levee_risk::units::Bps;
use num_bigint::BigInt;
use proptest::prelude::*;

use crate::cases::{near_one, Case};
use crate::dice::cases;
use crate::exact::{big, fine};

/// What rounding takes from `W` and adds to `B` at one price, in wad dollars times weights: the oracle's last digit and a wad
/// dollar of every holding. Prices that are moved are rounded anew where a rate applies, and where rounding decides whether
/// a base is held or owed, what it takes grows with the price: here up to sixfold.
fn grain(case: &Case) -> BigInt {
    let (held, owed) = (case.held(View::Plain), case.owed(View::Plain));
    let grain = held.unwrap().weighted_grain + owed.unwrap().weighted_grain;
    grain / fine() + 1
}

/// `W − B` of a view.
fn room(case: &Case, view: View) -> BigInt {
    let health = case.book(view).health;
    big(health.collateral.raw()) - health.debt.raw()
}

/// Every value a whole number of wad dollars.
fn exactly(mut case: Case) -> Case {
    for entry in case.deposits.iter_mut().chain(&mut case.borrows) {
        entry.holding.rate = Rate::ONE;
        entry.holding.decimals = entry.holding.decimals.min(10);
    }
    case
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn what_is_plainly_healthy_is_healthy_at_lifted_prices(case in near_one(), most in 0u32..=1_000) {
        let view = View::Lifted(Bps(most));
        let case = exactly(case);
        prop_assert!(room(&case, view) >= room(&case, View::Plain), "lifting took from the borrower");
    }

    #[test]
    fn with_rates_lifting_takes_no_more_than_rounding(case in near_one(), most in 0u32..=1_000) {
        let view = View::Lifted(Bps(most));
        let taken = room(&case, View::Plain) - room(&case, view);
        prop_assert!(taken <= grain(&case) * 2, "{}", taken);
    }

    #[test]
    fn what_is_healthy_for_new_risk_is_plainly_healthy(case in near_one()) {
        let case = exactly(case);
        prop_assert!(room(&case, View::NewRisk) <= room(&case, View::Plain), "new risk was given something");
    }

    #[test]
    fn with_rates_new_risk_is_given_no_more_than_rounding(case in near_one()) {
        let given = room(&case, View::NewRisk) - room(&case, View::Plain);
        prop_assert!(given <= grain(&case) * 7, "{}", given);
    }

    /// New risk is asked with LTVs and capped rates, a liquidation with thresholds and the rates as they are.
    #[test]
    fn what_may_borrow_is_not_liquidatable(case in near_one(), lower in prop::collection::vec(any::<(u32, u64)>(), 8)) {
        let mut asked = case.clone();
        for (entry, (weight, rate)) in asked.deposits.iter_mut().zip(lower) {
            entry.holding.weight.0 = weight % entry.holding.weight.0;
            entry.holding.rate.0 -= rate % (entry.holding.rate.0 / 2 + 1);
        }
        if asked.book(View::NewRisk).health.is_healthy() {
            let short = -room(&case, View::Plain);
            prop_assert!(short <= grain(&case) * 7, "{}", short);
        }
    }
}
