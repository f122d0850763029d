//! `idl/levee.json` says what the program does: everything in it is compared with the compiled code.

mod accounts;
mod errors;
mod events;
mod instructions;
mod layout;
mod reader;

use anchor_lang_idl::types::{Idl, IdlInstructionAccountItem, IdlSeed, IdlTypeDef};
use levee::state::*;
use solana_pubkey::Pubkey;

/// The committed file, decoded.
fn idl() -> Idl {
    serde_json::from_str(include_str!("../../levee.json")).unwrap()
}

fn type_of<'a>(idl: &'a Idl, name: &str) -> &'a IdlTypeDef {
    let found = idl.types.iter().find(|ty| ty.name == name);
    found.unwrap_or_else(|| panic!("the IDL has no type {name}"))
}

/// A key that says whose it is.
fn key(name: &str) -> Pubkey {
    let mut bytes = [0; 32];
    bytes[..name.len()].copy_from_slice(name.as_bytes());
    Pubkey::new_from_array(bytes)
}

#[test]
fn the_address_is_the_programs() {
    assert_eq!(idl().address, levee::ID.to_string());
}

#[test]
fn everything_that_a_client_meets_is_described() {
    let idl = idl();
    assert!(!idl.docs.is_empty());
    for instruction in &idl.instructions {
        assert!(!instruction.docs.is_empty(), "{}", instruction.name);
    }
    for ty in &idl.types {
        assert!(!ty.docs.is_empty(), "{}", ty.name);
    }
    for constant in &idl.constants {
        assert!(!constant.docs.is_empty(), "{}", constant.name);
    }
}

#[test]
fn constants_have_the_codes_values() {
    let idl = idl();
    let described: Vec<_> = idl
        .constants
        .iter()
        .map(|constant| (constant.name.as_str(), constant.value.parse().unwrap()))
        .collect();
    let expected = [
        ("ORACLE_PYTH_LEGACY", ORACLE_PYTH_LEGACY),
        ("ORACLE_PYTH_PULL", ORACLE_PYTH_PULL),
        ("RATE_NONE", RATE_NONE),
        ("RATE_PYTH_REDEMPTION", RATE_PYTH_REDEMPTION),
        ("RATE_STAKE_POOL", RATE_STAKE_POOL),
    ];
    assert_eq!(described, expected);
}

#[test]
fn seeds_are_those_of_the_clients_addresses() {
    let idl = idl();
    let mut found = Vec::new();
    for instruction in &idl.instructions {
        for item in &instruction.accounts {
            let IdlInstructionAccountItem::Single(account) = item else {
                continue;
            };
            let Some(pda) = &account.pda else { continue };
            assert_eq!(pda.program, None);
            let seeds = pda.seeds.iter().map(|seed| match seed {
                IdlSeed::Const(seed) => format!("{:?}", String::from_utf8_lossy(&seed.value)),
                IdlSeed::Arg(seed) => seed.path.clone(),
                IdlSeed::Account(seed) => seed.path.clone(),
            });
            found.push((account.name.as_str(), seeds.collect::<Vec<_>>().join(" ")));
        }
    }
    let first = |seed: &[u8], rest: &str| format!("{:?} {rest}", String::from_utf8_lossy(seed));
    let expected = [
        ("market", first(LendingMarket::SEED, "creator id")),
        ("obligation", first(Obligation::SEED, "market owner id")),
        ("reserve", first(Reserve::SEED, "market mint")),
        ("vault", first(Reserve::VAULT_SEED, "reserve")),
    ];
    assert_eq!(found, expected);
}
