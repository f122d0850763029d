//! Coverage-guided fuzzing with LLVM's libFuzzer, on the stable compiler.
//!
//! The passes that libFuzzer listens to are in every rustc; only the sanitizers need an unstable one, and safe code has
//! little for them to find. Flags go to the target only, so a `--target` is named: build scripts and macros stay as they are.

use std::fs;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use clap::Args;

use crate::process;
use crate::tasks::exit_code;
use crate::workspace::{cargo, Workspace};

const PACKAGE: &str = "fuzz";

/// What `cargo fuzz` passes too, without a sanitizer.
const INSTRUMENTATION: [&str; 5] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// Longest input; longer ones only repeat what these can say.
const MAX_LEN: u32 = 2_048;

#[derive(Args)]
pub struct Arguments {
    /// plan: valuation, tiers, netting and plans; instructions: every instruction with its accounts
    target: String,
    /// How many inputs to try; without end where neither this nor --seconds is given
    #[arg(long)]
    runs: Option<u64>,
    /// How long to try
    #[arg(long)]
    seconds: Option<u64>,
    /// Further options of libFuzzer, or inputs to try again
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    options: Vec<String>,
}

/// Builds targets, which `selection` names for cargo.
pub fn build(workspace: &Workspace, selection: &[&str]) -> Result<Command> {
    let mut command = cargo();
    command
        .args(["build", "--release", "--locked", "--target", &host()?])
        .args(selection)
        .arg("--manifest-path")
        .arg(workspace.root.join(PACKAGE).join("Cargo.toml"))
        .env("CARGO_TARGET_DIR", workspace.target.join(PACKAGE))
        .env("CARGO_ENCODED_RUSTFLAGS", INSTRUMENTATION.join("\u{1f}"));
    Ok(command)
}

/// Builds the target and runs it. What it learns is kept in the target folder; an input that fails is written there too.
pub fn fuzz(workspace: &Workspace, arguments: &Arguments) -> Result<ExitCode> {
    let folder = workspace.target.join(PACKAGE);
    process::run(&mut build(workspace, &["--bin", &arguments.target])?)?;
    let corpus = folder.join("corpus").join(&arguments.target);
    let failures = folder.join("failures").join(&arguments.target);
    for folder in [&corpus, &failures] {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
    }
    let mut target = Command::new(folder.join(host()?).join("release").join(&arguments.target));
    // Programs log to stdout, which nobody reads.
    target
        .args(["-close_fd_mask=1", "-print_final_stats=1"])
        .arg(format!("-max_len={MAX_LEN}"))
        .arg(format!("-artifact_prefix={}/", failures.display()));
    if let Some(runs) = arguments.runs {
        target.arg(format!("-runs={runs}"));
    }
    if let Some(seconds) = arguments.seconds {
        target.arg(format!("-max_total_time={seconds}"));
    }
    target.args(&arguments.options);
    // Inputs to try again take the place of the corpus.
    if arguments
        .options
        .iter()
        .all(|option| option.starts_with('-'))
    {
        target.arg(&corpus);
    }
    let status = target
        .status()
        .with_context(|| format!("cannot start the fuzz target {}", arguments.target))?;
    Ok(exit_code(status))
}

/// The machine's own target triple.
fn host() -> Result<String> {
    let version = process::quiet(Command::new("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("`rustc -vV` names no host")?.to_owned())
}
