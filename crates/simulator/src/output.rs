//! Results on standard output.

use std::io::{self, Write};

use anyhow::{Context, Result};
use comfy_table::{presets::UTF8_FULL_CONDENSED, CellAlignment, Table};

/// For whom a result is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Tables for people.
    #[default]
    Tables,
    /// One JSON object for machines.
    Json,
}

/// An empty table under `header`. Its first `names` columns are of words and begin at the left, the others are of numbers.
pub(crate) fn table(header: &[&str], names: usize) -> Table {
    let mut table = Table::new();
    table.load_preset(UTF8_FULL_CONDENSED).set_header(header);
    for column in table.column_iter_mut().skip(names) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// Prints `text` and the end of its line.
pub(crate) fn print(text: &str) -> Result<()> {
    match writeln!(io::stdout(), "{text}") {
        // Whoever reads has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        printed => printed.context("cannot print the result"),
    }
}
