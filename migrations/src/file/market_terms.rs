//! What a file or a command line says about a market or an auction; what it leaves out stays as it is.

use clap::Args;
use levee::state::{AuctionConfig, MarketConfig};
use serde::Deserialize;

use super::setting::{bps, ppm, seconds};
use super::{Dollars, Percent, Time};

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
