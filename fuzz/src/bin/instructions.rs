//! Every instruction on the host: arbitrary arguments, accounts that belong together but for what the fuzzer breaks.
//!
//! Whatever is refused is refused by an error. Transfers to and from vaults do not happen on the host, so what moves tokens
//! ends at the check of the vault, after everything else.

#![no_main]

use anchor_lang::prelude::*;
use anchor_lang::Discriminator;
use levee::instruction as ix;
use levee::state::Reserve;
use levee_fuzz::input::Input;
use levee_fuzz::runtime::set_time;
use levee_fuzz::world::{
    World, INSTRUCTIONS, MARKET, MINT, OBLIGATION, OTHER_OBLIGATION, OWNER, PRICE, PROGRAM,
    RESERVE, STAKE_POOL, SYSTEM_PROGRAM, TOKENS, TOKEN_PROGRAM, UNKNOWN, VAULT,
};
use levee_fuzz::Bytes;

/// Most ways in which one case is broken.
const MOST_BREAKS: u8 = 4;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut bytes = Bytes(data);
    let kind = usize::from(bytes.u8());
    let breaks = bytes.u8() % (MOST_BREAKS + 1);
    let (repay, seize) = (usize::from(bytes.u8() % 3), usize::from(bytes.u8() % 3));
    let mut broken = bytes.array::<40>();
    let mut world = World::draw(&mut bytes);
    let (discriminator, mut listed) = instruction(kind, &world, repay, seize);
    for break_bytes in broken.chunks_mut(8).take(usize::from(breaks)) {
        break_one(&mut world, &mut listed, break_bytes, &mut bytes);
    }
    let mut data = discriminator.to_vec();
    data.extend(bytes.0);
    set_time(world.clock.clone(), world.restart_slot);
    let mut input = Input::default();
    input.write(&levee::ID, &world.accounts, &listed, &data);
    input.call(run);
});

fn run<'info>(program: &'info Pubkey, accounts: &'info [AccountInfo<'info>], data: &'info [u8]) {
    if levee::entry(program, accounts, data).is_ok() {
        assert_backed(accounts);
    }
}

