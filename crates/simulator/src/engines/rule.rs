//! Engines that are one rule: how much of which debt may be repaid for which collateral at which bonus.

mod ledger;

use std::collections::HashMap;

use anyhow::Result;
use arrayvec::ArrayVec;
use levee::state::{Obligation, MAX_BORROWS, MAX_DEPOSITS};
use levee_risk::liquidation::{RepaidSide, SeizedSide};
use levee_risk::sheet::Sheet;
use levee_risk::units::Atoms;
use levee_risk::valuation::Book;

use self::ledger::{execute, fulfil, prospect};
use super::case::{Amounts, Case, Offer};
use super::{Engine, Look, Prepared, Prospect, Seen, Turn};
use crate::market::{Bargain, World};

/// Parts of what is offered that are tried where the whole does not pay.
const PARTS: [u64; 3] = [1, 4, 16];

/// A rival's rule.
pub trait Rule: Send + Sync {
    /// As in tables.
    fn name(&self) -> &'static str;

    /// What it offers for an unhealthy obligation with at least one deposit and one debt; `None` where nothing.
    fn offer(&self, case: &Case) -> Option<Offer>;

    /// The pair (deposit, debt) that it is about to offer and its tick there, where liquidators leave that tick alone for
    /// [`LOCKED_MS`] afterwards, the rule's keeper being as patient.
    fn tick(&self, _case: &Case) -> Option<((usize, usize), i32)> {
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
    /// When liquidators last acted on a tick: by (debt, collateral) and tick.
    locks: HashMap<((usize, usize), i32), i64>,
    /// How many losses were written off.
    losses: u64,
}

impl<R: Rule + Clone> RuleEngine<R> {
    /// The engine of `rule`.
    pub fn new(rule: R) -> Self {
        Self {
            in_groups: rule.clone(),
            rule,
            locks: HashMap::new(),
            losses: 0,
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
#[derive(Default)]
pub(super) struct Sides {
    pub deposits: ArrayVec<SeizedSide, MAX_DEPOSITS>,
    pub debts: ArrayVec<RepaidSide, MAX_BORROWS>,
    pub held: ArrayVec<usize, MAX_DEPOSITS>,
    pub owed: ArrayVec<usize, MAX_BORROWS>,
}

impl Sides {
    fn case<'a>(&'a self, book: &'a Book) -> Case<'a> {
        Case {
            book,
            deposits: &self.deposits,
            debts: &self.debts,
        }
    }

    /// Of `obligation`, whose sheet is `sheet`.
    ///
    /// # Errors
    /// Where values are out of range.
    pub fn fill(&mut self, world: &World, obligation: &Obligation, sheet: &Sheet) -> Result<()> {
        let index = |key| world.pool.index(key).unwrap_or_default();
        for (at, deposit) in obligation.deposits().iter().enumerate() {
            self.deposits.push(sheet.seized_side(at)?);
            self.held.push(index(&deposit.reserve));
        }
        for (at, debt) in obligation.borrows().iter().enumerate() {
            self.debts.push(sheet.repaid_side(at)?);
            self.owed.push(index(&debt.reserve));
        }
        Ok(())
    }
}

/// Those of `obligation`, whose sheet is `sheet`.
///
/// # Errors
/// As [`Sides::fill`].
pub(super) fn sides(world: &World, obligation: &Obligation, sheet: &Sheet) -> Result<Sides> {
    let mut sides = Sides::default();
    sides.fill(world, obligation, sheet)?;
    Ok(sides)
}

/// What a rule offers for an obligation, or why it does not.
enum Answer {
    Offer(Offered),
    Nothing(Look),
}

struct Offered {
    offer: Offer,
    /// The reserves repaid and seized.
    pair: (usize, usize),
    tick: Option<i32>,
}

impl Offered {
    /// The amounts of a part of what is offered.
    fn amounts(&self, case: &Case, parts: u64) -> Result<Amounts> {
        let repay = Atoms((self.offer.repay.0 / parts).max(1));
        self.offer.amounts(case, repay)
    }

    /// What a liquidator gives and gets.
    fn bargain(&self, world: &World, amounts: &Amounts) -> Result<Bargain> {
        let ((repay, seize), received) = (self.pair, amounts.seize.0 - amounts.protocol.0);
        world.bargain((repay, amounts.repay.0), (seize, received))
    }
}

impl<R: Rule> RuleEngine<R> {
    fn ask(&self, world: &World, group: u8, (sides, case): (&Sides, &Case)) -> Answer {
        if sides.deposits.is_empty() {
            return Answer::Nothing(Look::Stuck);
        }
        let rule = match group {
            0 => &self.rule,
            _ => &self.in_groups,
        };
        let reserves = |(deposit, debt): (usize, usize)| (sides.owed[debt], sides.held[deposit]);
        let mut tick = None;
        if let Some((pair, number)) = rule.tick(case) {
            if let Some(until_ms) = self.locked_until(reserves(pair), number, world.now_ms()) {
                return Answer::Nothing(Look::Rests(until_ms));
            }
            tick = Some(number);
        }
        let Some(offer) = rule.offer(case) else {
            return Answer::Nothing(Look::Waits);
        };
        Answer::Offer(Offered {
            pair: reserves((offer.deposit, offer.debt)),
            offer,
            tick,
        })
    }

    /// Until when a tick is left alone. At the moment itself others on it are part of the same transaction.
    fn locked_until(&self, pair: (usize, usize), tick: i32, now_ms: i64) -> Option<i64> {
        let locked_ms = *self.locks.get(&(pair, tick))?;
        let until_ms = locked_ms + LOCKED_MS;
        (locked_ms < now_ms && now_ms < until_ms).then_some(until_ms)
    }

    fn lock(&mut self, pair: (usize, usize), tick: Option<i32>, now_ms: i64) {
        self.locks.extend(tick.map(|tick| ((pair, tick), now_ms)));
    }
}

impl<R: Rule> Engine for RuleEngine<R> {
    fn name(&self) -> &'static str {
        self.rule.name()
    }

    fn look(&mut self, world: &mut World, seen: &Seen) -> Result<Look> {
        let mut sides = Sides::default();
        sides.fill(world, seen.obligation, seen.sheet)?;
        let case = sides.case(seen.book);
        let offered = match self.ask(world, seen.obligation.elevation_group, (&sides, &case)) {
            Answer::Offer(offered) => offered,
            Answer::Nothing(look) => return Ok(look),
        };
        for parts in PARTS {
            let amounts = offered.amounts(&case, parts)?;
            let bargain = offered.bargain(world, &amounts)?;
            // What is worth less than an atom is swept up with the rest.
            let is_swept = amounts.takes_all && amounts.seize.0 == 0;
            if !is_swept && !world.is_worth_it(&bargain) {
                continue;
            }
            let mut obligation = *seen.obligation;
            let deal = execute(world, &mut obligation, offered.pair, &amounts)?;
            world.set_obligation(seen.who, obligation);
            self.lock(offered.pair, offered.tick, world.now_ms());
            return Ok(match deal {
                Some(deal) => {
                    self.losses += deal.losses.len() as u64;
                    Look::Acted(Box::new(deal))
                }
                None => Look::Stuck,
            });
        }
        Ok(Look::Waits)
    }

    fn prepare(&self, world: &World, seen: &Seen) -> Result<Option<Prepared>> {
        let mut sides = Sides::default();
        sides.fill(world, seen.obligation, seen.sheet)?;
        let case = sides.case(seen.book);
        let losses = self.losses;
        let offered = match self.ask(world, seen.obligation.elevation_group, (&sides, &case)) {
            Answer::Offer(offered) => offered,
            Answer::Nothing(Look::Rests(until_ms)) => {
                return Ok(Some(Prepared::Rests(until_ms, losses)))
            }
            Answer::Nothing(_) => return Ok(None),
        };
        // What does not even pay the fee is left to the look; what else pays is seen when its turn comes.
        if !world.costs.may_be_worth_it(offered.offer.bonus) {
            return Ok(None);
        }
        let amounts = offered.amounts(&case, 1)?;
        let prospect = prospect(world, seen.obligation, (&sides, &offered), &amounts)?;
        Ok(prospect.map(|prospect| Prepared::Trade(Prospect { losses, ..prospect })))
    }

    fn take_turn(&mut self, world: &mut World, prepared: &Prepared) -> Result<Turn> {
        let prospect = match prepared {
            // A loss lowers what deposits are worth.
            Prepared::Rests(until_ms, losses) if *losses == self.losses => {
                return Ok(Turn::Rests(*until_ms))
            }
            Prepared::Trade(prospect) if prospect.losses == self.losses => prospect,
            _ => return Ok(Turn::Anew),
        };
        let ((repay, seize), received) = (prospect.pair(), prospect.seize.0 - prospect.protocol.0);
        let bargain = world.bargain((repay, prospect.repay.0), (seize, received))?;
        if !world.is_worth_it(&bargain) {
            return Ok(Turn::Anew);
        }
        let Some((deal, left)) = fulfil(world, prospect, &bargain)? else {
            return Ok(Turn::Anew);
        };
        self.lock(prospect.pair(), prospect.tick, world.now_ms());
        Ok(Turn::Acted {
            deal,
            left,
            health: prospect.health,
            is_healthy: prospect.is_healthy,
        })
    }
}

#[cfg(test)]
mod tests;
