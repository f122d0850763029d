//! The transaction of a decision.

use anchor_lang::prelude::Pubkey;
use levee_client::instructions::{self as ix, Limits, LiquidatorKeys};
use levee_client::transaction::{compile, Budget, MAX_COMPUTE_UNITS};
use levee_client::ReserveKeys;
use solana_hash::Hash;
use solana_instruction::Instruction;
use spl_associated_token_account_interface::instruction::create_associated_token_account_idempotent;

use super::profit::at_least;
use super::{Desk, Group};

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
    units.min(MAX_COMPUTE_UNITS)
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
    let missing = keys
        .into_iter()
        .filter(|keys| !desk.wallet.has(&desk.wallet_of(keys)));
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

/// Instructions, and what they may use.
#[derive(Clone, Debug)]
pub struct Call {
    /// Without those of the budget.
    pub instructions: Vec<Instruction>,
    /// Compute units and priority fee.
    pub budget: Budget,
}

/// So many compute units, as far as a transaction may have them, at the least priority fee.
pub fn budget(desk: &Desk, compute_units: u32) -> Budget {
    Budget {
        compute_units: compute_units.min(MAX_COMPUTE_UNITS),
        micro_lamports_per_unit: desk.fees.floor_micro_lamports,
    }
}

impl Call {
    fn new(desk: &Desk, compute_units: u32, instructions: Vec<Instruction>) -> Self {
        Self {
            instructions,
            budget: budget(desk, compute_units),
        }
    }

    /// Accounts that it writes.
    pub fn writable(&self) -> Vec<Pubkey> {
        let metas = self.instructions.iter().flat_map(|list| &list.accounts);
        let mut keys: Vec<Pubkey> = metas
            .filter(|meta| meta.is_writable)
            .map(|meta| meta.pubkey)
            .collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }
}

/// The transaction of a group; `None` where a price account is not known.
pub fn liquidate(desk: &Desk, group: &Group) -> Option<Call> {
    let pair = &group.pair.keys;
    let prices: Option<Vec<_>> = refreshed(group)
        .iter()
        .map(|reserve| desk.book.price_keys(reserve))
        .collect();
    let mut list = Vec::new();
    for keys in missing_wallets(desk, group) {
        list.push(create_associated_token_account_idempotent(
            &desk.user,
            &desk.user,
            &keys.mint,
            &keys.token_program,
        ));
    }
    list.push(ix::refresh_reserves(&prices?));
    let receiver = match group.pair.as_deposit {
        true => Some(desk.strategy.receiver_obligation?),
        false => None,
    };
    if let (Some(_), Some(id)) = (receiver, desk.missing_receiver()) {
        list.push(ix::init_obligation(desk.user, *desk.book.market(), id));
    }
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
            receiver.map(|id| desk.receiver(id)),
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
    Some(Call::new(desk, compute_units(desk, group), list))
}

/// Marks obligations, whose reserves follow each.
pub fn mark(desk: &Desk, marked: &[(Pubkey, Vec<Pubkey>)]) -> Option<Call> {
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
    let list = vec![
        ix::refresh_reserves(&prices?),
        ix::mark_unhealthy(*desk.book.market(), marked),
    ];
    Some(Call::new(desk, units, list))
}

/// Refreshes reserves, and nothing else; `None` where a price account is not known.
pub fn refresh(desk: &Desk, reserves: &[Pubkey]) -> Option<Call> {
    let prices: Option<Vec<_>> = reserves
        .iter()
        .map(|reserve| desk.book.price_keys(reserve))
        .collect();
    let count = u32::try_from(reserves.len()).unwrap_or(u32::MAX);
    let units = BASE_UNITS.saturating_add(count.saturating_mul(REFRESH_UNITS));
    Some(Call::new(desk, units, vec![ix::refresh_reserves(&prices?)]))
}

/// Settles debts without collateral.
pub fn settle(desk: &Desk, obligation: Pubkey, debts: &[Pubkey]) -> Call {
    let units = BASE_UNITS + MEMBER_UNITS * debts.len() as u32;
    let market = *desk.book.market();
    let settled = debts
        .iter()
        .map(|debt| ix::settle_bad_debt(market, obligation, *debt));
    Call::new(desk, units, settled.collect())
}

/// Whether a transaction may have so much, and is small enough.
pub fn fits(desk: &Desk, call: &Call) -> bool {
    let hash = Hash::default();
    // A priority fee takes room, however small it is.
    let budget = Budget {
        micro_lamports_per_unit: call.budget.micro_lamports_per_unit.max(1),
        ..call.budget
    };
    compile(&desk.user, &call.instructions, budget, desk.tables, hash).is_ok()
}
