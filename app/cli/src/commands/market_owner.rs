//! `levee market propose-owner` and `levee market accept-owner`: a market changes hands in two steps, so that it never goes to a
//! key that nobody has.

use anyhow::Result;
use clap::Args;
use levee_client::instructions as ix;
use serde_json::json;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use super::address;
use crate::context::Context;

/// Offers a market to somebody else.
#[derive(Args)]
pub struct Propose {
    /// To whom
    #[arg(required_unless_present = "withdraw")]
    owner: Option<String>,
    /// Withdraw an offer that was not accepted yet
    #[arg(long, conflicts_with = "owner")]
    withdraw: bool,
}

impl Propose {
    /// # Errors
    /// What the program refuses: only the owner offers.
    pub async fn run(self, context: &Context) -> Result<()> {
        let market = named(context).await?;
        let signer = context.signer().await?;
        let (owner, what) = match &self.owner {
            Some(owner) => (
                address(owner)?,
                format!("offered the market to {owner}: nothing changes until it is accepted"),
            ),
            None => (Pubkey::default(), "withdrew the offer".into()),
        };
        let propose = ix::propose_owner(signer.pubkey(), market, owner);
        let details = json!({ "market": market.to_string() });
        context
            .send(&what, &signer, &[], &[propose], details)
            .await?;
        Ok(())
    }
}

/// Accepts the market that was offered to the key.
///
/// # Errors
/// What the program refuses: a market that was offered to nobody or to somebody else.
pub async fn accept(context: &Context) -> Result<()> {
    let market = named(context).await?;
    let signer = context.signer().await?;
    let accept = ix::accept_owner(signer.pubkey(), market);
    let what = format!("{} owns the market", signer.pubkey());
    let details = json!({ "market": market.to_string() });
    context
        .send(&what, &signer, &[], &[accept], details)
        .await?;
    Ok(())
}

/// The market that is meant, which is one.
async fn named(context: &Context) -> Result<Pubkey> {
    context.connection.check_program().await?;
    let key = context.market_key()?;
    context.connection.market(&key).await?;
    Ok(key)
}
