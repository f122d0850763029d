//! A market, its reserves and its elevation groups.

use anchor_lang::prelude::{AccountMeta, Pubkey};
use anchor_lang::solana_program::instruction::Instruction;
use levee::state::{ElevationGroupConfig, MarketConfig, ReserveConfig};

use super::{build, ReserveKeys, SYSTEM_PROGRAM};
use crate::pda;

/// Creates the market number `id` of `creator`.
pub fn init_lending_market(
    creator: Pubkey,
    id: u64,
    risk_admin: Pubkey,
    guardian: Pubkey,
    config: MarketConfig,
) -> Instruction {
    build(
        levee::accounts::InitLendingMarket {
            creator,
            market: pda::market(&creator, id),
            system_program: SYSTEM_PROGRAM,
        },
        levee::instruction::InitLendingMarket {
            id,
            risk_admin,
            guardian,
            config,
        },
    )
}

/// Replaces a market's helpers and rules.
pub fn update_lending_market(
    owner: Pubkey,
    market: Pubkey,
    risk_admin: Pubkey,
    guardian: Pubkey,
    config: MarketConfig,
) -> Instruction {
    build(
        levee::accounts::OwnMarket { owner, market },
        levee::instruction::UpdateLendingMarket {
            risk_admin,
            guardian,
            config,
        },
    )
}

/// Offers a market to `pending_owner`.
pub fn propose_owner(owner: Pubkey, market: Pubkey, pending_owner: Pubkey) -> Instruction {
    build(
        levee::accounts::OwnMarket { owner, market },
        levee::instruction::ProposeOwner { pending_owner },
    )
}

/// Accepts an offered market.
pub fn accept_owner(pending_owner: Pubkey, market: Pubkey) -> Instruction {
    build(
        levee::accounts::AcceptOwner {
            pending_owner,
            market,
        },
        levee::instruction::AcceptOwner {},
    )
}

/// Sets the status of `reserve`, or of the market where none is given.
pub fn set_status(
    authority: Pubkey,
    market: Pubkey,
    reserve: Option<Pubkey>,
    status: u8,
) -> Instruction {
    build(
        levee::accounts::SetStatus {
            authority,
            market,
            reserve,
        },
        levee::instruction::SetStatus { status },
    )
}

/// Adds a token to a market.
pub fn init_reserve(owner: Pubkey, keys: &ReserveKeys, config: ReserveConfig) -> Instruction {
    build(
        levee::accounts::InitReserve {
            owner,
            market: keys.market,
            mint: keys.mint,
            reserve: keys.reserve,
            vault: keys.vault,
            token_program: keys.token_program,
            system_program: SYSTEM_PROGRAM,
        },
        levee::instruction::InitReserve { config },
    )
}

/// Replaces a reserve's configuration, or announces it.
pub fn update_reserve(authority: Pubkey, keys: &ReserveKeys, config: ReserveConfig) -> Instruction {
    build(
        levee::accounts::UpdateReserve {
            authority,
            market: keys.market,
            reserve: keys.reserve,
        },
        levee::instruction::UpdateReserve { config },
    )
}

/// Creates or replaces elevation group `number` of a market, or announces it.
pub fn update_elevation_group(
    authority: Pubkey,
    market: Pubkey,
    number: u8,
    config: ElevationGroupConfig,
) -> Instruction {
    build(
        levee::accounts::UpdateElevationGroup { authority, market },
        levee::instruction::UpdateElevationGroup { number, config },
    )
}

/// Starts the cap on a reserve's rate anew from the rate that this slot's refresh observed.
pub fn anchor_rate(authority: Pubkey, keys: &ReserveKeys) -> Instruction {
    build(
        levee::accounts::AnchorRate {
            authority,
            market: keys.market,
            reserve: keys.reserve,
        },
        levee::instruction::AnchorRate {},
    )
}

/// A reserve and the accounts that its prices are read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceKeys {
    /// The reserve.
    pub reserve: Pubkey,
    /// Its oracle's account.
    pub price: Pubkey,
    /// Its stake pool or redemption feed, where it has a rate.
    pub rate: Option<Pubkey>,
}

/// Accrues interest and reads prices.
pub fn refresh_reserves(reserves: &[PriceKeys]) -> Instruction {
    let mut instruction = build(
        levee::accounts::RefreshReserves {},
        levee::instruction::RefreshReserves {},
    );
    for keys in reserves {
        let read = [Some(keys.price), keys.rate].into_iter().flatten();
        let accounts = &mut instruction.accounts;
        accounts.push(AccountMeta::new(keys.reserve, false));
        accounts.extend(read.map(|key| AccountMeta::new_readonly(key, false)));
    }
    instruction
}

/// Pays the protocol's fees to `destination`.
pub fn claim_protocol_fees(owner: Pubkey, keys: &ReserveKeys, destination: Pubkey) -> Instruction {
    build(
        levee::accounts::ClaimProtocolFees {
            owner,
            market: keys.market,
            reserve: keys.reserve,
            vault: keys.vault,
            destination,
            mint: keys.mint,
            token_program: keys.token_program,
        },
        levee::instruction::ClaimProtocolFees {},
    )
}
