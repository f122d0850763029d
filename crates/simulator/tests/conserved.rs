//! Value in is value out, to the atom, for every engine on every kind of path: a run fails where it is not.

use std::sync::Arc;

use levee_simulator::book::{draw, open, BookParams};
use levee_simulator::engines::{by_name, NAMES};
use levee_simulator::market::listed;
use levee_simulator::prices::{generate, Shape};
use levee_simulator::run::{run, Index, Outcome, Settings};
use proptest::prelude::*;

fn outcome(shape: Shape, engine: &str, seed: u64, borrowers: u32, settings: &Settings) -> Outcome {
    let path = generate(shape, 90, seed).unwrap();
    let (assets, prices) = listed(&path);
    let params = BookParams {
        borrowers,
        seed,
        collateral_usd: u64::from(borrowers) * 300_000,
    };
    let drafts = draw(&assets, &prices, &params).unwrap();
    let opening = open(&assets, &prices, &drafts, path.start_ts).unwrap();
    let index = Arc::new(Index::new(&opening, &path, settings).unwrap());
    let mut engine = by_name(engine).unwrap();
    run(&opening, &path, &index, engine.as_mut(), settings, &|| {}).unwrap()
}

const SHAPES: [Shape; 5] = [
    Shape::Jump,
    Shape::Wick,
    Shape::Gap,
    Shape::Bleed,
    Shape::OracleFailure,
];

#[test]
fn every_engine_conserves_value_in_a_gap_and_has_something_to_do() {
    for name in NAMES {
        let outcome = outcome(Shape::Gap, name, 2, 120, &Settings::default());
        assert!(!outcome.liquidations.is_empty(), "{name} liquidates nobody");
    }
}

#[test]
fn what_levee_repays_is_mostly_needed_and_its_penalty_the_least_of_all_in_a_slow_decline() {
    let penalty = |name: &str| {
        let outcome = outcome(Shape::Bleed, name, 3, 300, &Settings::default());
        let sum = |of: fn(&levee_simulator::run::Liquidation) -> i64| {
            outcome.liquidations.iter().map(of).sum::<i64>() as f64
        };
        let repaid = sum(|one| one.repaid_micro_usd);
        (sum(|one| one.seized_micro_usd) - repaid) / repaid
    };
    let ours = penalty("levee");
    for name in [
        "klend",
        "aave-v3.3",
        "aave-v4",
        "morpho-blue",
        "fx",
        "compound-v3",
    ] {
        assert!(ours < penalty(name), "{name}");
    }
}

#[test]
fn only_a_protocol_that_takes_collateral_over_loses_on_it() {
    for name in NAMES {
        let outcome = outcome(Shape::OracleFailure, name, 2, 120, &Settings::default());
        let lost = outcome.inventory_loss_micro_usd;
        assert_eq!(lost > 0, name == "compound-v3", "{name}: {lost}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn value_is_conserved_whatever_the_engine_the_path_and_the_settings(
        engine in 0..NAMES.len(),
        shape in 0..SHAPES.len(),
        seed in any::<u64>(),
        borrowers in 1u32..80,
        look_slots in 1u64..40,
        most_per_slot in 0u64..3,
        top_up_ppm in 0u64..=1_000_000,
        delay_ms in 0i64..60_000,
    ) {
        let mut settings = Settings {
            look_slots,
            most_per_slot,
            top_up_ppm,
            seed,
            ..Settings::default()
        };
        settings.oracle.delay_ms = delay_ms;
        outcome(SHAPES[shape], NAMES[engine], seed, borrowers, &settings);
    }
}
