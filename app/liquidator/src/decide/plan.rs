//! The transaction of a decision.

use anchor_lang::prelude::Pubkey;
use levee_client::instructions::{self as ix, Limits, LiquidatorKeys};
use levee_client::ReserveKeys;
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_hash::Hash;
use solana_instruction::Instruction;
use solana_message::{v0, AddressLookupTableAccount, VersionedMessage};
use spl_associated_token_account_interface::instruction::create_associated_token_account_idempotent;

use super::profit::at_least;
use super::{Desk, Group};

/// What a block takes: the size of a packet, less what it is wrapped in.
const MOST_BYTES: usize = 1_232;
/// One signature and the count before it.
const SIGNATURE_BYTES: usize = 65;
/// Accounts that a transaction may lock.
const MOST_ACCOUNTS: usize = 64;
/// Compute units that a transaction may ask for.
const MOST_COMPUTE_UNITS: u32 = 1_400_000;

// What the instructions use at most, by the committed table of compute units, with a margin.
const BASE_UNITS: u32 = 30_000;
const REFRESH_UNITS: u32 = 6_000;
const MEMBER_UNITS: u32 = 12_000;
const POSITION_UNITS: u32 = 3_500;
const FLASH_UNITS: u32 = 30_000;
const ACCOUNT_UNITS: u32 = 30_000;
const MARK_UNITS: u32 = 8_000;

/// Obligations that are marked in one transaction: so many fit without a lookup table, if they have few positions.
pub const MARKED_AT_ONCE: usize = 8;

/// What a transaction with this group may use.
pub fn compute_units(desk: &Desk, group: &Group) -> u32 {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let positions: usize = group.members.iter().map(|m| m.reserves.len()).sum();
    let route = group.route.as_ref().map_or(0, |route| route.compute_units);
    let mut units = BASE_UNITS + route;
    for (each, number) in [
        (REFRESH_UNITS, refreshed(group).len()),
        (MEMBER_UNITS, group.members.len()),
        (POSITION_UNITS, positions),
        (FLASH_UNITS, usize::from(group.pair.is_flash)),
        (ACCOUNT_UNITS, missing_wallets(desk, group).len()),
    ] {
        units = units.saturating_add(each.saturating_mul(count(number)));
    }
    units.min(MOST_COMPUTE_UNITS)
}

/// The reserves that must be fresh: all of all members.
fn refreshed(group: &Group) -> Vec<Pubkey> {
    let keys = &group.pair.keys;
    let mut reserves = vec![keys.repay.reserve, keys.seize.reserve];
    reserves.extend(group.members.iter().flat_map(|m| &m.reserves).copied());
    let mut seen = Vec::new();
    reserves.retain(|reserve| {
        let is_new = !seen.contains(reserve);
        seen.push(*reserve);
        is_new
    });
    reserves
}

fn missing_wallets(desk: &Desk, group: &Group) -> Vec<ReserveKeys> {
    let keys = [group.pair.keys.repay, group.pair.keys.seize];
    let missing = keys.into_iter().filter(|keys| !desk.wallet.has(&desk.wallet_of(keys)));
    let mut missing: Vec<ReserveKeys> = missing.collect();
    missing.dedup();
    missing
}

/// How much the group's transaction pays at most and takes at least.
pub fn limits(desk: &Desk, group: &Group) -> Limits {
    let tolerance = desk.strategy.tolerance_bps;
    // In a batch some may be healthy by then, and are passed over: any one of them is enough.
    let least = group.members.iter().map(|member| member.seize.0).min();
    Limits {
        max_repay_atoms: desk.most(group.due_atoms()),
        min_seized_atoms: at_least(least.unwrap_or(0), tolerance),
    }
}

