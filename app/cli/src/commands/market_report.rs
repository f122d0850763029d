//! A market and its reserves, printed.

use std::time::Duration;

use anyhow::Result;
use levee_risk::units::Usd;
use serde::Serialize;
use solana_pubkey::Pubkey;

use super::status::Status;
use crate::amounts::{micro_usd_down, percent, tokens, usd_down, usd_up};
use crate::context::Context;
use crate::market_view::{Live, MarketView};
use crate::output::{list, print, table, Report};

#[derive(Serialize)]
struct Shown {
    market: String,
    owner: String,
    risk_admin: String,
    guardian: String,
    /// Whom it was offered to.
    pending_owner: Option<String>,
    status: Status,
    dust_usd: String,
    max_proof_gap_slots: u64,
    mild_wait_slots: u64,
    restart_grace_slots: u64,
    risk_delay_seconds: u64,
    threshold_ramp_seconds: u32,
    kappa_bps: u32,
    insurance_share_bps: u32,
    mild_lift_bps: u32,
    elevation_groups: Vec<GroupRow>,
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
    status: Status,
}

#[derive(Serialize)]
struct GroupRow {
    number: usize,
    debt: String,
    ltv_bps: u32,
    threshold_bps: u32,
}

impl Report for Shown {
    fn text(&self) -> String {
        let slots = |slots: u64| format!("{slots} slots");
        let mut entries = vec![
            ("market", self.market.clone()),
            ("owner", self.owner.clone()),
            ("risk admin", self.risk_admin.clone()),
            ("guardian", self.guardian.clone()),
            ("status", self.status.text()),
            ("dust", format!("${}", self.dust_usd)),
            ("proof reaches", slots(self.max_proof_gap_slots)),
            ("mild wait", slots(self.mild_wait_slots)),
            ("mild lift", percent(self.mild_lift_bps)),
            ("restart grace", slots(self.restart_grace_slots)),
            ("risk delay", time(self.risk_delay_seconds)),
            ("threshold ramp", time(self.threshold_ramp_seconds.into())),
            ("insurance share", percent(self.insurance_share_bps)),
            ("kappa", percent(self.kappa_bps)),
        ];
        if let Some(offered) = &self.pending_owner {
            entries.insert(2, ("offered to", offered.clone()));
        }
        entries.extend(self.elevation_groups.iter().map(|group| {
            let (ltv, threshold) = (percent(group.ltv_bps), percent(group.threshold_bps));
            let weights = format!("{} against LTV {ltv}, threshold {threshold}", group.debt);
            ("elevation group", format!("{}: {weights}", group.number))
        }));
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
                row.status.text(),
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
            "status",
        ];
        format!("{}\n{}", list(&entries), table(&header, rows.collect()))
    }
}

/// A reserve each, at the newest prices.
fn rows(live: &Live) -> Result<Vec<ReserveRow>> {
    let view = live.view;
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
            status: Status::of(reserve.status),
        });
    }
    Ok(reserves)
}

/// The elevation groups that there are.
fn groups(view: &MarketView) -> Vec<GroupRow> {
    let groups = view.market.groups.iter().map(|group| &group.config);
    let groups = groups.enumerate().filter(|(_, group)| group.exists());
    let rows = groups.map(|(at, group)| GroupRow {
        number: at + 1,
        debt: view.name(&group.debt_reserve),
        ltv_bps: group.ltv_bps,
        threshold_bps: group.threshold_bps,
    });
    rows.collect()
}

/// A length of time for people.
fn time(seconds: u64) -> String {
    match seconds {
        0 => "none".into(),
        seconds => humantime::format_duration(Duration::from_secs(seconds)).to_string(),
    }
}

/// Prints the market that is meant, at the newest prices.
///
/// # Errors
/// The cluster's.
pub async fn show(context: &Context) -> Result<()> {
    let view = MarketView::load(context).await?;
    let live = view.live(context).await?;
    let reserves = rows(&live)?;
    let market = &view.market;
    let config = &market.config;
    print(
        &Shown {
            market: view.key.to_string(),
            owner: market.owner.to_string(),
            risk_admin: market.risk_admin.to_string(),
            guardian: market.guardian.to_string(),
            pending_owner: (market.pending_owner != Pubkey::default())
                .then(|| market.pending_owner.to_string()),
            status: Status::of(market.status),
            dust_usd: micro_usd_down(config.dust_micro_usd),
            max_proof_gap_slots: config.max_proof_gap_slots,
            mild_wait_slots: config.mild_wait_slots,
            restart_grace_slots: config.restart_grace_slots,
            risk_delay_seconds: config.risk_delay_seconds,
            threshold_ramp_seconds: config.threshold_ramp_seconds,
            kappa_bps: config.kappa_bps,
            insurance_share_bps: config.insurance_share_bps,
            mild_lift_bps: config.mild_lift_bps,
            elevation_groups: groups(&view),
            reserves,
        },
        context.shared.json,
    )
}
