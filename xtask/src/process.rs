//! Child processes whose failure is an error that says what was run.

use std::io::stderr;
use std::process::{Command, Output, Stdio};

use anyhow::{bail, Context, Result};

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
    text(command, output)
}

/// Runs to the end in silence and returns what the child printed; a failure quotes its stderr.
pub fn quiet(command: &mut Command) -> Result<String> {
    let output = command
        .output()
        .with_context(|| format!("cannot start {}", name(command)))?;
    text(command, output)
}

fn text(command: &Command, output: Output) -> Result<String> {
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.trim();
        let colon = if said.is_empty() { "" } else { ": " };
        bail!("{} failed ({}){colon}{said}", name(command), output.status);
    }
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
