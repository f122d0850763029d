//! Levee: a lending program built around its liquidation engine.
//!
//! Lending markets hold reserves; owners hold obligations. When an obligation's health factor falls below one,
//! anybody may close as much of its debt as restores health, at a bonus that starts near zero. The rules live in
//! [`levee_risk`], which knows no accounts; this crate loads, gates, applies and transfers.

#![deny(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::float_arithmetic
)]
// Anchor's error type is large, and its macros expand to code that these two lints dislike.
#![allow(clippy::result_large_err, clippy::diverging_sub_expression)]

use anchor_lang::prelude::*;

mod cpi;
mod create;
pub mod engine;
pub mod error;
pub mod events;
pub mod gate;
pub mod instructions;
pub mod oracle;
pub mod rate;
pub mod state;
pub mod token;

use instructions::*;
use state::{ElevationGroupConfig, MarketConfig, ReserveConfig};

// A development key for localnet; a deployment puts its own here.
declare_id!("7FioTR6GrVzsZMHqRZSNeQ7aJkvpLT3hSoqDwEH9YmVs");

#[cfg(not(feature = "no-entrypoint"))]
solana_security_txt::security_txt! {
    name: "Levee",
    project_url: "https://github.com/levee-lending/levee",
    contacts: "link:https://github.com/levee-lending/levee/security/advisories/new",
    policy: "https://github.com/levee-lending/levee/blob/main/SECURITY.md",
    preferred_languages: "en",
    source_code: "https://github.com/levee-lending/levee"
}

/// A lending program built around its liquidation engine. Each instruction is documented, with its refusals, in its own module.
#[program]
pub mod levee {
    use super::*;

    // The dispatcher compares discriminators in this order: the hot ones come first.

