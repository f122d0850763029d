//! What a file or a command line says about a reserve; what it leaves out stays as it is.

use clap::Args;
use levee::state::{
    RatePoint, ReserveConfig, MAX_CURVE_POINTS, ORACLE_PYTH_LEGACY, ORACLE_PYTH_PULL, RATE_NONE,
    RATE_PYTH_REDEMPTION, RATE_STAKE_POOL,
};
use serde::Deserialize;

use super::setting::{atoms, bps, seconds};
use super::{Address, AuctionTerms, Dollars, FeedId, Percent, Point, Time, Tokens};

/// Terms of a reserve.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReserveTerms {
    /// The feed of the price, as Pyth writes it
    #[arg(long, value_name = "HEX")]
    pub feed: Option<FeedId>,
    /// A price account of Pyth's legacy program instead
    #[arg(long, value_name = "ADDRESS")]
    pub legacy_price_account: Option<Address>,
    /// The stake pool whose share the token is
    #[arg(long, value_name = "ADDRESS")]
    pub stake_pool: Option<Address>,
    /// The feed of the rate at which the token redeems
    #[arg(long, value_name = "HEX")]
    pub redemption_feed: Option<FeedId>,
    /// How fast that rate may grow in a year before new risk stops believing it
    #[arg(long)]
    pub max_rate_growth: Option<Percent>,
    /// How much of a deposit's value may be borrowed
    #[arg(long)]
    pub ltv: Option<Percent>,
    /// The part of a deposit's value that counts against debt
    #[arg(long)]
    pub threshold: Option<Percent>,
    /// How much a dollar of debt weighs
    #[arg(long)]
    pub borrow_factor: Option<Percent>,
    /// Most that may be deposited
    #[arg(long, value_name = "TOKENS")]
    pub deposit_cap: Option<Tokens>,
    /// Most that may be owed
    #[arg(long, value_name = "TOKENS")]
    pub borrow_cap: Option<Tokens>,
    /// Most that may leave in one window
    #[arg(long, value_name = "TOKENS")]
    pub outflow_cap: Option<Tokens>,
    /// Length of that window
    #[arg(long, value_name = "SLOTS")]
    pub outflow_window_slots: Option<u64>,
    /// Most debt that mild and aged liquidations repay against this collateral in one slot, at least 10,000; zero for any
    #[arg(long, value_name = "DOLLARS")]
    pub liquidation_ceiling: Option<Dollars>,
    /// The protocol's part of the interest
    #[arg(long)]
    pub take_rate: Option<Percent>,
    /// Added to a new debt
    #[arg(long)]
    pub origination_fee: Option<Percent>,
    /// Of a flash loan
    #[arg(long)]
    pub flash_fee: Option<Percent>,
    /// Oldest price for borrowing, withdrawing and severe liquidation
    #[arg(long, value_name = "TIME")]
    pub max_price_age: Option<Time>,
    /// Oldest price for mild liquidation
    #[arg(long, value_name = "TIME")]
    pub max_mild_price_age: Option<Time>,
    /// Widest confidence for borrowing and withdrawing
    #[arg(long)]
    pub max_confidence: Option<Percent>,
    /// Multiple of the confidence that is taken off collateral and put on debt
    #[arg(long)]
    pub confidence_multiple: Option<Percent>,
    /// Widest distance of price and average for borrowing and withdrawing
    #[arg(long)]
    pub max_ema_divergence: Option<Percent>,
    /// The interest curve, like 0%:0%,80%:6%,100%:100%
    #[arg(long, value_delimiter = ',', value_name = "UTILIZATION:RATE")]
    pub curve: Option<Vec<Point>>,
    /// The auction when it is seized
    #[command(flatten)]
    #[serde(default)]
    pub auction: AuctionTerms,
}

impl ReserveTerms {
    /// Changes `config` of a token with `decimals` where these terms say something. A new threshold without a new auction
    /// width brings the default width with it.
    ///
    /// # Errors
    /// A quantity that is too fine or too large for its field; the program checks the whole.
    pub fn apply(&self, config: &mut ReserveConfig, decimals: u8) -> Result<(), String> {
        self.apply_sources(config)?;
        self.apply_weights(config)?;
        self.apply_caps(config, decimals)?;
        self.apply_fees(config)?;
        self.apply_price_rules(config)?;
        if let Some(points) = &self.curve {
            (config.curve, config.curve_len) = curve(points)?;
        }
        if self.threshold.is_some() && self.auction.width.is_none() {
            config.auction.width_ppm = default_width_ppm(config.threshold_bps);
        }
        self.auction.apply(&mut config.auction)
    }

