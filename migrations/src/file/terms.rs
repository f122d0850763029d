//! What a file or a command line says about a reserve or a market; what it leaves out stays as it is.

use clap::Args;
use levee::state::{
    AuctionConfig, MarketConfig, RatePoint, ReserveConfig, MAX_CURVE_POINTS, ORACLE_PYTH_LEGACY,
    ORACLE_PYTH_PULL, RATE_NONE, RATE_PYTH_REDEMPTION, RATE_STAKE_POOL,
};
use serde::Deserialize;

use super::quantity::{Address, Dollars, FeedId, Percent, Point, Time, Tokens};

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
    /// Most debt that mild and aged liquidations repay against this collateral in one slot; zero for any
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

/// Terms of the auction when a collateral is seized.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuctionTerms {
    /// The bonus at which the auction starts
    #[arg(long = "auction-start")]
    pub start: Option<Percent>,
    /// What it rises by per slot
    #[arg(long = "auction-slope-per-slot", value_name = "PERCENT")]
    pub slope_per_slot: Option<Percent>,
    /// The health deficit at which the largest bonus is paid at once; by default three quarters of what the threshold leaves
    #[arg(long = "auction-width")]
    pub width: Option<Percent>,
    /// The largest bonus
    #[arg(long = "auction-max")]
    pub max: Option<Percent>,
    /// The bonus of an insolvent position
    #[arg(long = "auction-insolvent")]
    pub insolvent: Option<Percent>,
    /// What a bonus stays below the one that heals nothing
    #[arg(long = "auction-margin")]
    pub margin: Option<Percent>,
    /// The least health that a liquidation aims at
    #[arg(long = "auction-min-target", value_name = "PERCENT")]
    pub min_target: Option<Percent>,
}

/// Terms of a market.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarketTerms {
    /// A debt below this is closed whole, and none smaller is opened
    #[arg(long, value_name = "DOLLARS")]
    pub dust: Option<Dollars>,
    /// How far back a proof of unhealthy time reaches
    #[arg(long, value_name = "SLOTS")]
    pub max_proof_gap_slots: Option<u64>,
    /// How long mild liquidations wait at most
    #[arg(long, value_name = "SLOTS")]
    pub mild_wait_slots: Option<u64>,
    /// How long borrowing and mild liquidation pause after a restart of the cluster
    #[arg(long, value_name = "SLOTS")]
    pub restart_grace_slots: Option<u64>,
    /// How long a change that raises risk is announced before it acts
    #[arg(long, value_name = "TIME")]
    pub risk_delay: Option<Time>,
    /// How far a liquidation heals beyond one, in parts of what the threshold leaves
    #[arg(long)]
    pub kappa: Option<Percent>,
    /// The insurance's part of a liquidation bonus
    #[arg(long)]
    pub insurance_share: Option<Percent>,
    /// How far a mild liquidation's prices are moved towards their averages
    #[arg(long)]
    pub mild_lift: Option<Percent>,
    /// How long a lowered threshold takes to arrive
    #[arg(long, value_name = "TIME")]
    pub threshold_ramp: Option<Time>,
}

