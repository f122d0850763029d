//! Facts about what happened, for whoever watches the logs. Amounts are atoms, prices and indexes as in the
//! accounts.

use anchor_lang::prelude::*;

/// A market was created.
#[event]
pub struct MarketCreated {
    pub market: Pubkey,
    pub owner: Pubkey,
}

/// A reserve was created.
#[event]
pub struct ReserveCreated {
    pub market: Pubkey,
    pub reserve: Pubkey,
    pub mint: Pubkey,
}

/// A change that raises risk was announced.
#[event]
pub struct RiskChangeAnnounced {
    pub reserve: Pubkey,
    pub effective_ts: i64,
}

/// A reserve's configuration was replaced.
#[event]
pub struct ReserveConfigured {
    pub reserve: Pubkey,
}

/// The status of a market, or of one of its reserves, changed.
#[event]
pub struct StatusChanged {
    pub account: Pubkey,
    pub status: u8,
}

/// The market has a new owner.
#[event]
pub struct OwnerChanged {
    pub market: Pubkey,
    pub owner: Pubkey,
}

/// Fees were paid to the protocol.
#[event]
pub struct FeesClaimed {
    pub reserve: Pubkey,
    pub atoms: u64,
}

/// Atoms came in and became a claim.
#[event]
pub struct Deposited {
    pub obligation: Pubkey,
    pub reserve: Pubkey,
    pub atoms: u64,
}

/// A claim was paid out.
#[event]
pub struct Withdrawn {
    pub obligation: Pubkey,
    pub reserve: Pubkey,
    pub atoms: u64,
}

/// A debt was opened or grew.
#[event]
pub struct Borrowed {
    pub obligation: Pubkey,
    pub reserve: Pubkey,
    pub atoms: u64,
    pub fee_atoms: u64,
}

/// A debt shrank.
#[event]
pub struct Repaid {
    pub obligation: Pubkey,
    pub reserve: Pubkey,
    pub atoms: u64,
}

/// An obligation was liquidated.
#[event]
pub struct Liquidated {
    pub obligation: Pubkey,
    pub repay_reserve: Pubkey,
    pub seize_reserve: Pubkey,
    pub repaid_atoms: u64,
    pub seized_atoms: u64,
    /// Paid by the liquidator into the insurance of the repaid reserve.
    pub insurance_atoms: u64,
    /// The repaid token's price, in its oracle's units.
    pub repay_price: u64,
    /// The seized token's price, in its oracle's units.
    pub seize_price: u64,
    pub health_before_ppm: u64,
    /// The largest number where no debt remains.
    pub health_after_ppm: u64,
    pub bonus_ppm: u32,
    pub unhealthy_slots: u64,
    /// Debt that was written off because no collateral remains.
    pub bad_debt_atoms: u64,
    /// The part of it that the insurance paid.
    pub insured_atoms: u64,
}

/// A debt without collateral was written off.
#[event]
pub struct BadDebtSettled {
    pub obligation: Pubkey,
    pub reserve: Pubkey,
    pub loss_atoms: u64,
    pub insured_atoms: u64,
}
