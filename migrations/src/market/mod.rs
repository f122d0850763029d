//! A market from a file: what is missing or differs on the cluster, and making it so.
//!
//! The file says all of it: a second run finds nothing to do, and a changed file changes only what it must.

mod addresses;
mod differences;
mod groups;
mod plan;
mod tokens;

pub use addresses::{Addresses, ReserveAddresses};
pub use plan::{Plan, Step};

use anyhow::{bail, Context, Result};
use levee_client::rpc::{Connection, Moniker, Order};
use levee_test_oracle::{DEVNET_ID, LOCALNET_ID};
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::file::MarketFile;
use crate::program::check_balance;

/// A signature, and room for a priority fee.
const STEP_FEE_LAMPORTS: u64 = 10_000;

/// A market that is to be as its file says.
pub struct Bootstrap<'a> {
    /// The cluster.
    pub connection: &'a Connection,
    /// Pays, creates and owns the market.
    pub wallet: &'a Keypair,
    /// What is wanted.
    pub file: &'a MarketFile,
    /// Where prices may be pushed; `None` where they come from Pyth alone.
    pub oracle: Option<Pubkey>,
    /// Priority fee per compute unit, in millionths of a lamport.
    pub micro_lamports_per_unit: u64,
}

impl Bootstrap<'_> {
    /// Makes the cluster so; `told` hears of each step that was done.
    ///
    /// # Errors
    /// The program's refusals and the cluster's; what was done before stays, and the next plan goes on from there.
    pub async fn run(&self, plan: &Plan, mut told: impl FnMut(&Step)) -> Result<()> {
        self.check_funds(plan).await?;
        for step in &plan.steps {
            let order = Order {
                payer: self.wallet,
                others: &[],
                instructions: &step.instructions,
                tables: &[],
                micro_lamports_per_unit: self.micro_lamports_per_unit,
            };
            let sent = self.connection.send(&order).await;
            sent.with_context(|| format!("cannot {}", step.what))?;
            told(step);
        }
        Ok(())
    }

    /// Refuses a wallet that cannot pay, before anything is paid.
    async fn check_funds(&self, plan: &Plan) -> Result<()> {
        if plan.steps.is_empty() {
            return Ok(());
        }
        let fees = plan.steps.iter().map(|_| STEP_FEE_LAMPORTS);
        let rents = plan.steps.iter().map(|step| step.lamports);
        let needed = fees.chain(rents).sum();
        check_balance(self.connection, &self.wallet.pubkey(), needed).await
    }

    /// What an account of this size must hold, in lamports.
    async fn rent(&self, bytes: usize) -> Result<u64> {
        let client = &self.connection.client;
        let rent = client.get_minimum_balance_for_rent_exemption(bytes).await;
        rent.context("the cluster does not tell what an account costs")
    }
}

/// The test oracle of a cluster, where that has one.
///
/// # Errors
/// The cluster's.
pub async fn test_oracle(connection: &Connection) -> Result<Option<Pubkey>> {
    let program = match connection.known().await? {
        Some(Moniker::Devnet) => DEVNET_ID,
        Some(Moniker::Testnet | Moniker::MainnetBeta) => return Ok(None),
        // A chain of one's own with devnet's build.
        _ if connection.receivers().await?.contains(&DEVNET_ID) => DEVNET_ID,
        _ => LOCALNET_ID,
    };
    let account = connection.account(&program).await?;
    Ok(account
        .filter(|account| account.executable)
        .map(|_| program))
}

/// Refuses what is for clusters without value only.
///
/// # Errors
/// On mainnet-beta; the cluster's.
pub(crate) async fn refuse_value(connection: &Connection, what: &str) -> Result<()> {
    if connection.known().await? == Some(Moniker::MainnetBeta) {
        bail!("{what}: test tokens are not made on mainnet-beta, name a mint");
    }
    Ok(())
}
