//! The price path: bars from a file or the built-in crash, and the points at which they are walked.

use std::path::Path;

use anyhow::Result;
use levee_simulator::prices::{read_series, Bar, DOLLAR};

/// The token whose price it is.
const ASSET: &str = "SOL";
const CENTS: u64 = 100;

/// A price of a bar, in dollars: oracles here round it to their own units.
pub fn dollars(price: u64) -> f64 {
    price as f64 / DOLLAR as f64
}

/// Bars in the order of time, at least one.
#[derive(Clone, Debug, PartialEq)]
pub struct PricePath {
    pub name: String,
    pub bars: Vec<Bar>,
    /// How long each lasts. A gap in the data is a pause, not a longer bar.
    pub bar_seconds: i64,
}

impl PricePath {
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
        let to_cent = |price: f64| (price * CENTS as f64).round() as u64 * (DOLLAR / CENTS);
        let bars = (0..120u32).map(|number| {
            let minute = f64::from(number);
            let open = at(minute) + ripple(minute);
            let close = at(minute + 1.0) + ripple(minute + 1.0);
            let wick = 0.1 + 0.15 * (minute * 2.3).sin().abs();
            Bar {
                timestamp: START + i64::from(number) * 60,
                open: to_cent(open),
                high: to_cent((open.max(close) + wick).min(207.0)),
                low: to_cent((open.min(close) - wick).max(177.0)),
                close: to_cent(close),
            }
        });
        Self {
            name: "SOL, 10 October 2025 (207 to 177 and a partial rebound)".into(),
            bars: bars.collect(),
            bar_seconds: 60,
        }
    }

    /// Reads a file of bars as the crash laboratory does. A missing bar is a pause.
    ///
    /// # Errors
    /// One line that names the file, the line and the column.
    pub fn read(file: &Path) -> Result<Self> {
        let series = read_series(file, ASSET, true)?;
        // Files of different days are often told apart by their folders only.
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        let folder = file.parent().and_then(Path::file_name);
        let name = match folder {
            Some(folder) => format!("{}/{stem}", folder.to_string_lossy()),
            None => stem.into_owned(),
        };
        Ok(Self {
            name,
            bars: series.bars,
            bar_seconds: series.bar_seconds,
        })
    }
}

#[cfg(test)]
#[path = "prices_tests.rs"]
mod tests;
