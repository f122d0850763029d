//! The tasks that build the programs first and then run something on them.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, ExitCode, ExitStatus, Stdio};

use anyhow::{Context, Result};

use crate::localnet;
use crate::sbf::{self, Build};
use crate::workspace::{cargo, Workspace};

/// Where the tests find the programs, as in Solana's own tools.
const DEPLOY_VARIABLE: &str = "SBF_OUT_DIR";
pub const PROGRAM: &str = "levee";
/// The program's feature that lets it believe the test oracle on devnet.
const TEST_FEEDS: &str = "test-feeds";
const TEST_PROGRAMS: &str = "tests/programs";

/// Builds all programs, runs all tests, and ends with one line that sums them up.
/// Tests of what speaks JSON-RPC: the command line's, the deployment's and the liquidator's.
const ON_A_CHAIN: [&str; 3] = ["cli", "deploy", "chain"];

pub fn test(workspace: &Workspace) -> Result<ExitCode> {
    build_programs(workspace)?;
    let localnet = localnet::embedded(workspace)?;
    let everything = [of_localnet(workspace)?, of_workspace(workspace, &localnet)];
    sum_up(everything)
}

/// One test after the other: a validator is a machine's worth of work.
pub fn test_on_validator(workspace: &Workspace) -> Result<ExitCode> {
    build_programs(workspace)?;
    let validator = localnet::real(workspace)?;
    let mut command = on_programs(workspace);
    command
        .args(["test", "--locked", "--workspace", "--no-fail-fast"])
        .env(localnet::VALIDATOR_VARIABLE, validator);
    for name in ON_A_CHAIN {
        command.args(["--test", name]);
    }
    command.args(["--", "--test-threads", "1"]);
    sum_up([command])
}

fn build_programs(workspace: &Workspace) -> Result<()> {
    sbf::build(workspace, &Build::plain(PROGRAM))?;
    let features = [TEST_FEEDS.to_owned()];
    sbf::build(
        workspace,
        &Build {
            package: PROGRAM,
            features: &features,
        },
    )?;
    for package in workspace.packages_in(TEST_PROGRAMS) {
        sbf::build(workspace, &Build::plain(&package.name))?;
    }
    Ok(())
}

