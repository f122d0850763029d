//! The outflow window is net: what came in within a window may leave in it again, whichever came first.

use levee::error::LeveeError;
use levee::state::ReserveConfig;
use levee_tests::{
    assert_refused, calls, free, sol_config, stable_config, BanksChain, Lending, Token, User, World,
};

/// The cap on SOL.
const CAP: u64 = 1_000;
/// The window's length.
const SLOTS: u64 = 10;

/// 100 SOL are in the reserve, and the window is fresh. The lender has more SOL in the wallet.
fn capped() -> Lending {
    let mut lending = Lending::with(
        |feed| ReserveConfig {
            outflow_cap_atoms: CAP,
            outflow_window_slots: SLOTS,
            ..free(sol_config)(feed)
        },
        free(stable_config),
    );
    let (world, sol) = (&mut lending.world, lending.sol);
    world.fund(&lending.lender, &sol, 10 * CAP);
    // What was deposited so far came in within the first window.
    world.advance(SLOTS, 0);
    lending
}

fn withdraw(lending: &mut Lending, atoms: u64) {
    let (world, user) = (&mut lending.world, &lending.borrower);
    world.withdraw(user, &lending.sol, atoms).unwrap();
}

/// Asserts that `user`, who owes nothing, cannot take `atoms` out.
fn refuse(world: &mut World<BanksChain>, user: &User, token: &Token, atoms: u64) {
    let call = calls::withdraw(user, token, &[], atoms);
    let error = LeveeError::OutflowCapReached;
    assert_refused(world, &[call], &[&user.keypair], error);
}

/// The lender brings `atoms` and takes them out again in the same transaction.
fn pass_through(lending: &mut Lending, atoms: u64) {
    let (user, sol) = (&lending.lender, &lending.sol);
    let calls = [
        calls::deposit(user, sol, atoms),
        calls::withdraw(user, sol, &[], atoms),
    ];
    lending.world.must(&calls, &[&user.keypair]);
}

#[test]
fn a_deposit_and_its_withdrawal_in_one_transaction_use_up_nothing_of_the_window() {
    let mut lending = capped();
    pass_through(&mut lending, CAP);
    pass_through(&mut lending, 5 * CAP);
    withdraw(&mut lending, 1);
    withdraw(&mut lending, CAP - 1);
    refuse(&mut lending.world, &lending.borrower, &lending.sol, 1);
}

#[test]
fn a_deposit_counts_for_the_window_in_which_it_comes_in() {
    let mut lending = capped();
    withdraw(&mut lending, CAP);
    lending.world.advance(SLOTS, 0);
    // The first instruction of the second window is a deposit.
    pass_through(&mut lending, CAP);
    withdraw(&mut lending, CAP);
    refuse(&mut lending.world, &lending.borrower, &lending.sol, 1);
}

#[test]
fn what_came_in_within_an_earlier_window_raises_no_later_cap() {
    let mut lending = capped();
    let (world, sol) = (&mut lending.world, lending.sol);
    world.deposit(&lending.lender, &sol, 5 * CAP).unwrap();
    world.advance(SLOTS, 0);
    refuse(&mut lending.world, &lending.lender, &lending.sol, CAP + 1);
    withdraw(&mut lending, CAP);
    refuse(&mut lending.world, &lending.lender, &lending.sol, 1);
}

#[test]
fn the_vault_falls_by_no_more_than_the_cap_below_where_the_window_found_it() {
    let mut lending = capped();
    let before = lending.world.reserve(&lending.sol).available_atoms;
    let (world, sol) = (&mut lending.world, lending.sol);
    world.deposit(&lending.lender, &sol, 3 * CAP).unwrap();
    refuse(
        &mut lending.world,
        &lending.borrower,
        &lending.sol,
        4 * CAP + 1,
    );
    withdraw(&mut lending, 4 * CAP);
    let after = lending.world.reserve(&lending.sol).available_atoms;
    assert_eq!(after, before - CAP);
    refuse(&mut lending.world, &lending.lender, &lending.sol, 1);
}

#[test]
fn one_reserves_inflow_is_no_other_ones() {
    let mut lending = Lending::with(free(sol_config), |feed| ReserveConfig {
        outflow_cap_atoms: 100_000_000,
        outflow_window_slots: SLOTS,
        ..free(stable_config)(feed)
    });
    // The lender's dollars came in within an earlier window, the borrower's 100 SOL in this one.
    lending.world.advance(SLOTS, 0);
    let (user, sol) = (&lending.lender, lending.sol);
    lending.world.fund(user, &sol, 1_000_000_000);
    lending.world.deposit(user, &sol, 1_000_000_000).unwrap();
    lending.owe(100.0);
    refuse(&mut lending.world, &lending.lender, &lending.usdc, 1);
}

#[test]
fn what_a_liquidation_pays_in_counts_as_inflow_and_what_it_seizes_does_not_count() {
    let mut lending = Lending::with(
        |feed| ReserveConfig {
            outflow_cap_atoms: 0,
            outflow_window_slots: SLOTS,
            ..free(sol_config)(feed)
        },
        |feed| ReserveConfig {
            outflow_cap_atoms: 7_500_000_000,
            outflow_window_slots: SLOTS,
            ..free(stable_config)(feed)
        },
    );
    lending.owe(7_500.0);
    lending.world.advance(SLOTS, 0);
    lending.fall(85.0);
    let before = lending.world.reserve(&lending.usdc).available_atoms;
    lending.liquidate(u64::MAX);
    let paid = lending.world.reserve(&lending.usdc).available_atoms - before;
    assert!(paid > 0);
    // The liquidation began the second window.
    let (world, user, usdc) = (&mut lending.world, &lending.lender, lending.usdc);
    let most = 7_500_000_000 + paid;
    refuse(world, user, &usdc, most + 1);
    world.withdraw(user, &usdc, most).unwrap();
}
