//! What a market's admins decide about one reserve, validated as a whole.

use anchor_lang::prelude::*;
use levee_risk::interest::{validate_curve, CurvePoint};
use levee_risk::liquidation::AuctionParams;
use levee_risk::price::DoubtLimits;
use levee_risk::units::{Bps, Ppm};

use crate::error::LeveeError;

/// Most points of an interest curve.
pub const MAX_CURVE_POINTS: usize = 11;

/// Oracle kind: a `PriceUpdateV2` of Pyth's receiver; `oracle_feed` is the feed id.
pub const ORACLE_PYTH_PULL: u32 = 1;
/// Oracle kind: a price account of Pyth's legacy program; `oracle_feed` is its address.
pub const ORACLE_PYTH_LEGACY: u32 = 2;

const FULL_BPS: u32 = 10_000;
const FULL_PPM: u32 = 1_000_000;

/// A point of the interest curve: annual rate at a utilization, linear in between.
#[zero_copy]
#[derive(AnchorSerialize, AnchorDeserialize, Debug, Default, PartialEq, Eq)]
pub struct RatePoint {
    /// From 0 to 10,000.
    pub utilization_bps: u32,
    /// Annual, uncompounded.
    pub rate_bps: u32,
}

/// The auction of a collateral, see [`AuctionParams`].
#[zero_copy]
#[derive(AnchorSerialize, AnchorDeserialize, Debug, PartialEq, Eq)]
pub struct AuctionConfig {
    /// `b_start`.
    pub start_ppm: u32,
    /// `ρ`.
    pub slope_ppm_per_slot: u32,
    /// `w`.
    pub width_ppm: u32,
    /// `b_max`.
    pub max_ppm: u32,
    /// `b_insolvent`.
    pub insolvent_ppm: u32,
    /// `ε`.
    pub margin_ppm: u32,
    /// `T_min`.
    pub min_target_bps: u32,
}

/// The configuration of a reserve. Every field is a number without padding between, so that the same
/// struct is an instruction's argument and lies in the account.
#[zero_copy]
#[derive(AnchorSerialize, AnchorDeserialize, Debug, PartialEq, Eq)]
pub struct ReserveConfig {
    /// Which price; its meaning depends on the oracle kind.
    pub oracle_feed: [u8; 32],
    /// Most that may be deposited, interest included.
    pub deposit_cap_atoms: u64,
    /// Most that may be owed, interest included.
    pub borrow_cap_atoms: u64,
    /// Most that may leave by withdrawals and borrows, net of what comes in, in one window.
    pub outflow_cap_atoms: u64,
    /// Length of that window.
    pub outflow_window_slots: u64,
    /// [`ORACLE_PYTH_PULL`] or [`ORACLE_PYTH_LEGACY`].
    pub oracle_kind: u32,
    /// How much of a deposit's value may be borrowed; zero where it is no collateral for new borrows.
    pub ltv_bps: u32,
    /// `l`: the part of a deposit's value that counts against debt.
    pub threshold_bps: u32,
    /// `f`: how much a dollar of debt weighs.
    pub borrow_factor_bps: u32,
    /// The auction when this reserve is seized.
    pub auction: AuctionConfig,
    /// The protocol's part of the interest.
    pub take_rate_bps: u32,
    /// Added to a new debt.
    pub origination_fee_bps: u32,
    /// Of a flash loan.
    pub flash_fee_bps: u32,
    /// Oldest price for borrowing, withdrawing and severe liquidation.
    pub max_price_age_seconds: u32,
    /// Oldest price for mild liquidation.
    pub max_mild_price_age_seconds: u32,
    /// Widest confidence for borrowing and withdrawing.
    pub max_confidence_bps: u32,
    /// `k`: multiple of the confidence that is taken off collateral and put on debt.
    pub confidence_multiple_bps: u32,
    /// Widest distance of price and average for borrowing and withdrawing.
    pub max_ema_divergence_bps: u32,
    /// Used points of the curve.
    pub curve_len: u32,
    /// The interest curve; unused points are zero.
    pub curve: [RatePoint; MAX_CURVE_POINTS],
}

