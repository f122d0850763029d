//! Attacks through the token: fees and hooks that come after the listing, and programs that only look like a token's.

use levee::error::LeveeError;
use levee_tests::forge::with_account;
use levee_tests::token_2022::{self, Terms};
use levee_tests::{
    assert_refused, assert_refused_somehow, calls, exact, free, sol_config, stable_config, world,
    BanksChain, Token, User, World,
};
use solana_pubkey::Pubkey;

const FEE: Terms = Terms {
    fee_bps: 100,
    hook: None,
};

/// SOL as collateral and a token of Token-2022 that the user owes $1,000 of.
fn indebted() -> (World<BanksChain>, Token, Token, User) {
    let mut world = world();
    let sol = world.add_token(9, 100.0, free(sol_config));
    let token = token_2022::add_token(&mut world, 1.0, free(stable_config));
    world.supplier(&token, token.atoms(1e5));
    let user = world.supplier(&sol, sol.atoms(100.0));
    world.borrow(&user, &token, token.atoms(1_000.0)).unwrap();
    (world, sol, token, user)
}

#[test]
fn a_repayment_that_arrives_short_is_refused() {
    let (mut world, _, token, user) = indebted();
    token_2022::change_terms(&mut world, &token, FEE);
    let repay = calls::repay(&user, &token, 1_000_000);
    // TransferChecked takes the fee in silence; the vault's balance tells.
    let error = LeveeError::VaultMismatch;
    assert_refused(&mut world, &[repay], &[&user.keypair], error);
    token_2022::change_terms(&mut world, &token, Terms::default());
    world.repay(&user, &token, 1_000_000).unwrap();
}

#[test]
fn a_liquidation_that_arrives_short_is_refused() {
    let (mut world, sol, token, user) = indebted();
    let liquidator = world.user();
    world.fund(&liquidator, &token, token.atoms(1e4));
    world.advance(1, 0);
    let low = exact(&world, 12.0);
    world.set_price(&sol, &low);
    token_2022::change_terms(&mut world, &token, FEE);
    let list = world.liquidation(&liquidator, &user, &token, &sol, u64::MAX, 0);
    let error = LeveeError::VaultMismatch;
    assert_refused(&mut world, &list, &[&liquidator.keypair], error);
    token_2022::change_terms(&mut world, &token, Terms::default());
    world.must(&list, &[&liquidator.keypair]);
}

#[test]
fn a_deposit_of_a_token_that_takes_a_fee_or_runs_a_hook_is_refused() {
    let (mut world, _, token, user) = indebted();
    let hook = Terms {
        hook: Some(levee::ID),
        ..Terms::default()
    };
    for terms in [FEE, hook] {
        token_2022::change_terms(&mut world, &token, terms);
        let deposit = calls::deposit(&user, &token, 1_000_000);
        let error = LeveeError::MintExtensionNotAllowed;
        assert_refused(&mut world, &[deposit], &[&user.keypair], error);
    }
}

#[test]
fn a_hook_set_later_gets_no_transfer_and_its_program_no_call() {
    let (mut world, _, token, user) = indebted();
    let hook = Terms {
        hook: Some(Pubkey::new_from_array([9; 32])),
        ..Terms::default()
    };
    token_2022::change_terms(&mut world, &token, hook);
    let repay = calls::repay(&user, &token, 1_000_000);
    let failure = assert_refused_somehow(&mut world, &[repay], &[&user.keypair], "a hook");
    let called = format!("Program {} invoke", hook.hook.unwrap());
    assert!(!failure.logs.iter().any(|line| line.contains(&called)));
    token_2022::change_terms(&mut world, &token, Terms::default());
    world.repay(&user, &token, 1_000_000).unwrap();
}

#[test]
fn a_program_that_only_looks_like_a_token_program_is_never_called() {
    let (mut world, sol, token, user) = indebted();
    world.fund(&user, &sol, 1_000);
    let list = world.reserve_list(&user);
    let refresh = world.refresh(&[sol, token]);
    world.must(&[refresh], &[&user.keypair]);
    let calls = [
        calls::deposit(&user, &sol, 1),
        calls::withdraw(&user, &sol, &list, 1),
        calls::borrow(&user, &token, &list, 1),
        calls::repay(&user, &token, 1),
    ];
    // A program that would succeed at anything, and the other token program.
    let memo = solana_sdk_ids::system_program::ID;
    for (call, other) in calls.into_iter().zip([
        levee_tests::TOKEN_2022,
        levee_tests::TOKEN_2022,
        anchor_spl::token::ID,
        anchor_spl::token::ID,
    ]) {
        for fake in [memo, other, levee::ID] {
            let altered = with_account(&call, 7, fake);
            let error = LeveeError::WrongTokenProgram;
            assert_refused(&mut world, &[altered], &[&user.keypair], error);
        }
        world.must(&[call], &[&user.keypair]);
    }
}
