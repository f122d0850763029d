//! `levee reserve`.

use anyhow::{anyhow, bail, Context as _, Result};
use clap::{Args, Subcommand};
use levee::state::{ReserveConfig, ORACLE_PYTH_PULL, RATE_PYTH_REDEMPTION};
use levee_client::defaults::reserve_config;
use levee_client::rpc::hex;
use levee_client::{instructions as ix, ReserveKeys};
use levee_migrations::file::ReserveTerms;
use levee_migrations::names::NamedToken;
use serde_json::json;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use super::{address, reserve_report};
use crate::context::Context;
use crate::market_view::MarketView;

/// The tokens of a market.
#[derive(Subcommand)]
pub enum Reserve {
    /// List a token; what is not said is as the design's defaults
    Add(Add),
    /// Show a reserve
    Show(Show),
    /// Change a reserve; what is not said stays as it is. A change that raises risk may have to be announced first
    Set(Set),
}

/// Lists a token.
#[derive(Args)]
pub struct Add {
    /// The token: its address, or the name of a test token
    token: String,
    /// What to call it from now on
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    terms: ReserveTerms,
}

/// Shows a reserve.
#[derive(Args)]
pub struct Show {
    /// The token: its name or address
    token: String,
}

/// Changes a reserve.
#[derive(Args)]
pub struct Set {
    /// The token: its name or address
    token: String,
    #[command(flatten)]
    terms: ReserveTerms,
}

impl Reserve {
    /// # Errors
    /// What the program refuses.
    pub async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::Add(add) => add.run(context).await,
            Self::Show(show) => show.run(context).await,
            Self::Set(set) => set.run(context).await,
        }
    }
}

impl Add {
    async fn run(self, context: &Context) -> Result<()> {
        context.connection.check_program().await?;
        let market = context.market_key()?;
        let signer = context.signer().await?;
        let names = context.names()?;
        let named = names.tokens.get(&self.token);
        let mint: Pubkey = match named {
            Some(token) => address(&token.mint)?,
            None => address(&self.token).map_err(|_| {
                anyhow!(
                    "`{}` is neither an address nor the name of a token here",
                    self.token
                )
            })?,
        };
        let account = context.connection.account(&mint).await?;
        let account = account.with_context(|| {
            format!(
                "there is no token {mint} on {}",
                context.connection.cluster.name()
            )
        })?;
        let decimals = levee_client::tokens::decimals(&account.data)
            .with_context(|| format!("{mint} is no mint of a token program"))?;
        let mut terms = self.terms;
        if terms.feed.is_none() && terms.legacy_price_account.is_none() {
            let feed = named.and_then(|token| token.feed.as_deref());
            let feed =
                feed.context("whose price? Pass --feed with Pyth's id of the token's feed")?;
            terms.feed = Some(feed.parse().map_err(|error: String| anyhow!(error))?);
        }
        let mut config = reserve_config([0; 32]);
        terms
            .apply(&mut config, decimals)
            .map_err(|error| anyhow!(error))?;
        let keys = ReserveKeys::new(market, mint, account.owner);
        let add = ix::init_reserve(signer.pubkey(), &keys, config);
        let name = self.name.or_else(|| named.map(|_| self.token.clone()));
        let shown = name.clone().unwrap_or_else(|| mint.to_string());
        let details =
            json!({ "reserve": keys.reserve.to_string(), "vault": keys.vault.to_string() });
        let what = format!("listed {shown}");
        if context.send(&what, &signer, &[], &[add], details).await? {
            if let Some(name) = name {
                let feed =
                    (config.oracle_kind == ORACLE_PYTH_PULL).then(|| hex(&config.oracle_feed));
                let redeemed = config.rate_kind == RATE_PYTH_REDEMPTION;
                let token = NamedToken {
                    mint: mint.to_string(),
                    feed,
                    redemption_feed: redeemed.then(|| hex(&config.rate_source)),
                };
                context.rename(|names| drop(names.tokens.insert(name, token)))?;
            }
        }
        Ok(())
    }
}

impl Set {
    async fn run(self, context: &Context) -> Result<()> {
        let view = MarketView::load(context).await?;
        let (keys, reserve) = view.reserve(&self.token)?;
        let mut config: ReserveConfig = reserve.config;
        let terms = &self.terms;
        terms
            .apply(&mut config, reserve.decimals)
            .map_err(|error| anyhow!(error))?;
        if config == reserve.config {
            bail!("nothing would change: say what, see `levee reserve set --help`");
        }
        let signer = context.signer().await?;
        let update = ix::update_reserve(signer.pubkey(), &keys, config);
        let waits = view.market.config.risk_delay_seconds > 0
            && config.raises_risk_over(&reserve.config)
            && (reserve.pending_config != config || reserve.pending_config_ts == 0);
        let what = match waits {
            true => format!(
                "announced a change of {}: repeat it after the delay",
                self.token
            ),
            false => format!("changed {}", self.token),
        };
        let details = json!({ "reserve": keys.reserve.to_string(), "announced": waits });
        context
            .send(&what, &signer, &[], &[update], details)
            .await?;
        Ok(())
    }
}

impl Show {
    async fn run(self, context: &Context) -> Result<()> {
        let view = MarketView::load(context).await?;
        let (keys, _) = view.reserve(&self.token)?;
        reserve_report::show(context, &view, &keys).await
    }
}
