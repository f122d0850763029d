//! Instructions: discriminators, arguments, and the order and rights of accounts.

use anchor_lang::{InstructionData, ToAccountMetas};
use anchor_lang_idl::types::{IdlInstruction, IdlInstructionAccountItem};
use bytemuck::bytes_of;
use levee::accounts as given;
use levee::instruction::*;
use levee::state::{ElevationGroupConfig, MarketConfig, ReserveConfig};
use serde_json::Value;
use solana_instruction::AccountMeta;

use crate::reader::{Reader, Shown};
use crate::{idl, key, sample};

/// (accounts, data, name, arguments)
type Made = (Vec<AccountMeta>, Vec<u8>, &'static str, Value);

fn made<T: InstructionData>(
    accounts: impl ToAccountMetas,
    (instruction, name, fields): (T, &'static str, Value),
) -> Made {
    (
        accounts.to_account_metas(None),
        instruction.data(),
        name,
        fields,
    )
}

/// A struct of accounts, each at the key of its own name.
macro_rules! accounts {
    ($type:ident { $($field:ident),* $(,)? }) => {
        given::$type { $($field: key(stringify!($field))),* }
    };
}

macro_rules! shown_by_memory {
    ($($type:ident),*) => {
        $(impl Shown for $type {
            fn shown(&self) -> Value {
                let (idl, rest) = (&idl(), bytes_of(self));
                Reader { idl, rest }.defined(stringify!($type))
            }
        })*
    };
}

shown_by_memory!(MarketConfig, ReserveConfig, ElevationGroupConfig);

/// A struct whose every byte differs from its neighbours.
fn filled<T: bytemuck::Pod>() -> T {
    let mut value = T::zeroed();
    for (at, byte) in bytemuck::bytes_of_mut(&mut value).iter_mut().enumerate() {
        *byte = (at % 251) as u8;
    }
    value
}

fn pair() -> given::LiquidatedPair {
    accounts!(LiquidatedPair {
        liquidator,
        market,
        repay_reserve,
        seize_reserve,
        repay_vault,
        seize_vault,
        source,
        destination,
        repay_mint,
        seize_mint,
        repay_token_program,
        seize_token_program,
    })
}

fn use_reserve() -> given::UseReserve {
    accounts!(UseReserve {
        user,
        market,
        obligation,
        reserve,
        vault,
        user_tokens,
        mint,
        token_program
    })
}

fn flash_loan() -> given::FlashLoan {
    accounts!(FlashLoan {
        user,
        market,
        reserve,
        vault,
        user_tokens,
        mint,
        token_program,
        instructions
    })
}

fn all() -> Vec<Made> {
    let (risk_admin, guardian) = (key("risk admin"), key("the guardian"));
    let pending = key("offered to");
    let market_config: MarketConfig = filled();
    let reserve_config: ReserveConfig = filled();
    let group_config: ElevationGroupConfig = filled();
    let obligation = key("obligation");
    vec![
        made(
            given::Liquidate {
                pair: pair(),
                obligation,
            },
            sample!(Liquidate {
                max_repay_atoms: u64::MAX,
                min_seized_atoms: 2u64
            }),
        ),
        made(
            given::LiquidateBatch { pair: pair() },
            sample!(LiquidateBatch {
                max_repay_atoms: 3u64,
                min_seized_atoms: 4u64
            }),
        ),
        made(accounts!(RefreshReserves {}), sample!(RefreshReserves {})),
        made(use_reserve(), sample!(Deposit { amount_atoms: 5u64 })),
        made(use_reserve(), sample!(Withdraw { amount_atoms: 6u64 })),
        made(use_reserve(), sample!(Borrow { amount_atoms: 7u64 })),
        made(use_reserve(), sample!(Repay { amount_atoms: 8u64 })),
        made(
            accounts!(MarkUnhealthy { market }),
            sample!(MarkUnhealthy {}),
        ),
        made(flash_loan(), sample!(FlashBorrow { amount_atoms: 9u64 })),
        made(flash_loan(), sample!(FlashRepay {})),
        made(
            accounts!(SettleBadDebt {
                market,
                obligation,
                reserve
            }),
            sample!(SettleBadDebt {}),
        ),
        made(
            accounts!(InitLendingMarket {
                creator,
                market,
                system_program
            }),
            sample!(InitLendingMarket {
                id: 10u64,
                risk_admin: risk_admin,
                guardian: guardian,
                config: market_config,
            }),
        ),
        made(
            accounts!(OwnMarket { owner, market }),
            sample!(UpdateLendingMarket {
                risk_admin: risk_admin,
                guardian: guardian,
                config: market_config,
            }),
        ),
        made(
            accounts!(OwnMarket { owner, market }),
            sample!(ProposeOwner {
                pending_owner: pending
            }),
        ),
        made(
            accounts!(AcceptOwner {
                pending_owner,
                market
            }),
            sample!(AcceptOwner {}),
        ),
        made(
            given::SetStatus {
                authority: key("authority"),
                market: key("market"),
                reserve: Some(key("reserve")),
            },
            sample!(SetStatus { status: 7u8 }),
        ),
        made(
            accounts!(InitReserve {
                owner,
                market,
                mint,
                reserve,
                vault,
                token_program,
                system_program
            }),
            sample!(InitReserve {
                config: reserve_config
            }),
        ),
        made(
            accounts!(UpdateReserve {
                authority,
                market,
                reserve
            }),
            sample!(UpdateReserve {
                config: reserve_config
            }),
        ),
        made(
            accounts!(UpdateElevationGroup { authority, market }),
            sample!(UpdateElevationGroup {
                number: 8u8,
                config: group_config
            }),
        ),
        made(
            accounts!(AnchorRate {
                authority,
                market,
                reserve
            }),
            sample!(AnchorRate {}),
        ),
        made(
            accounts!(ClaimProtocolFees {
                owner,
                market,
                reserve,
                vault,
                destination,
                mint,
                token_program
            }),
            sample!(ClaimProtocolFees {}),
        ),
        made(
            accounts!(InitObligation {
                owner,
                market,
                obligation,
                system_program
            }),
            sample!(InitObligation { id: 11u64 }),
        ),
        made(
            accounts!(SetElevationGroup {
                owner,
                market,
                obligation
            }),
            sample!(SetElevationGroup { number: 1u8 }),
        ),
        made(
            accounts!(CloseObligation { owner, obligation }),
            sample!(CloseObligation {}),
        ),
    ]
}

/// The accounts in the order in which they are passed.
fn flat(items: &[IdlInstructionAccountItem]) -> Vec<AccountMeta> {
    let each = items.iter().map(|item| match item {
        IdlInstructionAccountItem::Single(account) => vec![AccountMeta {
            pubkey: key(&account.name),
            is_signer: account.signer,
            is_writable: account.writable,
        }],
        IdlInstructionAccountItem::Composite(inner) => flat(&inner.accounts),
    });
    each.flatten().collect()
}

/// `liquidate_batch` as `LiquidateBatch`.
fn pascal_case(name: &str) -> String {
    let words = name
        .split('_')
        .map(|word| word[..1].to_uppercase() + &word[1..]);
    words.collect()
}

#[test]
fn every_instruction_is_read_by_the_idl_as_it_is_made() {
    let idl = idl();
    let mut left: Vec<_> = idl
        .instructions
        .iter()
        .map(|ix| pascal_case(&ix.name))
        .collect();
    for (accounts, data, name, arguments) in all() {
        left.retain(|other| other != name);
        let known = |instruction: &&IdlInstruction| data.starts_with(&instruction.discriminator);
        let instruction = idl.instructions.iter().find(known).unwrap();
        assert_eq!(pascal_case(&instruction.name), name);
        assert_eq!(flat(&instruction.accounts), accounts, "{name}");
        let rest = &data[instruction.discriminator.len()..];
        let mut reader = Reader { idl: &idl, rest };
        assert_eq!(reader.fields(&instruction.args), arguments, "{name}");
        assert_eq!(reader.rest, [0; 0], "{name}");
    }
    assert_eq!(left, Vec::<String>::new());
}
