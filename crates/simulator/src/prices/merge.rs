//! Several assets on one axis of time.

use anyhow::{ensure, Result};

use super::bars::{Series, POINTS_PER_BAR};
use super::PricePath;

/// Part of the longest span, in hundredths, that an asset must cover to be replayed along with it.
const COVERED_PERCENT: i64 = 98;

/// Merges the bars of several assets. Bars may have different lengths. The span is what all have in common; an asset
/// that covers less than 98 % of the longest span is left out, and returned by name.
///
/// # Errors
/// Where nothing is left.
pub fn merge(name: &str, series: Vec<Series>) -> Result<(PricePath, Vec<String>)> {
    let span = |one: &Series| one.end() - one.start();
    let longest = series.iter().max_by_key(|one| span(one));
    let Some(longest) = longest else {
        anyhow::bail!("{name}: there are no prices");
    };
    let (from, until) = (longest.start(), longest.end());
    let covers = |one: &Series| {
        let common = one.end().min(until) - one.start().max(from);
        common * 100 >= (until - from) * COVERED_PERCENT
    };
    let (kept, left): (Vec<_>, Vec<_>) = series.into_iter().partition(covers);
    let from = kept.iter().map(Series::start).max().unwrap_or(from);
    let until = kept.iter().map(Series::end).min().unwrap_or(until);
    ensure!(from < until, "{name}: the files have no time in common");

    // Every point of every asset as an event: (time, asset, price, whether its bar ends).
    let mut events: Vec<(i64, usize, u64, bool)> = Vec::new();
    let shortest = kept.iter().map(|one| one.bar_seconds).min().unwrap_or(60);
    for (asset, one) in kept.iter().enumerate() {
        let step_ms = one.bar_seconds * 1_000 / POINTS_PER_BAR as i64;
        let inside = one
            .bars
            .iter()
            .filter(|bar| bar.timestamp >= from && bar.timestamp < until);
        for bar in inside {
            let mut time = (bar.timestamp - from) * 1_000;
            for (at, price) in bar.points().into_iter().enumerate() {
                let ends = at + 1 == POINTS_PER_BAR && one.bar_seconds == shortest;
                events.push((time, asset, price, ends));
                time += step_ms;
            }
        }
    }
    events.sort_by_key(|event| (event.0, event.1));
    let mut now: Vec<u64> = kept
        .iter()
        .map(|one| {
            let first = one.bars.iter().find(|bar| bar.timestamp >= from);
            first.map_or(one.bars[0].open, |bar| bar.open)
        })
        .collect();
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
    let mut rest = events.as_slice();
    while let Some((time, ..)) = rest.first().copied() {
        let count = rest.iter().take_while(|event| event.0 == time).count();
        let (together, later) = rest.split_at(count);
        rest = later;
        let mut ends = false;
        for (_, asset, price, ends_bar) in together {
            now[*asset] = *price;
            ends |= ends_bar;
        }
        path.times_ms.push(time);
        path.prices.extend_from_slice(&now);
        path.ends_bar.push(ends);
    }
    ensure!(!path.is_empty(), "{name}: there are no prices");
    Ok((path, left.into_iter().map(|one| one.asset).collect()))
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
