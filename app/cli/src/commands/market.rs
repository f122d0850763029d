//! `levee market`.

use anyhow::{anyhow, Result};
use clap::{Args, Subcommand};
use levee::state::MarketConfig;
use levee_client::{instructions as ix, pda};
use levee_migrations::file::MarketTerms;
use levee_risk::units::Usd;
use serde::Serialize;
use serde_json::json;
use solana_signer::Signer;

use super::address;
use crate::amounts::{micro_usd_down, percent, tokens, usd_down, usd_up};
use crate::context::Context;
use crate::market_view::MarketView;
use crate::output::{list, print, table, Report};

/// Lending markets.
#[derive(Subcommand)]
pub enum Market {
    /// Create a market, and mean it from then on where none is named
    Create(Create),
    /// Show a market and its reserves
    Show,
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

impl Market {
    /// # Errors
    /// What the program refuses.
    pub async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::Create(create) => create.run(context).await,
            Self::Show => show(context).await,
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

#[derive(Serialize)]
struct Shown {
    market: String,
    owner: String,
    risk_admin: String,
    guardian: String,
    status: u8,
    dust_usd: String,
    max_proof_gap_slots: u64,
    mild_wait_slots: u64,
    restart_grace_slots: u64,
    risk_delay_seconds: u64,
    threshold_ramp_seconds: u32,
    kappa_bps: u32,
    insurance_share_bps: u32,
    mild_lift_bps: u32,
    reserves: Vec<ReserveRow>,
}

#[derive(Serialize)]
struct ReserveRow {
    token: String,
    reserve: String,
    price_usd: String,
    supplied_tokens: String,
    supplied_usd: String,
    borrowed_tokens: String,
    borrowed_usd: String,
    utilization_pct: String,
    ltv_bps: u32,
    threshold_bps: u32,
    status: u8,
}

impl Report for Shown {
    fn text(&self) -> String {
        let entries = [
            ("market", self.market.clone()),
            ("owner", self.owner.clone()),
            ("risk admin", self.risk_admin.clone()),
            ("guardian", self.guardian.clone()),
            ("dust", format!("${}", self.dust_usd)),
            ("mild wait", format!("{} slots", self.mild_wait_slots)),
            ("insurance share", percent(self.insurance_share_bps)),
            ("kappa", percent(self.kappa_bps)),
        ];
        let rows = self.reserves.iter().map(|row| {
            vec![
                row.token.clone(),
                row.price_usd.clone(),
                row.supplied_tokens.clone(),
                row.supplied_usd.clone(),
                row.borrowed_tokens.clone(),
                row.borrowed_usd.clone(),
                row.utilization_pct.clone(),
                percent(row.ltv_bps),
                percent(row.threshold_bps),
            ]
        });
        let header = [
            "token",
            "price $",
            "supplied",
            "$",
            "borrowed",
            "$",
            "used %",
            "LTV",
            "threshold",
        ];
        format!("{}\n{}", list(&entries), table(&header, rows.collect()))
    }
}

async fn show(context: &Context) -> Result<()> {
    let view = MarketView::load(context).await?;
    let live = view.live(context).await?;
    let mut reserves = Vec::new();
    for (key, _) in &view.reserves {
        let Some(reserve) = live.copies.0.get(key) else {
            continue;
        };
        let (supplied, borrowed) = (reserve.supply_down()?, reserve.debt_up()?);
        let price = super::reserve_report::price_of(reserve);
        let value = |up: bool| match (&price, up) {
            (Some(price), true) => price.value_up(borrowed).unwrap_or(Usd::ZERO),
            (Some(price), false) => price.value_down(supplied).unwrap_or(Usd::ZERO),
            (None, _) => Usd::ZERO,
        };
        reserves.push(ReserveRow {
            token: view.name(key),
            reserve: key.to_string(),
            price_usd: super::reserve_report::price_text(reserve),
            supplied_tokens: tokens(supplied.0, reserve.decimals),
            supplied_usd: usd_down(value(false)),
            borrowed_tokens: tokens(borrowed.0, reserve.decimals),
            borrowed_usd: usd_up(value(true)),
            utilization_pct: super::reserve_report::utilization_pct(reserve)?,
            ltv_bps: reserve.config.ltv_bps,
            threshold_bps: reserve.config.threshold_bps,
            status: reserve.status,
        });
    }
    let market = &view.market;
    let config = &market.config;
    print(
        &Shown {
            market: view.key.to_string(),
            owner: market.owner.to_string(),
            risk_admin: market.risk_admin.to_string(),
            guardian: market.guardian.to_string(),
            status: market.status,
            dust_usd: micro_usd_down(config.dust_micro_usd),
            max_proof_gap_slots: config.max_proof_gap_slots,
            mild_wait_slots: config.mild_wait_slots,
            restart_grace_slots: config.restart_grace_slots,
            risk_delay_seconds: config.risk_delay_seconds,
            threshold_ramp_seconds: config.threshold_ramp_seconds,
            kappa_bps: config.kappa_bps,
            insurance_share_bps: config.insurance_share_bps,
            mild_lift_bps: config.mild_lift_bps,
            reserves,
        },
        context.shared.json,
    )
}
