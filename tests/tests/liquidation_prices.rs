//! The prices in the events of liquidations are those of a whole token that the plan was made with.

use levee::events::{BatchLiquidated, Liquidated};
use levee_client::instructions::Limits;
use levee_tests::{event, exact, Staked};

/// The user's 8.7 SOL against ten shares that fell from 1.25 to 1.125 SOL, with SOL at $100.
fn fallen() -> Staked {
    let mut staked = Staked::new();
    let sol = staked.sol;
    let world = &mut staked.world;
    world.borrow(&staked.user, &sol, sol.atoms(8.7)).unwrap();
    staked.advance(1, 0, 0);
    let epoch = staked.epoch();
    staked.set_pool(9 << 17, epoch);
    staked
}

#[test]
fn a_shares_price_contains_its_rate() {
    let mut staked = fallen();
    let done: Liquidated = event(&staked.liquidate(staked.sol).unwrap());
    // 1e-8 dollars.
    assert_eq!(done.repay_price, 10_000_000_000);
    assert_eq!(done.seize_price, 11_250_000_000);
    let worth = |atoms: u64, price: u64| u128::from(atoms) * u128::from(price);
    let repaid = worth(done.repaid_atoms, done.repay_price) as f64;
    let seized = worth(done.seized_atoms, done.seize_price) as f64;
    let bonus = (seized / repaid - 1.0) * 1e6;
    assert!((bonus - f64::from(done.bonus_ppm)).abs() < 2.0, "{bonus}");
}

#[test]
fn a_batch_says_the_same() {
    let mut staked = fallen();
    let (by, of) = (&staked.liquidator, &staked.user);
    let (sol, share) = (staked.sol, staked.share);
    let world = &mut staked.world;
    let receipt = world.liquidate_batch(by, &[of], &sol, &share, Limits::NONE);
    let done: BatchLiquidated = event(&receipt.unwrap());
    assert_eq!(done.repay_price, 10_000_000_000);
    assert_eq!(done.seize_price, 11_250_000_000);
}

#[test]
fn where_two_reserves_know_one_base_at_different_times_both_prices_are_the_newest() {
    let mut staked = fallen();
    let (sol, share) = (staked.sol, staked.share);
    // Only the share's reserve sees the next second's $90.
    staked.world.advance(0, 1);
    let world = &mut staked.world;
    let by = &staked.liquidator;
    let list = world.liquidation(by, &staked.user, &sol, &share, u64::MAX, 0);
    let refresh = world.refresh(&[sol]);
    world.must(&[refresh], &[&by.keypair]);
    let newer = exact(world, 90.0);
    world.set_price(&share, &newer);
    let refresh = world.refresh(&[share]);
    let receipt = world.must(&[refresh, list[1].clone()], &[&by.keypair]);
    let done: Liquidated = event(&receipt);
    assert_eq!(done.repay_price, 9_000_000_000);
    assert_eq!(done.seize_price, 10_125_000_000);
}
