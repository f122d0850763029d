//! Hard liquidation.

use anyhow::Result;
use levee::state::{Obligation, ALL};
use levee_risk::valuation::Book;

use super::super::deal::{trade, write_off_bare, Deal};
use super::super::rule::sides;
use super::super::Seen;
use super::PPM;
use crate::market::{broken, Holder, World};

/// `1 − liquidation discount`.
const HARD_PPM: u128 = 940_000;

/// By how much the debt must grow before hard liquidation, as a part of it; below zero where it has.
pub(super) fn slack(book: &Book) -> f64 {
    let worth = book.collateral.wad() / PPM * HARD_PPM;
    if worth < book.debt.wad() {
        return -1.0;
    }
    worth as f64 / book.debt.wad().max(1) as f64 - 1.0
}

/// Hard liquidation: a liquidator pays the debt and takes all that the loan holds, if that pays.
pub(super) fn hard(world: &mut World, seen: &Seen) -> Result<Option<Deal>> {
    let (who, obligation) = (seen.who, seen.obligation);
    let sides = sides(world, obligation, seen.sheet)?;
    if sides.deposits.is_empty() {
        return Ok(None);
    }
    let mut after = *obligation;
    let owed = sides.owed[0];
    let debt_key = world.pool.keys()[owed];
    // What is held in the borrowed token pays first, and nobody earns on it.
    let own = sides.held.iter().position(|held| *held == owed);
    let own_atoms = own.map_or(0, |at| sides.deposits[at].deposited.0);
    let debt = sides.debts[0].owed.0;
    let netted = own_atoms.min(debt);
    let largest = (0..sides.held.len())
        .filter(|at| Some(*at) != own)
        .max_by_key(|at| {
            sides.deposits[*at]
                .price
                .value_down(sides.deposits[*at].deposited)
                .ok()
        });
    let Some(largest) = largest else {
        return close_converted(world, who, obligation, (owed, own_atoms, debt));
    };
    let (held, seized) = (sides.held[largest], sides.deposits[largest].deposited.0);
    // No more is paid than the collateral is worth.
    let worth = world.micro_usd(held, seized)?.unsigned_abs();
    let rest = debt - netted;
    let rest_worth = world.micro_usd(owed, rest)?.unsigned_abs().max(1);
    let most = u128::from(rest) * u128::from(worth) * HARD_PPM / PPM / u128::from(rest_worth);
    let paid = rest.min(u64::try_from(most).unwrap_or(u64::MAX));
    if paid > 0 && !world.pays((owed, paid), (held, seized))? {
        return Ok(None);
    }
    let held_key = world.pool.keys()[held];
    let reserves = world.pool.reserves_mut();
    if seized > reserves[held].available_atoms || netted > reserves[owed].available_atoms {
        return Ok(None);
    }
    if netted > 0 {
        let left = reserves[owed]
            .seize(after.deposit_in(&debt_key), netted)
            .map_err(broken)?;
        after
            .set_deposit(&debt_key, left.remaining)
            .map_err(broken)?;
        let left = reserves[owed]
            .repay(after.debt_in(&debt_key), netted)
            .map_err(broken)?;
        after.set_debt(&debt_key, left.remaining).map_err(broken)?;
    }
    let reserves = world.pool.reserves_mut();
    let left = reserves[owed]
        .repay(after.debt_in(&debt_key), paid)
        .map_err(broken)?;
    after.set_debt(&debt_key, left.remaining).map_err(broken)?;
    let taken = reserves[held]
        .seize(after.deposit_in(&held_key), ALL)
        .map_err(broken)?;
    after
        .set_deposit(&held_key, taken.remaining)
        .map_err(broken)?;
    world.operations += 4;
    let losses = write_off_bare(world, &mut after)?;
    world.pool.refresh(obligation);
    world.set_obligation(who, after);
    let profit = trade(world, (owed, left.atoms.0), (held, taken.atoms.0))?;
    Ok(Some(Deal {
        repay: owed,
        seize: held,
        repaid_atoms: left.atoms.0,
        seized_atoms: taken.atoms.0,
        losses,
        profit_micro_usd: profit,
        ..Deal::default()
    }))
}

/// Hard liquidation of a loan that is converted as a whole: it pays its debt, and what remains is the liquidator's.
fn close_converted(
    world: &mut World,
    who: u32,
    obligation: &Obligation,
    (owed, own_atoms, debt): (usize, u64, u64),
) -> Result<Option<Deal>> {
    let mut after = *obligation;
    let key = world.pool.keys()[owed];
    let reserve = &mut world.pool.reserves_mut()[owed];
    if own_atoms > reserve.available_atoms {
        return Ok(None);
    }
    let taken = reserve.seize(after.deposit_in(&key), ALL).map_err(broken)?;
    after.set_deposit(&key, taken.remaining).map_err(broken)?;
    let paid = reserve
        .repay(after.debt_in(&key), debt.min(taken.atoms.0))
        .map_err(broken)?;
    after.set_debt(&key, paid.remaining).map_err(broken)?;
    world.operations += 2;
    let losses = write_off_bare(world, &mut after)?;
    world.pool.refresh(obligation);
    world.set_obligation(who, after);
    let rest = taken.atoms.0 - paid.atoms.0;
    world.wallets.pay_out(Holder::Liquidators, owed, rest);
    Ok(Some(Deal {
        repay: owed,
        seize: owed,
        repaid_atoms: paid.atoms.0,
        seized_atoms: taken.atoms.0,
        losses,
        profit_micro_usd: world.micro_usd(owed, rest)?,
        ..Deal::default()
    }))
}
