//! Child processes whose failure is an error of one line that says what was run.

use std::fs;
use std::io::stderr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{bail, Context, Result};

use crate::cache;

/// Runs to the end. The child's output goes to stderr: stdout belongs to the results of a task.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command
        .stdout(Stdio::from(stderr()))
        .status()
        .with_context(|| format!("cannot start {}", name(command)))?;
    if !status.success() {
        bail!("{} failed ({status})", name(command));
    }
    Ok(())
}

/// Runs to the end and returns what the child printed; its stderr is shown as it comes.
pub fn stdout(command: &mut Command) -> Result<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start {}", name(command)))?;
    if !output.status.success() {
        bail!("{} failed ({})", name(command), output.status);
    }
    text(command, output)
}

/// Runs to the end in silence and returns what the child printed. A failure quotes the line that says most, and names the
/// file with all the others.
pub fn quiet(command: &mut Command) -> Result<String> {
    quiet_with_log_in(command, || Ok(cache::root()?.join("failed")))
}

fn quiet_with_log_in(
    command: &mut Command,
    folder: impl FnOnce() -> Result<PathBuf>,
) -> Result<String> {
    let output = command
        .output()
        .with_context(|| format!("cannot start {}", name(command)))?;
    if output.status.success() {
        return text(command, output);
    }
    let said = [&output.stderr, &output.stdout].map(|said| String::from_utf8_lossy(said));
    let said = format!("{}{}", said[1], said[0]);
    let (name, status) = (name(command), output.status);
    let Some(line) = telling_line(&said) else {
        bail!("{name} failed ({status})");
    };
    match folder().and_then(|folder| keep(command, &said, &folder)) {
        Ok(log) => bail!(
            "{name} failed ({status}): {line} (all of it: {})",
            log.display()
        ),
        // The first failure is the one to be told.
        Err(_) => bail!("{name} failed ({status}): {line}"),
    }
}

/// The last line that speaks of an error, or the last one at all: what comes before explains it.
fn telling_line(said: &str) -> Option<&str> {
    let lines = || said.lines().map(str::trim).filter(|line| !line.is_empty());
    let is_error = |line: &&str| line.to_lowercase().contains("error") || line.starts_with("E: ");
    lines().rfind(is_error).or_else(|| lines().next_back())
}

/// Writes what a command said to a file that is named after it; the last failure of each command is kept.
fn keep(command: &Command, said: &str, folder: &Path) -> Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let words = [Some(command.get_program()), command.get_args().next()];
    let words = words.into_iter().flatten().map(|word| {
        let last = Path::new(word).file_name().unwrap_or(word);
        last.to_string_lossy().into_owned()
    });
    let log = folder.join(format!("{}.log", words.collect::<Vec<_>>().join(" ")));
    cache::write(&log, format!("{command:?}\n\n{said}"))?;
    Ok(log)
}

fn text(command: &Command, output: Output) -> Result<String> {
    String::from_utf8(output.stdout)
        .with_context(|| format!("{} printed something that is not text", name(command)))
}

/// The program and its first argument, which for cargo, apt-get and the LLVM loader says enough.
fn name(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    match command.get_args().next() {
        Some(first) => format!("`{program} {}`", first.to_string_lossy()),
        None => format!("`{program}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_failure_is_one_line_and_everything_said_is_in_the_file_that_it_names() {
        let folder = std::env::temp_dir().join(format!("xtask-{}-failed", std::process::id()));
        let script =
            "echo begun; echo 'E: no such mirror' >&2; echo >&2; echo try again >&2; exit 7";
        let error = quiet_with_log_in(&mut sh(script), || Ok(folder.clone())).unwrap_err();
        let log = folder.join("sh -c.log");
        assert_eq!(
            format!("{error:#}"),
            format!(
                "`/bin/sh -c` failed (exit status: 7): E: no such mirror (all of it: {})",
                log.display()
            )
        );
        let kept = fs::read_to_string(&log).unwrap();
        assert!(kept.contains(script), "{kept}");
        assert!(
            kept.ends_with("\n\nbegun\nE: no such mirror\n\ntry again\n"),
            "{kept}"
        );
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_failure_whose_output_cannot_be_kept_is_told_all_the_same() {
        let error = quiet_with_log_in(&mut sh("echo one; echo two; exit 1"), || bail!("no cache"));
        assert_eq!(
            format!("{:#}", error.unwrap_err()),
            "`/bin/sh -c` failed (exit status: 1): two"
        );
    }

    #[test]
    fn a_program_that_is_missing_is_named() {
        let error = quiet(&mut Command::new("/nowhere/llc")).unwrap_err();
        let error = format!("{error:#}");
        assert!(
            error.starts_with("cannot start `/nowhere/llc`: "),
            "{error}"
        );
        assert_eq!(error.lines().count(), 1);
    }
}
