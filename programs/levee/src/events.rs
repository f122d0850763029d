//! Facts about what happened, for whoever watches the logs. Amounts are atoms, prices and indexes as in the
//! accounts.

use anchor_lang::prelude::*;

/// A market was created.
#[event]
pub struct MarketCreated {
    pub market: Pubkey,
    pub owner: Pubkey,
}

/// The admins or the rules of a market were replaced.
#[event]
pub struct MarketConfigured {
    pub market: Pubkey,
}

/// A market was offered to somebody, or an offer was withdrawn.
#[event]
pub struct OwnerProposed {
    pub market: Pubkey,
    /// The zero address where the offer was withdrawn.
    pub pending_owner: Pubkey,
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

/// An obligation was created.
#[event]
pub struct ObligationCreated {
    pub market: Pubkey,
    pub owner: Pubkey,
    pub obligation: Pubkey,
}

/// An empty obligation was closed.
#[event]
pub struct ObligationClosed {
    pub obligation: Pubkey,
}

/// An obligation joined an elevation group, or left it.
#[event]
pub struct ElevationGroupSet {
    pub obligation: Pubkey,
    /// Zero for none.
    pub group: u8,
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
    /// Dollars per whole token of the debt as the liquidation counted it, the token's rate included, rounded up: in units of
    /// `10^exponent` dollars, the exponent being that of the repaid reserve's price cache.
    pub repay_price: u64,
    /// The same of the collateral, rounded down, with the exponent of the seized reserve's cache.
    pub seize_price: u64,
    pub health_before_ppm: u64,
    /// The largest number where no debt remains.
    pub health_after_ppm: u64,
    pub bonus_ppm: u32,
    pub unhealthy_slots: u64,
    /// Of this debt, written off because no collateral remains; other debts follow as [`BadDebtSettled`].
    pub bad_debt_atoms: u64,
    /// The part of it that the insurance paid.
    pub insured_atoms: u64,
    /// How far the price was trusted: 0 mild, 1 aged, 2 severe.
    pub tier: u8,
    /// Whether the liquidator took the scaled deposit because the vault could not pay.
    pub as_deposit: bool,
}

/// Obligations were liquidated over one pair with one transfer each way.
#[event]
pub struct BatchLiquidated {
    pub repay_reserve: Pubkey,
    pub seize_reserve: Pubkey,
    /// As in [`Liquidated`], for the pair alone: a member that holds or owes another token of the same base, whose reserve
    /// knows a newer price, was liquidated at that.
    pub repay_price: u64,
    /// The same of the collateral.
    pub seize_price: u64,
    pub liquidations: Vec<BatchEntry>,
}

/// One liquidation of a batch; the fields are those of [`Liquidated`].
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchEntry {
    pub obligation: Pubkey,
    pub repaid_atoms: u64,
    pub seized_atoms: u64,
    pub insurance_atoms: u64,
    pub health_before_ppm: u64,
    pub health_after_ppm: u64,
    pub bonus_ppm: u32,
    pub unhealthy_slots: u64,
    pub bad_debt_atoms: u64,
    pub insured_atoms: u64,
    pub tier: u8,
}

/// A deposit and a debt of one reserve cancelled before anybody was paid.
#[event]
pub struct Netted {
    pub obligation: Pubkey,
    pub reserve: Pubkey,
    pub atoms: u64,
}

/// An obligation was seen unhealthy.
#[event]
pub struct SeenUnhealthy {
    pub obligation: Pubkey,
    pub health_ppm: u64,
    pub unhealthy_slots: u64,
    pub auction_slots: u64,
    /// Whether it may be liquidated now.
    pub is_permitted: bool,
}

/// A batch passed over an obligation.
#[event]
pub struct LiquidationSkipped {
    pub obligation: Pubkey,
    /// The error code with which a liquidation of it alone would have been refused.
    pub reason: u32,
}

/// A flash loan was given.
#[event]
pub struct FlashBorrowed {
    pub reserve: Pubkey,
    pub atoms: u64,
}

/// A flash loan was repaid.
#[event]
pub struct FlashRepaid {
    pub reserve: Pubkey,
    pub atoms: u64,
    pub fee_atoms: u64,
}

/// A change of an elevation group was announced.
#[event]
pub struct GroupChangeAnnounced {
    pub market: Pubkey,
    pub group: u8,
    pub effective_ts: i64,
}

/// An elevation group was replaced.
#[event]
pub struct GroupConfigured {
    pub market: Pubkey,
    pub group: u8,
}

/// The cap of a reserve's rate grows from a new observation.
#[event]
pub struct RateAnchored {
    pub reserve: Pubkey,
    /// With 40 fractional bits.
    pub rate: u64,
}

/// A debt without collateral was written off.
#[event]
pub struct BadDebtSettled {
    pub obligation: Pubkey,
    pub reserve: Pubkey,
    pub loss_atoms: u64,
    pub insured_atoms: u64,
}
