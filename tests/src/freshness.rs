//! Whether a committed measurement is what would be measured today.

use std::fs;
use std::path::Path;

use anyhow::{bail, Context, Result};

/// Numbers may differ by this much: another revision of the compiler is no news.
const TOLERANCE: f64 = 0.02;

/// Compares two reports line by line: words must be equal, numbers within 2 %.
///
/// # Errors
/// Names the first line that differs and `command`, which writes the report.
pub fn compare(committed: &str, fresh: &str, command: &str) -> Result<()> {
    let mut lines = (committed.lines(), fresh.lines());
    loop {
        match (lines.0.next(), lines.1.next()) {
            (None, None) => return Ok(()),
            (Some(old), Some(new)) if alike(old, new) => {}
            (old, new) => bail!(
                "committed: {}\nmeasured:  {}\nfind out why, then run `{command}`",
                old.unwrap_or("(nothing)"),
                new.unwrap_or("(nothing)")
            ),
        }
    }
}

/// Writes a report whole: whoever looks sees the old one or the new one.
///
/// # Errors
/// Where the file, or another in its folder, cannot be written.
pub fn write(path: &Path, report: &str) -> Result<()> {
    let partial = path.with_added_extension("partial");
    fs::write(&partial, report)
        .and_then(|()| fs::rename(&partial, path))
        .inspect_err(|_| drop(fs::remove_file(&partial)))
        .with_context(|| format!("cannot write {}", path.display()))
}

fn alike(old: &str, new: &str) -> bool {
    let words = |line: &str| -> Vec<String> {
        line.split(|c: char| c.is_whitespace() || "()|".contains(c))
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let (old, new) = (words(old), words(new));
    old.len() == new.len() && old.iter().zip(&new).all(|(a, b)| same(a, b))
}

fn same(old: &str, new: &str) -> bool {
    match (old.parse::<f64>(), new.parse::<f64>()) {
        (Ok(a), Ok(b)) => (a - b).abs() <= TOLERANCE * a.abs(),
        _ => old == new,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{compare, write};

    const REPORT: &str = "| deposit | 1+1 | 6000 |\n| (ours) | 110 (111) |\n";

    #[test]
    fn a_figure_within_two_percent_is_fresh() {
        assert!(compare(REPORT, &REPORT.replace("6000", "6120"), "x").is_ok());
        assert!(compare(REPORT, &REPORT.replace("6000", "5880"), "x").is_ok());
    }

    #[test]
    fn a_figure_beyond_two_percent_is_not() {
        let error = compare(REPORT, &REPORT.replace("6000", "6121"), "make it").unwrap_err();
        assert!(error.to_string().contains("make it"), "{error}");
        assert!(compare(REPORT, &REPORT.replace("(111)", "(120)"), "x").is_err());
    }

    #[test]
    fn another_word_or_a_missing_row_is_not() {
        assert!(compare(REPORT, &REPORT.replace("deposit", "repay"), "x").is_err());
        assert!(compare(REPORT, "| deposit | 1+1 | 6000 |\n", "x").is_err());
    }

    #[test]
    fn a_report_is_written_whole_or_leaves_nothing() {
        let folder = std::env::temp_dir().join(format!("levee-report-{}", std::process::id()));
        fs::create_dir_all(folder.join("taken")).unwrap();
        write(&folder.join("report.md"), REPORT).unwrap();
        let error = write(&folder.join("taken"), REPORT).unwrap_err();
        assert!(error.to_string().ends_with("/taken"), "{error}");
        let mut left: Vec<_> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        left.sort();
        assert_eq!(left, ["report.md", "taken"]);
        assert_eq!(
            fs::read_to_string(folder.join("report.md")).unwrap(),
            REPORT
        );
        fs::remove_dir_all(folder).unwrap();
    }
}
