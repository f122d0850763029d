//! A key, and SOL for it on test clusters.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{anyhow, bail, Context as _, Result};
use clap::Args;
use indicatif::ProgressBar;
use levee_client::rpc::Settings;
use levee_migrations::file::exact;
use serde::Serialize;
use solana_keypair::{write_keypair_file, Keypair};
use solana_signer::Signer;

use crate::amounts::tokens;
use crate::context::Context;
use crate::output::{list, print, Report};
use crate::Shared;

const SOL_DECIMALS: u8 = 9;
const PATIENCE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(300);

/// Makes a keypair file where the Solana CLI looks for it, or elsewhere.
#[derive(Args)]
pub struct Keygen {
    /// The file; the one that the Solana CLI's configuration names by default
    #[arg(long, short)]
    outfile: Option<PathBuf>,
}

#[derive(Serialize)]
struct Made {
    address: String,
    file: PathBuf,
}

impl Report for Made {
    fn text(&self) -> String {
        let file = self.file.display().to_string();
        list(&[("address", self.address.clone()), ("file", file)])
    }
}

impl Keygen {
    /// # Errors
    /// A file that exists: keys are never overwritten.
    pub fn run(self, shared: &Shared) -> Result<()> {
        let settings = Settings::load(
            shared.config.as_deref(),
            shared.url.as_deref(),
            shared.keypair.as_deref(),
        )?;
        let file = self.outfile.unwrap_or(settings.keypair);
        if file.exists() {
            bail!("{} exists: keys are never overwritten", file.display());
        }
        let keypair = Keypair::new();
        write_keypair_file(&keypair, &file)
            .map_err(|error| anyhow!("cannot write {}: {error}", file.display()))?;
        let address = keypair.pubkey().to_string();
        print(&Made { address, file }, shared.json)
    }
}

/// Asks a test cluster for SOL.
#[derive(Args)]
pub struct Airdrop {
    /// How much
    sol: String,
}

#[derive(Serialize)]
struct Received {
    address: String,
    balance_lamports: u64,
}

impl Report for Received {
    fn text(&self) -> String {
        let balance = format!("{} SOL", tokens(self.balance_lamports, SOL_DECIMALS));
        list(&[("address", self.address.clone()), ("balance", balance)])
    }
}

impl Airdrop {
    /// # Errors
    /// A cluster that gives none.
    pub async fn run(self, context: &Context) -> Result<()> {
        let lamports = exact(&self.sol, u32::from(SOL_DECIMALS)).map_err(|error| anyhow!(error))?;
        let key = context.settings.signer()?.pubkey();
        if context.connection.has_value().await? {
            bail!(
                "{} gives no SOL away: send some to {key}",
                context.connection.cluster.name()
            );
        }
        let client = &context.connection.client;
        let before = client
            .get_balance(&key)
            .await
            .context("cannot read the balance")?;
        let answer = client.request_airdrop(&key, lamports).await;
        answer.with_context(|| format!("{} gives no SOL", context.connection.cluster.name()))?;
        let bar = ProgressBar::new_spinner().with_message("waiting for the airdrop");
        bar.enable_steady_tick(POLL);
        let started = std::time::Instant::now();
        loop {
            let balance = client
                .get_balance(&key)
                .await
                .context("cannot read the balance")?;
            if balance >= before.saturating_add(lamports) {
                bar.finish_and_clear();
                let received = Received {
                    address: key.to_string(),
                    balance_lamports: balance,
                };
                return print(&received, context.shared.json);
            }
            if started.elapsed() > PATIENCE {
                bail!(
                    "the airdrop did not arrive within {} s: try again",
                    PATIENCE.as_secs()
                );
            }
            tokio::time::sleep(POLL).await;
        }
    }
}
