//! The end of every sequence: whatever is unhealthy is liquidated to the end.

use levee::error::LeveeError;
use levee_client::instructions::Limits;
use levee_testkit::{Failure, Token};
use proptest::prelude::*;

use crate::scene::{Scene, CLOSER, TOKENS, USERS};
use crate::step::Step;
use crate::view::View;

/// More than the pairs that an obligation can have here, and the marks of a restart's grace.
const MOST_TRIES: usize = 40;

/// Liquidates everybody until nobody is unhealthy and nothing is owed without collateral. Returns how many debts were settled
/// on the way.
pub fn drain(scene: &mut Scene) -> Result<u32, TestCaseError> {
    let mut settled = 0;
    // The slot of the last step cools off.
    scene.wait(1, 0);
    for user in 0..USERS {
        let mut tries = 0;
        while !is_over(scene, user) {
            settled += u32::from(advance(scene, user)?);
            tries += 1;
            prop_assert!(
                tries < MOST_TRIES,
                "user {user} has no end: {:?}",
                scene.world.obligation(&scene.users[user])
            );
        }
    }
    Ok(settled)
}

fn is_over(scene: &Scene, user: usize) -> bool {
    View::of(scene).users[user].book.health.is_healthy()
}

/// One step nearer to the end: a liquidation of the first pair that is not refused, a mark, or a settlement; whether it
/// was the last.
fn advance(scene: &mut Scene, user: usize) -> Result<bool, TestCaseError> {
    let obligation = scene.world.obligation(&scene.users[user]);
    if obligation.is_bare_debt() {
        let reserve = obligation.borrows()[0].reserve;
        let token = (0..TOKENS).find(|at| scene.world.tokens[*at].keys.reserve == reserve);
        let token = token.expect("a reserve of this market");
        let settled = scene.checked(Step::Settle { of: user, token }, |scene| {
            scene.settle(user, token)
        })?;
        prop_assert!(settled.is_ok(), "{}", settled.unwrap_err());
        return Ok(true);
    }
    let mut refusals = Vec::new();
    for (repay, seize) in pairs(scene, user) {
        let step = Step::Liquidate {
            by: CLOSER,
            of: vec![user],
        };
        match scene.checked(step, |scene| {
            let pair = (&repay, &seize);
            // Of every second one other debts stay, to be settled after the last collateral.
            let settles = !user.is_multiple_of(2);
            scene.liquidate((CLOSER, user), pair, Limits::NONE, settles, Some(CLOSER))
        })? {
            Ok(_) => return Ok(false),
            Err(failure) => refusals.push(failure),
        }
    }
    let waits = |failure: &Failure| {
        failure.is(LeveeError::MildHealthyAtAverage)
            || failure.is(LeveeError::MildPriceDoubtful)
            || failure.is(LeveeError::MildInRestartGrace)
    };
    prop_assert!(
        refusals.iter().any(waits),
        "nobody can liquidate {obligation:?}: {refusals:?}"
    );
    let marked = scene.checked(Step::Mark { of: vec![user] }, |scene| {
        scene
            .world
            .mark(&scene.users[CLOSER], &[&scene.users[user]])
    })?;
    prop_assert!(marked.is_ok(), "{}", marked.unwrap_err());
    scene.wait(25, 10);
    Ok(false)
}

/// What `user` owes and holds, those first that heal most per dollar; among equals the more valuable.
fn pairs(scene: &Scene, user: usize) -> Vec<(Token, Token)> {
    let view = View::of(scene);
    let of = &view.users[user];
    let token = |at: usize| scene.world.tokens[at];
    let mut debts: Vec<_> = (0..TOKENS).filter(|at| of.debts[*at].0 > 0).collect();
    debts.sort_by_key(|at| std::cmp::Reverse(view.reserves[*at].config.borrow_factor_bps));
    let positions = scene.world.obligation(&scene.users[user]);
    let holds = |at: &usize| !positions.deposit_in(&token(*at).keys.reserve).is_zero();
    let mut deposits: Vec<_> = (0..TOKENS).filter(holds).collect();
    deposits.sort_by_key(|at| view.reserves[*at].config.threshold_bps);
    debts
        .iter()
        .flat_map(|repay| deposits.iter().map(|seize| (token(*repay), token(*seize))))
        .collect()
}
