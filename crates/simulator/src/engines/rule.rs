//! Engines that are one rule: how much of which debt may be repaid for which collateral at which bonus.

use std::collections::HashMap;

use anyhow::Result;
use levee::state::{Obligation, ALL};
use levee_risk::liquidation::{RepaidSide, SeizedSide};
use levee_risk::sheet::Sheet;
use levee_risk::units::Atoms;

use super::case::{Amounts, Case, Offer};
use super::deal::{trade, write_off_bare, Deal};
use super::{Engine, Look, Seen};
use crate::market::{broken, Holder, World};

/// Parts of what is offered that are tried where the whole does not pay.
const PARTS: [u64; 3] = [1, 4, 16];

/// A rival's rule.
pub trait Rule: Send {
    /// As in tables.
    fn name(&self) -> &'static str;

    /// What it offers for an unhealthy obligation with at least one deposit and one debt; `None` where nothing.
    fn offer(&self, case: &Case) -> Option<Offer>;

    /// The tick that liquidators leave alone for [`LOCKED_MS`] after such an offer, the rule's keeper being as patient.
    fn locks(&self, _case: &Case, _offer: &Offer) -> Option<i32> {
        None
    }
}

/// How long a keeper leaves a tick alone that it acted on.
pub(super) const LOCKED_MS: i64 = 60_000;

/// A rule on the common ledger.
pub struct RuleEngine<R> {
    rule: R,
    /// For obligations in an elevation group.
    in_groups: R,
    /// When liquidators last acted on a tick: by (collateral, debt, tick).
    locks: HashMap<(usize, usize, i32), i64>,
}

impl<R: Rule + Clone> RuleEngine<R> {
    /// The engine of `rule`.
    pub fn new(rule: R) -> Self {
        Self {
            in_groups: rule.clone(),
            rule,
            locks: HashMap::new(),
        }
    }

    /// The same where obligations in an elevation group have parameters of their own, an e-mode's.
    pub fn in_groups(self, rule: R) -> Self {
        Self {
            in_groups: rule,
            ..self
        }
    }
}

/// The sides of an obligation's sheet, and the reserve behind each.
pub(super) struct Sides {
    pub deposits: Vec<SeizedSide>,
    pub debts: Vec<RepaidSide>,
    pub held: Vec<usize>,
    pub owed: Vec<usize>,
}

pub(super) fn sides(world: &World, obligation: &Obligation, sheet: &Sheet) -> Result<Sides> {
    let index = |key| world.pool.index(key).unwrap_or_default();
    let deposits = (0..obligation.deposits().len()).map(|at| sheet.seized_side(at));
    let debts = (0..obligation.borrows().len()).map(|at| sheet.repaid_side(at));
    Ok(Sides {
        deposits: deposits.collect::<std::result::Result<_, _>>()?,
        debts: debts.collect::<std::result::Result<_, _>>()?,
        held: obligation
            .deposits()
            .iter()
            .map(|one| index(&one.reserve))
            .collect(),
        owed: obligation
            .borrows()
            .iter()
            .map(|one| index(&one.reserve))
            .collect(),
    })
}

impl<R: Rule> Engine for RuleEngine<R> {
    fn name(&self) -> &'static str {
        self.rule.name()
    }

    fn look(&mut self, world: &mut World, seen: &Seen) -> Result<Look> {
        let mut obligation = *seen.obligation;
        let sides = sides(world, &obligation, seen.sheet)?;
        if sides.deposits.is_empty() {
            return Ok(Look::Stuck);
        }
        let case = Case {
            book: seen.book,
            deposits: &sides.deposits,
            debts: &sides.debts,
        };
        let rule = match obligation.elevation_group {
            0 => &self.rule,
            _ => &self.in_groups,
        };
        let Some(offer) = rule.offer(&case) else {
            return Ok(Look::Waits);
        };
        let (seize, repay) = (sides.held[offer.deposit], sides.owed[offer.debt]);
        let now_ms = world.now_ms();
        let lock = rule.locks(&case, &offer).map(|tick| (seize, repay, tick));
        if let Some(locked_ms) = lock.and_then(|lock| self.locks.get(&lock).copied()) {
            // At the moment itself others on this tick are part of the same transaction.
            let until_ms = locked_ms + LOCKED_MS;
            if locked_ms < now_ms && now_ms < until_ms {
                return Ok(Look::Rests(until_ms));
            }
        }
        for parts in PARTS {
            let amounts = offer.amounts(&case, Atoms((offer.repay.0 / parts).max(1)))?;
            let received = amounts.seize.0 - amounts.protocol.0;
            // What is worth less than an atom is swept up with the rest.
            if amounts.takes_all && amounts.seize.0 == 0
                || world.pays((repay, amounts.repay.0), (seize, received))?
            {
                let deal = execute(world, &mut obligation, (repay, seize), &amounts)?;
                world.set_obligation(seen.who, obligation);
                self.locks.extend(lock.map(|lock| (lock, now_ms)));
                return Ok(match deal {
                    Some(deal) => Look::Acted(Box::new(deal)),
                    None => Look::Stuck,
                });
            }
        }
        Ok(Look::Waits)
    }
}

/// Moves the amounts; `None` where the vault cannot pay the collateral.
fn execute(
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
