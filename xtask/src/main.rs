//! `cargo xtask`: builds the programs for Solana, tests, measures and demonstrates them.

mod cache;
mod fuzz;
mod lint;
mod localnet;
mod machine;
mod packages;
mod process;
mod sbf;
mod tasks;
mod typescript;
mod verify;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use machine::Machine;
use workspace::Workspace;

#[derive(Parser)]
#[command(about = "Builds, tests, measures and demonstrates Levee")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Install the packages of Debian that the other tasks need; they do it themselves too
    Install,
    /// Compile a program of the workspace to Solana bytecode, into the target folder's deploy/
    BuildSbf {
        #[arg(long, default_value = "levee")]
        package: String,
        /// Features of the package, separated by commas; the file's name says them
        #[arg(long, value_delimiter = ',')]
        features: Vec<String>,
    },
    /// Build the program, put it on a cluster, and make a market from a file; --help after -- lists the options
    Deploy {
        /// Build Levee so that it believes the test oracle's address on devnet, and put that there too
        #[arg(long)]
        test_feeds: bool,
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Start a local chain with the test oracle
    Localnet(localnet::Arguments),
    /// Lint all code with clippy; warnings are errors
    Lint,
    /// Build every program, then run all tests of the workspace
    Test {
        /// Run those that need JSON-RPC, and only them, on a real validator, which is built once
        #[arg(long)]
        validator: bool,
    },
    /// Build the program, then replay a price crash on an embedded chain
    Demo {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Build the program, then measure what its instructions cost
    Bench {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Measure the candidates for the fixed-point representation
    BenchFixedPoint {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Write idl/levee.json, the program's interface, from its source; --check fails where it is stale
    Idl {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Measure the index of obligations, optimized
    BenchIndex {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Generate the TypeScript client, test it, and walk through a market with it on the embedded chain
    Typescript,
    /// Fuzz a target, guided by coverage
    Fuzz(fuzz::Arguments),
}

fn main() -> ExitCode {
    match run(Arguments::parse().task) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<ExitCode> {
    let machine = Machine::this()?;
    packages::install(&machine)?;
    if matches!(task, Task::Fuzz(_) | Task::Lint) {
        packages::install_for_fuzzing(&machine)?;
    }
    let workspace = Workspace::locate(machine)?;
    match task {
        Task::Install => Ok(ExitCode::SUCCESS),
        Task::BuildSbf { package, features } => {
            let (package, features) = (&package, &features);
            sbf::build(&workspace, &sbf::Build { package, features })?;
            Ok(ExitCode::SUCCESS)
        }
        Task::Deploy {
            test_feeds,
            arguments,
        } => tasks::deploy(&workspace, test_feeds, &arguments),
        Task::Localnet(arguments) => localnet::run(&workspace, &arguments),
        Task::Lint => lint::run(&workspace),
        Task::Test { validator: false } => tasks::test(&workspace),
        Task::Test { validator: true } => tasks::test_on_validator(&workspace),
        Task::Demo { arguments } => tasks::demo(&workspace, &arguments),
        Task::Bench { arguments } => tasks::bench(&workspace, &arguments),
        Task::BenchFixedPoint { arguments } => tasks::bench_fixed_point(&workspace, &arguments),
        Task::Idl { arguments } => tasks::idl(&workspace, &arguments),
        Task::BenchIndex { arguments } => tasks::bench_index(&workspace, &arguments),
        Task::Typescript => typescript::run(&workspace),
        Task::Fuzz(arguments) => fuzz::fuzz(&workspace, &arguments),
    }
}
