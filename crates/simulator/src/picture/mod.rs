//! Pictures of a replay: price and liquidations over time, the depth of the cascade, and what borrowers lost, per engine.
//!
//! Drawn once as SVG. A PNG is rendered from that, with a font that comes as a library, so that neither needs anything of
//! the system.

mod charts;
mod losses;
mod png;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{anyhow, ensure, Context, Result};

use crate::prices::PricePath;
use crate::run::Outcome;

/// Refuses a name that is no picture's, or a folder that is not there.
///
/// # Errors
/// One line.
pub fn check(file: &Path) -> Result<()> {
    let ending = file.extension().and_then(|ending| ending.to_str());
    ensure!(
        matches!(ending, Some("svg" | "png")),
        "--picture {}: give it a name that ends in .svg or .png",
        file.display()
    );
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder {
        ensure!(
            folder.is_dir(),
            "--picture {}: there is no folder {}",
            file.display(),
            folder.display()
        );
    }
    Ok(())
}

/// Draws one path's runs and writes the picture to `file`; where there are `many` paths, to one named after the path too.
/// Returns its name.
///
/// # Errors
/// Where it cannot be drawn or written; an older picture is still there then.
pub fn draw(file: &Path, path: &PricePath, runs: &[Outcome], many: bool) -> Result<PathBuf> {
    let file = if many {
        named(file, &path.name)
    } else {
        file.into()
    };
    let mut svg = String::new();
    charts::paint(&mut svg, path, runs).map_err(|error| anyhow!("the picture: {error}"))?;
    let is_png = file.extension().is_some_and(|ending| ending == "png");
    let bytes = if is_png {
        png::render(&svg)?
    } else {
        svg.into_bytes()
    };
    let partial = file.with_extension(format!("{}.partial", std::process::id()));
    let write = || {
        fs::write(&partial, bytes)?;
        fs::rename(&partial, &file)
    };
    write().with_context(|| format!("cannot write {}", file.display()))?;
    Ok(file)
}

/// `file` with the path's name before its ending.
fn named(file: &Path, path: &str) -> PathBuf {
    let plain = |letter: char| {
        if letter.is_alphanumeric() || letter == '-' {
            letter
        } else {
            '_'
        }
    };
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let ending = file.extension().unwrap_or_default().to_string_lossy();
    let path: String = path.chars().map(plain).collect();
    file.with_file_name(format!("{stem}-{path}.{ending}"))
}
