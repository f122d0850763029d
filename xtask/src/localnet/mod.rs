//! `cargo xtask localnet`: a chain to try things out on, with the test oracle in place.
//!
//! A real validator where there is one, or where it is asked for; otherwise the embedded chain of `app/localnet`, which
//! starts at once and needs no network.

mod command;
mod embedded;
mod validator;

use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{bail, Context, Result};
use clap::Args;

use crate::cache::Cache;
use crate::sbf::{self, Build};
use crate::tasks::PROGRAM;
use crate::workspace::Workspace;
use command::{Levee, Programs};

pub use embedded::{build as embedded, build_tests, tests};

/// Where tests find the embedded chain's binary.
pub const VARIABLE: &str = "LEVEE_LOCALNET";

/// Where they find a validator, which they take instead.
pub const VALIDATOR_VARIABLE: &str = "LEVEE_VALIDATOR";

/// The test oracle's package.
pub const ORACLE: &str = "levee-test-oracle";

#[derive(Args)]
pub struct Arguments {
    /// Use a real validator: solana-test-validator of the PATH, or one that is built once, which takes twenty minutes and more
    #[arg(long, conflicts_with = "embedded")]
    validator: bool,
    /// Use the embedded chain although there is a validator
    #[arg(long)]
    embedded: bool,
    /// Have the Levee program on the chain from the beginning, instead of deploying it
    #[arg(long)]
    with_levee: bool,
    /// Build what is needed, print the path of the chain's program, and start nothing
    #[arg(long)]
    build_only: bool,
    /// Further options of the chain: --help after -- lists them
    #[arg(last = true)]
    options: Vec<String>,
}

/// Builds what is needed and becomes the chain: signals and exit code are the chain's own from there.
pub fn run(workspace: &Workspace, arguments: &Arguments) -> Result<ExitCode> {
    let chain = chain(workspace, arguments)?;
    if arguments.build_only {
        println!("{}", chain.path().display());
        return Ok(ExitCode::SUCCESS);
    }
    let programs = programs(workspace, arguments.with_levee)?;
    let mut command = match &chain {
        Chain::Validator(binary) => {
            let ledger = workspace.target.join("localnet-ledger");
            command::validator(binary, &ledger, &programs)
        }
        Chain::Embedded(binary) => command::embedded(binary, &programs),
    };
    command.args(&arguments.options);
    let error = command.exec();
    bail!("cannot start {}: {error}", chain.path().display());
}

/// The embedded chain with the test oracle and Levee, built and ready to be started.
pub fn embedded_with_levee(workspace: &Workspace) -> Result<Command> {
    let binary = embedded::build(workspace)?;
    let programs = programs(workspace, true)?;
    Ok(command::embedded(&binary, &programs))
}

fn programs(workspace: &Workspace, with_levee: bool) -> Result<Programs> {
    let oracle = sbf::build(workspace, &Build::plain(ORACLE))?;
    let levee = match with_levee {
        true => Some(Levee {
            address: levee_address(workspace)?,
            file: sbf::build(workspace, &Build::plain(PROGRAM))?,
        }),
        false => None,
    };
    Ok(Programs { oracle, levee })
}

enum Chain {
    Validator(PathBuf),
    Embedded(PathBuf),
}

impl Chain {
    fn path(&self) -> &PathBuf {
        match self {
            Self::Validator(path) | Self::Embedded(path) => path,
        }
    }
}

fn chain(workspace: &Workspace, arguments: &Arguments) -> Result<Chain> {
    if arguments.embedded {
        return Ok(Chain::Embedded(embedded::build(workspace)?));
    }
    if arguments.validator {
        return Ok(Chain::Validator(real(workspace)?));
    }
    if let Some(path) = found(workspace, &Cache::open()?) {
        return Ok(Chain::Validator(path));
    }
    Ok(Chain::Embedded(embedded::build(workspace)?))
}

/// The validator of the PATH or of the cache, where it is built if there is none.
pub fn real(workspace: &Workspace) -> Result<PathBuf> {
    // Not held while the chain runs.
    let cache = Cache::open()?;
    match found(workspace, &cache) {
        Some(path) => Ok(path),
        None => validator::build(workspace, &cache),
    }
}

fn found(workspace: &Workspace, cache: &Cache) -> Option<PathBuf> {
    let installed = workspace.machine.find(validator::PROGRAM);
    installed.or_else(|| validator::built(cache))
}

/// The address in Anchor.toml.
fn levee_address(workspace: &Workspace) -> Result<String> {
    let file = workspace.root.join("Anchor.toml");
    let text = std::fs::read_to_string(&file)
        .with_context(|| format!("cannot read {}", file.display()))?;
    address_in(&text).context("Anchor.toml names no address of levee on localnet")
}

fn address_in(anchor_toml: &str) -> Option<String> {
    let (_, section) = anchor_toml.split_once("[programs.localnet]")?;
    let line = section
        .lines()
        .find(|line| line.trim_start().starts_with(PROGRAM))?;
    let (_, value) = line.split_once('=')?;
    Some(value.trim().trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levees_address_is_read_from_the_section_of_localnet() {
        let text = include_str!("../../../Anchor.toml");
        assert_eq!(
            address_in(text).as_deref(),
            Some("7FioTR6GrVzsZMHqRZSNeQ7aJkvpLT3hSoqDwEH9YmVs")
        );
        assert_eq!(address_in("[programs.devnet]\nlevee = \"a\""), None);
    }
}
