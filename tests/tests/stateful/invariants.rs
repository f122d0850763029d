//! The invariants of the design.

use levee::state::Position;
use levee_risk::clocks::Clocks;
use proptest::prelude::*;

use crate::scene::{Scene, TOKENS};
use crate::step::Step;
use crate::view::{number, View, Wealth};

/// The largest bonus of any reserve here, in parts per million.
const MOST_BONUS_PPM: u128 = 50_000;
/// The highest target that a liquidation can have here: `1 + κ·(1 − l)` of the lowest threshold, 77 %.
const MOST_TARGET_PPM: u64 = 1_057_500;
/// `M`: the longest time that two marks prove.
const MAX_PROOF_GAP: u64 = 150;

/// What holds at any time: claims are backed, positions add up to the totals, the vault holds what is accounted.
pub fn always(scene: &Scene) -> Result<(), TestCaseError> {
    let world = &scene.world;
    for (token, donated) in world.tokens.iter().zip(scene.donated) {
        let reserve = world.reserve(token);
        let claims = reserve.supply_down().unwrap().0 + reserve.protocol_fees().atoms_down().0;
        let backing = reserve.available_atoms + reserve.debt_up().unwrap().0;
        prop_assert!(claims <= backing, "claims of {claims} on {backing}");
        let (mut supply, mut debt) = (number(reserve.scaled_insurance.0), 0);
        for user in &scene.users {
            let obligation = world.obligation(user);
            supply += number(obligation.deposit_in(&token.keys.reserve).to_limbs());
            debt += number(obligation.debt_in(&token.keys.reserve).to_limbs());
            prop_assert!(
                obligation.auction_slots <= obligation.unhealthy_slots,
                "an auction longer than the unhealthy time"
            );
        }
        prop_assert_eq!(
            supply,
            number(reserve.scaled_supply.0),
            "deposits and insurance are not the supply"
        );
        prop_assert_eq!(
            debt,
            number(reserve.scaled_debt.0),
            "debts are not the total"
        );
        prop_assert_eq!(
            world.token_balance(&token.keys.vault),
            reserve.available_atoms + donated
        );
    }
    Ok(())
}

/// What holds between before and after a step. Interest was accrued before, and prices are the same after, unless the
/// step is about these.
pub fn between(step: &Step, before: &View, after: &View) -> Result<(), TestCaseError> {
    match step {
        Step::World => return Ok(()),
        Step::Nobody => {
            same_worth(before, after)?;
            bystanders(before, after, &[], &[])?;
        }
        Step::Own { user } => own(*user, before, after)?,
        Step::RoundTrip { user } => {
            own(*user, before, after)?;
            round_trip(&before.users[*user], &after.users[*user])?;
        }
        Step::Repay { payer, of } => {
            same_worth(before, after)?;
            repaid(*payer, *of, before, after)?;
        }
        Step::Liquidate { by, of } => {
            bystanders(before, after, of, &[*by])?;
            prop_assert!(
                !has_loss(before, after) || of.iter().any(|of| is_insolvent(&before.users[*of])),
                "lenders paid for a solvent obligation"
            );
            for of in of {
                check_liquidation(&before.users[*of], &after.users[*of], before, after)?;
            }
            if !of.contains(by) {
                receives(&before.users[*by], &after.users[*by])?;
            }
        }
        Step::Mark { of } => {
            same_worth(before, after)?;
            bystanders(before, after, of, &[])?;
            for of in of {
                let (was, is) = (&before.users[*of], &after.users[*of]);
                prop_assert!(was.positions() == is.positions(), "a mark moved a position");
                clocks(was, is, before.slot)?;
            }
        }
        Step::Settle { of, token } => settled(*of, *token, before, after)?,
    }
    Ok(())
}

/// Indexes only move with time and with a loss.
fn same_worth(before: &View, after: &View) -> Result<(), TestCaseError> {
    for (before, after) in before.reserves.iter().zip(&after.reserves) {
        prop_assert_eq!(
            before.supply_index,
            after.supply_index,
            "claims changed their worth"
        );
        prop_assert_eq!(
            before.borrow_index,
            after.borrow_index,
            "debts changed their worth"
        );
    }
    Ok(())
}

/// Nobody's obligation changes but those of `touched`, and nobody's wallet but those of `paying`.
fn bystanders(
    before: &View,
    after: &View,
    touched: &[usize],
    paying: &[usize],
) -> Result<(), TestCaseError> {
    for (index, (was, is)) in before.users.iter().zip(&after.users).enumerate() {
        let same = bytemuck::bytes_of(&was.obligation) == bytemuck::bytes_of(&is.obligation);
        let may_change = touched.contains(&index) || paying.contains(&index);
        prop_assert!(same || may_change, "a bystander's positions changed");
        prop_assert!(
            was.wallet == is.wallet || paying.contains(&index),
            "a bystander's wallet changed"
        );
    }
    Ok(())
}

fn own(user: usize, before: &View, after: &View) -> Result<(), TestCaseError> {
    same_worth(before, after)?;
    bystanders(before, after, &[user], &[user])?;
    let (was, is) = (&before.users[user], &after.users[user]);
    no_gain(was, is)?;
    let made_unhealthy = was.book.health.is_healthy() && !is.book.health.is_healthy();
    prop_assert!(!made_unhealthy, "its owner made an obligation unhealthy");
    Ok(())
}