/// The instructions of a group; `None` where a price account is not known.
pub fn instructions(desk: &Desk, group: &Group) -> Option<Vec<Instruction>> {
    let pair = &group.pair.keys;
    let prices: Option<Vec<_>> = refreshed(group)
        .iter()
        .map(|reserve| desk.book.price_keys(reserve))
        .collect();
    let mut list = budget(desk, compute_units(desk, group));
    for keys in missing_wallets(desk, group) {
        list.push(create_associated_token_account_idempotent(
            &desk.user,
            &desk.user,
            &keys.mint,
            &keys.token_program,
        ));
    }
    list.push(ix::refresh_reserves(&prices?));
    let limits = limits(desk, group);
    let wallet = desk.wallet_of(&pair.repay);
    if group.pair.is_flash {
        let loan = limits.max_repay_atoms;
        list.push(ix::flash_borrow(desk.user, &pair.repay, wallet, loan));
    }
    let keys = LiquidatorKeys {
        liquidator: desk.user,
        source: wallet,
        destination: desk.wallet_of(&pair.seize),
    };
    match group.members.as_slice() {
        [] => return None,
        [one] => list.push(ix::liquidate(
            &keys,
            pair,
            one.obligation,
            &one.others,
            None,
            limits,
        )),
        many => {
            let many: Vec<_> = many
                .iter()
                .map(|member| (member.obligation, member.others.clone()))
                .collect();
            list.push(ix::liquidate_batch(&keys, pair, &many, limits));
        }
    }
    if let Some(route) = &group.route {
        list.extend_from_slice(&route.instructions);
    }
    if group.pair.is_flash {
        list.push(ix::flash_repay(desk.user, &pair.repay, wallet));
    }
    Some(list)
}

/// Marks obligations, whose reserves follow each.
pub fn mark(desk: &Desk, marked: &[(Pubkey, Vec<Pubkey>)]) -> Option<Vec<Instruction>> {
    let mut reserves: Vec<Pubkey> = marked.iter().flat_map(|(_, list)| list).copied().collect();
    let positions = u32::try_from(reserves.len()).unwrap_or(u32::MAX);
    reserves.sort_unstable();
    reserves.dedup();
    let prices: Option<Vec<_>> = reserves
        .iter()
        .map(|reserve| desk.book.price_keys(reserve))
        .collect();
    let units = BASE_UNITS
        .saturating_add(positions.saturating_mul(POSITION_UNITS + REFRESH_UNITS))
        .saturating_add(MARK_UNITS.saturating_mul(marked.len() as u32));
    let mut list = budget(desk, units.min(MOST_COMPUTE_UNITS));
    list.push(ix::refresh_reserves(&prices?));
    list.push(ix::mark_unhealthy(*desk.book.market(), marked));
    Some(list)
}

/// Settles debts without collateral.
pub fn settle(desk: &Desk, obligation: Pubkey, debts: &[Pubkey]) -> Vec<Instruction> {
    let units = BASE_UNITS + MEMBER_UNITS * debts.len() as u32;
    let mut list = budget(desk, units);
    let market = *desk.book.market();
    let settled = debts.iter().map(|debt| ix::settle_bad_debt(market, obligation, *debt));
    list.extend(settled);
    list
}

fn budget(desk: &Desk, units: u32) -> Vec<Instruction> {
    vec![
        ComputeBudgetInstruction::set_compute_unit_limit(units),
        ComputeBudgetInstruction::set_compute_unit_price(desk.profit.priority_fee_micro_lamports),
    ]
}

/// A message paid by `payer`; `None` where it cannot be compiled.
pub fn message(
    payer: &Pubkey,
    instructions: &[Instruction],
    tables: &[AddressLookupTableAccount],
    blockhash: Hash,
) -> Option<VersionedMessage> {
    let message = v0::Message::try_compile(payer, instructions, tables, blockhash);
    message.ok().map(VersionedMessage::V0)
}

/// Whether a transaction of `instructions` fits a packet and the limit of locked accounts.
pub fn fits_packet(
    payer: &Pubkey,
    instructions: &[Instruction],
    tables: &[AddressLookupTableAccount],
) -> bool {
    let Some(message) = message(payer, instructions, tables, Hash::default()) else {
        return false;
    };
    let looked_up: usize = message
        .address_table_lookups()
        .unwrap_or_default()
        .iter()
        .map(|table| table.writable_indexes.len() + table.readonly_indexes.len())
        .sum();
    message.static_account_keys().len() + looked_up <= MOST_ACCOUNTS
        && SIGNATURE_BYTES + message.serialize().len() <= MOST_BYTES
}

/// Whether the group's transaction fits.
pub fn fits(desk: &Desk, group: &Group) -> bool {
    compute_units(desk, group) < MOST_COMPUTE_UNITS
        && instructions(desk, group).is_some_and(|list| fits_packet(&desk.user, &list, desk.tables))
}