/// Sets a field in basis points.
fn bps(field: &mut u32, said: Option<Percent>, name: &str) -> Result<(), String> {
    if let Some(percent) = said {
        *field = percent.bps().map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}

fn ppm(field: &mut u32, said: Option<Percent>) {
    if let Some(percent) = said {
        *field = percent.ppm;
    }
}

fn seconds(field: &mut u32, said: Option<Time>, name: &str) -> Result<(), String> {
    if let Some(time) = said {
        *field = u32::try_from(time.seconds).map_err(|_| format!("{name} is too long"))?;
    }
    Ok(())
}

fn atoms(field: &mut u64, said: &Option<Tokens>, decimals: u8, name: &str) -> Result<(), String> {
    if let Some(tokens) = said {
        *field = tokens
            .atoms(decimals)
            .map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}

impl ReserveTerms {
    /// Changes `config` of a token with `decimals` where these terms say something. A new threshold without a new auction
    /// width brings the default width with it.
    ///
    /// # Errors
    /// A quantity that is too fine or too large for its field; the program checks the whole.
    pub fn apply(&self, config: &mut ReserveConfig, decimals: u8) -> Result<(), String> {
        self.apply_sources(config)?;
        bps(
            &mut config.max_rate_growth_bps,
            self.max_rate_growth,
            "max_rate_growth",
        )?;
        bps(&mut config.ltv_bps, self.ltv, "ltv")?;
        bps(&mut config.threshold_bps, self.threshold, "threshold")?;
        bps(
            &mut config.borrow_factor_bps,
            self.borrow_factor,
            "borrow_factor",
        )?;
        atoms(
            &mut config.deposit_cap_atoms,
            &self.deposit_cap,
            decimals,
            "deposit_cap",
        )?;
        atoms(
            &mut config.borrow_cap_atoms,
            &self.borrow_cap,
            decimals,
            "borrow_cap",
        )?;
        atoms(
            &mut config.outflow_cap_atoms,
            &self.outflow_cap,
            decimals,
            "outflow_cap",
        )?;
        if let Some(slots) = self.outflow_window_slots {
            config.outflow_window_slots = slots;
        }
        if let Some(ceiling) = self.liquidation_ceiling {
            config.liquidation_ceiling_micro_usd = ceiling.micro_usd;
        }
        bps(&mut config.take_rate_bps, self.take_rate, "take_rate")?;
        bps(
            &mut config.origination_fee_bps,
            self.origination_fee,
            "origination_fee",
        )?;
        bps(&mut config.flash_fee_bps, self.flash_fee, "flash_fee")?;
        seconds(
            &mut config.max_price_age_seconds,
            self.max_price_age,
            "max_price_age",
        )?;
        let mild = &mut config.max_mild_price_age_seconds;
        seconds(mild, self.max_mild_price_age, "max_mild_price_age")?;
        bps(
            &mut config.max_confidence_bps,
            self.max_confidence,
            "max_confidence",
        )?;
        let multiple = &mut config.confidence_multiple_bps;
        bps(multiple, self.confidence_multiple, "confidence_multiple")?;
        bps(
            &mut config.max_ema_divergence_bps,
            self.max_ema_divergence,
            "max_ema_divergence",
        )?;
        if let Some(points) = &self.curve {
            (config.curve, config.curve_len) = curve(points)?;
        }
        if self.threshold.is_some() && self.auction.width.is_none() {
            config.auction.width_ppm = default_width_ppm(config.threshold_bps);
        }
        self.auction.apply(&mut config.auction)
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

impl AuctionTerms {
    /// Changes `auction` where these terms say something.
    ///
    /// # Errors
    /// A target that is finer than a basis point.
    pub fn apply(&self, auction: &mut AuctionConfig) -> Result<(), String> {
        ppm(&mut auction.start_ppm, self.start);
        ppm(&mut auction.slope_ppm_per_slot, self.slope_per_slot);
        ppm(&mut auction.width_ppm, self.width);
        ppm(&mut auction.max_ppm, self.max);
        ppm(&mut auction.insolvent_ppm, self.insolvent);
        ppm(&mut auction.margin_ppm, self.margin);
        bps(&mut auction.min_target_bps, self.min_target, "min_target")
    }
}

impl MarketTerms {
    /// Changes `config` where these terms say something.
    ///
    /// # Errors
    /// A quantity that is too fine or too large for its field; the program checks the whole.
    pub fn apply(&self, config: &mut MarketConfig) -> Result<(), String> {
        let slots = [
            (&mut config.max_proof_gap_slots, self.max_proof_gap_slots),
            (&mut config.mild_wait_slots, self.mild_wait_slots),
            (&mut config.restart_grace_slots, self.restart_grace_slots),
            (
                &mut config.dust_micro_usd,
                self.dust.map(|dust| dust.micro_usd),
            ),
            (
                &mut config.risk_delay_seconds,
                self.risk_delay.map(|delay| delay.seconds),
            ),
        ];
        for (field, said) in slots {
            *field = said.unwrap_or(*field);
        }
        bps(&mut config.kappa_bps, self.kappa, "kappa")?;
        bps(
            &mut config.insurance_share_bps,
            self.insurance_share,
            "insurance_share",
        )?;
        bps(&mut config.mild_lift_bps, self.mild_lift, "mild_lift")?;
        seconds(
            &mut config.threshold_ramp_seconds,
            self.threshold_ramp,
            "threshold_ramp",
        )
    }
}
