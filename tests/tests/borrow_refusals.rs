//! `borrow`: the prices, reserves and owners that it refuses.

use levee::error::LeveeError;
use levee_tests::{
    assert_refused, calls, exact, free, stable_config, view, Lending, PriceSpec, Token,
};
use solana_instruction::Instruction;

/// A borrow of $30 by the borrower.
fn borrow(lending: &Lending) -> Instruction {
    let list = [lending.sol.keys.reserve, lending.usdc.keys.reserve];
    // No dust at three quarters of a dollar either.
    calls::borrow(&lending.borrower, &lending.usdc, &list, 40_000_000)
}

fn refuse(lending: &mut Lending, refreshed: &[Token], error: LeveeError) {
    let mut instructions = vec![borrow(lending)];
    if !refreshed.is_empty() {
        instructions.insert(0, lending.world.refresh(refreshed));
    }
    let signers = [&lending.borrower.keypair];
    assert_refused(&mut lending.world, &instructions, &signers, error);
}

fn pass(lending: &mut Lending) {
    let refresh = lending.world.refresh(&[lending.sol, lending.usdc]);
    let borrow = borrow(lending);
    lending
        .world
        .must(&[refresh, borrow], &[&lending.borrower.keypair]);
}

/// Both tokens with an exact price of now.
fn priced(lending: &Lending) -> [(Token, PriceSpec); 2] {
    [
        (lending.sol, exact(&lending.world, 100.0)),
        (lending.usdc, exact(&lending.world, 1.0)),
    ]
}

#[test]
fn a_reserve_that_was_never_refreshed_has_no_price() {
    let mut lending = Lending::new();
    let (sol, usdc) = (lending.sol, lending.usdc);
    let error = LeveeError::ReserveNotRefreshed;
    refuse(&mut lending, &[], error);
    for only in [sol, usdc] {
        refuse(&mut lending, &[only], error);
    }
    pass(&mut lending);
}

#[test]
fn a_refresh_in_an_earlier_slot_is_not_enough() {
    let mut lending = Lending::new();
    view::refresh_all(&mut lending.world);
    lending.world.advance(1, 0);
    refuse(&mut lending, &[], LeveeError::ReserveNotRefreshed);
    pass(&mut lending);
}

#[test]
fn a_refresh_by_anybody_in_this_slot_is_enough() {
    let mut lending = Lending::new();
    view::refresh_all(&mut lending.world);
    let borrow = borrow(&lending);
    lending.world.must(&[borrow], &[&lending.borrower.keypair]);
}

#[test]
fn a_price_of_sixty_seconds_is_young_enough_and_one_of_sixty_one_is_not() {
    for (old, other) in [(0, 1), (1, 0)] {
        let mut lending = Lending::new();
        let both = priced(&lending).map(|(token, _)| token);
        lending.world.advance(1, 61);
        let (token, fresh) = priced(&lending)[other];
        lending.world.set_price(&token, &fresh);
        refuse(&mut lending, &both, LeveeError::PriceTooOld);
        let (token, now) = priced(&lending)[old];
        let spec = PriceSpec {
            publish_ts: now.publish_ts - 60,
            ..now
        };
        lending.world.set_price(&token, &spec);
        pass(&mut lending);
    }
}

#[test]
fn a_confidence_of_two_percent_is_narrow_enough_and_one_unit_more_is_not() {
    for at in 0..2 {
        let mut lending = Lending::new();
        let both = priced(&lending).map(|(token, _)| token);
        let (token, calm) = priced(&lending)[at];
        let widest = calm.price.unsigned_abs() / 50;
        let with = |confidence| PriceSpec { confidence, ..calm };
        lending.world.set_price(&token, &with(widest + 1));
        refuse(&mut lending, &both, LeveeError::PriceConfidenceTooWide);
        lending.world.set_price(&token, &with(widest));
        pass(&mut lending);
    }
}

#[test]
fn a_quarter_of_the_average_is_near_enough_to_it_and_one_unit_more_is_not() {
    for at in 0..2 {
        for sign in [1, -1] {
            let mut lending = Lending::new();
            let both = priced(&lending).map(|(token, _)| token);
            let (token, calm) = priced(&lending)[at];
            // The limit refers to the average.
            let with = |distance: i64| PriceSpec {
                price: calm.price + sign * distance,
                ..calm
            };
            let furthest = calm.price / 4;
            lending.world.set_price(&token, &with(furthest + 1));
            refuse(&mut lending, &both, LeveeError::PriceDivergesFromAverage);
            lending.world.set_price(&token, &with(furthest));
            pass(&mut lending);
        }
    }
}

#[test]
fn the_reserve_list_must_be_the_obligations_own_after_the_borrow() {
    let mut lending = Lending::new();
    let [other, stranger] = [0, 1].map(|_| lending.world.add_token(6, 1.0, stable_config));
    let (world, user) = (&mut lending.world, &lending.borrower);
    world.fund(user, &other, 1_000);
    world.deposit(user, &other, 1_000).unwrap();
    view::refresh_all(world);
    let [sol, usdc] = [lending.sol, lending.usdc].map(|token| token.keys.reserve);
    let list = [sol, other.keys.reserve, usdc];
    let with = |list: &[_]| calls::borrow(user, &lending.usdc, list, 30_000_000);
    for wrong in calls::wrong_lists(&list, stranger.keys.reserve) {
        let error = LeveeError::WrongReserveList;
        assert_refused(world, &[with(&wrong)], &[&user.keypair], error);
    }
    world.must(&[with(&list)], &[&user.keypair]);
}

#[test]
fn only_the_owner_borrows() {
    let mut lending = Lending::new();
    let thief = &lending.liquidator;
    let mut borrow = borrow(&lending);
    borrow.accounts[0].pubkey = thief.key();
    borrow.accounts[5].pubkey = thief.wallet(&lending.usdc);
    let refresh = lending.world.refresh(&[lending.sol, lending.usdc]);
    let error = LeveeError::NotObligationOwner;
    let instructions = [refresh, borrow];
    assert_refused(&mut lending.world, &instructions, &[&thief.keypair], error);
}

#[test]
fn the_same_token_may_be_deposited_and_borrowed() {
    let mut lending = Lending::with(free(levee_tests::sol_config), free(stable_config));
    let (world, user, sol) = (&mut lending.world, &lending.borrower, &lending.sol);
    world.borrow(user, sol, sol.atoms(1.0)).unwrap();
    assert_eq!(view::owed(world, user, sol), sol.atoms(1.0));
    assert_eq!(view::deposited(world, user, sol), sol.atoms(100.0));
}
