//! What holds of liquidations and marks.

use levee_risk::clocks::Clocks;
use proptest::prelude::*;

use crate::scene::TOKENS;
use crate::view::{number, View, Wealth};

/// The largest bonus of any reserve here, in parts per million.
const MOST_BONUS_PPM: u128 = 50_000;
/// The highest target that a liquidation can have here: `1 + κ·(1 − l)` of the lowest threshold, 77 %.
const MOST_TARGET_PPM: u64 = 1_057_500;
/// `M`: the longest time that two marks prove.
const MAX_PROOF_GAP: u64 = 150;

/// Nobody healthy lost anything, the bonus kept its limit, and health rose, but not beyond its target.
pub fn liquidated(
    was: &Wealth,
    is: &Wealth,
    before: &View,
    after: &View,
) -> Result<(), TestCaseError> {
    let insolvent = is_insolvent(was);
    if was.positions() == is.positions() {
        return clocks(was, is, before.slot);
    }
    // At the indexes of after: in a batch somebody else's loss may have lowered what its deposits are worth, and made it
    // unhealthy.
    let had = after.book_of(&was.obligation);
    prop_assert!(!had.health.is_healthy(), "a healthy one was liquidated");
    if was.deposits == is.deposits && was.debts == is.debts {
        // A deposit of less than an atom in a token that is owed, too, is burned to make way for the rest.
        return Ok(());
    }
    if has_loss(before, after) && !insolvent {
        // In a batch somebody else's loss lowers the worth of deposits.
        return Ok(());
    }
    let seized = had.collateral.wad() - is.book.collateral.wad();
    let forgiven = had.debt.wad() - is.book.debt.wad();
    // What rounding can take besides: an atom of each of the two tokens, here far below a thousandth of a dollar.
    let atoms = 1_000_000_000_000_000;
    prop_assert!(
        seized <= forgiven + forgiven * MOST_BONUS_PPM / 1_000_000 + atoms,
        "{seized} for {forgiven}"
    );
    if !insolvent {
        prop_assert!(
            is.book.health.compare(&was.book.health).is_gt(),
            "health did not rise"
        );
        let untouched = (0..TOKENS).all(|t| {
            (is.deposits[t].0 > 0 || was.deposits[t].0 == 0)
                && (is.debts[t].0 > 0 || was.debts[t].0 == 0)
        });
        if untouched {
            prop_assert!(
                is.book.health.ppm_down() <= MOST_TARGET_PPM,
                "health passed every target"
            );
        }
    }
    Ok(())
}

/// Whether depositors lost something.
pub fn has_loss(before: &View, after: &View) -> bool {
    let mut reserves = before.reserves.iter().zip(&after.reserves);
    reserves.any(|(before, after)| before.supply_index != after.supply_index)
}

/// `D·(1 + b_start) ≥ C` at the smallest start of the reserves here, a thousandth.
pub fn is_insolvent(of: &Wealth) -> bool {
    of.book.debt.wad() + of.book.debt.wad() / 1_000 >= of.book.collateral.wad()
}

/// A liquidator's deposits only grow, and it owes what it owed.
pub fn receives(was: &Wealth, is: &Wealth) -> Result<(), TestCaseError> {
    prop_assert!(was.obligation.borrows == is.obligation.borrows);
    prop_assert!(was.obligation.clocks() == is.obligation.clocks());
    for position in was.obligation.deposits() {
        let held = is.obligation.deposit_in(&position.reserve).to_limbs();
        prop_assert!(number(held) >= number(position.scaled.0), "a deposit fell");
    }
    Ok(())
}

/// A mark at health clears the clocks; one without it adds the slots since the last one, or starts again.
pub fn clocks(was: &Wealth, is: &Wealth, slot: u64) -> Result<(), TestCaseError> {
    let (before, after) = (was.obligation.clocks(), is.obligation.clocks());
    if after == before {
        // Refused, or the second look in one slot.
        return Ok(());
    }
    if is.book.health.is_healthy() {
        prop_assert_eq!(after, Clocks::default());
        return Ok(());
    }
    prop_assert_eq!(after.last_seen_slot, slot);
    let gap = slot - before.last_seen_slot;
    if before.last_seen_slot == 0 || gap > MAX_PROOF_GAP {
        prop_assert_eq!((after.unhealthy_slots, after.auction_slots), (0, 0));
        return Ok(());
    }
    prop_assert_eq!(after.unhealthy_slots, before.unhealthy_slots + gap);
    let counted = if before.permitted && after.permitted {
        gap
    } else {
        0
    };
    prop_assert_eq!(after.auction_slots, before.auction_slots + counted);
    Ok(())
}
