//! What a rule's offer moves.

use anyhow::Result;
use levee::state::{Limbs, Obligation, ALL};
use levee_risk::fixed::ScaledDebt;

use super::{Offered, Prospect, Sides};
use crate::engines::case::Amounts;
use crate::engines::deal::{trade, write_off_bare, Deal};
use crate::market::{broken, Bargain, Holder, Pair, World};
use crate::run::ratio;

/// Moves the amounts; `None` where the vault cannot pay the collateral.
pub(super) fn execute(
    world: &mut World,
    obligation: &mut Obligation,
    (repay, seize): (usize, usize),
    amounts: &Amounts,
) -> Result<Option<Deal>> {
    let keys = [world.pool.keys()[repay], world.pool.keys()[seize]];
    let before = *obligation;
    let reserves = world.pool.reserves_mut();
    if amounts.seize.0 > reserves[seize].available_atoms {
        return Ok(None);
    }
    let owing = reserves[repay]
        .repay(obligation.debt_in(&keys[0]), amounts.repay.0)
        .map_err(broken)?;
    obligation
        .set_debt(&keys[0], owing.remaining)
        .map_err(broken)?;
    let atoms = if amounts.takes_all {
        ALL
    } else {
        amounts.seize.0
    };
    let left = reserves[seize]
        .seize(obligation.deposit_in(&keys[1]), atoms)
        .map_err(broken)?;
    obligation
        .set_deposit(&keys[1], left.remaining)
        .map_err(broken)?;
    world.operations += 2;
    let received = left.atoms.0 - amounts.protocol.0;
    world
        .wallets
        .pay_out(Holder::Protocol, seize, amounts.protocol.0);
    let losses = write_off_bare(world, obligation)?;
    world.pool.refresh(&before);
    let profit = trade(world, (repay, owing.atoms.0), (seize, received))?;
    Ok(Some(Deal {
        repay,
        seize,
        repaid_atoms: owing.atoms.0,
        seized_atoms: left.atoms.0,
        insurance_atoms: 0,
        protocol_atoms: amounts.protocol.0,
        losses,
        profit_micro_usd: profit,
    }))
}

/// What the amounts would leave; `None` where that closes a position, or the ledger would refuse.
pub(super) fn prospect(
    world: &World,
    obligation: &Obligation,
    (sides, offered): (&Sides, &Offered),
    amounts: &Amounts,
) -> Result<Option<Prospect>> {
    let (repay, seize) = offered.pair;
    let keys = [world.pool.keys()[repay], world.pool.keys()[seize]];
    let (debt, deposit) = (
        obligation.debt_in(&keys[0]),
        obligation.deposit_in(&keys[1]),
    );
    let owed = sides.debts[offered.offer.debt].owed;
    let held = sides.deposits[offered.offer.deposit].deposited;
    if amounts.takes_all || amounts.repay >= owed {
        return Ok(None);
    }
    let (borrow, supply) = (
        world.pool.divisors(repay).borrow,
        world.pool.divisors(seize).supply,
    );
    let forgiven = match borrow {
        Some(divisor) => ScaledDebt::from_atoms_down_by(amounts.repay, &divisor),
        None => return Ok(None),
    };
    let reserve = &world.pool.reserves()[seize];
    let Ok(burn) = reserve.burn_up(deposit, held, amounts.seize.0, supply.as_ref()) else {
        return Ok(None);
    };
    let (owes, holds) = (debt.checked_sub(forgiven)?, burn.remaining);
    if owes.is_zero() || holds.is_zero() {
        return Ok(None);
    }
    let mut after = *obligation;
    after.set_debt(&keys[0], owes).map_err(broken)?;
    after.set_deposit(&keys[1], holds).map_err(broken)?;
    let health = world.value(&after)?.health;
    let uses = sides.held.iter().chain(&sides.owed);
    Ok(Some(Prospect {
        repay: amounts.repay,
        seize: amounts.seize,
        protocol: amounts.protocol,
        debt: (debt, owed),
        deposit: (deposit, held),
        health: ratio(&health),
        is_healthy: health.is_healthy(),
        pair: (u8::try_from(repay)?, u8::try_from(seize)?),
        tick: offered.tick,
        reserves: uses.fold(0, |bits, asset| bits | 1 << asset),
        losses: 0,
    }))
}

/// Moves what was prepared but for the obligation's own balances, which are returned; `None` where the vault cannot pay the
/// collateral.
pub(super) fn fulfil(
    world: &mut World,
    prospect: &Prospect,
    bargain: &Bargain,
) -> Result<Option<(Deal, Pair)>> {
    let (repay, seize) = prospect.pair();
    let (borrow, supply) = (
        world.pool.divisors(repay).borrow,
        world.pool.divisors(seize).supply,
    );
    let reserves = world.pool.reserves_mut();
    if prospect.seize.0 > reserves[seize].available_atoms {
        return Ok(None);
    }
    let ((debt, owed), (deposit, held)) = (prospect.debt, prospect.deposit);
    let owing = reserves[repay]
        .repay_owed(debt, owed, prospect.repay.0, borrow.as_ref())
        .map_err(broken)?;
    let left = reserves[seize]
        .burn_up(deposit, held, prospect.seize.0, supply.as_ref())
        .map_err(broken)?;
    reserves[seize].pay_out(&left).map_err(broken)?;
    world.operations += 2;
    world
        .wallets
        .pay_out(Holder::Protocol, seize, prospect.protocol.0);
    world.pool.refresh_some(prospect.reserves);
    let deal = Deal {
        repay,
        seize,
        repaid_atoms: owing.atoms.0,
        seized_atoms: left.atoms.0,
        insurance_atoms: 0,
        protocol_atoms: prospect.protocol.0,
        losses: Vec::new(),
        profit_micro_usd: world.strike(bargain)?,
    };
    let left = Pair {
        debt: (repay, Limbs(owing.remaining.to_limbs()).get()),
        deposit: (seize, Limbs(left.remaining.to_limbs()).get()),
    };
    Ok(Some((deal, left)))
}
