//! The invariants of the design.

use levee::state::Position;
use proptest::prelude::*;

use crate::liquidations::{clocks, has_loss, is_insolvent, liquidated, receives};
use crate::scene::{Scene, TOKENS};
use crate::step::Step;
use crate::view::{number, View, Wealth};

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
                liquidated(&before.users[*of], &after.users[*of], before, after)?;
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
