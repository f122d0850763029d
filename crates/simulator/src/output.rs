//! Results on standard output.

use std::io::{self, Write};

use anyhow::{Context, Result};

/// For whom a result is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Tables for people.
    #[default]
    Tables,
    /// One JSON object for machines.
    Json,
}

/// Prints `text` and the end of its line.
pub(crate) fn print(text: &str) -> Result<()> {
    match writeln!(io::stdout(), "{text}") {
        // Whoever reads has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        printed => printed.context("cannot print the result"),
    }
}
