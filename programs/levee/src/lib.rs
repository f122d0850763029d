//! Levee: a lending program built around its liquidation engine.
//!
//! Lending markets hold reserves; owners hold obligations. When an obligation's health factor falls below one,
//! anybody may close as much of its debt as restores health, at a bonus that starts near zero. The rules live in
//! [`levee_risk`], which knows no accounts; this crate loads, gates, applies and transfers.

#![deny(
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

/// The instructions. Each is documented, with its refusals, in its own module.
#[program]
pub mod levee {
    use super::*;

    // The dispatcher compares discriminators in this order: the hot ones come first.

    pub fn liquidate<'info>(
        ctx: Context<'info, Liquidate<'info>>,
        max_repay_atoms: u64,
        min_seized_atoms: u64,
    ) -> Result<()> {
        instructions::liquidate(ctx, max_repay_atoms, min_seized_atoms)
    }

    pub fn liquidate_batch<'info>(
        ctx: Context<'info, LiquidateBatch<'info>>,
        max_repay_atoms: u64,
        min_seized_atoms: u64,
    ) -> Result<()> {
        instructions::liquidate_batch(ctx, max_repay_atoms, min_seized_atoms)
    }

    pub fn refresh_reserves<'info>(ctx: Context<'info, RefreshReserves>) -> Result<()> {
        instructions::refresh_reserves(ctx)
    }

    pub fn deposit(ctx: Context<UseReserve>, amount_atoms: u64) -> Result<()> {
        instructions::deposit(ctx, amount_atoms)
    }

    pub fn withdraw<'info>(
        ctx: Context<'info, UseReserve<'info>>,
        amount_atoms: u64,
    ) -> Result<()> {
        instructions::withdraw(ctx, amount_atoms)
    }

    pub fn borrow<'info>(ctx: Context<'info, UseReserve<'info>>, amount_atoms: u64) -> Result<()> {
        instructions::borrow(ctx, amount_atoms)
    }

    pub fn repay(ctx: Context<UseReserve>, amount_atoms: u64) -> Result<()> {
        instructions::repay(ctx, amount_atoms)
    }

    pub fn mark_unhealthy<'info>(ctx: Context<'info, MarkUnhealthy<'info>>) -> Result<()> {
        instructions::mark_unhealthy(ctx)
    }

    pub fn flash_borrow(ctx: Context<FlashLoan>, amount_atoms: u64) -> Result<()> {
        instructions::flash_borrow(ctx, amount_atoms)
    }

    pub fn flash_repay(ctx: Context<FlashLoan>) -> Result<()> {
        instructions::flash_repay(ctx)
    }

    pub fn settle_bad_debt(ctx: Context<SettleBadDebt>) -> Result<()> {
        instructions::settle_bad_debt(ctx)
    }

    pub fn init_lending_market(
        ctx: Context<InitLendingMarket>,
        id: u64,
        risk_admin: Pubkey,
        guardian: Pubkey,
        config: MarketConfig,
    ) -> Result<()> {
        instructions::init_lending_market(ctx, id, risk_admin, guardian, config)
    }

    pub fn update_lending_market(
        ctx: Context<OwnMarket>,
        risk_admin: Pubkey,
        guardian: Pubkey,
        config: MarketConfig,
    ) -> Result<()> {
        instructions::update_lending_market(ctx, risk_admin, guardian, config)
    }

    pub fn propose_owner(ctx: Context<OwnMarket>, pending_owner: Pubkey) -> Result<()> {
        instructions::propose_owner(ctx, pending_owner)
    }

    pub fn accept_owner(ctx: Context<AcceptOwner>) -> Result<()> {
        instructions::accept_owner(ctx)
    }

    pub fn set_status(ctx: Context<SetStatus>, status: u8) -> Result<()> {
        instructions::set_status(ctx, status)
    }

    pub fn init_reserve(ctx: Context<InitReserve>, config: ReserveConfig) -> Result<()> {
        instructions::init_reserve(ctx, config)
    }

    pub fn update_reserve(ctx: Context<UpdateReserve>, config: ReserveConfig) -> Result<()> {
        instructions::update_reserve(ctx, config)
    }

    pub fn update_elevation_group(
        ctx: Context<UpdateElevationGroup>,
        number: u8,
        config: ElevationGroupConfig,
    ) -> Result<()> {
        instructions::update_elevation_group(ctx, number, config)
    }

    pub fn anchor_rate(ctx: Context<AnchorRate>) -> Result<()> {
        instructions::anchor_rate(ctx)
    }

    pub fn claim_protocol_fees(ctx: Context<ClaimProtocolFees>) -> Result<()> {
        instructions::claim_protocol_fees(ctx)
    }

    pub fn init_obligation(ctx: Context<InitObligation>, id: u64) -> Result<()> {
        instructions::init_obligation(ctx, id)
    }

    pub fn set_elevation_group<'info>(
        ctx: Context<'info, SetElevationGroup<'info>>,
        number: u8,
    ) -> Result<()> {
        instructions::set_elevation_group(ctx, number)
    }

    pub fn close_obligation(ctx: Context<CloseObligation>) -> Result<()> {
        instructions::close_obligation(ctx)
    }
}
