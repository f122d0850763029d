//! Every unhealthy obligation can be liquidated: there is no price between healthy and worthless at which all refuse.

use levee::state::{AuctionConfig, ReserveConfig};
use levee_tests::{free, sol_config, stable_config, Lending};

/// Liquidates the borrower's $7,500 at each of `prices` (in 1e-8 dollars), under an auction changed by `change`.
fn liquidate_at(prices: impl IntoIterator<Item = i64>, change: fn(&mut AuctionConfig)) {
    for price in prices {
        let mut lending = Lending::with(
            |feed| {
                let mut config: ReserveConfig = free(sol_config)(feed);
                change(&mut config.auction);
                config
            },
            free(stable_config),
        );
        lending.owe(7_500.0);
        lending.fall(price as f64 / 1e8);
        let instructions = lending.liquidation((u64::MAX, 0));
        let signers = [&lending.liquidator.keypair];
        if let Err(failure) =
            levee_tests::Chain::send(&mut lending.world.chain, &instructions, &signers)
        {
            panic!("nobody can liquidate at {price}: {failure}");
        }
    }
}

#[test]
fn from_the_threshold_down_to_nothing() {
    let steps = (1..=40).map(|step| 9_375_000_000 * step / 40 - 1);
    liquidate_at(steps, |_| ());
}

#[test]
fn around_the_edge_of_insolvency() {
    // $7,507.5, where the debt and the smallest bonus use up the collateral.
    let edge = 7_507_500_000;
    let near = [
        -1_000_000, -10_000, -100, -1, 0, 1, 100, 5_000, 10_000, 1_000_000,
    ];
    liquidate_at(near.map(|off| edge + off), |_| ());
}

#[test]
fn around_the_edge_of_insolvency_with_a_margin_as_large_as_the_first_bonus() {
    // $7,503.75.
    let edge = 7_503_750_000;
    let near = [-1_000_000, -1, 0, 1, 100, 5_000, 7_500, 1_000_000];
    liquidate_at(near.map(|off| edge + off), |auction| {
        auction.start_ppm = 500;
        auction.margin_ppm = 500;
    });
}

#[test]
fn around_the_edge_of_insolvency_with_a_margin_above_the_first_bonus() {
    let prices = [7_500_000_000, 7_500_000_001, 7_600_000_000, 7_880_000_000];
    liquidate_at(prices, |auction| {
        auction.start_ppm = 0;
        auction.margin_ppm = 50_000;
    });
}