const _: () = assert!(core::mem::size_of::<ReserveConfig>() == 232);
const _: () = assert!(core::mem::size_of::<RatePoint>() == core::mem::size_of::<CurvePoint>());

impl ReserveConfig {
    /// The used points of the curve.
    pub fn curve(&self) -> &[CurvePoint] {
        let points: &[CurvePoint] = bytemuck::cast_slice(&self.curve);
        points.get(..self.curve_len as usize).unwrap_or(&[])
    }

    /// The auction in the risk library's types.
    pub fn auction(&self) -> AuctionParams {
        AuctionParams {
            start: Ppm(self.auction.start_ppm),
            slope_per_slot: Ppm(self.auction.slope_ppm_per_slot),
            width: Ppm(self.auction.width_ppm),
            max: Ppm(self.auction.max_ppm),
            insolvent: Ppm(self.auction.insolvent_ppm),
            margin: Ppm(self.auction.margin_ppm),
            min_target: Bps(self.auction.min_target_bps),
        }
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
        self.validate_auction()?;
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
        self.validate_oracle()
    }

    fn validate_auction(&self) -> Result<()> {
        let auction = &self.auction;
        // Paying the largest bonus out of the threshold must leave something, or self-liquidation pays.
        let gross = u64::from(FULL_PPM).saturating_add(u64::from(auction.max_ppm));
        require!(
            u64::from(self.threshold_bps).saturating_mul(gross)
                < u64::from(FULL_BPS).saturating_mul(u64::from(FULL_PPM)),
            LeveeError::ThresholdTimesBonusTooHigh
        );
        let valid = auction.start_ppm <= auction.insolvent_ppm
            && auction.insolvent_ppm <= auction.max_ppm
            && auction.max_ppm <= 200_000
            && auction.slope_ppm_per_slot <= auction.max_ppm
            && (1..=FULL_PPM).contains(&auction.width_ppm)
            && (100..=50_000).contains(&auction.margin_ppm)
            && auction.min_target_bps > FULL_BPS
            && auction.min_target_bps <= 2 * FULL_BPS;
        require!(valid, LeveeError::InvalidAuction);
        Ok(())
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
            LeveeError::InvalidCurve
        );
        validate_curve(self.curve()).map_err(|_| error!(LeveeError::InvalidCurve))
    }

    fn validate_oracle(&self) -> Result<()> {
        let known = matches!(self.oracle_kind, ORACLE_PYTH_PULL | ORACLE_PYTH_LEGACY);
        let valid = known
            && self.oracle_feed != [0; 32]
            && (1..=300).contains(&self.max_price_age_seconds)
            && (1..=self.max_price_age_seconds).contains(&self.max_mild_price_age_seconds)
            && (1..=2_000).contains(&self.max_confidence_bps)
            && (1..=FULL_BPS).contains(&self.max_ema_divergence_bps)
            && self.confidence_multiple_bps <= 10 * FULL_BPS;
        require!(valid, LeveeError::InvalidOracleConfig);
        Ok(())
    }

    /// Whether replacing `current` by this raises the risk that lenders or borrowers already carry: such a
    /// change waits, any other acts at once.
    pub fn raises_risk_over(&self, current: &Self) -> bool {
        self.oracle_feed != current.oracle_feed
            || self.oracle_kind != current.oracle_kind
            || self.ltv_bps > current.ltv_bps
            || self.threshold_bps != current.threshold_bps
            || self.borrow_factor_bps != current.borrow_factor_bps
            || self.auction != current.auction
            || self.deposit_cap_atoms > current.deposit_cap_atoms
            || self.borrow_cap_atoms > current.borrow_cap_atoms
            || self.outflow_cap_atoms > current.outflow_cap_atoms
            || self.outflow_window_slots < current.outflow_window_slots
            || self.max_price_age_seconds > current.max_price_age_seconds
            || self.max_mild_price_age_seconds > current.max_mild_price_age_seconds
            || self.max_confidence_bps > current.max_confidence_bps
            || self.max_ema_divergence_bps > current.max_ema_divergence_bps
            || self.confidence_multiple_bps < current.confidence_multiple_bps
    }
}
