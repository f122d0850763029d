//! Attacks by donation: tokens sent to a vault move no balance, no index and no health.

use levee::error::LeveeError;
use levee_tests::{
    assert_refused, calls, forge, free, sol_config, view, world, Chain, Lending, Token, World,
};

fn donate<C: Chain>(world: &mut World<C>, token: &Token, atoms: u64) {
    let held = world.token_balance(&token.keys.vault);
    forge::set_token_amount(world, &token.keys.vault, held + atoms);
}

#[test]
fn a_donation_changes_no_account_of_the_program() {
    let mut lending = Lending::new();
    lending.owe(5_000.0);
    view::refresh_all(&mut lending.world);
    let state = |lending: &Lending| {
        let (world, user) = (&lending.world, &lending.borrower);
        let data = |key| world.chain.account(&key).map(|account| account.data);
        let keys = [
            lending.sol.keys.reserve,
            lending.usdc.keys.reserve,
            user.obligation,
        ];
        (keys.map(data), view::book(world, user))
    };
    let before = state(&lending);
    for token in [lending.sol, lending.usdc] {
        donate(&mut lending.world, &token, 777_000_000_000);
    }
    view::refresh_all(&mut lending.world);
    assert!(state(&lending) == before, "a donation moved something");
}

#[test]
fn a_donation_cannot_be_borrowed_or_withdrawn() {
    let mut lending = Lending::new();
    let usdc = lending.usdc;
    let rest = 1_000_000_000;
    let (world, lender) = (&mut lending.world, &lending.lender);
    world
        .withdraw(lender, &usdc, usdc.atoms(1e6) - rest)
        .unwrap();
    donate(world, &usdc, 1_000_000_000_000);
    let over = calls::withdraw(lender, &usdc, &[], rest + 1);
    let error = LeveeError::InsufficientDeposit;
    assert_refused(world, &[over], &[&lender.keypair], error);
    let list = [lending.sol.keys.reserve, usdc.keys.reserve];
    let refresh = world.refresh(&[lending.sol, usdc]);
    let over = calls::borrow(&lending.borrower, &usdc, &list, rest + 1);
    let error = LeveeError::InsufficientLiquidity;
    assert_refused(world, &[refresh, over], &[&lending.borrower.keypair], error);
}

#[test]
fn all_instructions_work_after_a_donation_as_before() {
    let mut lending = Lending::new();
    for token in [lending.sol, lending.usdc] {
        donate(&mut lending.world, &token, 12_345);
    }
    lending.owe(7_500.0);
    lending.fall(90.0);
    let (sol, usdc) = (lending.sol, lending.usdc);
    let (world, user) = (&mut lending.world, &lending.borrower);
    world
        .liquidate(&lending.liquidator, user, &usdc, &sol, 1_000_000_000)
        .unwrap();
    world.fund(user, &usdc, usdc.atoms(10_000.0));
    world.repay(user, &usdc, u64::MAX).unwrap();
    world.withdraw(user, &sol, u64::MAX).unwrap();
    assert_eq!(world.token_balance(&sol.keys.vault), 12_345);
}

#[test]
fn a_first_depositor_with_a_donation_takes_nothing_from_the_second() {
    for victim_atoms in [1, 2, 999, 1_000_000] {
        let mut world = world();
        let token = world.add_token(6, 1.0, free(sol_config));
        let attacker = world.supplier(&token, 1);
        donate(&mut world, &token, 1_000_000);
        let victim = world.supplier(&token, victim_atoms);
        assert_eq!(view::deposited(&world, &victim, &token), victim_atoms);
        world.withdraw(&attacker, &token, u64::MAX).unwrap();
        assert_eq!(world.balance(&attacker, &token), 1);
        world.withdraw(&victim, &token, u64::MAX).unwrap();
        assert_eq!(world.balance(&victim, &token), victim_atoms);
    }
}

#[test]
fn depositing_and_withdrawing_alone_in_a_reserve_leaves_the_index_at_one() {
    let mut world = world();
    let token = world.add_token(6, 1.0, free(sol_config));
    let attacker = world.supplier(&token, 1_000_000);
    for leave in [999_999, 500_000, 2, 1] {
        let held = view::deposited(&world, &attacker, &token);
        world.withdraw(&attacker, &token, held - leave).unwrap();
        assert!(view::supply_is_whole(&world, &token));
    }
    let victim = world.supplier(&token, 7);
    assert_eq!(view::deposited(&world, &victim, &token), 7);
}
