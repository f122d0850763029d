//! Lenders never lose while the borrower has equity: exactly, for any pair of any obligation.

use num_bigint::BigInt;
use proptest::prelude::*;

use crate::bonus::{equity, room};
use crate::exact::{big, fine, Ratio};
use crate::positions::{Position, Sums};
use crate::random::{cases, positions};

/// How far the bonus stays below the one that keeps `C/D` as it is, in parts per million: ε, or half the way where that
/// is less.
fn slack(position: &Position, sums: &Sums) -> BigInt {
    let half: BigInt = room(&equity(sums)).floor() / 2;
    half.min(big(position.deposits[position.pair.0].auction.margin.0))
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn collateral_rises_against_debt_whenever_the_repaid_value_times_the_margin_exceeds_a_wad_dollar(
        position in positions(),
    ) {
        let Ok(plan) = position.plan(position.pair, position.limit) else {
            return Ok(());
        };
        let sums = Sums::of(&position);
        let (deposit, borrow) = (&position.deposits[position.pair.0], &position.borrows[position.pair.1]);
        let repaid = borrow.holding.worth(plan.repay.0);
        if plan.insolvent || &repaid * slack(&position, &sums) <= fine() * 1_000_000 {
            return Ok(());
        }
        // (C − seized) / (D − repaid) > C / D.
        let seized = deposit.holding.worth(plan.seize.0);
        prop_assert!(Ratio::whole(seized) < equity(&sums).times(&repaid));
    }

    #[test]
    fn no_plan_of_a_solvent_obligation_leaves_more_debt_than_collateral(position in positions()) {
        let Ok(plan) = position.plan(position.pair, position.limit) else {
            return Ok(());
        };
        if plan.insolvent {
            return Ok(());
        }
        let after = Sums::of(&position.after(position.pair, &plan));
        // The values of both sides are rounded by less than a wad dollar, before and after.
        prop_assert!(after.c + 4 >= after.d, "lenders lose though the borrower had equity");
    }

    #[test]
    fn what_is_solvent_stays_solvent_by_the_same_margin_where_it_had_one(position in positions()) {
        let Ok(plan) = position.plan(position.pair, position.limit) else {
            return Ok(());
        };
        let sums = Sums::of(&position);
        let repaid = position.borrows[position.pair.1].holding.worth(plan.repay.0);
        if plan.insolvent || &repaid * slack(&position, &sums) <= fine() * 4_000_000 {
            return Ok(());
        }
        let after = position.after(position.pair, &plan);
        let auction = &position.deposits[position.pair.0].auction;
        let is_closed = after.book().debt.wad() == 0;
        prop_assert!(is_closed || !levee_risk::liquidation::is_insolvent(&after.book(), auction));
    }
}
