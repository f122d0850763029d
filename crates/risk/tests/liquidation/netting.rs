//! A deposit and a debt of one reserve cancel at no bonus.

use levee_risk::liquidation::{is_insolvent, plan_netting, Refusal, RepaidSide, SeizedSide};
use levee_risk::units::Atoms;
use num_bigint::BigInt;
use proptest::prelude::*;

use crate::exact::{big, fine, ten_to, Ratio};
use crate::positions::{Position, Sums};
use crate::random::{cases, positions};

/// The obligation with its pair's debt in the token of its pair's deposit, worth about as much as it was.
fn of_one_reserve() -> impl Strategy<Value = Position> {
    positions().prop_map(|mut position| {
        let held = position.deposits[position.pair.0].holding;
        let debt = &mut position.borrows[position.pair.1].holding;
        let value = debt.worth(debt.atoms);
        let atoms = Ratio::new(value, held.worth(1)).ceil();
        *debt = held;
        debt.atoms = u64::try_from(atoms)
            .unwrap_or(u64::MAX >> 1)
            .clamp(1, u64::MAX >> 1);
        position
    })
}

fn net(position: &Position) -> Result<Atoms, Refusal> {
    let (deposit, borrow) = (
        &position.deposits[position.pair.0],
        &position.borrows[position.pair.1],
    );
    plan_netting(
        &position.book(),
        &SeizedSide {
            deposited: Atoms(deposit.holding.atoms),
            price: deposit.holding.price(),
            threshold: deposit.threshold,
        },
        &RepaidSide {
            owed: Atoms(borrow.holding.atoms),
            price: borrow.holding.price(),
            borrow_factor: borrow.factor,
        },
        &deposit.auction,
        &position.engine,
    )
}

/// The position without `atoms` on both sides.
fn after(position: &Position, atoms: u64) -> Position {
    let mut after = position.clone();
    after.deposits[position.pair.0].holding.atoms -= atoms;
    after.borrows[position.pair.1].holding.atoms -= atoms;
    after
}

/// What cancelling must reach: `T = max(T_min, 1 + κ·(1 − l))`, in units of 1e-14.
fn target(position: &Position) -> BigInt {
    let deposit = &position.deposits[position.pair.0];
    let healed =
        ten_to(14) + (big(10_000) - deposit.threshold.0) * position.engine.kappa.0 * ten_to(6);
    healed.max(ten_to(10) * deposit.auction.min_target.0)
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn netting_cancels_what_lands_on_the_target_rounded_down_or_all_where_dust_would_remain(
        position in of_one_reserve(),
    ) {
        let sums = Sums::of(&position);
        if sums.w >= sums.b {
            prop_assert_eq!(net(&position), Err(Refusal::Healthy));
            return Ok(());
        }
        let (deposit, borrow) = (&position.deposits[position.pair.0], &position.borrows[position.pair.1]);
        let most = deposit.holding.atoms.min(borrow.holding.atoms);
        let heals = &sums.w * borrow.factor.0 > &sums.b * deposit.threshold.0;
        let atoms = net(&position).unwrap().0;
        if is_insolvent(&position.book(), &deposit.auction) {
            prop_assert_eq!(atoms, most);
            return Ok(());
        }
        if !heals {
            prop_assert_eq!(atoms, 0);
            return Ok(());
        }
        let target = target(&position);
        let under = &target * borrow.factor.0 - ten_to(14) * deposit.threshold.0;
        let close = Ratio::new((&target * &sums.b - ten_to(14) * &sums.w) * fine(), under);
        let exact = Ratio::new(close.over.clone(), close.under.clone() * borrow.holding.worth(1));
        let owed = borrow.holding.worth(borrow.holding.atoms);
        let grain = borrow.holding.worth(1) + fine() * 3;
        let left = Ratio::whole(owed).minus(&close);
        let dust = big(position.engine.dust.wad()) * fine();
        if atoms == most {
            let demands = left < Ratio::whole(dust + &grain);
            prop_assert!(demands || exact >= Ratio::whole(most), "cancels more than the target demands");
        } else {
            prop_assert!(Ratio::whole(atoms) <= exact, "cancels more than the target demands");
            let missing = exact.minus(&Ratio::whole(atoms)).times(&borrow.holding.worth(1));
            prop_assert!(missing <= Ratio::whole(grain), "stops short of the target");
        }
    }

    #[test]
    fn netting_never_makes_a_solvent_obligation_less_healthy_or_less_solvent(position in of_one_reserve()) {
        let Ok(atoms) = net(&position) else { return Ok(()) };
        let sums = Sums::of(&position);
        let (deposit, borrow) = (&position.deposits[position.pair.0], &position.borrows[position.pair.1]);
        prop_assert!(atoms.0 <= deposit.holding.atoms && atoms.0 <= borrow.holding.atoms);
        if is_insolvent(&position.book(), &deposit.auction) || atoms.0 == 0 {
            return Ok(());
        }
        // l·x·B < f·x·W, and x from both sides of C > D.
        prop_assert!(&sums.b * deposit.threshold.0 < &sums.w * borrow.factor.0);
        let left = Sums::of(&after(&position, atoms.0));
        prop_assert!(&left.c + 1 >= left.d);
        if deposit.holding.scale >= 0 {
            // Nothing is rounded: the same value leaves both sides, and health rises.
            prop_assert_eq!(&sums.c - &left.c, &sums.d - &left.d);
            prop_assert!(left.w * sums.b >= sums.w * left.b);
        }
    }

    #[test]
    fn netting_an_empty_side_is_refused(position in of_one_reserve(), is_held: bool) {
        let mut position = position;
        let pair = position.pair;
        if is_held {
            position.borrows[pair.1].holding.atoms = 0;
        } else {
            position.deposits[pair.0].holding.atoms = 0;
        }
        if !position.book().health.is_healthy() {
            prop_assert_eq!(net(&position), Err(Refusal::EmptyPair));
        }
    }
}
