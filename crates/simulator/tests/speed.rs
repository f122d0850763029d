//! A million obligations over the minutes of a day. Only optimized code is asked to be fast.

use std::sync::Arc;
use std::time::Instant;

use levee_simulator::book::{draw, open, BookParams};
use levee_simulator::engines::Levee;
use levee_simulator::market::listed;
use levee_simulator::prices::{generate, Shape};
use levee_simulator::run::{run, Index, Settings};

#[test]
#[cfg_attr(debug_assertions, ignore = "asks optimized code: cargo test --release")]
fn a_million_obligations_over_1440_minutes_take_less_than_thirty_seconds() {
    let start = Instant::now();
    let path = generate(Shape::Jump, 1_440, 1).unwrap();
    let (assets, prices) = listed(&path);
    let params = BookParams {
        borrowers: 1_000_000,
        seed: 1,
        collateral_usd: 3_000_000_000,
    };
    let drafts = draw(&assets, &prices, &params).unwrap();
    let opening = open(&assets, &prices, &drafts, path.start_ts).unwrap();
    let settings = Settings::default();
    let index = Arc::new(Index::new(&opening, &path, &settings).unwrap());
    let mut engine = Levee::default();
    let outcome = run(&opening, &path, &index, &mut engine, &settings, &|| {}).unwrap();
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{} liquidations in {seconds:.1} seconds",
        outcome.liquidations.len()
    );
    assert!(outcome.liquidations.len() > 1_000);
    assert!(seconds < 30.0, "{seconds:.1} seconds");
}
