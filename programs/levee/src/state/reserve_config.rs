//! What a market's admins decide about one reserve, validated as a whole.

use anchor_lang::prelude::borsh::{BorshDeserialize, BorshSerialize};
use anchor_lang::prelude::*;
use levee_risk::interest::{is_higher_anywhere, validate_curve, CurvePoint};
use levee_risk::liquidation::AuctionParams;
use levee_risk::price::DoubtLimits;
use levee_risk::units::Bps;

use super::auction_config::AuctionConfig;
use super::elevation_group::MAX_GROUPS;
use crate::error::{self, LeveeError};

/// Most points of an interest curve.
pub const MAX_CURVE_POINTS: usize = 11;

/// Oracle kind: a `PriceUpdateV2` of Pyth's receiver; `oracle_feed` is the feed id.
#[constant]
pub const ORACLE_PYTH_PULL: u32 = 1;
/// Oracle kind: a price account of Pyth's legacy program; `oracle_feed` is its address.
#[constant]
pub const ORACLE_PYTH_LEGACY: u32 = 2;

/// Rate kind: the token is what the oracle prices.
#[constant]
pub const RATE_NONE: u32 = 0;
/// Rate kind: the token is a share of an SPL stake pool; `rate_source` is the pool's address.
#[constant]
pub const RATE_STAKE_POOL: u32 = 1;
/// Rate kind: the token redeems at a rate that Pyth publishes; `rate_source` is that feed's id.
#[constant]
pub const RATE_PYTH_REDEMPTION: u32 = 2;

/// Least `max_price_age_seconds` in seconds: half of the default. A verified update must be posted, and a liquidation that reads
/// it included, while it is so young; in a crash that takes seconds, and a limit nobody meets would stop all liquidations.
pub const MIN_PRICE_AGE_SECONDS: u32 = 30;
/// Least liquidation ceiling in millionths of a dollar: 10,000 dollars a slot. Ten times the largest dust value that a market
/// may have, so that it never keeps a debt of dust from being closed whole.
pub const MIN_LIQUIDATION_CEILING_MICRO_USD: u64 = 10_000_000_000;

/// Decimals of a stake pool's token, as of the lamports behind it.
pub const STAKE_POOL_DECIMALS: u8 = 9;

const FULL_BPS: u32 = 10_000;

/// A point of the interest curve: annual rate at a utilization, linear in between.
#[zero_copy]
#[derive(BorshSerialize, BorshDeserialize, Debug, Default, PartialEq, Eq)]
#[borsh(crate = "borsh")]
pub struct RatePoint {
    /// From 0 to 10,000.
    pub utilization_bps: u32,
    /// Annual, uncompounded.
    pub rate_bps: u32,
}

