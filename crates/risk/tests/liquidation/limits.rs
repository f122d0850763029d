//! What a plan never exceeds, and the dust rule.

use levee_risk::liquidation::Refusal;
use proptest::prelude::*;

use crate::exact::{big, fine, wad_down, wad_up, Ratio};
use crate::random::{cases, positions};

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn a_plan_stays_within_the_debt_the_deposit_the_limit_and_the_bonus(position in positions()) {
        let (deposit, borrow) = (&position.deposits[position.pair.0], &position.borrows[position.pair.1]);
        let Ok(plan) = position.plan(position.pair, position.limit) else {
            return Ok(());
        };
        prop_assert!(plan.repay.0 > 0 && plan.repay.0 <= borrow.holding.atoms);
        prop_assert!(plan.seize.0 > 0 && plan.seize.0 <= deposit.holding.atoms);
        prop_assert_eq!(plan.closes_debt, plan.repay.0 == borrow.holding.atoms);
        prop_assert_eq!(plan.takes_all_collateral, plan.seize.0 == deposit.holding.atoms);
        prop_assert!(big(plan.repay.0) + plan.insurance.0 <= big(position.limit));
        // Deposits are valued in whole wad dollars, so their last fraction of one is not paid for.
        let paid = borrow.holding.worth(plan.repay.0) * (1_000_000 + plan.bonus.0);
        let seized = wad_down(&deposit.holding.worth(plan.seize.0)) * fine() * 1_000_000;
        prop_assert!(seized <= paid);
        let share = position.engine.insurance_share.0;
        let insurance = Ratio::new(big(plan.repay.0) * plan.bonus.0 * share, big(10_000_000_000u64)).ceil();
        prop_assert_eq!(big(plan.insurance.0), insurance);
    }

    #[test]
    fn a_limit_repays_all_that_it_pays_for_with_the_premium(position in positions()) {
        let Ok(plan) = position.plan(position.pair, position.limit) else {
            return Ok(());
        };
        let whole = position.plan(position.pair, u64::MAX).unwrap();
        let premium = big(plan.bonus.0) * position.engine.insurance_share.0;
        let one = big(10_000_000_000u64);
        let payable = Ratio::new(big(position.limit) * &one, premium + one).floor();
        prop_assert_eq!(big(plan.repay.0), payable.min(big(whole.repay.0)));
    }

    /// Remaining debts are counted with what both values were rounded by, two wad dollars.
    #[test]
    fn dust_is_never_left_unless_the_collateral_is_gone_and_a_limit_that_would_is_refused(position in positions()) {
        let borrow = &position.borrows[position.pair.1];
        let dust = big(position.engine.dust.wad()) * fine();
        let owed = borrow.holding.atoms;
        match position.plan(position.pair, position.limit) {
            Ok(plan) if !plan.insolvent && !plan.takes_all_collateral && !plan.closes_debt => {
                let left = borrow.holding.worth(owed - plan.repay.0);
                prop_assert!(left + fine() * 2 >= dust);
            }
            Err(Refusal::LimitLeavesDust) => {
                let Ok(whole) = position.plan(position.pair, u64::MAX) else {
                    return Ok(());
                };
                prop_assert!(!whole.insolvent);
                let premium = big(whole.bonus.0) * position.engine.insurance_share.0;
                let most = Ratio::new(big(position.limit) * 10_000_000_000u64, premium + 10_000_000_000u64).floor();
                prop_assert!(most < big(owed));
                let repaid = wad_down(&borrow.holding.worth(most));
                prop_assert!(wad_up(&borrow.holding.worth(owed)) - repaid < big(position.engine.dust.wad()));
            }
            _ => {}
        }
    }
}
