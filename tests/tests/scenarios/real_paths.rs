//! Minute bars of SOL in two real crashes, the worst six hours of each, for a book of sixty borrowers. Skipped where the data is
//! not at hand: `LEVEE_DATA`, or `../shared/data` beside the workspace.

use std::path::PathBuf;

use levee::error::LeveeError;
use levee::events::Liquidated;

use crate::formulas::target;
use crate::replay::{Replay, HELD, SOL_PRICE};

/// Bars of six hours.
const BARS: usize = 360;
/// Slots of a bar; Pyth's price is posted in each.
const SLOTS_OF_A_BAR: usize = 150;
const BORROWERS: usize = 60;
/// The longest that a mild case waits (N).
const WAIT: u64 = 25;
/// The health below which nothing waits, at a threshold of 80 %.
const SEVERE: f64 = 0.95;
/// A fall within one slot by which nobody loses: from the threshold to where the largest bonus is still paid.
const MARGIN: f64 = 1.0 - 0.80 * 1.05;

/// A minute.
#[derive(Clone, Copy)]
struct Bar {
    open: f64,
    high: f64,
    low: f64,
    close: f64,
}

fn bars(name: &str) -> Option<Vec<Bar>> {
    let data = std::env::var_os("LEVEE_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data")),
        PathBuf::from,
    );
    let path = data.join("prices").join(name).join("SOLUSDT_1m.csv");
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("skipped: no {}", path.display());
        return None;
    };
    let bar = |line: &str| {
        let field: Vec<f64> = line.split(',').map(|f| f.parse().unwrap()).collect();
        Bar {
            open: field[1],
            high: field[2],
            low: field[3],
            close: field[4],
        }
    };
    Some(text.lines().skip(1).map(bar).collect())
}

/// The six hours that fall deepest below their first price.
fn worst(bars: &[Bar]) -> &[Bar] {
    let depth = |window: &&[Bar]| {
        let low = window.iter().map(|bar| bar.low).fold(f64::MAX, f64::min);
        low / window[0].open
    };
    let windows = bars.windows(BARS);
    windows
        .min_by(|a, b| depth(a).total_cmp(&depth(b)))
        .unwrap()
}

/// The price of every slot, the first of them [`SOL_PRICE`]: a bar that closes higher falls first, any other rises first.
fn path(bars: &[Bar]) -> Vec<f64> {
    let scale = SOL_PRICE / bars[0].open;
    let mut path = Vec::new();
    for bar in bars {
        let between = match bar.close > bar.open {
            true => [bar.low, bar.high],
            false => [bar.high, bar.low],
        };
        let corners = [bar.open, between[0], between[1], bar.close];
        for pair in corners.windows(2) {
            let slots = SLOTS_OF_A_BAR / 3;
            for slot in 1..=slots {
                let part = slot as f64 / slots as f64;
                path.push((pair[0] + (pair[1] - pair[0]) * part) * scale);
            }
        }
    }
    path
}

/// What a crash did to the book.
struct Crash {
    replay: Replay,
    /// (borrower, price, what happened).
    events: Vec<(usize, f64, Liquidated)>,
    /// The longest that anybody was unhealthy, in slots.
    longest: u64,
}

/// The loan-to-value of a borrower before the crash.
fn ltv(n: usize) -> f64 {
    0.30 + 0.445 * n as f64 / (BORROWERS - 1) as f64
}

