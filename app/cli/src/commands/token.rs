//! `levee token`: tokens without value, for test clusters.

use anyhow::{anyhow, bail, Context as _, Result};
use clap::{Args, Subcommand};
use levee_client::tokens::{associated_account, create_associated_account, create_mint, mint_to};
use levee_migrations::file::{FeedId, Tokens};
use levee_migrations::names::NamedToken;
use serde_json::json;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use super::address;
use crate::context::Context;

/// Test tokens.
#[derive(Subcommand)]
pub enum Token {
    /// Make a token without value, which you may mint
    Create(Create),
    /// Mint a token that you made
    Mint(Mint),
}

/// Makes a token.
#[derive(Args)]
pub struct Create {
    /// What to call it
    name: String,
    /// Digits after the point
    #[arg(long, default_value_t = 9)]
    decimals: u8,
    /// The feed of its price, as Pyth writes it; made from the name by default, for a test feed
    #[arg(long, value_name = "HEX")]
    feed: Option<FeedId>,
}

/// Mints a token.
#[derive(Args)]
pub struct Mint {
    /// The token: its name or address
    token: String,
    /// How much
    amount: Tokens,
    /// To whom; yourself by default
    #[arg(long, value_name = "ADDRESS")]
    to: Option<String>,
}

impl Token {
    /// # Errors
    /// A cluster where tokens have value.
    pub async fn run(self, context: &Context) -> Result<()> {
        if context.connection.has_value().await? {
            bail!("test tokens are for localnet, devnet and testnet");
        }
        match self {
            Self::Create(create) => create.run(context).await,
            Self::Mint(mint) => mint.run(context).await,
        }
    }
}

impl Create {
    async fn run(self, context: &Context) -> Result<()> {
        if context.names()?.tokens.contains_key(&self.name) {
            bail!(
                "there is a token named {} here already: use another name",
                self.name
            );
        }
        let signer = context.signer().await?;
        let client = &context.connection.client;
        let rent = client
            .get_minimum_balance_for_rent_exemption(levee_client::tokens::MINT_BYTES)
            .await
            .context("cannot ask for the rent of an account")?;
        let (create, mint) = create_mint(&signer.pubkey(), &self.name, self.decimals, rent)
            .map_err(|error| anyhow!("`{}` cannot be a token's name: {error}", self.name))?;
        let feed = self.feed.unwrap_or_else(|| FeedId::of_name(&self.name));
        let feed = levee_client::rpc::hex(&feed.0);
        let details = json!({ "mint": mint.to_string(), "feed": feed });
        let what = format!("made the test token {}", self.name);
        if context.send(&what, &signer, &[], &create, details).await? {
            let token = NamedToken {
                mint: mint.to_string(),
                feed: Some(feed),
                redemption_feed: None,
            };
            context.rename(|names| drop(names.tokens.insert(self.name, token)))?;
        }
        Ok(())
    }
}

impl Mint {
    async fn run(self, context: &Context) -> Result<()> {
        let names = context.names()?;
        let mint: Pubkey = match names.tokens.get(&self.token) {
            Some(token) => address(&token.mint)?,
            None => address(&self.token)
                .map_err(|_| anyhow!("there is no token named {} here", self.token))?,
        };
        let signer = context.signer().await?;
        let account = context.connection.account(&mint).await?;
        let account = account.with_context(|| format!("there is no token {mint}"))?;
        let decimals = levee_client::tokens::decimals(&account.data)
            .with_context(|| format!("{mint} is no mint of a token program"))?;
        let to = self.to.as_deref().map_or(Ok(signer.pubkey()), address)?;
        let atoms = self.amount.some_atoms(decimals);
        let atoms = atoms.map_err(|error| anyhow!(error))?;
        let instructions = [
            create_associated_account(&signer.pubkey(), &to, &mint, &account.owner),
            mint_to(
                &account.owner,
                &mint,
                &associated_account(&to, &mint, &account.owner),
                &signer.pubkey(),
                atoms,
            )?,
        ];
        let what = format!(
            "minted {} {}",
            crate::amounts::tokens(atoms, decimals),
            self.token
        );
        let details = json!({ "to": to.to_string() });
        context
            .send(&what, &signer, &[], &instructions, details)
            .await?;
        Ok(())
    }
}
