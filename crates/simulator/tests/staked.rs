//! Liquid-staking tokens under every engine: against their base in an elevation group, and against dollars.

use std::sync::Arc;

use levee_risk::units::Bps;
use levee_simulator::book::{draw, open, stake, BookParams, Opening, StakeParams};
use levee_simulator::engines::{by_name, NAMES};
use levee_simulator::market::{add_stakes, listed};
use levee_simulator::prices::{generate, merge, Bar, PricePath, Series, Shape, DOLLAR};
use levee_simulator::run::{run, Index, Outcome, Settings};
use proptest::prelude::*;

/// A book on `path` of which `share_bps` hold staking tokens, whose rates grow by `growth` a year, or as they do.
fn opening(
    path: &PricePath,
    borrowers: u32,
    seed: u64,
    share_bps: u32,
    growth: Option<Bps>,
) -> Opening {
    let (mut assets, mut prices) = listed(path);
    let params = BookParams {
        borrowers,
        seed,
        collateral_usd: u64::from(borrowers) * 200_000,
    };
    let mut drafts = draw(&assets, &prices, &params).unwrap();
    add_stakes(&mut assets, &mut prices).unwrap();
    for stake in assets.iter_mut().filter_map(|asset| asset.stake.as_mut()) {
        stake.growth_per_year = growth.unwrap_or(stake.growth_per_year);
    }
    let params = StakeParams { share_bps, seed };
    stake(&mut drafts, &assets, &prices, &params).unwrap();
    open(&assets, &prices, &drafts, path.start_ts).unwrap()
}

fn outcome(path: &PricePath, opening: &Opening, engine: &str, settings: &Settings) -> Outcome {
    let index = Arc::new(Index::new(opening, path, settings).unwrap());
    let mut engine = by_name(engine).unwrap();
    run(opening, path, &index, engine.as_mut(), settings, &|| {}).unwrap()
}

fn is_pair(opening: &Opening, seize: usize, repay: usize) -> bool {
    opening.sources[seize] == opening.sources[repay]
}

#[test]
fn a_crash_of_the_base_liquidates_claims_against_dollars_and_touches_no_pair() {
    let path = generate(Shape::Gap, 120, 2).unwrap();
    let opening = opening(&path, 200, 2, 10_000, None);
    for name in NAMES {
        let outcome = outcome(&path, &opening, name, &Settings::default());
        assert!(
            outcome.liquidations.len() > 10,
            "{name}: {}",
            outcome.liquidations.len()
        );
        for one in &outcome.liquidations {
            assert!(!is_pair(&opening, one.deal.seize, one.deal.repay), "{name}");
        }
    }
}

/// Days on which nothing happens.
fn quiet_days(days: i64) -> PricePath {
    let bar = |day: i64| Bar {
        timestamp: 1_760_000_000 / 86_400 * 86_400 + day * 86_400,
        open: 200 * DOLLAR,
        high: 200 * DOLLAR,
        low: 200 * DOLLAR,
        close: 200 * DOLLAR,
    };
    let series = Series {
        asset: "SOL".into(),
        bars: (0..days).map(bar).collect(),
        bar_seconds: 86_400,
    };
    merge("quiet", vec![series]).unwrap().0
}

#[test]
fn pairs_whose_interest_outgrows_their_rate_are_liquidated_but_for_bands_and_value_is_conserved() {
    let path = quiet_days(420);
    let stagnant = opening(&path, 60, 4, 10_000, Some(Bps(0)));
    for name in NAMES {
        let outcome = outcome(&path, &stagnant, name, &Settings::default());
        let pairs = outcome.liquidations.iter();
        let pairs = pairs.filter(|one| is_pair(&stagnant, one.deal.seize, one.deal.repay));
        // A loan in bands is looked at when its price in the debt's token moves, which a pair's does not here.
        assert!(pairs.count() > 0 || name == "crvusd", "{name}");
    }
}

#[test]
fn a_rate_that_grows_faster_than_interest_keeps_pairs_healthy() {
    let path = quiet_days(420);
    let growing = opening(&path, 60, 4, 10_000, Some(Bps(1_500)));
    let outcome = outcome(&path, &growing, "levee", &Settings::default());
    let pairs = outcome.liquidations.iter();
    let mut pairs = pairs.filter(|one| is_pair(&growing, one.deal.seize, one.deal.repay));
    assert_eq!(pairs.next(), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn value_is_conserved_whatever_part_of_the_book_is_staked(
        engine in 0..NAMES.len(),
        seed in any::<u64>(),
        borrowers in 1u32..60,
        share_bps in 0u32..=10_000,
        is_wick: bool,
        top_up_ppm in 0u64..=1_000_000,
    ) {
        let shape = if is_wick { Shape::Wick } else { Shape::Jump };
        let path = generate(shape, 90, seed).unwrap();
        let settings = Settings { top_up_ppm, seed, ..Settings::default() };
        let opening = opening(&path, borrowers, seed, share_bps, None);
        outcome(&path, &opening, NAMES[engine], &settings);
    }
}
