//! Which files make a path: a file is one asset, a folder of files one crash, a folder of folders many.

use std::collections::{BTreeMap, HashSet};
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
/// files that are named directly together make one. A folder counts once, however many names and links lead to it.
///
/// # Errors
/// Where nothing is there.
pub fn find_paths(arguments: &[PathBuf]) -> Result<Vec<Vec<PathBuf>>> {
    let mut paths = Vec::new();
    let mut files = Vec::new();
    let mut taken = HashSet::new();
    for argument in arguments {
        if argument.is_dir() {
            let mut found = Vec::new();
            walk(argument, &mut HashSet::new(), &mut found)?;
            ensure!(
                !found.is_empty(),
                "{}: no CSV file is in there",
                argument.display()
            );
            let new = found
                .into_iter()
                .filter(|(folder, _)| taken.insert(folder.clone()));
            paths.extend(new.map(|(_, files)| files));
        } else {
            // A pipe has no name that says which asset it is of.
            ensure!(
                argument.is_file(),
                "cannot read {}: {}",
                argument.display(),
                match argument.exists() {
                    true => "prices are in files named after their assets, and in folders of them",
                    false => "no such file or folder",
                }
            );
            files.push(argument.clone());
        }
    }
    if !files.is_empty() {
        paths.push(files);
    }
    Ok(paths)
}

/// Adds to `found` what `folder` and the folders in it hold: each real folder with its tables, unless it was `seen`.
fn walk(
    folder: &Path,
    seen: &mut HashSet<PathBuf>,
    found: &mut Vec<(PathBuf, Vec<PathBuf>)>,
) -> Result<()> {
    let failed = |error| anyhow!("cannot read {}: {error}", folder.display());
    // Links may lead back to where they are.
    let real = fs::canonicalize(folder).map_err(failed)?;
    if !seen.insert(real.clone()) {
        return Ok(());
    }
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .map_err(failed)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<_>>()
        .map_err(failed)?;
    // The same order on every machine.
    entries.sort();
    let (folders, files): (Vec<_>, Vec<_>) = entries.into_iter().partition(|path| path.is_dir());
    // A pipe would be waited for; a link to nothing is named when it is read.
    let is_there = |file: &Path| file.is_file() || !file.exists();
    let files: Vec<_> = files
        .into_iter()
        .filter(|file| is_table(file) && is_there(file))
        .collect();
    if !files.is_empty() {
        found.push((real, files));
    }
    for folder in folders {
        walk(&folder, seen, found)?;
    }
    Ok(())
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

    #[cfg(unix)]
    #[test]
    fn a_folder_is_one_path_whatever_links_and_arguments_lead_to_it() {
        use std::os::unix::fs::symlink;

        let folder = tempfile::tempdir().unwrap();
        let all = folder.path().join("all");
        for name in ["first", "second"] {
            fs::create_dir_all(all.join(name)).unwrap();
            fs::write(all.join(name).join("SOL.csv"), "").unwrap();
            // Back up, and across.
            symlink(&all, all.join(name).join("up")).unwrap();
        }
        symlink(all.join("first"), all.join("second").join("other")).unwrap();
        let links = folder.path().join("links");
        fs::create_dir(&links).unwrap();
        symlink(&links, links.join("self")).unwrap();
        let first = vec![all.join("first").join("SOL.csv")];
        let second = vec![all.join("second").join("SOL.csv")];
        let both = vec![first.clone(), second.clone()];
        assert_eq!(find_paths(std::slice::from_ref(&all)).unwrap(), both);
        assert_eq!(find_paths(&[all.clone(), all.clone()]).unwrap(), both);
        assert_eq!(find_paths(&[all.join("first"), all]).unwrap().len(), 2);
        let error = find_paths(&[links]).unwrap_err().to_string();
        assert!(error.contains("no CSV file is in there"), "{error}");
    }

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
