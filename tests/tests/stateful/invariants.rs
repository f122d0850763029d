//! The invariants of the design.

use levee::state::Position;
use proptest::prelude::*;

use crate::ops::Op;
use crate::scene::{Scene, TOKENS};
use crate::view::{number, View, Wealth};

/// The largest bonus of any reserve here, in parts per million.
const MOST_BONUS_PPM: u128 = 50_000;
/// The highest target that a liquidation can have here: `1 + κ·(1 − l)` of the lowest threshold, 77 %.
const MOST_TARGET_PPM: u64 = 1_057_500;

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
pub fn between(
    op: &Op,
    victim: Option<usize>,
    before: &View,
    after: &View,
) -> Result<(), TestCaseError> {
    let (actor, liquidated) = match *op {
        Op::MovePrice { .. } | Op::Wait { .. } => return Ok(()),
        Op::Deposit { user, .. } | Op::Withdraw { user, .. } | Op::Borrow { user, .. } => {
            (Some(user), None)
        }
        Op::DepositAndWithdraw { user, .. } | Op::BorrowAndRepay { user, .. } => (Some(user), None),
        Op::Repay { payer, of, .. } => return repaid(payer, of, before, after),
        Op::Liquidate { by, of, .. } => (Some(by), Some(victim.unwrap_or(of))),
        Op::Donate { .. } | Op::ClaimFees { .. } | Op::SetStatus { .. } => (None, None),
    };
    if let Some(of) = liquidated {
        check_liquidation(&before.users[of], &after.users[of], before, after)?;
    } else {
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
    }
    for (index, (was, is)) in before.users.iter().zip(&after.users).enumerate() {
        let same = bytemuck::bytes_of(&was.obligation) == bytemuck::bytes_of(&is.obligation);
        if Some(index) != actor && Some(index) != liquidated {
            prop_assert!(
                same && was.wallet == is.wallet,
                "a bystander's positions changed"
            );
        }
        if Some(index) == actor && liquidated.is_none() {
            no_gain(was, is)?;
            let made_unhealthy = was.book.health.is_healthy() && !is.book.health.is_healthy();
            prop_assert!(!made_unhealthy, "its owner made an obligation unhealthy");
        }
        if Some(index) == actor && liquidated.is_some_and(|of| of != index) {
            prop_assert!(same, "a liquidator's own obligation changed");
        }
    }
    round_trip(op, before, after)
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
    let seized = was.book.collateral.wad() - is.book.collateral.wad();
    let forgiven = was.book.debt.wad() - is.book.debt.wad();
    if seized == 0 {
        return Ok(());
    }
    // What rounding can take besides: an atom of each of the two tokens, here far below a thousandth of a dollar.
    let atoms = 1_000_000_000_000_000;
    prop_assert!(
        seized <= forgiven + forgiven * MOST_BONUS_PPM / 1_000_000 + atoms,
        "{seized} for {forgiven}"
    );
    let bad_debt = before
        .reserves
        .iter()
        .zip(&after.reserves)
        .any(|(b, a)| b.supply_index != a.supply_index);
    prop_assert!(
        insolvent || !bad_debt,
        "lenders paid for a solvent obligation"
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

/// `D·(1 + b_start) ≥ C` at the smallest start of the reserves here, a thousandth.
fn is_insolvent(of: &Wealth) -> bool {
    of.book.debt.wad() + of.book.debt.wad() / 1_000 >= of.book.collateral.wad()
}

/// Whoever has in the wallet what was there before has no larger claim and no smaller debt, to the last scaled unit.
fn round_trip(op: &Op, before: &View, after: &View) -> Result<(), TestCaseError> {
    let (Op::DepositAndWithdraw { user, .. } | Op::BorrowAndRepay { user, .. }) = *op else {
        return Ok(());
    };
    let (was, is) = (&before.users[user], &after.users[user]);
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
