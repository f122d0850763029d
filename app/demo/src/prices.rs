//! The price path: bars from a file or the built-in crash, and the points at which they are walked.

use std::fs;
use std::path::Path;

use anyhow::{anyhow, bail, ensure, Context, Result};
use csv::{ReaderBuilder, StringRecord, Trim};

/// What fits the oracle's integers with four digits or more.
const PRICE_RANGE: (f64, f64) = (0.000_001, 100_000_000.0);
/// The last second of the year 9999: a number beyond it counts milliseconds.
const LAST_TIMESTAMP: i64 = 253_402_300_799;
/// Length of the bar where there is only one.
const LONE_BAR_SECONDS: i64 = 60;
/// Open, two extremes, close.
pub const POINTS_PER_BAR: usize = 4;

const COLUMNS: [&str; 5] = ["unix_timestamp", "open", "high", "low", "close"];

/// The price over a short time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar {
    /// Unix time at the open.
    pub timestamp: i64,
    pub open: f64,
    pub high: f64,
    pub low: f64,
    pub close: f64,
}

impl Bar {
    /// Open, low, high, close where the bar rises; open, high, low, close where it falls: the shortest way through
    /// all four.
    pub fn points(&self) -> [f64; POINTS_PER_BAR] {
        if self.close >= self.open {
            [self.open, self.low, self.high, self.close]
        } else {
            [self.open, self.high, self.low, self.close]
        }
    }
}

/// Bars in the order of time, at least one.
#[derive(Clone, Debug, PartialEq)]
pub struct PricePath {
    pub name: String,
    pub bars: Vec<Bar>,
}

impl PricePath {
    /// The shortest distance between two bars. A gap in the data is a pause, not a longer bar.
    pub fn bar_seconds(&self) -> i64 {
        let distances = self.bars.windows(2);
        let distances = distances.map(|pair| pair[1].timestamp - pair[0].timestamp);
        distances.min().unwrap_or(LONE_BAR_SECONDS)
    }

    pub fn first(&self) -> &Bar {
        &self.bars[0]
    }

    /// SOL in the crash of 10 October 2025, minute by minute.
    ///
    /// Public are the figures: 207 before, 177 within the hour, a rebound of about half the fall. The shape between
    /// them is made: straight lines between the anchors, and a ripple of fixed sines instead of noise.
    pub fn october_2025() -> Self {
        const START: i64 = 1_760_129_400; // 20:50 UTC
        const ANCHORS: [(f64, f64); 12] = [
            (0.0, 207.0),
            (8.0, 205.5),
            (14.0, 199.0),
            (19.0, 201.0),
            (25.0, 190.0),
            (28.0, 192.5),
            (33.0, 183.0),
            (36.0, 186.0),
            (42.0, 177.0),
            (52.0, 185.0),
            (80.0, 188.5),
            (120.0, 191.0),
        ];
        let at = |minute: f64| {
            let after = ANCHORS.iter().position(|(m, _)| *m > minute);
            let after = after.unwrap_or(ANCHORS.len() - 1);
            let ((from, low), (to, high)) = (ANCHORS[after - 1], ANCHORS[after]);
            low + (high - low) * (minute - from) / (to - from)
        };
        // Nothing at the two ends of the range that was published.
        let ripple = |minute: f64| {
            let distance = (minute / 4.0).min((minute - 42.0).abs() / 4.0).min(1.0);
            distance * (0.45 * (minute * 1.7).sin() + 0.3 * (minute * 0.61).cos())
        };
        let cents = |price: f64| (price * 100.0).round() / 100.0;
        let bars = (0..120u32).map(|number| {
            let minute = f64::from(number);
            let open = at(minute) + ripple(minute);
            let close = at(minute + 1.0) + ripple(minute + 1.0);
            let wick = 0.1 + 0.15 * (minute * 2.3).sin().abs();
            Bar {
                timestamp: START + i64::from(number) * 60,
                open: cents(open),
                high: cents((open.max(close) + wick).min(207.0)),
                low: cents((open.min(close) - wick).max(177.0)),
                close: cents(close),
            }
        });
        Self {
            name: "SOL, 10 October 2025 (207 to 177 and a partial rebound)".into(),
            bars: bars.collect(),
        }
    }

    /// Reads `unix_timestamp,open,high,low,close`, in any order, further columns ignored.
    ///
    /// An open beyond high or low is taken as it is: feeds that build a bar from its trades open it at the last
    /// trade before.
    ///
    /// # Errors
    /// One line that names the file, the line and the column.
    pub fn read(file: &Path) -> Result<Self> {
        let bytes =
            fs::read(file).map_err(|error| anyhow!("cannot read {}: {error}", file.display()))?;
        let bars = parse(&bytes).with_context(|| file.display().to_string())?;
        // Files of different days are often told apart by their folders only.
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        let folder = file.parent().and_then(Path::file_name);
        let name = match folder {
            Some(folder) => format!("{}/{stem}", folder.to_string_lossy()),
            None => stem.into_owned(),
        };
        Ok(Self { name, bars })
    }
}

fn parse(bytes: &[u8]) -> Result<Vec<Bar>> {
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
    for record in reader.records() {
        let record = record.map_err(unreadable)?;
        let line = record.position().map_or(0, csv::Position::line);
        let bar = bar(&record, &columns).with_context(|| format!("line {line}"))?;
        if let Some(last) = bars.last() {
            ensure!(
                bar.timestamp > last.timestamp,
                "line {line}: column `unix_timestamp`: {} does not come after {}",
                bar.timestamp,
                last.timestamp
            );
        }
        bars.push(bar);
    }
    ensure!(
        !bars.is_empty(),
        "line 2: there is no price below the header"
    );
    Ok(bars)
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
    if bar.high < bar.low {
        bail!("column `high`: {} is below the low, {}", bar.high, bar.low);
    }
    if bar.close < bar.low || bar.close > bar.high {
        bail!(
            "column `close`: {} is not between the low, {}, and the high, {}",
            bar.close,
            bar.low,
            bar.high
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

fn parse_price(text: &str) -> Result<f64, String> {
    let (least, most) = PRICE_RANGE;
    match text.parse::<f64>() {
        Err(_) => Err(format!("{} is not a number", quoted(text))),
        Ok(price) if !price.is_finite() => Err(format!("{} is not a finite number", quoted(text))),
        Ok(price) if price <= 0.0 => Err(format!("{price} is not a positive price")),
        Ok(price) if price < least || price > most => {
            Err(format!("{price} is not between {least} and {most}"))
        }
        Ok(price) => Ok(price),
    }
}

/// Short and on one line, whatever the file holds.
fn quoted(text: &str) -> String {
    let start: String = text.chars().take(40).collect();
    let more = if start.len() < text.len() { "…" } else { "" };
    format!("`{}{more}`", start.escape_debug())
}

fn unreadable(error: csv::Error) -> anyhow::Error {
    let line = error.position().map_or(1, csv::Position::line);
    match error.kind() {
        csv::ErrorKind::Utf8 { .. } => anyhow!("line {line}: not UTF-8 text"),
        _ => anyhow!("line {line}: {error}"),
    }
}

#[cfg(test)]
#[path = "prices_tests.rs"]
mod tests;