    /// Repays at most `max_repay_atoms` of an unhealthy obligation's debt, the insurance's part of the bonus included, and
    /// seizes at least `min_seized_atoms` of collateral at a bonus.
    ///
    /// Remaining accounts: the obligation's other reserves in its own order (deposits, then borrows, without the pair's),
    /// writable where they may be netted or written off; then, where the vault cannot pay the collateral, a writable
    /// obligation of the liquidator's own.
    pub fn liquidate<'info>(
        ctx: Context<'info, Liquidate<'info>>,
        max_repay_atoms: u64,
        min_seized_atoms: u64,
    ) -> Result<()> {
        instructions::liquidate(ctx, max_repay_atoms, min_seized_atoms)
    }

    /// Liquidates one pair of reserves across many obligations with one transfer each way, and passes over those that are
    /// healthy by then. The limits hold for their sum.
    ///
    /// Remaining accounts: for each obligation itself, writable, and its other reserves as in `liquidate`.
    pub fn liquidate_batch<'info>(
        ctx: Context<'info, LiquidateBatch<'info>>,
        max_repay_atoms: u64,
        min_seized_atoms: u64,
    ) -> Result<()> {
        instructions::liquidate_batch(ctx, max_repay_atoms, min_seized_atoms)
    }

    /// Accrues interest and caches the prices of any number of reserves; what asks for health demands that of its slot.
    ///
    /// Remaining accounts: for each reserve itself, writable, its price account, and, where it has a rate, the stake pool or
    /// the redemption feed.
    pub fn refresh_reserves<'info>(ctx: Context<'info, RefreshReserves>) -> Result<()> {
        instructions::refresh_reserves(ctx)
    }

    /// Deposits `amount_atoms` from the owner's token account. Asks for no price.
    pub fn deposit(ctx: Context<UseReserve>, amount_atoms: u64) -> Result<()> {
        instructions::deposit(ctx, amount_atoms)
    }

    /// Withdraws `amount_atoms`, or everything for the largest number. Asks for prices only where there is debt.
    ///
    /// Remaining accounts: the obligation's reserves in its own order, as it stands afterwards: all deposits, then all
    /// borrows, read-only. Only looked at where there is debt.
    pub fn withdraw<'info>(
        ctx: Context<'info, UseReserve<'info>>,
        amount_atoms: u64,
    ) -> Result<()> {
        instructions::withdraw(ctx, amount_atoms)
    }

    /// Borrows `amount_atoms` to the owner's token account; the origination fee is added to the debt.
    ///
    /// Remaining accounts: the obligation's reserves in its own order, as it stands afterwards: all deposits, then all
    /// borrows, read-only.
    pub fn borrow<'info>(ctx: Context<'info, UseReserve<'info>>, amount_atoms: u64) -> Result<()> {
        instructions::borrow(ctx, amount_atoms)
    }

    /// Repays `amount_atoms`, or the whole debt where that is less; the largest number always repays all. Anybody may pay.
    pub fn repay(ctx: Context<UseReserve>, amount_atoms: u64) -> Result<()> {
        instructions::repay(ctx, amount_atoms)
    }

    /// Proves that obligations are unhealthy now, so that their clocks go on, or clears the clocks of healthy ones.
    ///
    /// Remaining accounts: for each obligation itself, writable, and all its reserves in its own order, read-only.
    pub fn mark_unhealthy<'info>(ctx: Context<'info, MarkUnhealthy<'info>>) -> Result<()> {
        instructions::mark_unhealthy(ctx)
    }

    /// Lends `amount_atoms`. Exactly one `flash_repay` of the same reserve must follow at the top level of the transaction.
    pub fn flash_borrow(ctx: Context<FlashLoan>, amount_atoms: u64) -> Result<()> {
        instructions::flash_borrow(ctx, amount_atoms)
    }

    /// Repays the whole flash loan of the reserve and its fee.
    pub fn flash_repay(ctx: Context<FlashLoan>) -> Result<()> {
        instructions::flash_repay(ctx)
    }

    /// Writes off the whole debt in one reserve of an obligation without collateral: the insurance pays first, the rest
    /// lowers the supply index.
    pub fn settle_bad_debt(ctx: Context<SettleBadDebt>) -> Result<()> {
        instructions::settle_bad_debt(ctx)
    }

    /// Creates the market number `id` of the creator, who owns it.
    pub fn init_lending_market(
        ctx: Context<InitLendingMarket>,
        id: u64,
        risk_admin: Pubkey,
        guardian: Pubkey,
        config: MarketConfig,
    ) -> Result<()> {
        instructions::init_lending_market(ctx, id, risk_admin, guardian, config)
    }

    /// Replaces the market's risk admin, guardian and configuration.
    pub fn update_lending_market(
        ctx: Context<OwnMarket>,
        risk_admin: Pubkey,
        guardian: Pubkey,
        config: MarketConfig,
    ) -> Result<()> {
        instructions::update_lending_market(ctx, risk_admin, guardian, config)
    }

    /// Offers the market to `pending_owner`; the zero address withdraws an offer.
    pub fn propose_owner(ctx: Context<OwnMarket>, pending_owner: Pubkey) -> Result<()> {
        instructions::propose_owner(ctx, pending_owner)
    }

    /// Makes the proposed owner, who signs, the owner.
    pub fn accept_owner(ctx: Context<AcceptOwner>) -> Result<()> {
        instructions::accept_owner(ctx)
    }

    /// Replaces the status bits of the reserve where one is given, else of the market: 1 deposits paused, 2 borrows paused,
    /// 4 frozen. The guardian can add bits, not remove any.
    pub fn set_status(ctx: Context<SetStatus>, status: u8) -> Result<()> {
        instructions::set_status(ctx, status)
    }

    /// Adds a token to the market, with an empty vault of its own.
    pub fn init_reserve(ctx: Context<InitReserve>, config: ReserveConfig) -> Result<()> {
        instructions::init_reserve(ctx, config)
    }

    /// Replaces the reserve's configuration. What raises risk is only announced by the first call, and applied by a second
    /// one with the same configuration after the market's delay.
    pub fn update_reserve(ctx: Context<UpdateReserve>, config: ReserveConfig) -> Result<()> {
        instructions::update_reserve(ctx, config)
    }

    /// Creates or replaces elevation group `number`, from 1. What raises risk waits as in `update_reserve`.
    pub fn update_elevation_group(
        ctx: Context<UpdateElevationGroup>,
        number: u8,
        config: ElevationGroupConfig,
    ) -> Result<()> {
        instructions::update_elevation_group(ctx, number, config)
    }

    /// Starts the cap on the rate's growth anew from the rate that a refresh of this slot observed.
    pub fn anchor_rate(ctx: Context<AnchorRate>) -> Result<()> {
        instructions::anchor_rate(ctx)
    }

    /// Pays all whole atoms of protocol fees that the vault can pay to `destination`.
    pub fn claim_protocol_fees(ctx: Context<ClaimProtocolFees>) -> Result<()> {
        instructions::claim_protocol_fees(ctx)
    }

    /// Creates the owner's obligation number `id`.
    pub fn init_obligation(ctx: Context<InitObligation>, id: u64) -> Result<()> {
        instructions::init_obligation(ctx, id)
    }

    /// Puts the obligation into elevation group `number`, zero for none.
    ///
    /// Remaining accounts: the obligation's reserves in its own order: all deposits, then all borrows, read-only. Only looked
    /// at where there is debt.
    pub fn set_elevation_group<'info>(
        ctx: Context<'info, SetElevationGroup<'info>>,
        number: u8,
    ) -> Result<()> {
        instructions::set_elevation_group(ctx, number)
    }

    /// Closes an obligation that holds and owes nothing; its rent goes to the owner.
    pub fn close_obligation(ctx: Context<CloseObligation>) -> Result<()> {
        instructions::close_obligation(ctx)
    }
}
