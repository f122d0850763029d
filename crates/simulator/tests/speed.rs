//! A million obligations over the minutes of a day. Only optimized code is asked to be fast.

use std::sync::Arc;
use std::time::{Duration, Instant};

use levee_simulator::book::{draw, open, BookParams};
use levee_simulator::engines::{by_name, NAMES};
use levee_simulator::market::listed;
use levee_simulator::prices::{generate, Shape};
use levee_simulator::run::{run, Index, Settings};

const MOST: Duration = Duration::from_secs(30);

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
    let opened = start.elapsed();
    let mut slow = Vec::new();
    for name in NAMES {
        let start = Instant::now();
        let mut engine = by_name(name).unwrap();
        let outcome = run(&opening, &path, &index, engine.as_mut(), &settings, &|| {}).unwrap();
        // What `levee simulate --engines` with this one alone takes.
        let whole = opened + start.elapsed();
        let count = outcome.liquidations.len();
        println!(
            "{name:12} {count:9} liquidations in {:5.1} seconds",
            whole.as_secs_f64()
        );
        assert!(count > 1_000, "{name}: {count}");
        if whole > MOST {
            slow.push(name);
        }
    }
    assert!(slow.is_empty(), "too slow: {slow:?}");
}
