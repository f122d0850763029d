//! Printing: tables for people, JSON for machines.

use anyhow::{Context, Result};
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, Table};
use serde::Serialize;

/// What a command has to say.
pub trait Report: Serialize {
    /// For people.
    fn text(&self) -> String;
}

/// Prints a report.
///
/// # Errors
/// Where it is no JSON, or the output cannot be written.
pub fn print(report: &impl Report, json: bool) -> Result<()> {
    print_to_reader(report, json).map(drop)
}

/// Prints one report of many. Whether anybody still reads.
///
/// # Errors
/// As [`print`].
pub fn print_to_reader(report: &impl Report, json: bool) -> Result<bool> {
    let text = match json {
        true => serde_json::to_string_pretty(report)?,
        false => report.text(),
    };
    levee_client::output::print(text).context("cannot print the result")
}

/// A table whose first column is text and whose others are numbers.
pub fn table(header: &[&str], rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_preset(UTF8_FULL_CONDENSED).set_header(header);
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}

/// Lines of `name  value`, the values aligned.
pub fn list(entries: &[(&str, String)]) -> String {
    let width = entries
        .iter()
        .map(|(name, _)| name.len())
        .max()
        .unwrap_or(0);
    let lines: Vec<String> = entries
        .iter()
        .map(|(name, value)| format!("{name:width$}  {value}"))
        .collect();
    lines.join("\n")
}
