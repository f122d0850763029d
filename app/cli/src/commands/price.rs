//! `levee price`: test feeds.

use anyhow::{anyhow, bail, Context as _, Result};
use clap::{Args, Subcommand};
use levee_client::rpc::Moniker;
use levee_migrations::file::{exact, FeedId};
use levee_migrations::market::test_oracle;
use levee_test_oracle::{feed_address, push, Feed};
use serde_json::json;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::context::Context;

/// Pyth's usual exponent.
const EXPONENT: i32 = -8;
const MOST_DIGITS: u32 = 8;

/// Test feeds.
#[derive(Subcommand)]
pub enum Price {
    /// Set a test feed, as of now
    Push(Push),
}

/// Sets a test feed.
#[derive(Args)]
pub struct Push {
    /// The token's name, or the feed's id
    feed: String,
    /// In dollars
    #[arg(allow_negative_numbers = true)]
    price: String,
    /// Set the feed of the token's redemption rate instead, in tokens of its base asset
    #[arg(long)]
    rate: bool,
    /// The average, in dollars; the price by default
    #[arg(long, value_name = "DOLLARS")]
    ema: Option<String>,
    /// Half the width of the interval that holds the price, in dollars; a thousandth of the price by default
    #[arg(long, value_name = "DOLLARS")]
    confidence: Option<String>,
}

impl Price {
    /// # Errors
    /// A cluster where prices are real.
    pub async fn run(self, context: &Context) -> Result<()> {
        let Self::Push(push) = self;
        push.run(context).await
    }
}

impl Push {
    async fn run(self, context: &Context) -> Result<()> {
        let program = oracle(context).await?;
        let names = context.names()?;
        let id: FeedId = match names.tokens.get(&self.feed) {
            Some(token) => {
                let feed = match self.rate {
                    true => token
                        .redemption_feed
                        .as_deref()
                        .with_context(|| format!("{} has no feed of a redemption rate", self.feed)),
                    false => token
                        .feed
                        .as_deref()
                        .with_context(|| format!("{} has no feed of Pyth's kind", self.feed)),
                };
                feed?.parse().map_err(|error: String| anyhow!(error))?
            }
            None => self.feed.parse().map_err(|error: String| {
                anyhow!("there is no token named {} here, and {error}", self.feed)
            })?,
        };
        let signer = context.signer().await?;
        let units = |text: &str| exact(text.strip_prefix('$').unwrap_or(text), MOST_DIGITS);
        let signed = |text: &str| -> Result<i64> {
            let units = units(text).map_err(|error| anyhow!(error))?;
            i64::try_from(units).map_err(|_| anyhow!("`{text}` is too large"))
        };
        let price = signed(&self.price)?;
        if price == 0 {
            bail!("a price is above zero");
        }
        let mut feed = Feed::steady(id.0, price, EXPONENT);
        if let Some(ema) = &self.ema {
            feed.ema_price = signed(ema)?;
        }
        if let Some(confidence) = &self.confidence {
            feed.confidence = signed(confidence)?.unsigned_abs();
        }
        let authority = signer.pubkey();
        let instruction = push(&program, &authority, &feed);
        let account = feed_address(&program, &authority, &feed.id);
        let number = self.price.trim_start_matches('$');
        let what = match self.rate {
            true => format!("{} redeems for {number}", self.feed),
            false => format!("{} is at ${number}", self.feed),
        };
        let details =
            json!({ "feed": levee_client::rpc::hex(&id.0), "account": account.to_string() });
        context
            .send(&what, &signer, &[], &[instruction], details)
            .await?;
        Ok(())
    }
}

/// The test oracle of this cluster.
///
/// # Errors
/// Where there is none.
async fn oracle(context: &Context) -> Result<Pubkey> {
    let connection = &context.connection;
    if let Some(Moniker::MainnetBeta | Moniker::Testnet) = connection.known().await? {
        bail!("test feeds are for localnet and devnet: elsewhere prices come from Pyth");
    }
    let program = test_oracle(connection).await?;
    program.with_context(|| {
        format!(
            "there is no test oracle on {}: a chain of `cargo xtask localnet` has one",
            connection.cluster.name()
        )
    })
}
