//! `levee market`.

use anyhow::{anyhow, bail, Result};
use clap::{Args, Subcommand};
use levee::state::MarketConfig;
use levee_client::{instructions as ix, pda};
use levee_migrations::file::MarketTerms;
use serde_json::json;
use solana_signer::Signer;

use super::status::{switch, Change, Pause, Resume};
use super::{address, market_report};
use crate::context::Context;
use crate::market_view::MarketView;

/// Lending markets.
#[derive(Subcommand)]
pub enum Market {
    /// Create a market, and mean it from then on where none is named
    Create(Create),
    /// Show a market and its reserves
    Show,
    /// Change a market's rules or who helps to run it; what is not said stays as it is
    Set(Set),
    /// Stop deposits, borrows or both in all reserves: withdrawal, repayment and liquidation go on
    Pause(Pause),
    /// Stop everything but repayment and liquidation in all reserves
    Freeze,
    /// Lift what was paused or frozen; the guardian cannot
    Resume(Resume),
    /// Offer a market to another owner, or withdraw an offer
    ProposeOwner(super::market_owner::Propose),
    /// Accept a market that was offered to you
    AcceptOwner,
    /// Make the lookup table with which a liquidator's batches fit a transaction, or complete one
    Table(super::market_table::Table),
}

/// Creates a market.
#[derive(Args)]
pub struct Create {
    /// Tells several markets of one creator apart
    #[arg(long, default_value_t = 0)]
    id: u64,
    /// Who may change reserves besides you
    #[arg(long, value_name = "ADDRESS")]
    risk_admin: Option<String>,
    /// Who may restrict besides you
    #[arg(long, value_name = "ADDRESS")]
    guardian: Option<String>,
    #[command(flatten)]
    terms: MarketTerms,
}

/// Changes a market.
#[derive(Args)]
pub struct Set {
    /// Who may change reserves besides the owner
    #[arg(long, value_name = "ADDRESS")]
    risk_admin: Option<String>,
    /// Who may restrict besides the owner and the risk admin
    #[arg(long, value_name = "ADDRESS")]
    guardian: Option<String>,
    #[command(flatten)]
    terms: MarketTerms,
}

impl Market {
    /// # Errors
    /// What the program refuses.
    pub async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::Create(create) => create.run(context).await,
            Self::Show => market_report::show(context).await,
            Self::Set(set) => set.run(context).await,
            Self::Pause(pause) => switch(context, None, pause.into()).await,
            Self::Freeze => switch(context, None, Change::FREEZE).await,
            Self::Resume(resume) => switch(context, None, resume.into()).await,
            Self::ProposeOwner(propose) => propose.run(context).await,
            Self::AcceptOwner => super::market_owner::accept(context).await,
            Self::Table(table) => table.run(context).await,
        }
    }
}

impl Create {
    async fn run(self, context: &Context) -> Result<()> {
        context.connection.check_program().await?;
        let signer = context.signer().await?;
        let owner = signer.pubkey();
        let role = |text: Option<String>| text.map_or(Ok(owner), |text| address(&text));
        let mut config = MarketConfig::DEFAULT;
        self.terms
            .apply(&mut config)
            .map_err(|error| anyhow!(error))?;
        let create = ix::init_lending_market(
            owner,
            self.id,
            role(self.risk_admin)?,
            role(self.guardian)?,
            config,
        );
        let market = pda::market(&owner, self.id).to_string();
        let what = format!("created market {}", self.id);
        let details = json!({ "market": market });
        if context
            .send(&what, &signer, &[], &[create], details)
            .await?
        {
            context.rename(|names| names.market = Some(market))?;
        }
        Ok(())
    }
}

impl Set {
    async fn run(self, context: &Context) -> Result<()> {
        let view = MarketView::load(context).await?;
        let market = &view.market;
        let role = |said: &Option<String>, current| said.as_deref().map_or(Ok(current), address);
        let risk_admin = role(&self.risk_admin, market.risk_admin)?;
        let guardian = role(&self.guardian, market.guardian)?;
        let mut config = market.config;
        let applied = self.terms.apply(&mut config);
        applied.map_err(|error| anyhow!(error))?;
        if (config, risk_admin, guardian) == (market.config, market.risk_admin, market.guardian) {
            bail!("nothing would change: say what, see `levee market set --help`");
        }
        let signer = context.signer().await?;
        let owner = signer.pubkey();
        let update = ix::update_lending_market(owner, view.key, risk_admin, guardian, config);
        let details = json!({ "market": view.key.to_string() });
        let what = "changed the market";
        context.send(what, &signer, &[], &[update], details).await?;
        Ok(())
    }
}
