//! Liquidating what remains, again and again.

use levee_risk::liquidation::{is_insolvent, Refusal};
use proptest::prelude::*;

use crate::exact::{big, ten_to};
use crate::positions::Position;
use crate::random::{cases, positions};

/// Every step but the last closes a debt or takes a deposit, of which there are at most five and eight; a close amount
/// that was rounded down can need a second one. Measured over a million obligations: ten.
const MOST_STEPS: usize = 14;

/// Whether an atom of every position is worth less than a hundred thousandth of the least amount that matters, the
/// dust value or the position itself. Coarser ones can be left unhealthy by less than an atom.
fn is_fine_grained(position: &Position) -> bool {
    let grain = |worth: num_bigint::BigInt| worth * ten_to(5);
    let holdings = position
        .deposits
        .iter()
        .map(|d| d.holding)
        .chain(position.borrows.iter().map(|b| b.holding));
    let dust = big(position.engine.dust.wad()) * crate::exact::fine();
    holdings
        .into_iter()
        .all(|h| h.atoms > 1_000_000 && grain(h.worth(1)) < dust)
}

/// Whether its collateral pays the debt with the smallest bonus of any deposit.
fn is_solvent(position: &Position) -> bool {
    let book = position.book();
    let deposits = &mut position.deposits.iter();
    deposits.all(|deposit| !is_insolvent(&book, &deposit.auction))
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn every_unhealthy_obligation_is_healed_or_closed_within_a_few_liquidations(position in positions()) {
        if !is_fine_grained(&position) {
            return Ok(());
        }
        // While nothing was lost to a deposit that is worth less than an atom of the debt.
        let mut has_equity = is_solvent(&position);
        let mut left = position;
        for step in 0.. {
            if left.book().health.is_healthy() {
                break;
            }
            // Without a deposit what remains is bad debt, which settles at once; but not where there was equity.
            let Some(pair) = left.best_pair() else {
                prop_assert!(!has_equity || left.book().debt.wad() <= 64, "lenders lose: {:?}", left);
                break;
            };
            prop_assert!(step < MOST_STEPS, "still unhealthy: {:?}", left);
            match left.plan(pair, u64::MAX) {
                Ok(plan) => {
                    prop_assert!(!(has_equity && plan.insolvent), "not solvent any more: {:?}", left);
                    left = left.after(pair, &plan);
                }
                Err(Refusal::TooSmall) => {
                    // The rest of one side is worth less than an atom of the other: nobody can be paid for it.
                    let (deposit, borrow) = (left.deposits[pair.0].holding, left.borrows[pair.1].holding);
                    let atoms = deposit.worth(1).max(borrow.worth(1)) * 2;
                    prop_assert!(deposit.worth(deposit.atoms).min(borrow.worth(borrow.atoms)) < atoms, "{:?}", left);
                    left.deposits[pair.0].holding.atoms = 0;
                    has_equity = false;
                }
                Err(refusal) => prop_assert!(false, "{:?}: {:?}", refusal, left),
            }
        }
    }
}
