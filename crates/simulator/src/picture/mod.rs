//! Pictures of a replay: price and liquidations over time, the depth of the cascade, and what borrowers lost, per engine. And
//! what all pictures go through on their way to a file.
//!
//! Drawn once as SVG. A PNG is rendered from that, with a font that comes as a library, so that neither needs anything of
//! the system.

mod charts;
mod losses;
mod png;
pub(crate) mod style;

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
    ensure!(
        matches!(ending(file), Some("svg" | "png")),
        "--picture {}: give it a name that ends in .svg or .png",
        file.display()
    );
    ensure!(
        !file.is_dir(),
        "--picture {}: this is a folder, give it the name of a file",
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
    save(&file, svg)?;
    Ok(file)
}

/// Writes `svg` to `file`, as pixels where its name ends in .png, and puts it in place once it is complete.
///
/// # Errors
/// Where it cannot be rendered or written; an older picture is still there then, and nothing else is left behind.
pub(crate) fn save(file: &Path, svg: String) -> Result<()> {
    let bytes = match ending(file) {
        Some("png") => png::render(&svg)?,
        _ => svg.into_bytes(),
    };
    let partial = file.with_extension(format!("{}.partial", std::process::id()));
    let written = fs::write(&partial, bytes).and_then(|()| fs::rename(&partial, file));
    if written.is_err() {
        let _ = fs::remove_file(&partial);
    }
    written.with_context(|| format!("cannot write {}", file.display()))
}

fn ending(file: &Path) -> Option<&str> {
    file.extension().and_then(|ending| ending.to_str())
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
