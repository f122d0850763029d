//! The command line of `levee-deploy`.

use std::path::PathBuf;

use clap::Parser;

/// Puts Levee on a cluster, and a market from a file on Levee. What is there already stays; a second run changes nothing.
#[derive(Parser, Debug)]
#[command(name = "levee-deploy", about)]
pub struct Options {
    /// localnet, devnet, testnet, mainnet-beta or a URL; the Solana CLI's by default
    #[arg(
        long,
        short = 'u',
        alias = "cluster",
        value_name = "CLUSTER",
        env = "LEVEE_URL",
        hide_env_values = true
    )]
    pub url: Option<String>,
    /// The key that pays, may upgrade the program and owns the market; the Solana CLI's by default
    #[arg(long, short, value_name = "FILE", env = "LEVEE_KEYPAIR")]
    pub keypair: Option<PathBuf>,
    /// Another configuration file of the Solana CLI
    #[arg(long, short = 'C', value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The program, as `cargo xtask build-sbf` made it
    #[arg(long, value_name = "FILE", default_value = "target/deploy/levee.so")]
    pub program: PathBuf,
    /// The key of the program's address, for the first deployment
    #[arg(
        long,
        value_name = "FILE",
        default_value = "migrations/localnet-program-keypair.json"
    )]
    pub program_keypair: PathBuf,
    /// Also put the test oracle at its address on devnet, from this file
    #[arg(long, value_name = "FILE")]
    pub test_oracle: Option<PathBuf>,
    /// A buffer's key of your own, to upload into
    #[arg(long, value_name = "FILE")]
    pub buffer: Option<PathBuf>,
    /// Room for later versions, in bytes, at the first deployment; the program's length by default
    #[arg(long, value_name = "BYTES")]
    pub max_len: Option<usize>,
    /// Let nobody upgrade the program any more. This cannot be undone
    #[arg(long = "final")]
    pub is_final: bool,
    /// Priority fee per compute unit, in millionths of a lamport
    #[arg(
        long,
        alias = "compute-unit-price",
        value_name = "MICRO_LAMPORTS",
        default_value_t = 0
    )]
    pub with_compute_unit_price: u64,
    /// The file of a market, which is made or changed until it is as the file says: migrations/localnet.toml is an example
    #[arg(long, value_name = "FILE")]
    pub market: Option<PathBuf>,
    /// Where to write the addresses, one file a cluster
    #[arg(long, value_name = "FOLDER", default_value = "migrations/state")]
    pub state: PathBuf,
    /// Ask the faucet for this many SOL first where the wallet has fewer; localnet and devnet only
    #[arg(long, value_name = "SOL")]
    pub airdrop: Option<u64>,
    /// Say what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Print the addresses as JSON at the end
    #[arg(long)]
    pub json: bool,
}
