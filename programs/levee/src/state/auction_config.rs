//! The auction in which a collateral is seized, as a market's admins set it.

use anchor_lang::prelude::borsh::{BorshDeserialize, BorshSerialize};
use anchor_lang::prelude::*;
use levee_risk::liquidation::AuctionParams;
use levee_risk::units::{Bps, Ppm};

use crate::error::LeveeError;

const FULL_BPS: u32 = 10_000;
const FULL_PPM: u32 = 1_000_000;

/// The auction of a collateral, see [`AuctionParams`].
#[zero_copy]
#[derive(BorshSerialize, BorshDeserialize, Debug, PartialEq, Eq)]
#[borsh(crate = "borsh")]
pub struct AuctionConfig {
    /// `b_start`: at most `insolvent_ppm`.
    pub start_ppm: u32,
    /// `ρ`: at most `max_ppm`.
    pub slope_ppm_per_slot: u32,
    /// `w`: from 1 to 1,000,000.
    pub width_ppm: u32,
    /// `b_max`: at most 200,000.
    pub max_ppm: u32,
    /// `b_insolvent`: at most `max_ppm`.
    pub insolvent_ppm: u32,
    /// `ε`: from 100 to 50,000.
    pub margin_ppm: u32,
    /// `T_min`: above 10,000, at most 20,000.
    pub min_target_bps: u32,
}

impl AuctionConfig {
    /// In the risk library's types.
    pub fn params(&self) -> AuctionParams {
        AuctionParams {
            start: Ppm(self.start_ppm),
            slope_per_slot: Ppm(self.slope_ppm_per_slot),
            width: Ppm(self.width_ppm),
            max: Ppm(self.max_ppm),
            insolvent: Ppm(self.insolvent_ppm),
            margin: Ppm(self.margin_ppm),
            min_target: Bps(self.min_target_bps),
        }
    }

    /// Refuses an auction that the engine's promises do not survive for a collateral with `threshold_bps`.
    ///
    /// # Errors
    /// [`LeveeError::ThresholdTimesBonusTooHigh`], [`LeveeError::InvalidAuction`].
    pub fn validate(&self, threshold_bps: u32) -> Result<()> {
        // Paying the largest bonus out of the threshold must leave something, or self-liquidation pays.
        let gross = u64::from(FULL_PPM).saturating_add(u64::from(self.max_ppm));
        require!(
            u64::from(threshold_bps).saturating_mul(gross)
                < u64::from(FULL_BPS).saturating_mul(u64::from(FULL_PPM)),
            LeveeError::ThresholdTimesBonusTooHigh
        );
        let valid = self.start_ppm <= self.insolvent_ppm
            && self.insolvent_ppm <= self.max_ppm
            && self.max_ppm <= 200_000
            && self.slope_ppm_per_slot <= self.max_ppm
            && (1..=FULL_PPM).contains(&self.width_ppm)
            && (100..=50_000).contains(&self.margin_ppm)
            && self.min_target_bps > FULL_BPS
            && self.min_target_bps <= 2 * FULL_BPS;
        require!(valid, LeveeError::InvalidAuction);
        Ok(())
    }
}