    fn apply_weights(&self, config: &mut ReserveConfig) -> Result<(), String> {
        bps(&mut config.ltv_bps, self.ltv, "ltv")?;
        bps(&mut config.threshold_bps, self.threshold, "threshold")?;
        let factor = &mut config.borrow_factor_bps;
        bps(factor, self.borrow_factor, "borrow_factor")
    }

    fn apply_caps(&self, config: &mut ReserveConfig, decimals: u8) -> Result<(), String> {
        let caps = [
            (
                &mut config.deposit_cap_atoms,
                &self.deposit_cap,
                "deposit_cap",
            ),
            (&mut config.borrow_cap_atoms, &self.borrow_cap, "borrow_cap"),
            (
                &mut config.outflow_cap_atoms,
                &self.outflow_cap,
                "outflow_cap",
            ),
        ];
        for (field, said, name) in caps {
            atoms(field, said, decimals, name)?;
        }
        if let Some(slots) = self.outflow_window_slots {
            config.outflow_window_slots = slots;
        }
        if let Some(ceiling) = self.liquidation_ceiling {
            config.liquidation_ceiling_micro_usd = ceiling.micro_usd;
        }
        Ok(())
    }

    fn apply_fees(&self, config: &mut ReserveConfig) -> Result<(), String> {
        bps(&mut config.take_rate_bps, self.take_rate, "take_rate")?;
        let origination = &mut config.origination_fee_bps;
        bps(origination, self.origination_fee, "origination_fee")?;
        bps(&mut config.flash_fee_bps, self.flash_fee, "flash_fee")
    }

    fn apply_price_rules(&self, config: &mut ReserveConfig) -> Result<(), String> {
        let growth = &mut config.max_rate_growth_bps;
        bps(growth, self.max_rate_growth, "max_rate_growth")?;
        let age = &mut config.max_price_age_seconds;
        seconds(age, self.max_price_age, "max_price_age")?;
        let mild = &mut config.max_mild_price_age_seconds;
        seconds(mild, self.max_mild_price_age, "max_mild_price_age")?;
        let confidence = &mut config.max_confidence_bps;
        bps(confidence, self.max_confidence, "max_confidence")?;
        let multiple = &mut config.confidence_multiple_bps;
        bps(multiple, self.confidence_multiple, "confidence_multiple")?;
        let divergence = &mut config.max_ema_divergence_bps;
        bps(divergence, self.max_ema_divergence, "max_ema_divergence")
    }

    fn apply_sources(&self, config: &mut ReserveConfig) -> Result<(), String> {
        match (self.feed, self.legacy_price_account) {
            (Some(_), Some(_)) => {
                return Err("feed and legacy_price_account exclude each other".into())
            }
            (Some(feed), None) => {
                (config.oracle_kind, config.oracle_feed) = (ORACLE_PYTH_PULL, feed.0);
            }
            (None, Some(account)) => {
                let key = account.0.to_bytes();
                (config.oracle_kind, config.oracle_feed) = (ORACLE_PYTH_LEGACY, key);
            }
            (None, None) => {}
        }
        match (self.stake_pool, self.redemption_feed) {
            (Some(_), Some(_)) => {
                return Err("stake_pool and redemption_feed exclude each other".into())
            }
            (Some(pool), None) => {
                (config.rate_kind, config.rate_source) = (RATE_STAKE_POOL, pool.0.to_bytes());
            }
            (None, Some(feed)) => {
                (config.rate_kind, config.rate_source) = (RATE_PYTH_REDEMPTION, feed.0);
            }
            (None, None) => {}
        }
        if self.max_rate_growth.is_some() && config.rate_kind == RATE_NONE {
            return Err("max_rate_growth needs a stake_pool or a redemption_feed".into());
        }
        Ok(())
    }
}

/// `w` of a collateral that is no pair: `0.75·(1 − l)`.
pub fn default_width_ppm(threshold_bps: u32) -> u32 {
    10_000u32.saturating_sub(threshold_bps).saturating_mul(75)
}

fn curve(points: &[Point]) -> Result<([RatePoint; MAX_CURVE_POINTS], u32), String> {
    let mut curve = [RatePoint::default(); MAX_CURVE_POINTS];
    if points.len() > MAX_CURVE_POINTS {
        return Err(format!("curve: at most {MAX_CURVE_POINTS} points"));
    }
    for (slot, point) in curve.iter_mut().zip(points) {
        bps(&mut slot.utilization_bps, Some(point.utilization), "curve")?;
        bps(&mut slot.rate_bps, Some(point.rate), "curve")?;
    }
    Ok((curve, points.len() as u32))
}
