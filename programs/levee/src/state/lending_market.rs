//! The lending market: who may change it, and the engine's rules that hold for all its reserves.

use anchor_lang::prelude::*;
use levee_risk::liquidation::EngineParams;
use levee_risk::units::{Bps, Usd};

use crate::error::LeveeError;

/// Wad dollars in a millionth of a dollar.
const WAD_PER_MICRO_USD: u128 = 1_000_000_000_000;

/// Parameters of the engine that hold for the whole market.
#[zero_copy]
#[derive(AnchorSerialize, AnchorDeserialize, Debug, PartialEq, Eq)]
pub struct MarketConfig {
    /// A debt below this is closed whole, and none smaller is opened; millionths of a dollar.
    pub dust_micro_usd: u64,
    /// A proof of unhealthy time reaches back at most this far (`M`).
    pub max_proof_gap_slots: u64,
    /// Mild liquidations wait at most this long (`N`).
    pub mild_wait_slots: u64,
    /// How long borrowing and mild liquidation pause after a restart of the cluster.
    pub restart_grace_slots: u64,
    /// A change that raises risk takes effect this long after it was announced.
    pub risk_delay_seconds: u64,
    /// `κ`.
    pub kappa_bps: u32,
    /// The part of a liquidation bonus that goes to insurance.
    pub insurance_share_bps: u32,
    /// How far a mild liquidation's prices are moved towards their averages (`g`).
    pub mild_lift_bps: u32,
    /// Keeps the size a multiple of eight; must be zero.
    pub unused: u32,
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
        unused: 0,
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
            && self.unused == 0;
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
    /// The latest restart of the cluster that this market took note of.
    pub last_restart_slot: u64,
    /// Until then the market is in restart grace.
    pub grace_until_slot: u64,
    /// The latest slot at which the clock was watched.
    pub watched_slot: u64,
    /// The cluster's time then.
    pub watched_ts: i64,
    /// Status bits, see [`crate::gate::State`].
    pub status: u8,
    /// Of the address.
    pub bump: u8,
    /// Keeps the size a multiple of eight.
    pub unused: [u8; 6],
}

const _: () = assert!(core::mem::size_of::<MarketConfig>() == 56);
const _: () = assert!(core::mem::size_of::<LendingMarket>() == 264);
const _: () = assert!(core::mem::offset_of!(LendingMarket, config) == 168);
const _: () = assert!(core::mem::offset_of!(LendingMarket, status) == 256);

impl LendingMarket {
    /// First seed of the address.
    pub const SEED: &'static [u8] = b"market";

    /// The engine's parameters in the risk library's types.
    pub fn engine(&self) -> EngineParams {
        EngineParams {
            kappa: Bps(self.config.kappa_bps),
            dust: self.dust(),
            insurance_share: Bps(self.config.insurance_share_bps),
        }
    }

    /// The dust value.
    pub fn dust(&self) -> Usd {
        Usd::from_wad(u128::from(self.config.dust_micro_usd).saturating_mul(WAD_PER_MICRO_USD))
    }
}
