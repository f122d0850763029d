//! `liquidate_batch` of members that changed after the transaction was made: they are passed over, and nobody else is.

use levee::error::LeveeError;
use levee_client::instructions::{self as ix, other_reserves, Limits};
use levee_tests::crowd::{done, skipped, Crowd};
use levee_tests::{assert_refused, free, pair_of, stable_config, Receipt, Token, User};
use solana_instruction::{AccountMeta, Instruction};
use solana_pubkey::Pubkey;

/// Three that are unhealthy at $84.
const SICK: [f64; 3] = [7_500.0, 7_400.0, 7_300.5];

/// The crowd, and another dollar of which the first `holders` hold $1 each.
fn crowd(holders: usize) -> (Crowd, Token) {
    let mut crowd = Crowd::new(&SICK, 84.0);
    let world = &mut crowd.lending.world;
    let third = world.add_token(6, 1.0, free(stable_config));
    for user in &crowd.users {
        world.fund(user, &third, third.atoms(1.0));
    }
    for user in &crowd.users[..holders] {
        world.deposit(user, &third, third.atoms(1.0)).unwrap();
    }
    (crowd, third)
}

/// The batch of all three as they are now.
fn batch(crowd: &mut Crowd) -> Instruction {
    let (usdc, sol) = crowd.pair();
    let pair = pair_of(&usdc, &sol);
    let world = &mut crowd.lending.world;
    let keys = world.liquidator_keys(&crowd.lending.liquidator, &usdc, &sol);
    let list: Vec<_> = crowd
        .users
        .iter()
        .map(|user| {
            let others = other_reserves(&world.obligation(user), &pair, true);
            (user.obligation, others)
        })
        .collect();
    ix::liquidate_batch(&keys, &pair, &list, Limits::NONE)
}

fn send(crowd: &mut Crowd, batch: Instruction) -> Receipt {
    let world = &mut crowd.lending.world;
    let refresh = world.refresh(&world.tokens.clone());
    world.must(&[refresh, batch], &[&crowd.lending.liquidator.keypair])
}

fn obligations(crowd: &Crowd, numbers: &[usize]) -> Vec<Pubkey> {
    let of = |number: &usize| crowd.users[*number].obligation;
    numbers.iter().map(of).collect()
}

fn assert_done(crowd: &Crowd, receipt: &Receipt, numbers: &[usize]) {
    let done: Vec<_> = done(receipt).iter().map(|e| e.obligation).collect();
    assert_eq!(done, obligations(crowd, numbers));
}

fn code(error: LeveeError) -> u32 {
    error.into()
}

/// Asserts that of three the second was passed over with `reason`, and the others were liquidated.
fn assert_only_the_second_is_skipped(crowd: &Crowd, receipt: &Receipt, reason: LeveeError) {
    assert_done(crowd, receipt, &[0, 2]);
    let second = crowd.users[1].obligation;
    assert_eq!(skipped(receipt), [(second, code(reason))]);
}

#[test]
fn a_member_that_opened_a_position_is_passed_over_alone() {
    // Whether the others have more than the pair or not.
    for holders in [0, 1] {
        let (mut crowd, third) = crowd(holders);
        let batch = batch(&mut crowd);
        let user = &crowd.users[1];
        crowd.lending.world.deposit(user, &third, 1).unwrap();
        let receipt = send(&mut crowd, batch);
        assert_only_the_second_is_skipped(&crowd, &receipt, LeveeError::WrongReserveList);
    }
}

#[test]
fn the_last_member_that_opened_a_position_is_passed_over_too() {
    let (mut crowd, third) = crowd(0);
    let batch = batch(&mut crowd);
    let user = &crowd.users[2];
    crowd.lending.world.deposit(user, &third, 1).unwrap();
    let receipt = send(&mut crowd, batch);
    assert_done(&crowd, &receipt, &[0, 1]);
    let last = crowd.users[2].obligation;
    let reason = code(LeveeError::WrongReserveList);
    assert_eq!(skipped(&receipt), [(last, reason)]);
}

#[test]
fn a_member_that_closed_a_position_is_liquidated_by_what_it_has_now() {
    let (mut crowd, third) = crowd(3);
    let batch = batch(&mut crowd);
    let obligation = crowd.users[1].obligation;
    forget(&mut crowd, &obligation, &third);
    let receipt = send(&mut crowd, batch);
    assert_done(&crowd, &receipt, &[0, 1, 2]);
    assert!(skipped(&receipt).is_empty());
}

/// Takes the deposit of `token` from an obligation, as if a rival had seized it.
fn forget(crowd: &mut Crowd, obligation: &Pubkey, token: &Token) {
    let world = &mut crowd.lending.world;
    let zero = levee_risk::fixed::ScaledSupply::ZERO;
    world.rewrite(obligation, |obligation: &mut levee::state::Obligation| {
        obligation.set_deposit(&token.keys.reserve, zero).unwrap();
    });
}

#[test]
fn a_member_that_was_closed_is_passed_over_alone_even_if_somebody_pays_lamports_to_its_address() {
    for lamports in [0, 1_000_000] {
        let (mut crowd, _) = crowd(1);
        let batch = batch(&mut crowd);
        let closed = crowd.users[1].obligation;
        let nothing = solana_account::Account {
            lamports,
            ..Default::default()
        };
        levee_tests::Chain::set_account(&mut crowd.lending.world.chain, closed, nothing);
        let receipt = send(&mut crowd, batch);
        assert_only_the_second_is_skipped(&crowd, &receipt, LeveeError::NotAnObligation);
    }
}

#[test]
fn a_member_that_was_closed_and_opened_anew_is_passed_over_alone() {
    let (mut crowd, _) = crowd(3);
    let batch = batch(&mut crowd);
    let again = crowd.users[1].obligation;
    crowd
        .lending
        .world
        .rewrite(&again, |obligation: &mut levee::state::Obligation| {
            obligation.deposits = Default::default();
            obligation.borrows = Default::default();
            obligation.deposit_count = 0;
            obligation.borrow_count = 0;
        });
    let receipt = send(&mut crowd, batch);
    assert_only_the_second_is_skipped(&crowd, &receipt, LeveeError::EmptyPair);
}

#[test]
fn a_batch_of_which_nobody_is_left_is_refused() {
    let (mut crowd, third) = crowd(0);
    let batch = batch(&mut crowd);
    for user in &crowd.users {
        crowd.lending.world.deposit(user, &third, 1).unwrap();
    }
    let world = &mut crowd.lending.world;
    let refresh = world.refresh(&world.tokens.clone());
    let signers = [&crowd.lending.liquidator.keypair];
    let error = LeveeError::NothingLiquidated;
    assert_refused(world, &[refresh, batch], &signers, error);
}

#[test]
fn nothing_but_a_reserve_or_a_closed_account_is_passed_over() {
    let (mut crowd, _) = crowd(0);
    let batch = batch(&mut crowd);
    let (usdc, sol) = crowd.pair();
    let stranger: &User = &crowd.lending.liquidator;
    let wrong = [
        crowd.lending.world.market,
        usdc.keys.vault,
        sol.keys.mint,
        stranger.wallet(&usdc),
        levee::ID,
    ];
    for key in wrong {
        let mut batch = batch.clone();
        let at = batch.accounts.len() - 1;
        batch
            .accounts
            .insert(at, AccountMeta::new_readonly(key, false));
        let world = &mut crowd.lending.world;
        let refresh = world.refresh(&[usdc, sol]);
        let signers = [&crowd.lending.liquidator.keypair];
        let error = LeveeError::NotAnObligation;
        assert_refused(world, &[refresh, batch], &signers, error);
    }
}
