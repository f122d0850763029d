//! Bars from a CSV file: `unix_timestamp,open,high,low,close`, further columns ignored.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{anyhow, bail, ensure, Context, Result};
use csv::{ReaderBuilder, StringRecord, Trim};

use super::bars::{Bar, Series};
use super::decimal::{parse_price, quoted};

const COLUMNS: [&str; 5] = ["unix_timestamp", "open", "high", "low", "close"];
/// The last second of the year 9999: a number beyond it counts milliseconds.
const LAST_TIMESTAMP: i64 = 253_402_300_799;
/// Length of the bar where there is only one.
const LONE_BAR_SECONDS: i64 = 60;

/// Reads the bars of `asset` from `file`. A missing bar is refused unless `allow_gaps`: then the last price stays.
///
/// # Errors
/// One line that names the file, the line and the column.
pub fn read_series(file: &Path, asset: &str, allow_gaps: bool) -> Result<Series> {
    let bytes =
        fs::read(file).map_err(|error| anyhow!("cannot read {}: {error}", file.display()))?;
    let (bars, bar_seconds) =
        parse_bars(&bytes, allow_gaps).with_context(|| file.display().to_string())?;
    Ok(Series {
        asset: asset.into(),
        bars,
        bar_seconds,
    })
}

/// The bars of a file and their length in seconds, the most frequent distance between two.
///
/// An open beyond high or low is taken as it is: feeds that build a bar from its trades open it at the last
/// trade before.
///
/// # Errors
/// One line that names the line and the column.
pub fn parse_bars(bytes: &[u8], allow_gaps: bool) -> Result<(Vec<Bar>, i64)> {
    ensure!(!bytes.trim_ascii().is_empty(), "line 1: the file is empty");
    let mut reader = ReaderBuilder::new()
        .flexible(true)
        .trim(Trim::All)
        .from_reader(bytes);
    let header = reader.headers().map_err(unreadable)?.clone();
    let mut columns = [0; COLUMNS.len()];
    for (column, name) in columns.iter_mut().zip(COLUMNS) {
        *column = header
            .iter()
            .position(|title| title == name)
            .with_context(|| format!("line 1: column `{name}` is missing"))?;
    }
    let mut bars: Vec<Bar> = Vec::new();
    let mut lines: Vec<u64> = Vec::new();
    for record in reader.records() {
        let record = record.map_err(unreadable)?;
        let line = record.position().map_or(0, csv::Position::line);
        let bar = bar(&record, &columns).with_context(|| format!("line {line}"))?;
        if let Some(last) = bars.last() {
            let (time, before) = (bar.timestamp, last.timestamp);
            ensure!(
                time != before,
                "line {line}: column `unix_timestamp`: {time} is there twice"
            );
            ensure!(
                time > before,
                "line {line}: column `unix_timestamp`: {time} does not come after {before}"
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
    if !allow_gaps {
        check_distances(&bars, &lines, bar_seconds)?;
    }
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

fn check_distances(bars: &[Bar], lines: &[u64], usual: i64) -> Result<()> {
    for (pair, line) in bars.windows(2).zip(&lines[1..]) {
        let distance = pair[1].timestamp - pair[0].timestamp;
        ensure!(
            distance <= usual,
            "line {line}: column `unix_timestamp`: {distance} seconds after the bar before, where bars last {usual}: \
             fill the gap, or pass --allow-gaps to hold the last price"
        );
        ensure!(
            distance == usual,
            "line {line}: column `unix_timestamp`: {distance} seconds after the bar before, where bars last {usual}"
        );
    }
    Ok(())
}

fn bar(record: &StringRecord, columns: &[usize; COLUMNS.len()]) -> Result<Bar> {
    let field = |index: usize| {
        let value = record.get(columns[index]).filter(|value| !value.is_empty());
        value.with_context(|| format!("column `{}` is missing", COLUMNS[index]))
    };
    let price = |index: usize| {
        parse_price(field(index)?).map_err(|why| anyhow!("column `{}`: {why}", COLUMNS[index]))
    };
    let bar = Bar {
        timestamp: parse_timestamp(field(0)?)
            .map_err(|why| anyhow!("column `{}`: {why}", COLUMNS[0]))?,
        open: price(1)?,
        high: price(2)?,
        low: price(3)?,
        close: price(4)?,
    };
    let shown = |index: usize| record.get(columns[index]).unwrap_or_default();
    if bar.high < bar.low {
        bail!("column `high`: {} is below the low, {}", shown(2), shown(3));
    }
    if bar.close < bar.low || bar.close > bar.high {
        bail!(
            "column `close`: {} is not between the low, {}, and the high, {}",
            shown(4),
            shown(3),
            shown(2)
        );
    }
    Ok(bar)
}

fn parse_timestamp(text: &str) -> Result<i64, String> {
    match text.parse::<i64>() {
        Err(_) => Err(format!("{} is not a whole number of seconds", quoted(text))),
        Ok(seconds) if !(0..=LAST_TIMESTAMP).contains(&seconds) => Err(format!(
            "{seconds} is not a time in seconds between 1970 and 9999"
        )),
        Ok(seconds) => Ok(seconds),
    }
}

fn unreadable(error: csv::Error) -> anyhow::Error {
    let line = error.position().map_or(1, csv::Position::line);
    match error.kind() {
        csv::ErrorKind::Utf8 { .. } => anyhow!("line {line}: not UTF-8 text"),
        _ => anyhow!("line {line}: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "unix_timestamp,open,high,low,close,volume\n";

    fn parse(rows: &str) -> Result<(Vec<Bar>, i64)> {
        parse_bars(format!("{HEADER}{rows}").as_bytes(), false)
    }

    fn refusal(rows: &str) -> String {
        format!("{:#}", parse(rows).unwrap_err())
    }

    #[test]
    fn bars_are_read_exactly_and_their_length_is_found() {
        let (bars, seconds) = parse("0,1.5,2,1.25,1.75,9\n60,1.75,1.8,1.7,1.75,9\n").unwrap();
        assert_eq!(seconds, 60);
        assert_eq!(bars[0].low, 12_500_000_000);
        assert_eq!(bars[1].timestamp, 60);
    }

    #[test]
    fn every_bad_row_is_named_with_its_line_and_column() {
        for (rows, line, why) in [
            ("0,1,1,1,1\n60,1,1,1,1\n60,1,1,1,1\n", 4, "there twice"),
            ("60,1,1,1,1\n0,1,1,1,1\n", 3, "does not come after"),
            (
                "0,1,1,1,1\n60,1,1,1,1\n120,1,1,1,1\n240,1,1,1,1\n",
                5,
                "--allow-gaps",
            ),
            (
                "0,1,1,1,1\n60,1,1,1,1\n120,1,1,1,1\n150,1,1,1,1\n",
                5,
                "where bars last 60",
            ),
            ("0,1,1,-1,1\n", 2, "`low`: `-1` is not a positive price"),
            ("0,0,1,1,1\n", 2, "`open`: `0` is not a positive price"),
            ("0,1,1,2,1\n", 2, "`high`: 1 is below the low, 2"),
            ("0,1,2,1,3\n", 2, "`close`: 3 is not between"),
            ("0,1,1,1\n", 2, "`close` is missing"),
            ("x,1,1,1,1\n", 2, "not a whole number"),
            ("1700000000000,1,1,1,1\n", 2, "a time in seconds"),
        ] {
            let error = refusal(rows);
            assert!(error.starts_with(&format!("line {line}:")), "{error}");
            assert!(error.contains(why), "{error}");
            assert!(!error.contains('\n'), "{error}");
        }
        assert!(refusal("").contains("no price below the header"));
        let error = parse_bars(b"  \n", false).unwrap_err();
        assert_eq!(error.to_string(), "line 1: the file is empty");
        let error = parse_bars(b"unix_timestamp,open,high,low\n", false).unwrap_err();
        assert_eq!(error.to_string(), "line 1: column `close` is missing");
    }

    #[test]
    fn a_gap_that_is_allowed_holds_the_last_price() {
        let rows = format!("{HEADER}0,1,1,1,1\n60,1,1,1,1\n240,1,1,1,1\n300,1,1,1,1\n");
        let (bars, seconds) = parse_bars(rows.as_bytes(), true).unwrap();
        assert_eq!((bars.len(), seconds), (4, 60));
    }
}
