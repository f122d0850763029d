//! Several assets on one axis of time.

use anyhow::{ensure, Context, Result};

use super::bars::{Series, POINTS_PER_BAR};
use super::PricePath;

/// Part of the longest span, in hundredths, that an asset must cover to be replayed along with it.
const COVERED_PERCENT: i64 = 98;

/// A point of one asset's bars.
struct Event {
    /// Milliseconds after the start.
    time_ms: i64,
    /// Whose.
    asset: usize,
    price: u64,
    /// Whether a bar of the shortest length ends with it.
    ends_bar: bool,
}

/// Merges the bars of several assets. Bars may have different lengths. The span is what all have in common; an asset
/// that covers less than 98 % of the longest span is left out, and returned by name.
///
/// # Errors
/// Where nothing is left.
pub fn merge(name: &str, series: Vec<Series>) -> Result<(PricePath, Vec<String>)> {
    let span = |one: &Series| one.end() - one.start();
    let longest = series.iter().max_by_key(|one| span(one));
    let longest = longest.with_context(|| format!("{name}: there are no prices"))?;
    let (from, until) = (longest.start(), longest.end());
    let covers = |one: &Series| {
        let common = one.end().min(until) - one.start().max(from);
        common * 100 >= (until - from) * COVERED_PERCENT
    };
    let (kept, left): (Vec<_>, Vec<_>) = series.into_iter().partition(covers);
    let from = kept.iter().map(Series::start).max().unwrap_or(from);
    let until = kept.iter().map(Series::end).min().unwrap_or(until);
    ensure!(from < until, "{name}: the files have no time in common");
    let path = joined(name, &kept, from, until);
    ensure!(!path.is_empty(), "{name}: there are no prices");
    Ok((path, left.into_iter().map(|one| one.asset).collect()))
}

/// The path of all assets from `from` until `until`: a row at every time at which any of them has a point.
fn joined(name: &str, kept: &[Series], from: i64, until: i64) -> PricePath {
    let shortest = kept.iter().map(|one| one.bar_seconds).min().unwrap_or(60);
    let first = |one: &Series| {
        let first = one.bars.iter().find(|bar| bar.timestamp >= from);
        first.or(one.bars.first()).map_or(0, |bar| bar.open)
    };
    let mut now: Vec<u64> = kept.iter().map(first).collect();
    let mut path = PricePath {
        name: name.into(),
        start_ts: from,
        assets: kept.iter().map(|one| one.asset.clone()).collect(),
        times_ms: Vec::new(),
        prices: Vec::new(),
        ends_bar: Vec::new(),
        bar_seconds: shortest,
        faults: Vec::new(),
    };
    for together in events(kept, from, until, shortest).chunk_by(|a, b| a.time_ms == b.time_ms) {
        for event in together {
            now[event.asset] = event.price;
        }
        path.times_ms
            .extend(together.first().map(|event| event.time_ms));
        path.prices.extend_from_slice(&now);
        path.ends_bar
            .push(together.iter().any(|event| event.ends_bar));
    }
    path
}

/// Every point of every asset, in the order of time.
fn events(kept: &[Series], from: i64, until: i64, shortest: i64) -> Vec<Event> {
    let mut events = Vec::new();
    for (asset, one) in kept.iter().enumerate() {
        let step_ms = one.bar_seconds * 1_000 / POINTS_PER_BAR as i64;
        let inside = one
            .bars
            .iter()
            .filter(|bar| bar.timestamp >= from && bar.timestamp < until);
        for bar in inside {
            let mut time_ms = (bar.timestamp - from) * 1_000;
            for (at, price) in bar.points().into_iter().enumerate() {
                events.push(Event {
                    time_ms,
                    asset,
                    price,
                    ends_bar: at + 1 == POINTS_PER_BAR && one.bar_seconds == shortest,
                });
                time_ms += step_ms;
            }
        }
    }
    events.sort_by_key(|event| (event.time_ms, event.asset));
    events
}

#[cfg(test)]
mod tests {
    use super::super::Bar;
    use super::*;

    fn series(asset: &str, start: i64, count: i64, bar_seconds: i64) -> Series {
        let bar = |at: i64| Bar {
            timestamp: start + at * bar_seconds,
            open: 100 + at.unsigned_abs(),
            high: 300,
            low: 50,
            close: 90,
        };
        Series {
            asset: asset.into(),
            bars: (0..count).map(bar).collect(),
            bar_seconds,
        }
    }

    #[test]
    fn bars_of_different_lengths_share_one_axis_of_time() {
        let merged = merge("x", vec![series("A", 0, 10, 60), series("B", 0, 2, 300)]).unwrap();
        let (path, left) = merged;
        assert!(left.is_empty());
        assert_eq!(path.len(), 40);
        assert_eq!(path.row(0), [100, 100]);
        assert_eq!(path.row(1), [300, 100]);
        // The second point of B's bar lies 75 seconds after its start.
        assert_eq!(path.times_ms[5], 75_000);
        assert_eq!(path.row(5), [300, 300]);
        assert_eq!(path.ends_bar.iter().filter(|ends| **ends).count(), 10);
        assert!(path.times_ms.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn an_asset_that_ends_early_is_left_out_by_name() {
        let merged = merge("x", vec![series("A", 0, 100, 60), series("B", 0, 50, 60)]);
        let (path, left) = merged.unwrap();
        assert_eq!(
            (path.assets, left),
            (vec!["A".into()], vec!["B".to_string()])
        );
    }
}
