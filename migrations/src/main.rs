//! `levee-deploy`: the program, then its market.

mod options;
mod progress;

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{bail, ensure, Context, Result};
use levee_client::command_line::{arguments, exit_code};
use levee_client::output;
use levee_client::rpc::{read_keypair, Connection, Moniker, Settings};
use levee_migrations::file::MarketFile;
use levee_migrations::market::{test_oracle, Addresses, Bootstrap};
use levee_migrations::names::{NamedToken, Names};
use levee_migrations::program::{sol, Deployment, Kind, ProgramFile, Work};
use options::Options;
use progress::Bar;
use solana_keypair::Keypair;
use solana_signer::Signer;

/// Tells people; where machines read the output, they are told on stderr.
macro_rules! say {
    ($options:expr, $($said:tt)*) => {
        match $options.json {
            true => output::say(format_args!($($said)*)),
            // The work goes on, whoever has stopped reading of it.
            false => drop(output::print(format_args!($($said)*))),
        }
    };
}

const LAMPORTS_PER_SOL: u64 = 1_000_000_000;
const TEST_ORACLE_KEYPAIR: &str = "migrations/test-oracle-keypair.json";

#[tokio::main]
async fn main() -> ExitCode {
    match arguments() {
        Ok(options) => exit_code(run(&options).await),
        Err(code) => code,
    }
}

async fn run(options: &Options) -> Result<()> {
    let settings = Settings::load(
        options.config.as_deref(),
        options.url.as_deref(),
        options.keypair.as_deref(),
    )?;
    // All that can be wrong here is found out before anything is asked or sent.
    let wallet = settings.signer()?;
    let connection = Connection::new(settings.cluster.clone(), settings.commitment);
    let market = options
        .market
        .as_deref()
        .map(MarketFile::read)
        .transpose()?;
    connection.check_cluster().await?;
    if let Some(sol) = options.airdrop.filter(|_| !options.dry_run) {
        airdrop(options, &connection, &wallet, sol).await?;
    }
    if let Some(file) = &options.test_oracle {
        deploy_oracle(options, &connection, &wallet, file).await?;
    }
    let is_there = deploy_levee(options, &connection, &wallet).await?;
    match market {
        Some(file) if is_there => make_market(options, &connection, &wallet, &file).await,
        Some(_) => {
            say!(options, "market: to be made when the program is there");
            Ok(())
        }
        None => Ok(()),
    }
}

/// Whether Levee is on the cluster now.
async fn deploy_levee(
    options: &Options,
    connection: &Connection,
    wallet: &Keypair,
) -> Result<bool> {
    let file = ProgramFile::read(&options.program)?;
    let keypair = read_keypair(&options.program_keypair)?;
    let buffer = options.buffer.as_deref().map(read_keypair).transpose()?;
    let deployment = Deployment {
        connection,
        wallet,
        kind: Kind::Levee,
        file: &file,
        address: keypair.pubkey(),
        keypair: Some(&keypair),
        buffer,
        max_len: options.max_len,
        is_final: options.is_final,
        micro_lamports_per_unit: options.with_compute_unit_price,
    };
    deploy(options, &deployment).await
}

/// The oracle for devnet's test feeds.
async fn deploy_oracle(
    options: &Options,
    connection: &Connection,
    wallet: &Keypair,
    file: &Path,
) -> Result<()> {
    let file = ProgramFile::read(file)?;
    let keypair = read_keypair(Path::new(TEST_ORACLE_KEYPAIR))?;
    let deployment = Deployment {
        connection,
        wallet,
        kind: Kind::TestOracle,
        file: &file,
        address: keypair.pubkey(),
        keypair: Some(&keypair),
        buffer: None,
        max_len: None,
        is_final: false,
        micro_lamports_per_unit: options.with_compute_unit_price,
    };
    deploy(options, &deployment).await.map(drop)
}

