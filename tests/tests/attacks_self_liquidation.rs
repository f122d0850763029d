//! Self-liquidation: whoever is on both sides of a liquidation never ends richer, at any bonus and in any slices.

use levee_tests::forge::auction_for;
use levee_tests::{view, Chain, Lending};

/// Slots of auction from the start of the bonus to beyond its maximum.
const AUCTION: [u64; 6] = [0, 1, 250, 1_000, 2_450, 5_000];
/// Prices of SOL from just unhealthy to just solvent.
const PRICES: [u64; 7] = [
    9_374_000_000,
    9_300_000_000,
    9_000_000_000,
    8_500_000_000,
    8_000_000_000,
    7_700_000_000,
    7_510_000_000,
];

/// The borrower's $7,500 at `price` (in 1e-8 dollars), `slots` into the auction, with money to liquidate itself.
fn fallen(price: u64, slots: u64) -> Lending {
    let mut lending = Lending::fallen(7_500.0, price as f64 / 1e8);
    let (sol, usdc) = (lending.sol, lending.usdc);
    let (world, owner) = (&mut lending.world, &lending.borrower);
    auction_for(world, &owner.obligation, slots);
    world.fund(owner, &usdc, usdc.atoms(7_600.0));
    world.fund(owner, &sol, 0);
    view::refresh_all(world);
    lending
}

/// All that the borrower has less what it owes, exactly, in 1e-17 dollars.
fn wealth(lending: &Lending, price: u64) -> i128 {
    let (world, owner) = (&lending.world, &lending.borrower);
    let (sol, usdc) = (&lending.sol, &lending.usdc);
    let sols = world.balance(owner, sol) + view::deposited(world, owner, sol);
    let dollars =
        i128::from(world.balance(owner, usdc)) - i128::from(view::owed(world, owner, usdc));
    i128::from(sols) * i128::from(price) + dollars * 100_000_000_000
}

/// Liquidates once as far as `limit`; `false` where it is refused.
fn liquidate(lending: &mut Lending, limit: u64) -> bool {
    let (world, owner) = (&mut lending.world, &lending.borrower);
    let list = world.liquidation(owner, owner, &lending.usdc, &lending.sol, limit, 0);
    world.chain.send(&list, &[&owner.keypair]).is_ok()
}

#[test]
fn at_no_bonus_does_the_owner_gain() {
    for price in PRICES {
        for slots in AUCTION {
            let mut lending = fallen(price, slots);
            let before = wealth(&lending, price);
            assert!(liquidate(&mut lending, u64::MAX));
            let after = wealth(&lending, price);
            assert!(
                after < before,
                "gains {} at {price}, {slots}",
                after - before
            );
        }
    }
}

#[test]
fn in_no_number_of_slices_does_the_owner_gain() {
    for price in PRICES {
        for limit in [100_000_000, 700_000_000, 3_333_333_333] {
            let mut lending = fallen(price, 1_000);
            let start = wealth(&lending, price);
            let mut before = start;
            for _ in 0..80 {
                if !liquidate(&mut lending, limit) {
                    break;
                }
                let after = wealth(&lending, price);
                assert!(after <= before, "gains {} at {price}", after - before);
                before = after;
            }
            assert!(before < start, "no slice passed at {price}");
        }
    }
}

#[test]
fn in_the_smallest_slices_rounding_gains_nothing() {
    for price in PRICES {
        let mut lending = fallen(price, 2_450);
        let mut before = wealth(&lending, price);
        for limit in 2..40 {
            assert!(liquidate(&mut lending, limit), "{limit} atoms at {price}");
            let after = wealth(&lending, price);
            assert!(after <= before, "gains {} with {limit}", after - before);
            before = after;
        }
    }
}

#[test]
fn without_an_insurance_share_the_owner_breaks_even_at_best() {
    for price in PRICES {
        let mut lending = fallen(price, 0);
        let market = lending.world.market;
        let share = |m: &mut levee::state::LendingMarket| m.config.insurance_share_bps = 0;
        lending.world.rewrite(&market, share);
        let before = wealth(&lending, price);
        assert!(liquidate(&mut lending, u64::MAX));
        let lost = before - wealth(&lending, price);
        // An atom of SOL, at most ten millionths of a cent.
        assert!(
            (0..=i128::from(price) * 2).contains(&lost),
            "{lost} at {price}"
        );
    }
}
