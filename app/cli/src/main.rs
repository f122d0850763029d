//! `levee`: markets, reserves, positions and liquidations from a terminal.

mod amounts;
mod commands;
mod context;
mod market_view;
mod output;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{bail, Result};
use clap::{Args, Parser, Subcommand};

use context::Context;
use levee_client::command_line::{arguments, exit_code};
use levee_simulator::heatmap::{heatmap, heatmap_of_market, HeatmapArguments};
use levee_simulator::liquidations::{liquidations, liquidations_offline, LiquidationsArguments};
use levee_simulator::Format;
use levee_simulator::{simulate, SimulateArguments};

#[derive(Parser)]
#[command(
    name = "levee",
    version,
    about = "Lending markets of Levee from a terminal"
)]
struct Arguments {
    #[command(flatten)]
    shared: Shared,
    #[command(subcommand)]
    command: Command,
}

/// What every command understands.
#[derive(Args, Clone)]
pub struct Shared {
    /// The cluster: localnet, devnet, testnet, mainnet-beta or a URL; as in the Solana CLI's configuration by default
    #[arg(long, short, global = true, env = "LEVEE_URL", hide_env_values = true)]
    pub url: Option<String>,
    /// The file of the key that signs and pays; as in the Solana CLI's configuration by default
    #[arg(long, short, global = true, env = "LEVEE_KEYPAIR", value_name = "FILE")]
    pub keypair: Option<PathBuf>,
    /// Another configuration file of the Solana CLI
    #[arg(long, short = 'C', global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The lending market; the one created last on this cluster by default
    #[arg(long, short, global = true, value_name = "ADDRESS")]
    pub market: Option<String>,
    /// Print JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// Simulate transactions instead of sending them; what acts otherwise is refused
    #[arg(long, global = true)]
    pub dry_run: bool,
    /// Priority fee per compute unit, in millionths of a lamport
    #[arg(
        long,
        global = true,
        value_name = "MICRO_LAMPORTS",
        default_value_t = 0
    )]
    pub with_compute_unit_price: u64,
}

#[derive(Subcommand)]
enum Command {
    /// Make a keypair file
    Keygen(commands::keys::Keygen),
    /// Ask a test cluster for SOL
    Airdrop(commands::keys::Airdrop),
    /// Test tokens
    #[command(subcommand)]
    Token(commands::token::Token),
    /// Test feeds
    #[command(subcommand)]
    Price(commands::price::Price),
    /// Lending markets
    #[command(subcommand)]
    Market(commands::market::Market),
    /// The tokens of a market
    #[command(subcommand)]
    Reserve(Box<commands::reserve::Reserve>),
    /// What you hold and owe
    #[command(subcommand)]
    Position(commands::position::Position),
    /// Liquidate an obligation as far as restores its health
    Liquidate(commands::liquidate::Liquidate),
    /// Write off what an obligation without collateral still owes
    Settle(commands::settle::Settle),
    /// A live table of the unhealthiest obligations
    Watch(commands::watch::Watch),
    /// Replay crashes on a book of obligations, under Levee and under the rules of its rivals
    Simulate(Box<SimulateArguments>),
    /// How much debt becomes liquidatable at each price, and which shock runs away
    Heatmap(HeatmapArguments),
    /// What was liquidated lately, open interest, utilization and rate skew
    Liquidations(LiquidationsArguments),
}

impl Command {
    /// Refuses what acts without a transaction that could be simulated.
    fn check_dry_run(&self) -> Result<()> {
        let name = match self {
            Self::Keygen(_) => "keygen",
            Self::Airdrop(_) => "airdrop",
            Self::Liquidations(of) if !of.offline => bail!(
                "`levee liquidations` writes its database: leave --dry-run out, or sum up what it knows with --offline"
            ),
            _ => return Ok(()),
        };
        bail!("`levee {name}` sends no transaction that could be simulated: leave --dry-run out")
    }
}

fn main() -> ExitCode {
    match arguments() {
        Ok(arguments) => exit_code(run(arguments)),
        Err(code) => code,
    }
}

fn run(Arguments { shared, command }: Arguments) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let format = match shared.json {
            true => Format::Json,
            false => Format::Tables,
        };
        if shared.dry_run {
            command.check_dry_run()?;
        }
        // What needs no cluster.
        let command = match command {
            Command::Keygen(keygen) => return keygen.run(&shared),
            Command::Simulate(of) => return simulate(*of),
            Command::Heatmap(of) if of.file.is_some() => return heatmap(&of, format, None),
            Command::Liquidations(of) if of.offline => {
                return liquidations_offline(&of, format, shared.market.as_deref())
            }
            other => other,
        };
        let context = Context::open(shared).await?;
        match command {
            Command::Keygen(_) | Command::Simulate(_) => Ok(()),
            Command::Airdrop(airdrop) => airdrop.run(&context).await,
            Command::Token(token) => token.run(&context).await,
            Command::Price(price) => price.run(&context).await,
            Command::Market(market) => market.run(&context).await,
            Command::Reserve(reserve) => reserve.run(&context).await,
            Command::Position(position) => position.run(&context).await,
            Command::Liquidate(liquidate) => liquidate.run(&context).await,
            Command::Settle(settle) => settle.run(&context).await,
            Command::Watch(watch) => watch.run(&context).await,
            Command::Heatmap(of) => {
                heatmap_of_market(&of, format, &context.connection, &context.market_key()?).await
            }
            Command::Liquidations(of) => {
                liquidations(&of, format, &context.connection, &context.market_key()?).await
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Arguments;

    #[test]
    fn no_command_has_two_options_of_one_name() {
        Arguments::command().debug_assert();
    }
}
