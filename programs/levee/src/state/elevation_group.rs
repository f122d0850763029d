//! Elevation groups: collaterals that move with one debt may be borrowed against more closely.

use anchor_lang::prelude::borsh::{BorshDeserialize, BorshSerialize};
use anchor_lang::prelude::*;
use levee_risk::ramp::Ramp;
use levee_risk::units::Bps;

use super::auction_config::AuctionConfig;
use crate::error::LeveeError;

/// Most elevation groups of a market; their numbers start at one.
pub const MAX_GROUPS: usize = 8;

/// A lowered threshold on its way down, see [`Ramp`]; over where both times are zero.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ThresholdRamp {
    /// Unix seconds.
    pub start_ts: i64,
    /// Unix seconds.
    pub end_ts: i64,
    /// The threshold at the start.
    pub from_bps: u32,
    /// Keeps the size a multiple of eight.
    pub unused: u32,
}

impl ThresholdRamp {
    /// The threshold at `now_ts` on the way to `to_bps`.
    #[inline(always)]
    pub fn at(&self, to_bps: u32, now_ts: i64) -> Bps {
        if now_ts >= self.end_ts {
            return Bps(to_bps);
        }
        let ramp = Ramp {
            from: Bps(self.from_bps),
            to: Bps(to_bps),
            start_ts: self.start_ts,
            end_ts: self.end_ts,
        };
        ramp.at_down(now_ts)
    }

    /// The ramp that follows when the threshold becomes `to_bps` at `now_ts`: none for a raise, and the same where the
    /// threshold stays, or every other change would make it arrive later.
    pub fn next(&self, (current_bps, to_bps): (u32, u32), now_ts: i64, seconds: u64) -> Self {
        if to_bps == current_bps {
            return *self;
        }
        let from = self.at(current_bps, now_ts);
        if to_bps >= from.0 || seconds == 0 {
            return Self::default();
        }
        Self {
            start_ts: now_ts,
            end_ts: now_ts.saturating_add_unsigned(seconds),
            from_bps: from.0,
            unused: 0,
        }
    }
}

/// What a market's admins decide about one elevation group.
#[zero_copy]
#[derive(BorshSerialize, BorshDeserialize, Debug, PartialEq, Eq)]
#[borsh(crate = "borsh")]
pub struct ElevationGroupConfig {
    /// The only reserve that its obligations may borrow; the zero address where the group does not exist.
    pub debt_reserve: Pubkey,
    /// The auction when one of its collaterals is seized; its largest bonus is the group's cap.
    pub auction: AuctionConfig,
    /// How much of a member's value may be borrowed.
    pub ltv_bps: u32,
    /// `l` of its members.
    pub threshold_bps: u32,
    /// Keeps the size a multiple of eight; must be zero.
    pub unused: u32,
}

impl ElevationGroupConfig {
    /// Whether the group exists.
    pub fn exists(&self) -> bool {
        self.debt_reserve != Pubkey::default()
    }

    /// Refuses what the engine's promises do not survive.
    ///
    /// # Errors
    /// [`LeveeError::UnknownElevationGroup`], [`LeveeError::LtvNotBelowThreshold`] and those of
    /// [`AuctionConfig::validate`].
    pub fn validate(&self) -> Result<()> {
        require!(
            self.exists() && self.unused == 0,
            LeveeError::UnknownElevationGroup
        );
        require!(
            self.ltv_bps < self.threshold_bps && self.threshold_bps < 10_000,
            LeveeError::LtvNotBelowThreshold
        );
        self.auction.validate(self.threshold_bps)
    }

    /// Whether replacing `current` by this raises the risk that lenders or borrowers already carry.
    pub fn raises_risk_over(&self, current: &Self) -> bool {
        self.debt_reserve != current.debt_reserve
            || self.ltv_bps > current.ltv_bps
            || self.threshold_bps > current.threshold_bps
            || self.auction != current.auction
    }
}

/// One elevation group.
#[zero_copy]
#[derive(Debug, PartialEq, Eq)]
pub struct ElevationGroup {
    /// Its rules.
    pub config: ElevationGroupConfig,
    /// A lowered threshold on its way down.
    pub ramp: ThresholdRamp,
}

impl ElevationGroup {
    /// The threshold of its members at `now_ts`.
    pub fn threshold(&self, now_ts: i64) -> Bps {
        self.ramp.at(self.config.threshold_bps, now_ts)
    }
}
