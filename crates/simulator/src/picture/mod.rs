//! Pictures.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::prices::PricePath;
use crate::run::Outcome;

/// Refuses a name that is no picture's.
///
/// # Errors
/// One line.
pub fn check(_file: &Path) -> Result<()> {
    Ok(())
}

/// Draws.
///
/// # Errors
/// Where nothing can be written.
pub fn draw(_file: &Path, _path: &PricePath, _outcomes: &[Outcome], _many: bool) -> Result<Vec<PathBuf>> {
    Ok(Vec::new())
}
