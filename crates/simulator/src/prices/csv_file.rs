//! Bars from a CSV file with a time, an open, a high, a low and a close in each row; further columns are ignored.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{ensure, Context, Result};

use super::bars::{Bar, Series};
use super::columns::{Columns, TIME};
use crate::text_file::{self, Rows};

/// Length of the bar where there is only one.
const LONE_BAR_SECONDS: i64 = 60;
/// Longest distance of two bars: a month.
const MOST_SECONDS: i64 = 31 * 86_400;
/// How many times its lowest price an asset may cost within one file.
const MOST_TIMES: u64 = 10_000_000;

/// Reads the bars of `asset` from `file`. A missing bar is refused unless `allow_gaps`: then the last price stays.
///
/// # Errors
/// One line that names the file, the line and the column.
pub fn read_series(file: &Path, asset: &str, allow_gaps: bool) -> Result<Series> {
    let text = text_file::read(file)?;
    let (bars, bar_seconds) =
        parse_bars(&text, allow_gaps).with_context(|| file.display().to_string())?;
    Ok(Series {
        asset: asset.into(),
        bars,
        bar_seconds,
    })
}

/// The bars of a file and their length in seconds, the most frequent distance between two.
///
/// Columns are found by their titles; without a line of titles they are time, open, high, low and close, as exchanges
/// publish their archives. An open beyond high or low is taken as it is: feeds that build a bar from its trades open it at
/// the last trade before.
///
/// # Errors
/// One line that names the line and the column.
pub fn parse_bars(text: &str, allow_gaps: bool) -> Result<(Vec<Bar>, i64)> {
    let mut rows = Rows::of(text);
    let first = rows.next_row()?;
    let (line, first) = first.context("line 1: the file is empty")?;
    let columns = Columns::of(first).with_context(|| format!("line {line}"))?;
    let mut bars: Vec<Bar> = Vec::new();
    let mut lines: Vec<u64> = Vec::new();
    if !columns.has_titles() {
        bars.push(columns.bar(first).with_context(|| format!("line {line}"))?);
        lines.push(line);
    }
    while let Some((line, row)) = rows.next_row()? {
        let bar = columns.bar(row).with_context(|| format!("line {line}"))?;
        if let Some(last) = bars.last() {
            let (time, before) = (bar.timestamp, last.timestamp);
            let column = columns.name(TIME);
            ensure!(
                time != before,
                "line {line}: column {column}: {time} is there twice"
            );
            ensure!(
                time > before,
                "line {line}: column {column}: {time} does not come after {before}: sort the rows by time"
            );
        }
        bars.push(bar);
        lines.push(line);
    }
    ensure!(
        !bars.is_empty(),
        "line 2: there is no price below the header"
    );
    let bar_seconds = usual_distance(&bars);
    check_distances(&bars, &lines, bar_seconds, allow_gaps, &columns.name(TIME))?;
    check_range(&bars, &lines)?;
    Ok((bars, bar_seconds))
}

/// The most frequent distance, the shorter one of two that are as frequent.
fn usual_distance(bars: &[Bar]) -> i64 {
    let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
    for pair in bars.windows(2) {
        *counts
            .entry(pair[1].timestamp - pair[0].timestamp)
            .or_default() += 1;
    }
    let most = counts.values().max().copied().unwrap_or(0);
    let usual = counts.into_iter().find(|(_, count)| *count == most);
    usual.map_or(LONE_BAR_SECONDS, |(distance, _)| distance)
}

fn check_distances(
    bars: &[Bar],
    lines: &[u64],
    usual: i64,
    allow_gaps: bool,
    column: &str,
) -> Result<()> {
    for (pair, line) in bars.windows(2).zip(&lines[1..]) {
        let distance = pair[1].timestamp - pair[0].timestamp;
        ensure!(
            distance <= MOST_SECONDS,
            "line {line}: column {column}: {distance} seconds after the bar before: at most a month lies between two"
        );
        ensure!(
            distance <= usual || allow_gaps,
            "line {line}: column {column}: {distance} seconds after the bar before, where bars last {usual}: \
             fill the gap, or pass --allow-gaps to hold the last price"
        );
        ensure!(
            distance >= usual,
            "line {line}: column {column}: {distance} seconds after the bar before, where bars last {usual}"
        );
    }
    Ok(())
}

/// Refuses prices in two units, or garbage between them.
fn check_range(bars: &[Bar], lines: &[u64]) -> Result<()> {
    let rows = || bars.iter().zip(lines);
    let lowest = rows().min_by_key(|(bar, _)| bar.low.min(bar.open));
    let highest = rows().max_by_key(|(bar, _)| bar.high.max(bar.open));
    if let (Some((low, of_low)), Some((high, of_high))) = (lowest, highest) {
        let (low, high) = (low.low.min(low.open), high.high.max(high.open));
        ensure!(
            high / MOST_TIMES <= low,
            "line {of_high}: a price more than ten million times that of line {of_low}: no asset moves so far"
        );
    }
    Ok(())
}

#[cfg(test)]
#[path = "csv_tests.rs"]
mod tests;
