//! A deposit and a debt of a reserve that is not of the named pair cancel before anybody is paid.

use levee::error::LeveeError;
use levee::events::{Liquidated, Netted};
use levee_client::instructions::{self as ix, other_reserves, Limits};
use levee_tests::{
    assert_refused, event, events, exact, free, pair_of, stable_config, view, Lending, Token, User,
};
use solana_instruction::{AccountMeta, Instruction};

/// 100 SOL against 7,000 dollars, and 1,000 dollars of a third reserve on both sides, which cure when they cancel.
fn third_reserve() -> (Lending, Token, User) {
    let mut lending = Lending::new();
    let third = lending.world.add_token(6, 1.0, free(stable_config));
    let price = exact(&lending.world, 1.0);
    let (world, usdc) = (&mut lending.world, lending.usdc);
    world.set_price(&third, &price);
    let user = world.supplier(&third, third.atoms(1_000.0));
    world.fund(&user, &lending.sol, lending.sol.atoms(100.0));
    world
        .deposit(&user, &lending.sol, lending.sol.atoms(100.0))
        .unwrap();
    world.borrow(&user, &usdc, usdc.atoms(7_000.0)).unwrap();
    world.borrow(&user, &third, third.atoms(1_000.0)).unwrap();
    lending.fall(88.0);
    (lending, third, user)
}

/// The liquidation of dollars for SOL without a refresh, and what follows the pair.
fn bare_liquidation(lending: &mut Lending, user: &User) -> Instruction {
    let (usdc, sol) = (lending.usdc, lending.sol);
    let keys = lending
        .world
        .liquidator_keys(&lending.liquidator, &usdc, &sol);
    let pair = pair_of(&usdc, &sol);
    let others = other_reserves(&lending.world.obligation(user), &pair, false);
    ix::liquidate(&keys, &pair, user.obligation, &others, None, Limits::NONE)
}

#[test]
fn a_third_reserve_nets_too() {
    let (mut lending, third, user) = third_reserve();
    view::refresh_all(&mut lending.world);
    let liquidate = bare_liquidation(&mut lending, &user);
    let receipt = lending
        .world
        .must(&[liquidate], &[&lending.liquidator.keypair]);
    let netted: Netted = event(&receipt);
    assert_eq!(netted.reserve, third.keys.reserve);
    assert_eq!(netted.atoms, 1_000_000_000);
    assert!(events::<Liquidated>(&receipt).is_empty());
    let obligation = lending.world.obligation(&user);
    assert_eq!((obligation.deposit_count, obligation.borrow_count), (1, 1));
}

#[test]
fn a_third_reserve_that_could_be_netted_must_be_writable() {
    let (mut lending, third, user) = third_reserve();
    view::refresh_all(&mut lending.world);
    let liquidate = bare_liquidation(&mut lending, &user);
    let mut read_only = liquidate.clone();
    let named = |meta: &&mut AccountMeta| meta.pubkey == third.keys.reserve;
    let metas: Vec<_> = read_only.accounts.iter_mut().filter(named).collect();
    assert_eq!(metas.len(), 2);
    for meta in metas {
        meta.is_writable = false;
    }
    let signers = [&lending.liquidator.keypair];
    let error = LeveeError::NettedReserveReadOnly;
    assert_refused(&mut lending.world, &[read_only], &signers, error);
    lending.world.must(&[liquidate], &signers);
}

#[test]
fn two_reserves_net_one_after_the_other() {
    let (mut lending, third, user) = third_reserve();
    let (world, usdc) = (&mut lending.world, lending.usdc);
    world.fund(&user, &usdc, usdc.atoms(500.0));
    world.deposit(&user, &usdc, usdc.atoms(500.0)).unwrap();
    lending.fall(79.0);
    view::refresh_all(&mut lending.world);
    let liquidate = bare_liquidation(&mut lending, &user);
    let receipt = lending
        .world
        .must(&[liquidate], &[&lending.liquidator.keypair]);
    let netted: Vec<_> = events::<Netted>(&receipt)
        .iter()
        .map(|net| (net.reserve, net.atoms))
        .collect();
    let due = [
        (third.keys.reserve, 1_000_000_000),
        (usdc.keys.reserve, 500_000_000),
    ];
    assert_eq!(netted, due);
    // 7,000 − 500 dollars of debt against $7,900 of SOL: still unhealthy, and paid for.
    let done: Liquidated = event(&receipt);
    assert!(done.repaid_atoms > 0);
}