/// The discriminator of instruction `kind`, and the accounts that it wants.
fn instruction(
    kind: usize,
    world: &World,
    repay: usize,
    seize: usize,
) -> (&'static [u8], Vec<usize>) {
    let use_reserve = vec![
        OWNER,
        MARKET,
        OBLIGATION,
        RESERVE + repay,
        VAULT + repay,
        TOKENS + repay,
        MINT + repay,
        TOKEN_PROGRAM,
    ];
    let and_listed = [use_reserve.clone(), world.listed.clone()].concat();
    let flash = vec![
        OWNER,
        MARKET,
        RESERVE + repay,
        VAULT + repay,
        TOKENS + repay,
        MINT + repay,
        TOKEN_PROGRAM,
        INSTRUCTIONS,
    ];
    let pair = vec![
        OWNER,
        MARKET,
        RESERVE + repay,
        RESERVE + seize,
        VAULT + repay,
        VAULT + seize,
        TOKENS + repay,
        TOKENS + seize,
        MINT + repay,
        MINT + seize,
        TOKEN_PROGRAM,
        TOKEN_PROGRAM,
    ];
    let others = world.listed.iter().copied();
    let others = others.filter(|at| ![RESERVE + repay, RESERVE + seize].contains(at));
    let liquidate: Vec<usize> = pair
        .iter()
        .copied()
        .chain([OBLIGATION])
        .chain(others)
        .collect();
    match kind % 25 {
        0 => (ix::Liquidate::DISCRIMINATOR, liquidate),
        1 => (
            ix::Liquidate::DISCRIMINATOR,
            [liquidate, vec![OTHER_OBLIGATION]].concat(),
        ),
        2 => (ix::LiquidateBatch::DISCRIMINATOR, liquidate),
        3 => (
            ix::RefreshReserves::DISCRIMINATOR,
            vec![
                RESERVE,
                PRICE,
                RESERVE + 1,
                PRICE + 1,
                RESERVE + 2,
                PRICE,
                STAKE_POOL,
            ],
        ),
        4 => (ix::Deposit::DISCRIMINATOR, use_reserve),
        5 => (ix::Withdraw::DISCRIMINATOR, and_listed),
        6 => (ix::Borrow::DISCRIMINATOR, and_listed),
        7 => (ix::Repay::DISCRIMINATOR, use_reserve),
        8 => (
            ix::MarkUnhealthy::DISCRIMINATOR,
            [vec![MARKET, OBLIGATION], world.listed.clone()].concat(),
        ),
        9 => (ix::FlashBorrow::DISCRIMINATOR, flash),
        10 => (ix::FlashRepay::DISCRIMINATOR, flash),
        11 => (
            ix::SettleBadDebt::DISCRIMINATOR,
            vec![MARKET, OBLIGATION, RESERVE + repay],
        ),
        12 => (
            ix::InitLendingMarket::DISCRIMINATOR,
            vec![OWNER, UNKNOWN, SYSTEM_PROGRAM],
        ),
        13 => (ix::UpdateLendingMarket::DISCRIMINATOR, vec![OWNER, MARKET]),
        14 => (ix::ProposeOwner::DISCRIMINATOR, vec![OWNER, MARKET]),
        15 => (ix::AcceptOwner::DISCRIMINATOR, vec![OWNER, MARKET]),
        16 => (
            ix::SetStatus::DISCRIMINATOR,
            vec![
                OWNER,
                MARKET,
                if seize == 0 { PROGRAM } else { RESERVE + repay },
            ],
        ),
        17 => (
            ix::InitReserve::DISCRIMINATOR,
            vec![
                OWNER,
                MARKET,
                MINT,
                UNKNOWN,
                UNKNOWN,
                TOKEN_PROGRAM,
                SYSTEM_PROGRAM,
            ],
        ),
        18 => (
            ix::UpdateReserve::DISCRIMINATOR,
            vec![OWNER, MARKET, RESERVE + repay],
        ),
        19 => (
            ix::UpdateElevationGroup::DISCRIMINATOR,
            vec![OWNER, MARKET, RESERVE + repay],
        ),
        20 => (
            ix::AnchorRate::DISCRIMINATOR,
            vec![OWNER, MARKET, RESERVE + repay],
        ),
        21 => (
            ix::ClaimProtocolFees::DISCRIMINATOR,
            vec![
                OWNER,
                MARKET,
                RESERVE + repay,
                VAULT + repay,
                TOKENS + repay,
                MINT + repay,
                TOKEN_PROGRAM,
            ],
        ),
        22 => (
            ix::InitObligation::DISCRIMINATOR,
            vec![OWNER, MARKET, UNKNOWN, SYSTEM_PROGRAM],
        ),
        23 => (
            ix::SetElevationGroup::DISCRIMINATOR,
            [vec![OWNER, MARKET, OBLIGATION], world.listed.clone()].concat(),
        ),
        _ => (
            ix::CloseObligation::DISCRIMINATOR,
            vec![OWNER, OTHER_OBLIGATION],
        ),
    }
}

/// Breaks one account or the list. What the program itself wrote is only exchanged or cut, never forged.
fn break_one(world: &mut World, listed: &mut Vec<usize>, how: &mut [u8], bytes: &mut Bytes) {
    let slot = usize::from(how[1]) % listed.len().max(1);
    let Some(index) = listed.get(slot).copied() else {
        return;
    };
    let account = &mut world.accounts[index];
    let at = usize::from(u16::from_le_bytes([how[2], how[3]]));
    match how[0] % 9 {
        0 => listed[slot] = at % (UNKNOWN + 1),
        1 => drop(listed.remove(slot)),
        2 => listed.insert(slot, at % (UNKNOWN + 1)),
        3 => account.is_signer = false,
        4 => account.is_writable = false,
        5 => account.data.truncate(at),
        6 => account.owner = [levee::ID, levee_fuzz::world::key(TOKEN_PROGRAM)][at % 2],
        _ if account.owner == levee::ID => {}
        7 => {
            if let Some(byte) = account.data.get_mut(at) {
                *byte = how[4];
            }
        }
        _ => account.data = bytes.slice(at % 700).to_vec(),
    }
}

/// Claims never exceed what backs them, whatever was done.
fn assert_backed<'info>(accounts: &'info [AccountInfo<'info>]) {
    let whole = Reserve::DISCRIMINATOR.len() + size_of::<Reserve>();
    for info in accounts
        .iter()
        .filter(|info| *info.owner == levee::ID && info.data_len() >= whole)
    {
        let Ok(loader) = AccountLoader::<Reserve>::try_from(info) else {
            continue;
        };
        let reserve = loader.load().expect("no borrow outlives an instruction");
        reserve.check_backing().expect("claims are backed");
    }
}
