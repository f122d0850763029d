//! Which files make a path: a file is one asset, a folder of files one crash, a folder of folders many.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{anyhow, ensure, Result};

use super::csv_file::read_series;
use super::merge::merge;
use super::ticker::ticker;
use super::{PricePath, Series};

/// Endings of tables.
const ENDINGS: [&str; 4] = ["csv", "tsv", "csv.gz", "tsv.gz"];

/// The paths behind the arguments: each folder with CSV files is one path, a folder of such folders is many, and all
/// files that are named directly together make one.
///
/// # Errors
/// Where nothing is there.
pub fn find_paths(arguments: &[PathBuf]) -> Result<Vec<Vec<PathBuf>>> {
    let mut paths = Vec::new();
    let mut files = Vec::new();
    for argument in arguments {
        if argument.is_dir() {
            let found = walk(argument)?;
            ensure!(
                !found.is_empty(),
                "{}: no CSV file is in there",
                argument.display()
            );
            paths.extend(found);
        } else {
            ensure!(
                argument.is_file(),
                "cannot read {}: no such file or folder",
                argument.display()
            );
            files.push(argument.clone());
        }
    }
    if !files.is_empty() {
        paths.push(files);
    }
    Ok(paths)
}

fn walk(folder: &Path) -> Result<Vec<Vec<PathBuf>>> {
    let failed = |error| anyhow!("cannot read {}: {error}", folder.display());
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .map_err(failed)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<_>>()
        .map_err(failed)?;
    // The same order on every machine.
    entries.sort();
    let (folders, files): (Vec<_>, Vec<_>) = entries.into_iter().partition(|path| path.is_dir());
    let files: Vec<_> = files.into_iter().filter(|file| is_table(file)).collect();
    let mut found = Vec::new();
    if !files.is_empty() {
        found.push(files);
    }
    for folder in folders {
        found.extend(walk(&folder)?);
    }
    Ok(found)
}

/// By its name. Hidden files are what systems leave behind.
fn is_table(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let name = name.to_lowercase();
    let ends = |ending: &str| name.ends_with(&format!(".{ending}"));
    !name.starts_with('.') && ENDINGS.iter().any(|ending| ends(ending))
}

/// Reads the files of one path. Where two files have the same asset, the one with the shorter bars counts. Returns also
/// what was left out, for people.
///
/// # Errors
/// One line that names the file and the line.
pub fn read_path(files: &[PathBuf], allow_gaps: bool) -> Result<(PricePath, Vec<String>)> {
    let mut best: BTreeMap<String, (Series, PathBuf)> = BTreeMap::new();
    let mut notes = Vec::new();
    for file in files {
        let asset = ticker(&stem(file));
        let series = read_series(file, &asset, allow_gaps)?;
        let finer = |one: &Series, other: &Series| one.bar_seconds < other.bar_seconds;
        match best.get(&asset) {
            Some((known, of)) if !finer(&series, known) => {
                notes.push(format!(
                    "{} left out: {} has {asset} too",
                    file.display(),
                    of.display()
                ));
            }
            known => {
                if let Some((_, of)) = known {
                    notes.push(format!(
                        "{} left out: {} has {asset} in shorter bars",
                        of.display(),
                        file.display()
                    ));
                }
                best.insert(asset, (series, file.clone()));
            }
        }
    }
    let series = best.into_values().map(|(series, _)| series).collect();
    let (path, left) = merge(&name(files), series)?;
    for asset in left {
        notes.push(format!(
            "{}: {asset} left out: its file covers too little of the time; name it alone to replay it",
            path.name
        ));
    }
    Ok((path, notes))
}

/// A folder's name for its files, else the file's own.
fn name(files: &[PathBuf]) -> String {
    let Some(first) = files.first() else {
        return String::new();
    };
    // Files of different days are often told apart by their folders only.
    let folder = first.parent().and_then(Path::file_name);
    let folder = folder.map(|name| name.to_string_lossy().into_owned());
    match (folder, files.len()) {
        (Some(folder), 1) => format!("{folder}/{}", stem(first)),
        (Some(folder), _) => folder,
        (None, _) => stem(first),
    }
}

/// Its name without its endings.
fn stem(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let small = name.to_lowercase();
    let ending = ENDINGS.iter().rev().find_map(|ending| {
        let rest = small.strip_suffix(ending)?.strip_suffix('.')?;
        name.get(..rest.len())
    });
    match ending {
        Some(stem) if !stem.is_empty() => stem.to_owned(),
        _ => file
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_known_by_their_names_and_hidden_files_are_none() {
        for (name, is) in [
            ("SOLUSDT_1m.csv", true),
            ("SOL.CSV", true),
            ("sol.csv.gz", true),
            ("sol.tsv", true),
            ("._SOL.csv", false),
            ("INDEX.md", false),
            ("csv", false),
        ] {
            assert_eq!(is_table(Path::new(name)), is, "{name}");
        }
        assert_eq!(stem(Path::new("a/SOLUSDT_1m.csv.gz")), "SOLUSDT_1m");
        assert_eq!(stem(Path::new("SOL.CSV")), "SOL");
        assert_eq!(stem(Path::new("SOL.txt")), "SOL");
    }
}
