//! `levee simulate` on its own: `cargo run -p levee-simulator --example simulate -- --help`.

use std::process::ExitCode;

use clap::Parser;
use levee_simulator::{simulate, SimulateArguments};

#[derive(Parser)]
#[command(about = "Replays crashes on a book of obligations under several liquidation engines")]
struct Command {
    #[command(flatten)]
    arguments: SimulateArguments,
}

fn main() -> ExitCode {
    match simulate(Command::parse().arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