/// A liquidator's deposits only grow, and it owes what it owed.
fn receives(was: &Wealth, is: &Wealth) -> Result<(), TestCaseError> {
    prop_assert!(was.obligation.borrows == is.obligation.borrows);
    prop_assert!(was.obligation.clocks() == is.obligation.clocks());
    for position in was.obligation.deposits() {
        let held = is.obligation.deposit_in(&position.reserve).to_limbs();
        prop_assert!(number(held) >= number(position.scaled.0), "a deposit fell");
    }
    Ok(())
}

/// A mark at health clears the clocks; one without it adds the slots since the last one, or starts again.
fn clocks(was: &Wealth, is: &Wealth, slot: u64) -> Result<(), TestCaseError> {
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

/// A settlement takes one debt of an obligation that holds nothing, and changes nothing else of anybody.
fn settled(of: usize, token: usize, before: &View, after: &View) -> Result<(), TestCaseError> {
    bystanders(before, after, &[of], &[])?;
    let (was, is) = (&before.users[of], &after.users[of]);
    if was.positions() == is.positions() {
        return same_worth(before, after);
    }
    prop_assert_eq!(was.obligation.deposit_count, 0, "it had collateral");
    for at in 0..TOKENS {
        let (debt, left) = (was.debts[at], is.debts[at]);
        let gone = at == token && debt.0 > 0 && left.0 == 0;
        prop_assert!(
            gone || at != token && left == debt,
            "{debt:?} became {left:?}"
        );
        let unchanged = before.reserves[at].supply_index == after.reserves[at].supply_index;
        prop_assert!(at == token || unchanged, "another reserve paid");
    }
    Ok(())
}

/// Wallet and claims less debts never rise, token by token.
fn no_gain(was: &Wealth, is: &Wealth) -> Result<(), TestCaseError> {
    let net = |of: &Wealth, token: usize| {
        i128::from(of.wallet[token]) + i128::from(of.deposits[token].0)
            - i128::from(of.debts[token].0)
    };
    for token in 0..TOKENS {
        prop_assert!(
            net(is, token) <= net(was, token),
            "gained atoms of token {token}"
        );
    }
    Ok(())
}

/// A repayment moves atoms from the payer to the debt, and nothing else of anybody.
fn repaid(payer: usize, of: usize, before: &View, after: &View) -> Result<(), TestCaseError> {
    for (user, (was, is)) in before.users.iter().zip(&after.users).enumerate() {
        prop_assert_eq!(was.deposits, is.deposits);
        prop_assert!(
            user == payer || was.wallet == is.wallet,
            "somebody else paid"
        );
        prop_assert!(
            user == of || was.debts == is.debts,
            "somebody else's debt changed"
        );
    }
    for token in 0..TOKENS {
        let paid = before.users[payer].wallet[token] - after.users[payer].wallet[token];
        let forgiven = before.users[of].debts[token].0 - after.users[of].debts[token].0;
        prop_assert!(
            forgiven <= paid && paid - forgiven <= 1,
            "paid {paid}, forgiven {forgiven}"
        );
    }
    let (was, is) = (&before.users[of].book.health, &after.users[of].book.health);
    prop_assert!(is.is_healthy() || !was.is_healthy());
    Ok(())
}

fn check_liquidation(
    was: &Wealth,
    is: &Wealth,
    before: &View,
    after: &View,
) -> Result<(), TestCaseError> {
    let insolvent = is_insolvent(was);
    if was.positions() == is.positions() {
        return clocks(was, is, before.slot);
    }
    prop_assert!(
        !was.book.health.is_healthy(),
        "a healthy one was liquidated"
    );
    if has_loss(before, after) && !insolvent {
        // In a batch somebody else's loss lowers the worth of deposits.
        return Ok(());
    }
    let seized = was.book.collateral.wad() - is.book.collateral.wad();
    let forgiven = was.book.debt.wad() - is.book.debt.wad();
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
fn has_loss(before: &View, after: &View) -> bool {
    let mut reserves = before.reserves.iter().zip(&after.reserves);
    reserves.any(|(before, after)| before.supply_index != after.supply_index)
}

/// `D·(1 + b_start) ≥ C` at the smallest start of the reserves here, a thousandth.
fn is_insolvent(of: &Wealth) -> bool {
    of.book.debt.wad() + of.book.debt.wad() / 1_000 >= of.book.collateral.wad()
}

/// Whoever has in the wallet what was there before has no larger claim and no smaller debt, to the last scaled unit.
fn round_trip(was: &Wealth, is: &Wealth) -> Result<(), TestCaseError> {
    if was.wallet != is.wallet {
        return Ok(());
    }
    let scaled = |position: &Position| number(position.scaled.0);
    for position in is.obligation.deposits() {
        let held = was.obligation.deposit_in(&position.reserve).to_limbs();
        prop_assert!(
            scaled(position) <= number(held),
            "a deposit grew by going in and out"
        );
    }
    for position in was.obligation.borrows() {
        let owed = is.obligation.debt_in(&position.reserve).to_limbs();
        prop_assert!(
            number(owed) >= scaled(position),
            "a debt fell by going out and in"
        );
    }
    Ok(())
}