/// The crash, with a liquidator and a marker in every slot.
fn crash(path: &[f64]) -> Crash {
    let ltvs: Vec<_> = (0..BORROWERS).map(ltv).collect();
    let mut replay = Replay::sol(&ltvs);
    replay.settle_at(SOL_PRICE);
    let (collateral, lent) = (replay.collateral, replay.lent());
    let position = |replay: &Replay, n: usize| {
        let held = replay.world.obligation(&replay.borrowers[n]);
        let held = held.deposit_in(&collateral.keys.reserve);
        let index = replay.world.reserve(&collateral).supply_index();
        let held = held.atoms_down(index).unwrap().0;
        replay.owed(n) as f64 / 1e6 / (held as f64 / 1e9) / 0.8
    };
    // Below these prices they are unhealthy, but for the interest of some hours.
    let mut floors: Vec<_> = replay.all().iter().map(|n| position(&replay, *n)).collect();
    let mut since = [None; BORROWERS];
    let mut events = Vec::new();
    let mut longest = 0;
    for (at, price) in path.iter().enumerate() {
        replay.tick(1);
        replay.print(*price);
        let slot = replay.world.slot();
        for n in replay.all() {
            if floors[n] < price * 0.999 {
                since[n] = None;
                continue;
            }
            match replay.try_liquidate(n) {
                Ok(done) => {
                    longest = longest.max(slot - since[n].take().unwrap_or(slot));
                    events.push((n, *price, done));
                    floors[n] = position(&replay, n);
                }
                Err(LeveeError::ObligationHealthy) => since[n] = None,
                Err(error) => {
                    let waits = [
                        LeveeError::MildHealthyAtAverage,
                        LeveeError::MildPriceDoubtful,
                    ];
                    assert!(waits.contains(&error), "borrower {n}: {error:?}");
                    since[n] = since[n].or(Some(slot));
                    replay.mark(&[n]);
                }
            }
        }
        if at % SLOTS_OF_A_BAR == 0 {
            replay.check_books();
            assert!(replay.lent() >= lent, "the lender lost something");
        }
    }
    for n in replay.all() {
        assert!(
            replay.health(n) >= 1.0 || since[n].is_some(),
            "borrower {n}"
        );
    }
    Crash {
        replay,
        events,
        longest,
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn replays(name: &str) {
    let Some(bars) = bars(name) else {
        return;
    };
    let path = path(worst(&bars));
    let steepest = path
        .windows(2)
        .map(|pair| 1.0 - pair[1] / pair[0])
        .fold(0.0, f64::max);
    assert!(steepest < MARGIN, "a gap of {steepest}");
    let Crash {
        replay,
        events,
        longest,
    } = crash(&path);
    let config = replay.config(&replay.collateral);
    let mut losses = vec![0.0; BORROWERS];
    for (n, price, done) in &events {
        assert_eq!(done.bad_debt_atoms, 0, "borrower {n}");
        assert!(done.health_after_ppm > 1_000_000, "borrower {n}");
        // Whoever keeps a debt keeps to the target.
        if done.health_after_ppm != u64::MAX {
            let due = target(&config, 0.25, done.bonus_ppm);
            let after = done.health_after_ppm as f64 / 1e6;
            assert!((after - due).abs() < 1e-5, "{n}: {after} for {due}");
        }
        losses[*n] += done.seized_atoms as f64 / 1e9 * price - done.repaid_atoms as f64 / 1e6;
    }
    assert!(longest <= WAIT, "unhealthy for {longest} slots");
    let bonuses: f64 = events
        .iter()
        .map(|(.., done)| f64::from(done.bonus_ppm))
        .sum();
    let mean = bonuses / events.len() as f64;
    losses.retain(|loss| *loss > 0.0);
    let low = path.iter().fold(f64::MAX, |low, price| low.min(*price));
    // Whoever was severely unhealthy, and nobody who was not unhealthy; in between a short dip may end before the wait does.
    let below = |price: f64| {
        (0..BORROWERS)
            .filter(|n| ltv(*n) / 0.8 * 100.0 > price)
            .count()
    };
    let counts = below(low / SEVERE)..=below(low);
    assert!(*counts.start() >= 3, "the path hardly falls");
    assert!(
        counts.contains(&losses.len()),
        "{} of {counts:?}",
        losses.len()
    );
    // A tenth of the largest bonus: the auction, not the convex term, finds the price on a path without gaps.
    assert!(mean < 0.1 * f64::from(config.auction.max_ppm), "{mean} ppm");
    println!(
        "{name}: to {low:.1} % of the first price, {} liquidations of {} borrowers, mean bonus {:.1} bps, median loss {:.3} % of the collateral, unhealthy for at most {longest} slots",
        events.len(),
        losses.len(),
        mean / 100.0,
        median(losses) / (HELD * SOL_PRICE) * 100.0,
    );
}

#[test]
fn the_crash_of_19_may_2021_leaves_no_bad_debt_and_nobody_unhealthy_for_longer_than_the_wait() {
    replays("2021-05-19_china_ban");
}

#[test]
fn the_crash_of_3_february_2025_leaves_no_bad_debt_and_nobody_unhealthy_for_longer_than_the_wait() {
    replays("2025-02-03_tariff");
}
