//! A reserve, printed.

use anyhow::{Context as _, Result};
use levee::error::math;
use levee::state::Reserve;
use levee_client::rpc::hex;
use levee_client::ReserveKeys;
use levee_risk::interest::{borrow_rate_up, utilization_down};
use levee_risk::price::{Price, Scale};
use levee_risk::units::Atoms;
use serde::Serialize;

use super::status::Status;
use crate::amounts::{percent, ppm, price, tokens};
use crate::context::Context;
use crate::market_view::MarketView;
use crate::output::{list, print, Report};

/// The plain price of an atom, the rate included; `None` before the first refresh.
pub fn price_of(reserve: &Reserve) -> Option<Price> {
    let cache = &reserve.price;
    let scale = Scale::new(reserve.decimals, cache.exponent)?;
    let mantissa = reserve.rate().apply_down(cache.price).ok()?;
    (cache.price > 0).then(|| Price::new(mantissa, scale))
}

/// The oracle's price as it wrote it.
pub fn price_text(reserve: &Reserve) -> String {
    match reserve.price.price {
        0 => "unknown".into(),
        mantissa => price(mantissa, reserve.price.exponent),
    }
}

/// How much of the deposits is lent, rounded down.
///
/// # Errors
/// A number that leaves its range.
pub fn utilization_pct(reserve: &Reserve) -> Result<String> {
    let used = utilization_down(reserve.debt_up()?, Atoms(reserve.available_atoms));
    let bps = used.bps_down().0;
    Ok(format!("{}.{:02}", bps / 100, bps % 100))
}

#[derive(Serialize)]
struct Shown {
    token: String,
    reserve: String,
    mint: String,
    vault: String,
    decimals: u8,
    status: Status,
    market_status: Status,
    price_usd: String,
    price_published_ts: i64,
    supplied_tokens: String,
    borrowed_tokens: String,
    available_tokens: String,
    insurance_tokens: String,
    protocol_fees_tokens: String,
    utilization_pct: String,
    borrow_rate_bps: u32,
    deposit_cap_tokens: String,
    borrow_cap_tokens: String,
    ltv_bps: u32,
    threshold_bps: u32,
    borrow_factor_bps: u32,
    bonus_start_ppm: u32,
    bonus_slope_ppm_per_slot: u32,
    bonus_max_ppm: u32,
    take_rate_bps: u32,
    flash_fee_bps: u32,
    oracle_feed: String,
    announced_change_ts: Option<i64>,
}

impl Report for Shown {
    fn text(&self) -> String {
        let announced = self.announced_change_ts;
        let mut entries = vec![
            ("token", self.token.clone()),
            ("reserve", self.reserve.clone()),
            ("mint", self.mint.clone()),
            ("vault", self.vault.clone()),
            ("status", self.status.text()),
            ("price", format!("${}", self.price_usd)),
            ("supplied", self.supplied_tokens.clone()),
            ("borrowed", self.borrowed_tokens.clone()),
            ("available", self.available_tokens.clone()),
            ("insurance", self.insurance_tokens.clone()),
            ("protocol fees", self.protocol_fees_tokens.clone()),
            ("utilization", format!("{}%", self.utilization_pct)),
            (
                "borrow rate",
                format!("{} a year", percent(self.borrow_rate_bps)),
            ),
            ("deposit cap", self.deposit_cap_tokens.clone()),
            ("borrow cap", self.borrow_cap_tokens.clone()),
            ("LTV", percent(self.ltv_bps)),
            ("threshold", percent(self.threshold_bps)),
            ("borrow factor", percent(self.borrow_factor_bps)),
            ("bonus starts at", ppm(self.bonus_start_ppm)),
            (
                "bonus rises by",
                format!("{} per slot", ppm(self.bonus_slope_ppm_per_slot)),
            ),
            ("bonus ends at", ppm(self.bonus_max_ppm)),
            ("take rate", percent(self.take_rate_bps)),
            ("flash fee", percent(self.flash_fee_bps)),
            ("feed", self.oracle_feed.clone()),
        ];
        if !self.market_status.is_open() {
            entries.insert(5, ("the market's", self.market_status.text()));
        }
        if let Some(ts) = announced {
            entries.push(("announced change", format!("may act from {ts} (Unix time)")));
        }
        list(&entries)
    }
}

/// Prints the reserve of `keys` at the newest prices.
///
/// # Errors
/// The cluster's.
pub async fn show(context: &Context, view: &MarketView, keys: &ReserveKeys) -> Result<()> {
    let live = view.live(context).await?;
    let reserve = live
        .copies
        .0
        .get(&keys.reserve)
        .context("the reserve is gone")?;
    let shown = |atoms: u64| tokens(atoms, reserve.decimals);
    let config = &reserve.config;
    let debt = reserve.debt_up()?;
    let used = utilization_down(debt, Atoms(reserve.available_atoms));
    let insurance = reserve
        .scaled_insurance()
        .atoms_down(reserve.supply_index());
    let auction = &config.auction;
    print(
        &Shown {
            token: view.name(&keys.reserve),
            reserve: keys.reserve.to_string(),
            mint: keys.mint.to_string(),
            vault: keys.vault.to_string(),
            decimals: reserve.decimals,
            status: Status::of(reserve.status),
            market_status: Status::of(view.market.status),
            price_usd: price_text(reserve),
            price_published_ts: reserve.price.publish_ts,
            supplied_tokens: shown(reserve.supply_down()?.0),
            borrowed_tokens: shown(debt.0),
            available_tokens: shown(reserve.available_atoms),
            insurance_tokens: shown(insurance.map_err(math)?.0),
            protocol_fees_tokens: shown(reserve.protocol_fees().atoms_down().0),
            utilization_pct: utilization_pct(reserve)?,
            borrow_rate_bps: borrow_rate_up(config.curve(), used).annual_bps().0,
            deposit_cap_tokens: shown(config.deposit_cap_atoms),
            borrow_cap_tokens: shown(config.borrow_cap_atoms),
            ltv_bps: config.ltv_bps,
            threshold_bps: config.threshold_bps,
            borrow_factor_bps: config.borrow_factor_bps,
            bonus_start_ppm: auction.start_ppm,
            bonus_slope_ppm_per_slot: auction.slope_ppm_per_slot,
            bonus_max_ppm: auction.max_ppm,
            take_rate_bps: config.take_rate_bps,
            flash_fee_bps: config.flash_fee_bps,
            oracle_feed: hex(&config.oracle_feed),
            announced_change_ts: (reserve.pending_config_ts > 0)
                .then_some(reserve.pending_config_ts),
        },
        context.shared.json,
    )
}
