//! Results on standard output.

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

/// Prints `text` and the end of its line; whoever stopped reading has seen enough.
pub(crate) fn print(text: &str) -> Result<()> {
    levee_client::output::print(text).context("cannot print the result")?;
    Ok(())
}
