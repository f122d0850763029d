//! How much a solvent obligation is closed.

use num_bigint::BigInt;
use proptest::prelude::*;

use levee_risk::liquidation::Plan;

use crate::exact::{big, fine, ten_to, wad_up, Ratio};
use crate::positions::{Position, Sums};
use crate::random::{cases, positions};

/// `m = l·(1+b)`, in units of 1e-10.
fn m(position: &Position, plan: &Plan) -> BigInt {
    big(position.deposits[position.pair.0].threshold.0) * (1_000_000 + plan.bonus.0)
}

/// `T = max(T_min, 1 + κ·(1 − m))`, in units of 1e-14.
fn target(position: &Position, m: &BigInt) -> BigInt {
    let least = ten_to(10) * position.deposits[position.pair.0].auction.min_target.0;
    least.max(ten_to(14) + (ten_to(10) - m) * position.engine.kappa.0)
}

/// `x* = (T·B − W) / (T·f − m)` in fine units of dollars.
fn close_value(position: &Position, sums: &Sums, plan: &Plan, target: &BigInt) -> Ratio {
    let factor = position.borrows[position.pair.1].factor.0;
    let over = (target * &sums.b - ten_to(14) * &sums.w) * fine();
    Ratio::new(over, target * factor - m(position, plan) * ten_to(8))
}

/// A target is cut off below 1e-10, the value below a wad.
fn cut(target: &BigInt) -> BigInt {
    target / ten_to(4) * ten_to(4)
}

proptest! {
    #![proptest_config(cases())]

    /// The repaid amount lies less than one atom (and, where an atom is worth less than a wad dollar, one wad dollar)
    /// below the exact one, and never above it; the seized amount less than one atom below what it buys. So the health
    /// passes the target by less than what one atom of the collateral weighs.
    #[test]
    fn the_close_amount_lands_on_the_target_but_for_one_atom_and_never_passes_it(position in positions()) {
        let Ok(plan) = position.plan(position.pair, u64::MAX) else {
            return Ok(());
        };
        if plan.insolvent {
            return Ok(());
        }
        let sums = Sums::of(&position);
        let (deposit, borrow) = (&position.deposits[position.pair.0], &position.borrows[position.pair.1]);
        let target = target(&position, &m(&position, &plan));
        let exact = close_value(&position, &sums, &plan, &target);
        let exact_cut = close_value(&position, &sums, &plan, &cut(&target));
        let atom = borrow.holding.worth(1);
        let owed = wad_up(&borrow.holding.worth(borrow.holding.atoms)) * fine();
        let dust = big(position.engine.dust.wad()) * fine();
        let repaid = borrow.holding.worth(plan.repay.0);

        let leaves = Ratio::whole(owed).minus(&exact_cut);
        let dust_demands = leaves < Ratio::whole(dust + &atom + fine() * 2);
        if plan.closes_debt {
            prop_assert!(dust_demands, "closes more than the target and dust demand");
        } else if plan.takes_all_collateral {
            let buys = exact.times(&big(1_000_000 + plan.bonus.0));
            let held = (deposit.holding.worth(deposit.holding.atoms - 1) - fine() * 2) * 1_000_000;
            prop_assert!(dust_demands || buys >= Ratio::whole(held), "takes a deposit that the target leaves");
        } else {
            prop_assert!(Ratio::whole(repaid.clone()) <= exact, "repays more than the target demands");
            let missing = exact_cut.minus(&Ratio::whole(repaid.clone()));
            prop_assert!(missing < Ratio::whole(&atom + fine()), "stops short of the target");

            // W' − T·B' in fine units of 1e-18.
            let seized = deposit.holding.worth(plan.seize.0);
            let buys = &repaid * (1_000_000 + plan.bonus.0);
            let short = &buys - &seized * 1_000_000;
            prop_assert!(short < (deposit.holding.worth(1) + fine() * 3) * 1_000_000);
            let weighted = &sums.w * fine() - seized * deposit.threshold.0;
            let owing = &sums.b * fine() - repaid * borrow.factor.0;
            let past = weighted * ten_to(14) - owing * &target;
            let grain = (deposit.holding.worth(1) + fine() * 3) * deposit.threshold.0 * ten_to(14);
            prop_assert!(past < grain, "passes the target by more than an atom");
        }
    }
}