/// Runs all of these tests, and prints how many there were in all.
fn sum_up(commands: impl IntoIterator<Item = Command>) -> Result<ExitCode> {
    let mut sum = Summary::default();
    let mut succeeded = true;
    for mut tests in commands {
        succeeded &= run_tests(&mut tests, &mut sum)?;
    }
    let Summary {
        passed,
        failed,
        ignored,
    } = sum;
    println!("{passed} passed, {failed} failed, {ignored} skipped");
    Ok(if succeeded && failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn of_localnet(workspace: &Workspace) -> Result<Command> {
    let mut command = localnet::tests(workspace)?;
    command
        .arg("--no-fail-fast")
        .env(DEPLOY_VARIABLE, workspace.deploy());
    Ok(command)
}

fn of_workspace(workspace: &Workspace, localnet: &Path) -> Command {
    let mut command = on_programs(workspace);
    command
        .args(["test", "--locked", "--workspace", "--no-fail-fast"])
        .env(localnet::VARIABLE, localnet);
    command
}

/// Runs `cargo test`, shows what it prints, and adds its results to `sum`. Every test binary should run, also after one that
/// failed, so that the sum is of all of them.
fn run_tests(command: &mut Command, sum: &mut Summary) -> Result<bool> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start `cargo test`")?;
    let output = child.stdout.take().context("`cargo test` has no output")?;
    let failed_before = sum.failed;
    for line in BufReader::new(output).split(b'\n') {
        let line = line.context("cannot read the output of `cargo test`")?;
        let line = String::from_utf8_lossy(&line);
        writeln!(std::io::stdout(), "{line}").context("cannot print the output of `cargo test`")?;
        sum.add(&line);
    }
    let status = child.wait().context("`cargo test` was lost")?;
    if !status.success() && sum.failed == failed_before {
        eprintln!("error: `cargo test` failed ({status})");
    }
    Ok(status.success())
}

pub fn demo(workspace: &Workspace, arguments: &[String]) -> Result<ExitCode> {
    run(workspace, PROGRAM, "levee-demo", arguments)
}

pub fn bench(workspace: &Workspace, arguments: &[String]) -> Result<ExitCode> {
    run(workspace, PROGRAM, "bench", arguments)
}

pub fn bench_fixed_point(workspace: &Workspace, arguments: &[String]) -> Result<ExitCode> {
    run(
        workspace,
        "levee-bench-fixed-point",
        "bench_fixed_point",
        arguments,
    )
}

pub fn idl(workspace: &Workspace, arguments: &[String]) -> Result<ExitCode> {
    run_binary(workspace, "levee-idl", arguments)
}

/// Builds the program, then puts it on a cluster by `levee-deploy`, which has the options.
pub fn deploy(workspace: &Workspace, test_feeds: bool, arguments: &[String]) -> Result<ExitCode> {
    let features = match test_feeds {
        true => vec![TEST_FEEDS.to_owned()],
        false => Vec::new(),
    };
    let build = Build {
        package: PROGRAM,
        features: &features,
    };
    let mut command = on_programs(workspace);
    command
        .args(["run", "--quiet", "--locked", "--bin", "levee-deploy", "--"])
        .arg("--program")
        .arg(sbf::build(workspace, &build)?);
    if test_feeds {
        let oracle = sbf::build(workspace, &Build::plain(localnet::ORACLE))?;
        command.arg("--test-oracle").arg(oracle);
    }
    let status = command.args(arguments).status();
    Ok(exit_code(status.context("cannot start `cargo run`")?))
}

/// Times, unlike compute units, are worth nothing unless the code is optimized.
pub fn bench_index(workspace: &Workspace, arguments: &[String]) -> Result<ExitCode> {
    let status = cargo()
        .current_dir(&workspace.root)
        .args(["bench", "--quiet", "--locked", "--package", "levee-index"])
        .args(["--bench", "index", "--"])
        .args(arguments)
        .status()
        .context("cannot start `cargo bench`")?;
    Ok(exit_code(status))
}

/// Runs a binary of the workspace on a program.
fn run(
    workspace: &Workspace,
    program: &str,
    binary: &str,
    arguments: &[String],
) -> Result<ExitCode> {
    sbf::build(workspace, &Build::plain(program))?;
    run_binary(workspace, binary, arguments)
}

/// Runs a binary of the workspace. Only that binary writes to stdout.
fn run_binary(workspace: &Workspace, binary: &str, arguments: &[String]) -> Result<ExitCode> {
    // Without --package: what the tests compiled, with the features of the whole workspace, serves here too.
    let status = on_programs(workspace)
        .args(["run", "--quiet", "--locked", "--bin", binary, "--"])
        .args(arguments)
        .status()
        .context("cannot start `cargo run`")?;
    Ok(exit_code(status))
}

fn on_programs(workspace: &Workspace) -> Command {
    let mut command = cargo();
    command
        .env(DEPLOY_VARIABLE, workspace.deploy())
        .current_dir(&workspace.root);
    command
}

pub fn exit_code(status: ExitStatus) -> ExitCode {
    // Cargo's own failures and panics have a code of their own, a child that a signal ended has none: failures all.
    const OF_RUST: i32 = 101;
    let code = status.code().filter(|code| *code != OF_RUST);
    ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

#[derive(Debug, Default, PartialEq)]
struct Summary {
    passed: u64,
    failed: u64,
    ignored: u64,
}

impl Summary {
    /// Adds a line like `test result: ok. 3 passed; 0 failed; 1 ignored; ...`; other lines count nothing.
    fn add(&mut self, line: &str) {
        let Some((_, counts)) = line
            .strip_prefix("test result: ")
            .and_then(|result| result.split_once(". "))
        else {
            return;
        };
        for count in counts.split("; ") {
            let Some((number, what)) = count.split_once(' ') else {
                continue;
            };
            let Ok(number) = number.parse::<u64>() else {
                continue;
            };
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_adds_up_all_result_lines_and_nothing_else() {
        let mut sum = Summary::default();
        for line in [
            "running 4 tests",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "test a::b ... FAILED",
            "test result: FAILED. 10 passed; 2 failed; 0 ignored; 0 measured; 5 filtered out; finished in 1.00s",
            "7 passed; 7 failed",
        ] {
            sum.add(line);
        }
        assert_eq!(
            sum,
            Summary {
                passed: 13,
                failed: 2,
                ignored: 1
            }
        );
    }
}
