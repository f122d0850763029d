//! The lending market: who may change it, and the engine's rules that hold for all its reserves.

use anchor_lang::prelude::borsh::{BorshDeserialize, BorshSerialize};
use anchor_lang::prelude::*;

use levee_risk::liquidation::EngineParams;
use levee_risk::policy::TierRules;
use levee_risk::units::{Bps, Usd};
use solana_sysvar::last_restart_slot::LastRestartSlot;

use super::elevation_group::{ElevationGroup, ElevationGroupConfig, MAX_GROUPS};
use super::micro_usd::micro_usd;
use crate::error::LeveeError;

/// Parameters of the engine that hold for the whole market.
#[zero_copy]
#[derive(BorshSerialize, BorshDeserialize, Debug, PartialEq, Eq)]
#[borsh(crate = "borsh")]
pub struct MarketConfig {
    /// A debt below this is closed whole, and none smaller is opened; millionths of a dollar, from 1 to 1,000,000,000.
    pub dust_micro_usd: u64,
    /// A proof of unhealthy time reaches back at most this far (`M`): from 1 to 10,000.
    pub max_proof_gap_slots: u64,
    /// Mild liquidations wait at most this long (`N`): at most `max_proof_gap_slots`.
    pub mild_wait_slots: u64,
    /// How long borrowing and mild liquidation pause after a restart of the cluster: at most 1,000,000.
    pub restart_grace_slots: u64,
    /// A change that raises risk takes effect this long after it was announced: at most 30 days.
    pub risk_delay_seconds: u64,
    /// `κ`: at most 10,000.
    pub kappa_bps: u32,
    /// The part of a liquidation bonus that goes to insurance: at most 5,000.
    pub insurance_share_bps: u32,
    /// How far a mild liquidation's prices are moved towards their averages (`g`): at most 1,000.
    pub mild_lift_bps: u32,
    /// How long a lowered liquidation threshold takes to arrive: at most 90 days.
    pub threshold_ramp_seconds: u32,
}

impl MarketConfig {
    /// The defaults of the design.
    pub const DEFAULT: Self = Self {
        dust_micro_usd: 25_000_000,
        max_proof_gap_slots: 150,
        mild_wait_slots: 25,
        restart_grace_slots: 150,
        risk_delay_seconds: 0,
        kappa_bps: 2_500,
        insurance_share_bps: 1_000,
        mild_lift_bps: 100,
        threshold_ramp_seconds: 7 * 86_400,
    };

    /// Refuses a configuration that the engine could not keep its promises under.
    ///
    /// # Errors
    /// [`LeveeError::InvalidMarketConfig`].
    pub fn validate(&self) -> Result<()> {
        let valid = self.dust_micro_usd > 0
            && self.dust_micro_usd <= 1_000_000_000
            && self.max_proof_gap_slots > 0
            && self.max_proof_gap_slots <= 10_000
            && self.mild_wait_slots <= self.max_proof_gap_slots
            && self.restart_grace_slots <= 1_000_000
            && self.risk_delay_seconds <= 30 * 86_400
            && self.kappa_bps <= 10_000
            && self.insurance_share_bps <= 5_000
            && self.mild_lift_bps <= 1_000
            && self.threshold_ramp_seconds <= 90 * 86_400;
        require!(valid, LeveeError::InvalidMarketConfig);
        Ok(())
    }
}

/// One lending market. Seeds: `market`, creator, id.
#[account(zero_copy)]
#[derive(Debug)]
pub struct LendingMarket {
    /// Changes everything; the only one that raises risk in a market's own rules.
    pub owner: Pubkey,
    /// Whom the owner offered the market to; zero when nobody.
    pub pending_owner: Pubkey,
    /// Changes reserves.
    pub risk_admin: Pubkey,
    /// Can only restrict: pause or freeze.
    pub guardian: Pubkey,
    /// A seed of the address.
    pub creator: Pubkey,
    /// A seed of the address.
    pub id: u64,
    /// The engine's rules.
    pub config: MarketConfig,
    /// Group 1 first.
    pub groups: [ElevationGroup; MAX_GROUPS],
    /// An announced change of a group.
    pub pending_group: ElevationGroupConfig,
    /// From then on it may be applied; zero when there is none.
    pub pending_group_ts: i64,
    /// The number of the group that it changes.
    pub pending_group_number: u8,
    /// Status bits, see [`crate::gate::State`].
    pub status: u8,
    /// Of the address.
    pub bump: u8,
    /// Keeps the size a multiple of eight.
    pub unused: [u8; 5],
}

impl LendingMarket {
    /// First seed of the address.
    pub const SEED: &'static [u8] = b"market";

    /// Refuses whoever is neither the owner nor the risk admin.
    ///
    /// # Errors
    /// [`LeveeError::NotRiskAdmin`].
    pub fn check_risk_admin(&self, authority: &Pubkey) -> Result<()> {
        require!(
            *authority == self.owner || *authority == self.risk_admin,
            LeveeError::NotRiskAdmin
        );
        Ok(())
    }

    /// The engine's parameters in the risk library's types.
    pub fn engine(&self) -> EngineParams {
        EngineParams {
            kappa: Bps(self.config.kappa_bps),
            dust: self.dust(),
            insurance_share: Bps(self.config.insurance_share_bps),
        }
    }

    /// What the engine asks about prices and time.
    pub fn tier_rules(&self) -> TierRules {
        TierRules {
            lift: Bps(self.config.mild_lift_bps),
            mild_wait_slots: self.config.mild_wait_slots,
            max_proof_gap_slots: self.config.max_proof_gap_slots,
        }
    }

    /// Elevation group `number`; `None` for zero, which means no group.
    ///
    /// # Errors
    /// [`LeveeError::UnknownElevationGroup`] where the market has none of that number.
    pub fn group(&self, number: u8) -> Result<Option<&ElevationGroup>> {
        let Some(index) = usize::from(number).checked_sub(1) else {
            return Ok(None);
        };
        let group = self.groups.get(index).filter(|group| group.config.exists());
        Ok(Some(group.ok_or(LeveeError::UnknownElevationGroup)?))
    }

    /// The first slot after the grace in which borrowing and mild liquidation pause: the cluster restarted in `restart_slot`,
    /// or a reserve saw the clock jump in `clock_jump_slot` (each zero where that never happened). Zero for no grace.
    pub fn grace_end_slot(&self, restart_slot: u64, clock_jump_slot: u64) -> u64 {
        match restart_slot.max(clock_jump_slot) {
            0 => 0,
            latest => latest.saturating_add(self.config.restart_grace_slots),
        }
    }

    /// Whether `slot` lies in that grace.
    pub fn is_in_grace(&self, slot: u64, restart_slot: u64, clock_jump_slot: u64) -> bool {
        slot < self.grace_end_slot(restart_slot, clock_jump_slot)
    }

    /// The dust value.
    pub fn dust(&self) -> Usd {
        micro_usd(self.config.dust_micro_usd)
    }
}

/// Where the latest restart of the cluster is known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restart {
    /// The cluster, if it matters: asking costs.
    Ask,
    /// This slot, as read by whoever quotes; zero for never.
    At(u64),
}

impl Restart {
    /// The first slot after the latest restart; zero for never.
    ///
    /// # Errors
    /// Where the sysvar cannot be read.
    pub fn slot(self) -> Result<u64> {
        Ok(match self {
            Self::Ask => LastRestartSlot::get()?.last_restart_slot,
            Self::At(slot) => slot,
        })
    }
}
