//! A liquidation of a solvent obligation leaves it healthier: exactly, and as the program's ledger sees it.

use levee_risk::fixed::{BorrowIndex, ScaledDebt, ScaledSupply, SupplyIndex};
use levee_risk::units::Atoms;
use num_bigint::BigInt;
use proptest::prelude::*;

use crate::exact::{big, fine, Ratio};
use crate::positions::{Position, Sums};
use crate::random::{cases, positions};

/// `h·f/l`: how many dollars of collateral one repaid dollar could buy without a change of health.
fn healing(position: &Position, sums: &Sums) -> Ratio {
    let (deposit, borrow) = (
        &position.deposits[position.pair.0],
        &position.borrows[position.pair.1],
    );
    Ratio::new(&sums.w * borrow.factor.0, &sums.b * deposit.threshold.0)
}

/// `l·seized·B < f·repaid·W`, which is what `h' > h` means.
fn heals(position: &Position, sums: &Sums, repaid: &BigInt, seized: &BigInt) -> bool {
    Ratio::whole(seized.clone()) < healing(position, sums).times(repaid)
}

/// How far the bonus stays below the one that stops healing, in parts per million: ε, or half the way where that is less.
fn slack(position: &Position, sums: &Sums) -> BigInt {
    let room = healing(position, sums)
        .minus(&Ratio::whole(1))
        .times(&big(1_000_000));
    let margin = position.deposits[position.pair.0].auction.margin.0;
    let half: BigInt = room.floor() / 2;
    half.min(big(margin))
}

/// Limbs of an index from one to two.
fn index(bits: u64) -> [u64; 2] {
    [bits, 1]
}

proptest! {
    #![proptest_config(cases())]

    /// The slack's part of the repaid value must exceed what is rounded in the obligation's favour nowhere: one wad dollar.
    #[test]
    fn health_rises_whenever_the_repaid_value_times_the_margin_exceeds_a_wad_dollar(position in positions()) {
        let Ok(plan) = position.plan(position.pair, position.limit) else {
            return Ok(());
        };
        let (deposit, borrow) = (&position.deposits[position.pair.0], &position.borrows[position.pair.1]);
        let repaid = borrow.holding.worth(plan.repay.0);
        let sums = Sums::of(&position);
        if plan.insolvent || &repaid * slack(&position, &sums) <= fine() * 1_000_000 {
            return Ok(());
        }
        prop_assert!(heals(&position, &sums, &repaid, &deposit.holding.worth(plan.seize.0)));
    }

    /// The ledger can keep one atom of debt that was repaid and burn one of collateral that was not seized. The slack's part of
    /// the repaid value must exceed the value of the latter and `h·f/l` times that of the former, and two wad dollars.
    #[test]
    fn the_program_sees_health_rise_whenever_the_margin_exceeds_one_atom_of_each_side(
        position in positions(),
        indexes in any::<[u64; 2]>(),
    ) {
        let Ok(plan) = position.plan(position.pair, position.limit) else {
            return Ok(());
        };
        let (deposit, borrow) = (&position.deposits[position.pair.0], &position.borrows[position.pair.1]);
        let sums = Sums::of(&position);
        let room = borrow.holding.worth(plan.repay.0) * slack(&position, &sums);
        let debt_atom = healing(&position, &sums).times(&(borrow.holding.worth(1) + fine() * 2));
        let enough = debt_atom.plus(&Ratio::whole(deposit.holding.worth(1) + fine() * 2)).times(&big(1_000_000));
        if plan.insolvent || Ratio::whole(room) <= enough {
            return Ok(());
        }

        let (supply, owing) = (SupplyIndex::from_limbs(index(indexes[0])), BorrowIndex::from_limbs(index(indexes[1])));
        // The smallest balances that are worth these atoms, as they stand after a burn or a partial repayment.
        let held = ScaledSupply::from_atoms_up(Atoms(deposit.holding.atoms), supply).unwrap();
        let owed = ScaledDebt::from_atoms_down(Atoms(borrow.holding.atoms), owing).unwrap();
        prop_assert_eq!(owed.atoms_up(owing), Ok(Atoms(borrow.holding.atoms)));
        let left = if plan.takes_all_collateral {
            Atoms(0)
        } else {
            let burned = ScaledSupply::from_atoms_up(plan.seize, supply).unwrap();
            held.checked_sub(burned).unwrap().atoms_down(supply).unwrap()
        };
        let owes = if plan.closes_debt {
            Atoms(0)
        } else {
            let forgiven = ScaledDebt::from_atoms_down(plan.repay, owing).unwrap();
            owed.checked_sub(forgiven).unwrap().atoms_up(owing).unwrap()
        };
        let before = position.book();
        let mut after = position.clone();
        after.deposits[position.pair.0].holding.atoms = left.0;
        after.borrows[position.pair.1].holding.atoms = owes.0;
        prop_assert!(after.book().health.compare(&before.health).is_gt());
    }
}
