//! What anybody does with unhealthy obligations.

use anchor_lang::prelude::{AccountMeta, Pubkey};
use anchor_lang::solana_program::instruction::Instruction;
use levee::state::Obligation;

use super::{build, read_only, reserve_list, ReserveKeys};

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

/// A pair of reserves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PairKeys {
    /// The debt's.
    pub repay: ReserveKeys,
    /// The collateral's.
    pub seize: ReserveKeys,
}

/// How much a liquidator pays at most, the insurance's part included, and takes at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// In atoms of the debt.
    pub max_repay_atoms: u64,
    /// In atoms of the collateral.
    pub min_seized_atoms: u64,
}

impl Limits {
    /// All that the plan asks for, whatever it pays.
    pub const NONE: Self = Self {
        max_repay_atoms: u64::MAX,
        min_seized_atoms: 0,
    };
}

/// The reserves of an obligation besides a pair, in the order in which a liquidation wants them. Writable are those that
/// it may change: held and owed at once, so that they may be netted, or all debts where `settles` expects a loss.
pub fn other_reserves(obligation: &Obligation, pair: &PairKeys, settles: bool) -> Vec<AccountMeta> {
    let is_other = |key: &Pubkey| *key != pair.repay.reserve && *key != pair.seize.reserve;
    let deposits = obligation.deposits().len();
    let holds = |key: &Pubkey| !obligation.deposit_in(key).is_zero();
    let owes = |key: &Pubkey| !obligation.debt_in(key).is_zero();
    let list = reserve_list(obligation).into_iter().enumerate();
    list.filter(|(_, key)| is_other(key))
        .map(|(at, key)| {
            let changes = holds(&key) && owes(&key) || settles && at >= deposits;
            if changes {
                AccountMeta::new(key, false)
            } else {
                AccountMeta::new_readonly(key, false)
            }
        })
        .collect()
}

fn pair_accounts(keys: &LiquidatorKeys, pair: &PairKeys) -> levee::accounts::LiquidatedPair {
    let PairKeys { repay, seize } = pair;
    levee::accounts::LiquidatedPair {
        liquidator: keys.liquidator,
        market: repay.market,
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
    }
}

/// Liquidates one obligation. `others` are as [`other_reserves`] gives them; `receiver` is an obligation of the
/// liquidator's own, for collateral that the vault cannot pay.
pub fn liquidate(
    keys: &LiquidatorKeys,
    pair: &PairKeys,
    obligation: Pubkey,
    others: &[AccountMeta],
    receiver: Option<Pubkey>,
    limits: Limits,
) -> Instruction {
    let mut instruction = build(
        levee::accounts::Liquidate {
            pair: pair_accounts(keys, pair),
            obligation,
        },
        levee::instruction::Liquidate {
            max_repay_atoms: limits.max_repay_atoms,
            min_seized_atoms: limits.min_seized_atoms,
        },
    );
    instruction.accounts.extend_from_slice(others);
    let receiver = receiver.map(|key| AccountMeta::new(key, false));
    instruction.accounts.extend(receiver);
    instruction
}

/// Liquidates many obligations over one pair, each with its other reserves as [`other_reserves`] gives them.
pub fn liquidate_batch(
    keys: &LiquidatorKeys,
    pair: &PairKeys,
    obligations: &[(Pubkey, Vec<AccountMeta>)],
    limits: Limits,
) -> Instruction {
    let mut instruction = build(
        levee::accounts::LiquidateBatch {
            pair: pair_accounts(keys, pair),
        },
        levee::instruction::LiquidateBatch {
            max_repay_atoms: limits.max_repay_atoms,
            min_seized_atoms: limits.min_seized_atoms,
        },
    );
    for (key, others) in obligations {
        instruction.accounts.push(AccountMeta::new(*key, false));
        instruction.accounts.extend_from_slice(others);
    }
    instruction
}

/// Proves that obligations are unhealthy now, or that they are not. Each comes with its reserves, see [`reserve_list`].
pub fn mark_unhealthy(market: Pubkey, obligations: &[(Pubkey, Vec<Pubkey>)]) -> Instruction {
    let mut instruction = build(
        levee::accounts::MarkUnhealthy { market },
        levee::instruction::MarkUnhealthy {},
    );
    for (key, reserves) in obligations {
        instruction.accounts.push(AccountMeta::new(*key, false));
        instruction = read_only(instruction, reserves);
    }
    instruction
}
