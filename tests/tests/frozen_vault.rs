//! A vault that the token's issuer froze pays nothing: the liquidator takes the scaled deposit instead.

use levee::events::Liquidated;
use levee_client::instructions::{self as ix, Limits};
use levee_tests::{event, forge, pair_of, view, Chain, Failure, Lending, Receipt};

/// The borrower's $7,500 with SOL at $84, whose vault is full but frozen.
fn frozen() -> Lending {
    let mut lending = Lending::fallen(7_500.0, 84.0);
    let (world, sol) = (&mut lending.world, lending.sol);
    world.fund(&lending.liquidator, &sol, 0);
    forge::freeze(world, &sol.keys.vault);
    lending
}

fn liquidate(lending: &mut Lending, has_receiver: bool) -> Result<Receipt, Failure> {
    let (usdc, sol) = (lending.usdc, lending.sol);
    let world = &mut lending.world;
    let keys = world.liquidator_keys(&lending.liquidator, &usdc, &sol);
    let receiver = has_receiver.then_some(lending.liquidator.obligation);
    let of = lending.borrower.obligation;
    let pair = pair_of(&usdc, &sol);
    let liquidate = ix::liquidate(&keys, &pair, of, &[], receiver, Limits::NONE);
    let list = [world.refresh(&[usdc, sol]), liquidate];
    world.chain.send(&list, &[&lending.liquidator.keypair])
}

#[test]
fn the_receiver_gets_the_deposit_that_a_frozen_vault_cannot_pay() {
    let mut lending = frozen();
    let (usdc, sol) = (lending.usdc, lending.sol);
    let available = lending.world.reserve(&sol).available_atoms;
    let done: Liquidated = event(&liquidate(&mut lending, true).unwrap());
    assert!(done.as_deposit);
    let world = &lending.world;
    let received = view::deposited(world, &lending.liquidator, &sol);
    assert!(received.abs_diff(done.seized_atoms) <= 1);
    assert_eq!(world.balance(&lending.liquidator, &sol), 0);
    assert_eq!(world.reserve(&sol).available_atoms, available);
    let paid = usdc.atoms(1e6) - world.balance(&lending.liquidator, &usdc);
    assert_eq!(paid, done.repaid_atoms + done.insurance_atoms);
    assert!(view::book(world, &lending.borrower).health.is_healthy());
}

#[test]
fn without_a_receiver_the_token_program_refuses() {
    let mut lending = frozen();
    let before = lending.world.obligation(&lending.borrower);
    liquidate(&mut lending, false).unwrap_err();
    let after = lending.world.obligation(&lending.borrower);
    assert_eq!(before.deposits, after.deposits);
    assert_eq!(before.borrows, after.borrows);
}

#[test]
fn a_receiver_leaves_a_vault_that_can_pay_to_pay() {
    let mut lending = Lending::fallen(7_500.0, 84.0);
    let sol = lending.sol;
    let done: Liquidated = event(&liquidate(&mut lending, true).unwrap());
    assert!(!done.as_deposit);
    let received = lending.world.balance(&lending.liquidator, &sol);
    assert_eq!(received, done.seized_atoms);
}
