//! Instruction builders. Each names the reserves in the order that the program wants.

use anchor_lang::prelude::{AccountMeta, Pubkey};
use anchor_lang::solana_program::instruction::Instruction;
use anchor_lang::{InstructionData, ToAccountMetas};
use levee::state::{MarketConfig, Obligation, ReserveConfig};

use crate::pda;

const SYSTEM_PROGRAM: Pubkey = anchor_lang::system_program::ID;

/// The fixed addresses around a reserve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReserveKeys {
    /// The lending market.
    pub market: Pubkey,
    /// The reserve.
    pub reserve: Pubkey,
    /// Its token account.
    pub vault: Pubkey,
    /// Its token.
    pub mint: Pubkey,
    /// Its token's program.
    pub token_program: Pubkey,
}

impl ReserveKeys {
    /// Derives the addresses of the reserve of `mint` in `market`.
    pub fn new(market: Pubkey, mint: Pubkey, token_program: Pubkey) -> Self {
        let reserve = pda::reserve(&market, &mint);
        Self {
            market,
            reserve,
            vault: pda::vault(&reserve),
            mint,
            token_program,
        }
    }
}

/// The reserves of an obligation in its own order, as withdraw, borrow and liquidate want them.
pub fn reserve_list(obligation: &Obligation) -> Vec<Pubkey> {
    let positions = obligation.deposits().iter().chain(obligation.borrows());
    positions.map(|position| position.reserve).collect()
}

fn build(accounts: impl ToAccountMetas, data: impl InstructionData) -> Instruction {
    Instruction {
        program_id: levee::ID,
        accounts: accounts.to_account_metas(None),
        data: data.data(),
    }
}

fn read_only(mut instruction: Instruction, keys: &[Pubkey]) -> Instruction {
    let metas = keys
        .iter()
        .map(|key| AccountMeta::new_readonly(*key, false));
    instruction.accounts.extend(metas);
    instruction
}

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

/// Accrues interest and reads prices: pairs of a reserve and its price account.
pub fn refresh_reserves(pairs: &[(Pubkey, Pubkey)]) -> Instruction {
    let mut instruction = build(
        levee::accounts::RefreshReserves {},
        levee::instruction::RefreshReserves {},
    );
    for (reserve, price) in pairs {
        instruction.accounts.push(AccountMeta::new(*reserve, false));
        instruction
            .accounts
            .push(AccountMeta::new_readonly(*price, false));
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

/// Creates the obligation number `id` of `owner`.
pub fn init_obligation(owner: Pubkey, market: Pubkey, id: u64) -> Instruction {
    build(
        levee::accounts::InitObligation {
            owner,
            market,
            obligation: pda::obligation(&market, &owner, id),
            system_program: SYSTEM_PROGRAM,
        },
        levee::instruction::InitObligation { id },
    )
}

/// Closes an empty obligation.
pub fn close_obligation(owner: Pubkey, obligation: Pubkey) -> Instruction {
    build(
        levee::accounts::CloseObligation { owner, obligation },
        levee::instruction::CloseObligation {},
    )
}

fn use_reserve(
    user: Pubkey,
    obligation: Pubkey,
    keys: &ReserveKeys,
    user_tokens: Pubkey,
) -> levee::accounts::UseReserve {
    levee::accounts::UseReserve {
        user,
        market: keys.market,
        obligation,
        reserve: keys.reserve,
        vault: keys.vault,
        user_tokens,
        mint: keys.mint,
        token_program: keys.token_program,
    }
}

/// Deposits from the owner's `user_tokens`.
pub fn deposit(
    owner: Pubkey,
    obligation: Pubkey,
    keys: &ReserveKeys,
    user_tokens: Pubkey,
    amount_atoms: u64,
) -> Instruction {
    build(
        use_reserve(owner, obligation, keys, user_tokens),
        levee::instruction::Deposit { amount_atoms },
    )
}

/// Withdraws to `user_tokens`. `reserves` are those of the obligation as it stands afterwards, see [`reserve_list`]; they
/// are only looked at where there is debt.
pub fn withdraw(
    owner: Pubkey,
    obligation: Pubkey,
    keys: &ReserveKeys,
    user_tokens: Pubkey,
    reserves: &[Pubkey],
    amount_atoms: u64,
) -> Instruction {
    let instruction = build(
        use_reserve(owner, obligation, keys, user_tokens),
        levee::instruction::Withdraw { amount_atoms },
    );
    read_only(instruction, reserves)
}

/// Borrows to `user_tokens`. `reserves` are those of the obligation as it stands afterwards, see [`reserve_list`].
pub fn borrow(
    owner: Pubkey,
    obligation: Pubkey,
    keys: &ReserveKeys,
    user_tokens: Pubkey,
    reserves: &[Pubkey],
    amount_atoms: u64,
) -> Instruction {
    let instruction = build(
        use_reserve(owner, obligation, keys, user_tokens),
        levee::instruction::Borrow { amount_atoms },
    );
    read_only(instruction, reserves)
}

/// Repays from `user_tokens` of `payer`, who need not be the owner.
pub fn repay(
    payer: Pubkey,
    obligation: Pubkey,
    keys: &ReserveKeys,
    user_tokens: Pubkey,
    amount_atoms: u64,
) -> Instruction {
    build(
        use_reserve(payer, obligation, keys, user_tokens),
        levee::instruction::Repay { amount_atoms },
    )
}

/// Writes off a debt that no collateral stands behind.
pub fn settle_bad_debt(market: Pubkey, obligation: Pubkey, reserve: Pubkey) -> Instruction {
    build(
        levee::accounts::SettleBadDebt {
            market,
            obligation,
            reserve,
        },
        levee::instruction::SettleBadDebt {},
    )
}

/// Who liquidates, and from and to which token accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiquidatorKeys {
    /// Signs.
    pub liquidator: Pubkey,
    /// Pays the debt.
    pub source: Pubkey,
    /// Receives the collateral.
    pub destination: Pubkey,
}

/// Liquidates: repays at most `max_repay_atoms` of `repay`, and takes at least `min_seized_atoms` of `seize`.
/// `reserves` are those of the obligation, see [`reserve_list`].
pub fn liquidate(
    keys: &LiquidatorKeys,
    obligation: Pubkey,
    repay: &ReserveKeys,
    seize: &ReserveKeys,
    reserves: &[Pubkey],
    max_repay_atoms: u64,
    min_seized_atoms: u64,
) -> Instruction {
    let instruction = build(
        levee::accounts::Liquidate {
            liquidator: keys.liquidator,
            market: repay.market,
            obligation,
            repay_reserve: repay.reserve,
            seize_reserve: seize.reserve,
            repay_vault: repay.vault,
            seize_vault: seize.vault,
            source: keys.source,
            destination: keys.destination,
            repay_mint: repay.mint,
            seize_mint: seize.mint,
            repay_token_program: repay.token_program,
            seize_token_program: seize.token_program,
        },
        levee::instruction::Liquidate {
            max_repay_atoms,
            min_seized_atoms,
        },
    );
    read_only(instruction, reserves)
}
