//! `liquidate_batch`: how much is paid and taken over all of its obligations.

use levee::error::LeveeError;
use levee_tests::crowd::{done, limits, skipped, Crowd};
use levee_tests::view;

const SICK: [f64; 3] = [7_500.0, 7_400.0, 7_300.5];

#[test]
fn the_limit_holds_over_all_of_them() {
    let mut unlimited = Crowd::new(&SICK, 84.0);
    let all = done(&unlimited.must(&[0, 1, 2]));
    let first = all[0].repaid_atoms + all[0].insurance_atoms;
    let sum = unlimited.moved().0;

    let mut exactly = Crowd::new(&SICK, 84.0);
    exactly.send(&[0, 1, 2], limits(sum, 0)).unwrap();
    assert_eq!(exactly.moved(), unlimited.moved());

    let mut less = Crowd::new(&SICK, 84.0);
    let receipt = less.send(&[0, 1, 2], limits(sum - 1, 0)).unwrap();
    let done = done(&receipt);
    assert_eq!(done[..2].len(), 2);
    assert_eq!(done[1].repaid_atoms, all[1].repaid_atoms);
    assert!(done[2].repaid_atoms < all[2].repaid_atoms);
    assert!(less.moved().0 < sum);

    // Exactly the first: nothing is left for the others.
    let mut one = Crowd::new(&SICK, 84.0);
    let receipt = one.send(&[0, 1, 2], limits(first, 0)).unwrap();
    assert_eq!(one.moved(), (first, all[0].seized_atoms));
    let reason = u32::from(LeveeError::LiquidationTooSmall);
    let due = [1, 2].map(|number: usize| (one.users[number].obligation, reason));
    assert_eq!(skipped(&receipt), due);
}

#[test]
fn a_limit_too_small_for_anybody_liquidates_nothing() {
    let mut crowd = Crowd::new(&SICK, 84.0);
    let none = LeveeError::NothingLiquidated;
    crowd.refuse(&[0, 1, 2], limits(1, 0), none);
    crowd.refuse(&[0, 1, 2], limits(0, 0), LeveeError::ZeroAmount);
}

#[test]
fn the_least_to_be_seized_is_that_of_all_of_them() {
    let mut unlimited = Crowd::new(&SICK, 84.0);
    unlimited.must(&[0, 1, 2]);
    let (_, seized) = unlimited.moved();
    let mut crowd = Crowd::new(&SICK, 84.0);
    let error = LeveeError::SlippageExceeded;
    crowd.refuse(&[0, 1, 2], limits(u64::MAX, seized + 1), error);
    crowd.send(&[0, 1, 2], limits(u64::MAX, seized)).unwrap();
    assert_eq!(crowd.moved().1, seized);
}

#[test]
fn what_the_vault_cannot_pay_any_more_is_passed_over() {
    let mut unlimited = Crowd::new(&SICK, 84.0);
    let all = done(&unlimited.must(&[0, 1, 2]));
    let mut crowd = Crowd::new(&SICK, 84.0);
    let (_, sol) = crowd.pair();
    // All SOL but what the first two are worth leaves the vault as somebody's debt.
    let left = all[0].seized_atoms + all[1].seized_atoms;
    let world = &mut crowd.lending.world;
    world.fund(&crowd.lending.lender, &sol, 0);
    let lent = world.reserve(&sol).available_atoms - left;
    world.borrow(&crowd.lending.lender, &sol, lent).unwrap();
    let receipt = crowd.must(&[0, 1, 2]);
    let reason = u32::from(LeveeError::VaultIsDry);
    assert_eq!(skipped(&receipt), [(crowd.users[2].obligation, reason)]);
    assert_eq!(crowd.lending.world.reserve(&sol).available_atoms, 0);
    assert_eq!(crowd.moved().1, left);
    assert!(!view::book(&crowd.lending.world, &crowd.users[2])
        .health
        .is_healthy());
}