/// The configuration of a reserve. Every field is a number without padding between, so that the same
/// struct is an instruction's argument and lies in the account.
#[zero_copy]
#[derive(BorshSerialize, BorshDeserialize, Debug, PartialEq, Eq)]
#[borsh(crate = "borsh")]
pub struct ReserveConfig {
    /// Which price; its meaning depends on the oracle kind. Reserves with the same feed share their base.
    pub oracle_feed: [u8; 32],
    /// What the token is worth in that base; its meaning depends on the rate kind.
    pub rate_source: [u8; 32],
    /// Most that may be deposited, interest included.
    pub deposit_cap_atoms: u64,
    /// Most that may be owed, interest included.
    pub borrow_cap_atoms: u64,
    /// Most that may leave by withdrawals and borrows, net of what comes in, in one window; no cap from 2^63 − 1 on.
    pub outflow_cap_atoms: u64,
    /// Length of that window: from 1 to 10,000,000.
    pub outflow_window_slots: u64,
    /// Most debt, in millionths of a dollar, that mild and aged liquidations may repay against this collateral in one slot:
    /// at least [`MIN_LIQUIDATION_CEILING_MICRO_USD`], or zero where there is no ceiling. Severe ones know none.
    pub liquidation_ceiling_micro_usd: u64,
    /// [`ORACLE_PYTH_PULL`] or [`ORACLE_PYTH_LEGACY`].
    pub oracle_kind: u32,
    /// How much of a deposit's value may be borrowed; zero where it is no collateral for new borrows. Below `threshold_bps`.
    pub ltv_bps: u32,
    /// `l`: the part of a deposit's value that counts against debt. Below 10,000, also with the auction's largest bonus upon it.
    pub threshold_bps: u32,
    /// `f`: how much a dollar of debt weighs, from 10,000 to 50,000.
    pub borrow_factor_bps: u32,
    /// The auction when this reserve is seized.
    pub auction: AuctionConfig,
    /// The protocol's part of the interest: at most 5,000.
    pub take_rate_bps: u32,
    /// Added to a new debt: at most 500.
    pub origination_fee_bps: u32,
    /// Of a flash loan: at most 500.
    pub flash_fee_bps: u32,
    /// Oldest price for borrowing, withdrawing and severe liquidation: from [`MIN_PRICE_AGE_SECONDS`] to 300.
    pub max_price_age_seconds: u32,
    /// Oldest price for mild liquidation, which waits only until it has aged: from 1 to `max_price_age_seconds`.
    pub max_mild_price_age_seconds: u32,
    /// Widest confidence for borrowing and withdrawing: from 1 to 2,000.
    pub max_confidence_bps: u32,
    /// `k`: multiple of the confidence that is taken off collateral and put on debt: at most 100,000.
    pub confidence_multiple_bps: u32,
    /// Widest distance of price and average for borrowing and withdrawing: from 1 to 10,000.
    pub max_ema_divergence_bps: u32,
    /// [`RATE_NONE`], [`RATE_STAKE_POOL`] or [`RATE_PYTH_REDEMPTION`].
    pub rate_kind: u32,
    /// How fast the rate may grow in a year before new risk stops believing it: at most 10,000, and zero without a rate.
    pub max_rate_growth_bps: u32,
    /// The elevation groups that this collateral belongs to: bit 0 is group 1.
    pub elevation_groups: u32,
    /// Used points of the curve.
    pub curve_len: u32,
    /// The interest curve; unused points are zero.
    pub curve: [RatePoint; MAX_CURVE_POINTS],
    /// Keeps the size a multiple of eight; must be zero.
    pub unused: u32,
}

const _: () = assert!(core::mem::size_of::<RatePoint>() == core::mem::size_of::<CurvePoint>());

impl ReserveConfig {
    /// The used points of the curve.
    pub fn curve(&self) -> &[CurvePoint] {
        let points: &[CurvePoint] = bytemuck::cast_slice(&self.curve);
        points.get(..self.curve_len as usize).unwrap_or(&[])
    }

    /// The auction in the risk library's types.
    pub fn auction(&self) -> AuctionParams {
        self.auction.params()
    }

    /// What makes this reserve's price doubtful.
    pub fn doubt_limits(&self) -> DoubtLimits {
        DoubtLimits {
            max_confidence: Bps(self.max_confidence_bps),
            max_ema_divergence: Bps(self.max_ema_divergence_bps),
            confidence_multiple: Bps(self.confidence_multiple_bps),
        }
    }

    /// Refuses what the engine's promises do not survive.
    ///
    /// # Errors
    /// One per rule: see [`LeveeError`].
    pub fn validate(&self) -> Result<()> {
        require!(
            self.ltv_bps < self.threshold_bps && self.threshold_bps < FULL_BPS,
            LeveeError::LtvNotBelowThreshold
        );
        require!(
            (FULL_BPS..=5 * FULL_BPS).contains(&self.borrow_factor_bps),
            LeveeError::InvalidBorrowFactor
        );
        self.auction.validate(self.threshold_bps)?;
        self.validate_curve()?;
        let fees = [
            (self.take_rate_bps, 5_000),
            (self.origination_fee_bps, 500),
            (self.flash_fee_bps, 500),
        ];
        require!(
            fees.iter().all(|(fee, most)| fee <= most),
            LeveeError::InvalidFees
        );
        require!(
            self.outflow_window_slots > 0 && self.outflow_window_slots <= 10_000_000,
            LeveeError::InvalidOutflowWindow
        );
        require!(
            self.liquidation_ceiling_micro_usd == 0
                || self.liquidation_ceiling_micro_usd >= MIN_LIQUIDATION_CEILING_MICRO_USD,
            LeveeError::LiquidationCeilingTooLow
        );
        self.validate_oracle()?;
        self.validate_rate()
    }