/// Whether the program is on the cluster now.
async fn deploy(options: &Options, deployment: &Deployment<'_>) -> Result<bool> {
    let (name, address) = (deployment.kind.name(), deployment.address);
    let work = deployment.plan().await?;
    let bytes = deployment.file.code().len();
    match &work {
        Work::Nothing { is_final: false } if options.is_final => {
            say!(
                options,
                "{name} {address}: is there as it was built; to become final"
            );
        }
        Work::Nothing { .. } => say!(options, "{name} {address}: is there as it was built"),
        Work::Deploy { max_len } => {
            say!(
                options,
                "{name} {address}: deploy {bytes} bytes, with room for {max_len}"
            );
        }
        Work::Upgrade { extend_by: 0 } => {
            say!(options, "{name} {address}: upgrade to {bytes} bytes")
        }
        Work::Upgrade { extend_by } => {
            say!(
                options,
                "{name} {address}: upgrade to {bytes} bytes, with {extend_by} more of room"
            );
        }
    }
    if options.dry_run {
        return Ok(!matches!(work, Work::Deploy { .. }));
    }
    deployment.run(&work, &mut Bar::new()).await?;
    if !matches!(work, Work::Nothing { .. }) {
        say!(options, "{name} {address}: done");
    }
    Ok(true)
}

async fn make_market(
    options: &Options,
    connection: &Connection,
    wallet: &Keypair,
    file: &MarketFile,
) -> Result<()> {
    let bootstrap = Bootstrap {
        connection,
        wallet,
        file,
        oracle: test_oracle(connection).await?,
        micro_lamports_per_unit: options.with_compute_unit_price,
    };
    let plan = bootstrap.plan().await?;
    say!(options, "market {}:", plan.addresses.market);
    for step in &plan.steps {
        say!(options, "  to do: {}", step.what);
        for line in &step.details {
            say!(options, "    {line}");
        }
    }
    for note in &plan.notes {
        say!(options, "  {note}");
    }
    if plan.steps.is_empty() {
        say!(options, "  nothing to do");
    }
    if options.dry_run {
        return Ok(());
    }
    bootstrap
        .run(&plan, |step| say!(options, "  done: {}", step.what))
        .await?;
    let path = Addresses::path(&options.state, &connection.cluster);
    plan.addresses.save(&path)?;
    remember(&plan.addresses)?;
    if options.json {
        let addresses = serde_json::to_string(&plan.addresses).context("addresses are JSON")?;
        output::print(addresses).context("cannot print the addresses")?;
    } else {
        say!(options, "the addresses are in {}", path.display());
    }
    Ok(())
}

/// Lets `levee` know the tokens and the market by their names.
fn remember(addresses: &Addresses) -> Result<()> {
    let path = Names::path(&addresses.genesis_hash)?;
    let mut names = Names::load(&path)?;
    names.market = Some(addresses.market.clone());
    for (name, reserve) in &addresses.reserves {
        let token = NamedToken {
            mint: reserve.mint.clone(),
            feed: reserve.feed.clone(),
            redemption_feed: reserve.redemption_feed.clone(),
        };
        names.tokens.insert(name.clone(), token);
    }
    names.save(&path)
}

/// Fills the wallet up from the faucet.
async fn airdrop(
    options: &Options,
    connection: &Connection,
    wallet: &Keypair,
    wanted: u64,
) -> Result<()> {
    let (client, key) = (&connection.client, wallet.pubkey());
    if let Some(Moniker::MainnetBeta | Moniker::Testnet) = connection.known().await? {
        bail!("--airdrop: {} has no faucet", connection.cluster.name());
    }
    let lamports = wanted
        .checked_mul(LAMPORTS_PER_SOL)
        .context("--airdrop: so many SOL do not exist")?;
    let held = client.get_balance(&key).await?;
    let Some(missing) = lamports.checked_sub(held).filter(|missing| *missing > 0) else {
        return Ok(());
    };
    client
        .request_airdrop(&key, missing)
        .await
        .context("the faucet gives nothing")?;
    let start = Instant::now();
    while client.get_balance(&key).await? <= held {
        ensure!(
            start.elapsed() < Duration::from_secs(60),
            "the faucet's SOL do not arrive"
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    say!(
        options,
        "wallet {key}: {} SOL from the faucet",
        sol(missing)
    );
    Ok(())
}
