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

use super::movement::Wallet;
use super::status::{switch, Change, Pause, Resume};
use super::{address, reserve_report};
use crate::amounts::tokens;
use crate::context::Context;
use crate::market_view::MarketView;

/// The tokens of a market.
#[derive(Subcommand)]
pub enum Reserve {
    /// List a token; what is not said is as the design's defaults
    Add(Add),
    /// Show a reserve
    Show(Named),
    /// Change a reserve; what is not said stays as it is. A change that raises risk may have to be announced first
    Set(Set),
    /// Stop deposits, borrows or both: withdrawal, repayment and liquidation go on
    Pause(PauseReserve),
    /// Stop everything but repayment and liquidation
    Freeze(Named),
    /// Lift what was paused or frozen; the guardian cannot
    Resume(ResumeReserve),
    /// Pay the protocol's part of interest and fees to the market's owner
    ClaimFees(Named),
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

/// A reserve.
#[derive(Args)]
pub struct Named {
    /// The token: its name or address
    token: String,
}

/// Pauses a reserve.
#[derive(Args)]
pub struct PauseReserve {
    /// The token: its name or address
    token: String,
    #[command(flatten)]
    pause: Pause,
}

/// Resumes a reserve.
#[derive(Args)]
pub struct ResumeReserve {
    /// The token: its name or address
    token: String,
    #[command(flatten)]
    resume: Resume,
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
            Self::Show(Named { token }) => show(context, &token).await,
            Self::Set(set) => set.run(context).await,
            Self::Pause(PauseReserve { token, pause }) => {
                switch(context, Some(&token), pause.into()).await
            }
            Self::Freeze(Named { token }) => switch(context, Some(&token), Change::FREEZE).await,
            Self::Resume(ResumeReserve { token, resume }) => {
                switch(context, Some(&token), resume.into()).await
            }
            Self::ClaimFees(Named { token }) => claim_fees(context, &token).await,
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

async fn show(context: &Context, token: &str) -> Result<()> {
    let view = MarketView::load(context).await?;
    let (keys, _) = view.reserve(token)?;
    reserve_report::show(context, &view, &keys).await
}

async fn claim_fees(context: &Context, token: &str) -> Result<()> {
    let view = MarketView::load(context).await?;
    let (keys, reserve) = view.reserve(token)?;
    let mut reserve = *reserve;
    reserve.accrue(context.connection.now().await?.clock.unix_timestamp)?;
    let claimed = reserve.claim_fees()?;
    let name = view.name(&keys.reserve);
    if claimed.0 == 0 {
        bail!("{name} has no fees to claim now: they come with interest, and leave as far as the vault can pay");
    }
    let signer = context.signer().await?;
    let wallet = Wallet::read(context, signer.pubkey(), keys).await?;
    let claim = ix::claim_protocol_fees(signer.pubkey(), &keys, wallet.account);
    let instructions: Vec<_> = wallet
        .create()
        .into_iter()
        .chain([claim])
        .chain(wallet.unwrap_received())
        .collect();
    let what = format!("claimed {} {name}", tokens(claimed.0, reserve.decimals));
    let details = json!({ "reserve": keys.reserve.to_string(), "to": signer.pubkey().to_string() });
    context
        .send(&what, &signer, &[], &instructions, details)
        .await?;
    Ok(())
}