    fn validate_curve(&self) -> Result<()> {
        let used = self.curve_len as usize;
        let unused_are_zero = self
            .curve
            .iter()
            .skip(used)
            .all(|point| *point == RatePoint::default());
        require!(
            used <= MAX_CURVE_POINTS && unused_are_zero,
            LeveeError::CurveLength
        );
        validate_curve(self.curve()).map_err(|error| error::curve(error).into())
    }

    fn validate_oracle(&self) -> Result<()> {
        let known = matches!(self.oracle_kind, ORACLE_PYTH_PULL | ORACLE_PYTH_LEGACY);
        let valid = known
            && self.oracle_feed != [0; 32]
            && (MIN_PRICE_AGE_SECONDS..=300).contains(&self.max_price_age_seconds)
            && (1..=self.max_price_age_seconds).contains(&self.max_mild_price_age_seconds)
            && (1..=2_000).contains(&self.max_confidence_bps)
            && (1..=FULL_BPS).contains(&self.max_ema_divergence_bps)
            && self.confidence_multiple_bps <= 10 * FULL_BPS;
        require!(valid, LeveeError::InvalidOracleConfig);
        Ok(())
    }

    fn validate_rate(&self) -> Result<()> {
        let known = match self.rate_kind {
            RATE_NONE => self.rate_source == [0; 32] && self.max_rate_growth_bps == 0,
            RATE_STAKE_POOL | RATE_PYTH_REDEMPTION => {
                self.rate_source != [0; 32]
                    && self.rate_source != self.oracle_feed
                    && self.max_rate_growth_bps <= FULL_BPS
            }
            _ => false,
        };
        let valid = known && self.elevation_groups >> MAX_GROUPS == 0 && self.unused == 0;
        require!(valid, LeveeError::InvalidRateConfig);
        Ok(())
    }

    /// Whether the oracle or the rate's source is another than in `current`, so that what is cached says nothing.
    pub fn has_other_prices_than(&self, current: &Self) -> bool {
        self.oracle_kind != current.oracle_kind
            || self.oracle_feed != current.oracle_feed
            || self.rate_kind != current.rate_kind
            || self.rate_source != current.rate_source
    }

    /// Whether replacing `current` by this raises the risk that lenders or borrowers already carry, or what they pay for it:
    /// such a change waits, any other acts at once. Fees of new debts and of flash loans are nobody's yet.
    pub fn raises_risk_over(&self, current: &Self) -> bool {
        // A lowered threshold ramps down instead of waiting. What makes liquidations easier is a risk for borrowers, and what
        // makes them harder one for lenders: younger prices and a lower ceiling wait as older and higher ones do.
        self.has_other_prices_than(current)
            || self.ltv_bps > current.ltv_bps
            || self.threshold_bps > current.threshold_bps
            || self.max_rate_growth_bps > current.max_rate_growth_bps
            || self.elevation_groups != current.elevation_groups
            || self.liquidation_ceiling_micro_usd != current.liquidation_ceiling_micro_usd
            || self.borrow_factor_bps != current.borrow_factor_bps
            || self.auction != current.auction
            || self.deposit_cap_atoms > current.deposit_cap_atoms
            || self.borrow_cap_atoms > current.borrow_cap_atoms
            || self.outflow_cap_atoms > current.outflow_cap_atoms
            || self.outflow_window_slots < current.outflow_window_slots
            || self.max_price_age_seconds != current.max_price_age_seconds
            || self.max_mild_price_age_seconds != current.max_mild_price_age_seconds
            || self.take_rate_bps > current.take_rate_bps
            || is_higher_anywhere(self.curve(), current.curve())
            || self.max_confidence_bps > current.max_confidence_bps
            || self.max_ema_divergence_bps > current.max_ema_divergence_bps
            || self.confidence_multiple_bps < current.confidence_multiple_bps
    }
}
