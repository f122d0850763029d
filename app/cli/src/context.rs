//! The cluster, the key and the names that a command works with, and how it sends.

use std::path::PathBuf;

use anyhow::{bail, Context as _, Result};
use levee_client::rpc::{explanation, Connection, Order, Settings};
use levee_migrations::names::Names;
use serde::Serialize;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_message::AddressLookupTableAccount;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::output::{list, print, Report};
use crate::Shared;

/// Everything around a command.
pub struct Context {
    /// As given.
    pub shared: Shared,
    /// As found.
    pub settings: Settings,
    /// The cluster.
    pub connection: Connection,
    names_file: PathBuf,
}

/// A transaction that was sent, or simulated.
#[derive(Serialize)]
struct Sent<'a> {
    #[serde(flatten)]
    details: serde_json::Map<String, serde_json::Value>,
    signature: Option<String>,
    dry_run: bool,
    compute_units: Option<u64>,
    #[serde(skip)]
    what: &'a str,
}

impl Report for Sent<'_> {
    fn text(&self) -> String {
        let shown = |value: &serde_json::Value| match value {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let mut entries: Vec<(&str, String)> = vec![("done", self.what.to_owned())];
        if self.dry_run {
            entries = vec![("would be done", self.what.to_owned())];
        }
        for (name, value) in &self.details {
            entries.push((name, shown(value)));
        }
        if let Some(signature) = &self.signature {
            entries.push(("signature", signature.clone()));
        }
        if let Some(units) = self.compute_units {
            entries.push(("compute units", units.to_string()));
        }
        list(&entries)
    }
}

impl Context {
    /// Finds the cluster and checks that it is the one that is meant.
    ///
    /// # Errors
    /// One clear line.
    pub async fn open(shared: Shared) -> Result<Self> {
        let settings = Settings::load(
            shared.config.as_deref(),
            shared.url.as_deref(),
            shared.keypair.as_deref(),
        )?;
        let connection = Connection::new(settings.cluster.clone(), settings.commitment);
        let genesis = connection.check_cluster().await?;
        Ok(Self {
            shared,
            settings,
            connection,
            names_file: Names::path(&genesis.to_string())?,
        })
    }

    /// The names on this cluster.
    ///
    /// # Errors
    /// A malformed file.
    pub fn names(&self) -> Result<Names> {
        Names::load(&self.names_file)
    }

    /// Changes the names on this cluster.
    ///
    /// # Errors
    /// The file's.
    pub fn rename(&self, change: impl FnOnce(&mut Names)) -> Result<()> {
        let mut names = self.names()?;
        change(&mut names);
        names.save(&self.names_file)
    }

    /// The key that signs, of an account that can pay.
    ///
    /// # Errors
    /// No keypair, or an empty wallet.
    pub async fn signer(&self) -> Result<Keypair> {
        let signer = self.settings.signer()?;
        let key = signer.pubkey();
        let lamports = self.connection.client.get_balance(&key).await;
        if lamports.context("cannot read the wallet's balance")? == 0 {
            let hint = match self.connection.has_value().await? {
                true => "",
                false => ", or run `levee airdrop 10`",
            };
            bail!(
                "the wallet {key} is empty on {}: send it some SOL{hint}",
                self.connection.cluster.name()
            );
        }
        Ok(signer)
    }

    /// The market that is meant.
    ///
    /// # Errors
    /// Where none is named.
    pub fn market_key(&self) -> Result<Pubkey> {
        let named = match &self.shared.market {
            Some(text) => Some(text.clone()),
            None => self.names()?.market,
        };
        let text = named.context(
            "no market is named: pass --market ADDRESS, or create one with `levee market create`",
        )?;
        text.parse()
            .with_context(|| format!("`{text}` is no address"))
    }

    /// Sends `instructions`, or simulates them with `--dry-run`, and prints what was done with `details`. Whether they were
    /// sent.
    ///
    /// # Errors
    /// A refusal with the program's own message.
    pub async fn send(
        &self,
        what: &str,
        signer: &Keypair,
        others: &[&Keypair],
        instructions: &[Instruction],
        details: serde_json::Value,
    ) -> Result<bool> {
        self.send_with(what, signer, others, instructions, &[], details)
            .await
    }

    /// The same with lookup tables.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn send_with(
        &self,
        what: &str,
        signer: &Keypair,
        others: &[&Keypair],
        instructions: &[Instruction],
        tables: &[AddressLookupTableAccount],
        details: serde_json::Value,
    ) -> Result<bool> {
        let order = Order {
            payer: signer,
            others,
            instructions,
            tables,
            micro_lamports_per_unit: self.shared.with_compute_unit_price,
        };
        let details = match details {
            serde_json::Value::Object(map) => map,
            _ => serde_json::Map::new(),
        };
        let mut sent = Sent {
            details,
            signature: None,
            dry_run: self.shared.dry_run,
            compute_units: None,
            what,
        };
        if self.shared.dry_run {
            let simulation = self.connection.simulate(&order).await?;
            if let Some(error) = simulation.error {
                match explanation(&simulation.logs) {
                    Some(message) => bail!("it would be refused: {message}"),
                    None => bail!("it would be refused: {error}"),
                }
            }
            sent.compute_units = Some(simulation.compute_units);
        } else {
            sent.signature = Some(self.connection.send(&order).await?.to_string());
        }
        print(&sent, self.shared.json)?;
        Ok(!self.shared.dry_run)
    }
}
