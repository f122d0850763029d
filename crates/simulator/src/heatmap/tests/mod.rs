//! The heatmap against slow and simple recomputation, and against the program's own liquidation.

mod cascades;
mod commands;
mod curves;
mod pictures;
mod program;

use levee_risk::liquidation::{AuctionParams, EngineParams};
use levee_risk::rate::Rate;
use levee_risk::units::{Atoms, Bps, Ppm, Usd};
use proptest::prelude::*;

use super::{Asset, FixedRule, Line, Obligations, Rule, Token};

pub const HALF: Rule = Rule::Fixed(FixedRule {
    close_factor: Bps(5_000),
    bonus: Ppm(50_000),
    full_below: Bps(9_500),
});

pub const ENGINE: EngineParams = EngineParams {
    kappa: Bps(2_500),
    dust: Usd::from_whole(25),
    insurance_share: Bps(1_000),
};

pub const AUCTION: AuctionParams = AuctionParams {
    start: Ppm(1_000),
    slope_per_slot: Ppm(20),
    width: Ppm(150_000),
    max: Ppm(50_000),
    insolvent: Ppm(20_000),
    margin: Ppm(500),
    min_target: Bps(10_050),
};

/// SOL at 150 dollars, a staking token of 1.2 SOL, a dollar, and ETH at 3,000, all with six decimals.
pub fn market(rule: Rule) -> Obligations {
    let mut book = Obligations::new("a test", rule);
    for (name, dollars) in [("SOL", 150), ("USDC", 1), ("ETH", 3_000)] {
        book.assets.push(Asset {
            name: name.into(),
            price: dollars * 100_000_000,
            exponent: -8,
        });
    }
    let one = Rate::ONE;
    let staked = Rate::of_down(12, 10).expect("a ratio");
    for (name, asset, rate) in [
        ("SOL", 0, one),
        ("STAKED", 0, staked),
        ("USDC", 1, one),
        ("ETH", 2, one),
    ] {
        book.tokens.push(Token {
            name: name.into(),
            mint: None,
            asset,
            rate,
            decimals: 6,
        });
    }
    book.auctions.push(AUCTION);
    book
}

pub fn line(token: u32, weight_bps: u32, whole_tokens: f64) -> Line {
    Line {
        token,
        auction: 0,
        weight: Bps(weight_bps),
        atoms: Atoms((whole_tokens * 1e6) as u64),
    }
}

/// One to three deposits and one or two borrows of different tokens, worth about as much as makes the price matter.
pub fn obligation() -> impl Strategy<Value = (Vec<Line>, Vec<Line>)> {
    let prices = [150.0, 180.0, 1.0, 3_000.0];
    let deposits = proptest::sample::subsequence(vec![0u32, 1, 2, 3], 1..=3);
    let borrows = proptest::sample::subsequence(vec![0u32, 1, 2, 3], 1..=2);
    let values = proptest::collection::vec(100.0..100_000.0f64, 5);
    (deposits, borrows, values, 0.1..1.1f64).prop_map(move |(held, owed, values, usage)| {
        let total: f64 = values[..held.len()].iter().sum();
        let part = usage * total * 0.8 / owed.len() as f64;
        let held = held.iter().zip(&values);
        let deposits =
            held.map(|(token, value)| line(*token, 8_000, value / prices[*token as usize]));
        let borrows = owed
            .iter()
            .map(|token| line(*token, 10_000, part / prices[*token as usize]));
        (deposits.collect(), borrows.collect())
    })
}
