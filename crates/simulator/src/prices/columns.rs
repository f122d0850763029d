//! Where a row of prices has what, by its titles or by the order that exchanges keep.

use anyhow::{anyhow, bail, ensure, Context, Result};
use csv::StringRecord;

use super::bars::Bar;
use super::price::parse_price;
use super::time::parse_time;
use crate::decimal::quoted;
use crate::text_file::{column, normal};

/// What a row has.
const FIELDS: usize = 5;
/// The field of the time.
pub(super) const TIME: usize = 0;
const OPEN: usize = 1;
const HIGH: usize = 2;
const LOW: usize = 3;
const CLOSE: usize = 4;
/// An index that was written without a title: it may be of times, from 2001 on, or a running number.
const UNTITLED: [&str; 2] = ["", "unnamed_0"];
const LEAST_UNTITLED: i64 = 1_000_000_000;
/// Titles of the columns that are read, the best of each first.
const TITLES: [&[&str]; FIELDS] = [
    &[
        "unix_timestamp",
        "timestamp",
        "unix_time",
        "unix",
        "open_time",
        "opentime",
        "open_timestamp",
        "time",
        "datetime",
        "date_time",
        "date",
        "start_time",
        "start",
        "time_period_start",
        "time_open",
        "timestamp_ms",
        "ts",
        "t",
        UNTITLED[0],
        UNTITLED[1],
    ],
    &["open", "o", "open_price", "price_open"],
    &["high", "h", "high_price", "price_high"],
    &["low", "l", "low_price", "price_low"],
    &["close", "c", "close_price", "price_close"],
];
/// Where the fields of a row are.
pub(super) struct Columns {
    places: [usize; FIELDS],
    /// As the file writes them; `None` where it has no line of titles.
    titles: Option<[String; FIELDS]>,
}

impl Columns {
    /// By the first row: titles, or values in the usual order.
    ///
    /// # Errors
    /// Where a column is missing, or is there twice.
    pub fn of(first: &StringRecord) -> Result<Self> {
        let titles: Vec<String> = first.iter().map(normal).collect();
        let mut places = [None; FIELDS];
        for (place, names) in places.iter_mut().zip(TITLES) {
            *place = column(&titles, names)?;
        }
        let begins_with_time = first.get(TIME).is_some_and(|cell| parse_time(cell).is_ok());
        if begins_with_time && places[OPEN..].iter().all(Option::is_none) {
            return Ok(Self {
                places: std::array::from_fn(|at| at),
                titles: None,
            });
        }
        let mut found = [0; FIELDS];
        for ((found, place), names) in found.iter_mut().zip(places).zip(TITLES) {
            *found = place.with_context(|| format!("column `{}` is missing", names[0]))?;
        }
        Ok(Self {
            titles: Some(found.map(|at| first[at].to_owned())),
            places: found,
        })
    }

    /// Whether the first row is one of titles.
    pub fn has_titles(&self) -> bool {
        self.titles.is_some()
    }

    /// For people.
    pub fn name(&self, field: usize) -> String {
        match &self.titles {
            Some(titles) if !titles[field].is_empty() => quoted(&titles[field]),
            _ => (self.places[field] + 1).to_string(),
        }
    }

    fn cell<'a>(&self, row: &'a StringRecord, field: usize) -> Result<&'a str> {
        let cell = row.get(self.places[field]);
        let cell = cell.filter(|cell| !cell.is_empty());
        cell.with_context(|| format!("column {} is missing", self.name(field)))
    }

    /// The bar of a row.
    ///
    /// # Errors
    /// Where it is none, with the column.
    pub fn bar(&self, row: &StringRecord) -> Result<Bar> {
        let said = |field: usize, why: String| anyhow!("column {}: {why}", self.name(field));
        let price =
            |field: usize| parse_price(self.cell(row, field)?).map_err(|why| said(field, why));
        let bar = Bar {
            timestamp: self.time(row)?,
            open: price(OPEN)?,
            high: price(HIGH)?,
            low: price(LOW)?,
            close: price(CLOSE)?,
        };
        let (high, low) = (self.cell(row, HIGH)?, self.cell(row, LOW)?);
        if bar.high < bar.low {
            bail!(said(HIGH, format!("{high} is below the low, {low}")));
        }
        if bar.close < bar.low || bar.close > bar.high {
            let close = self.cell(row, CLOSE)?;
            let why = format!("{close} is not between the low, {low}, and the high, {high}");
            bail!(said(CLOSE, why));
        }
        Ok(bar)
    }

    fn time(&self, row: &StringRecord) -> Result<i64> {
        let cell = self.cell(row, TIME)?;
        let time = parse_time(cell).map_err(|why| anyhow!("column {}: {why}", self.name(TIME)))?;
        let is_untitled = self
            .titles
            .as_ref()
            .is_some_and(|titles| UNTITLED.contains(&normal(&titles[TIME]).as_str()));
        ensure!(
            !is_untitled || time >= LEAST_UNTITLED,
            "column {}: {} is a running number, no time: give the column with the time the title unix_timestamp",
            self.places[TIME] + 1,
            quoted(cell)
        );
        Ok(time)
    }
}
