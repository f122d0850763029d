//! Levee: the program's own engine, the very functions that run on the chain.
//!
//! A look is a `liquidate` on copies of the accounts ([`levee::engine::Parties::liquidate`]): tiers and clocks, netting, the
//! auction, the closed form, insurance and the settlement of bad debt. Those who wait are marked as `mark_unhealthy` does. The
//! liquidator tries the pairs in the order that the program asks for, and smaller parts where the whole does not pay. Nothing
//! here decides anything but what a liquidator wants.
//!
//! Parameters: the design's defaults, see [`levee_client::defaults`] and [`levee::state::MarketConfig::DEFAULT`].

use anchor_lang::prelude::{Error, Pubkey};
use anyhow::Result;
use levee::engine::{look_at_all, Done, Fact, Held, Parties, Rules};
use levee::error::LeveeError;
use levee::state::{Obligation, Reserve, Restart};
use levee_risk::sheet::Sheet;
use levee_risk::units::Atoms;

use super::deal::{trade, Deal, Loss};
use super::{Engine, Look, Seen};
use crate::market::{broken, Changed, World};

/// Parts of the close amount that are tried where the whole does not pay.
const PARTS: [u64; 3] = [1, 4, 16];

/// The program's engine.
#[derive(Default)]
pub struct Levee {
    sheet: Sheet,
}

/// What a `liquidate` would do.
struct Quote {
    done: Done,
    facts: Vec<Fact>,
    obligation: Obligation,
    reserves: Vec<Reserve>,
}

impl Engine for Levee {
    fn name(&self) -> &'static str {
        "levee"
    }

    fn look(&mut self, world: &mut World, seen: &Seen) -> Result<Look> {
        let obligation = seen.obligation;
        if is_stale(world, obligation) {
            return Ok(Look::Waits);
        }
        let mut first_refusal = None;
        for (repay, seize) in pairs(world, seen)? {
            match self.attempt(world, obligation, (repay, seize), u64::MAX)? {
                Ok(quote) => return self.take(world, seen.who, obligation, (repay, seize), quote),
                Err(refusal) => first_refusal = first_refusal.or(Some(refusal)),
            }
        }
        Ok(match first_refusal {
            Some(refusal) if must_wait(refusal) => Look::Waits,
            _ => Look::Stuck,
        })
    }

    fn wait(&mut self, world: &mut World, waiting: &[u32]) -> Result<()> {
        for who in waiting {
            let mut obligation = world.obligation(*who);
            if is_stale(world, &obligation) {
                continue;
            }
            self.mark(world, &mut obligation)?;
            world.pool.refresh(&obligation);
            world.set_obligation(*who, obligation);
        }
        Ok(())
    }
}

impl Levee {
    /// Executes `quote`, or a part of it that pays.
    fn take(
        &mut self,
        world: &mut World,
        who: u32,
        before: &Obligation,
        (repay, seize): (usize, usize),
        quote: Quote,
    ) -> Result<Look> {
        let Some(plan) = quote.done.plan else {
            // Netting alone, or a fraction of an atom that was burned: nobody pays.
            let deal = commit(world, who, before, (repay, seize), quote)?;
            return Ok(Look::Acted(Box::new(deal)));
        };
        let whole = plan.repay.0.saturating_add(plan.insurance.0);
        let mut best = Some(quote);
        for parts in PARTS {
            if parts > 1 {
                let limit = whole / parts;
                best = self.attempt(world, before, (repay, seize), limit)?.ok();
            }
            let Some(quote) = best.take() else { continue };
            let Some(plan) = quote.done.plan else {
                continue;
            };
            let paid = plan.repay.0.saturating_add(plan.insurance.0);
            if world.pays((repay, paid), (seize, plan.seize.0))? {
                let deal = commit(world, who, before, (repay, seize), quote)?;
                return Ok(Look::Acted(Box::new(deal)));
            }
        }
        Ok(Look::Waits)
    }

    /// A `liquidate` on copies: the quote, or the program's refusal.
    fn attempt(
        &mut self,
        world: &World,
        obligation: &Obligation,
        (repay_at, seize_at): (usize, usize),
        limit: u64,
    ) -> Result<std::result::Result<Quote, LeveeError>> {
        let keys = world.pool.keys();
        let mut reserves = world.pool.reserves().to_vec();
        let mut obligation = *obligation;
        let mut repay = reserves[repay_at];
        let mut seize = (repay_at != seize_at).then(|| reserves[seize_at]);
        let mut facts = Vec::new();
        let mut done = Done::NOTHING;
        let mut held = Held {
            repay_key: &keys[repay_at],
            seize_key: &keys[seize_at],
            repay: &mut repay,
            seize: seize.as_mut(),
            others: Changed {
                keys,
                reserves: &mut reserves,
            },
        };
        let nobody = Pubkey::default();
        let mut parties = Parties {
            key: &nobody,
            obligation: &mut obligation,
            reserves: &mut held,
            receiver: None,
            is_vault_frozen: false,
            insurance: None,
        };
        let rules = Rules::new(&world.pool.market, world.pool.moment(), Restart::At(0));
        let outcome = parties
            .liquidate(
                &mut self.sheet,
                &rules,
                Atoms(limit),
                &mut done,
                &mut |fact| {
                    facts.push(fact);
                },
            )
            .map_err(broken)?;
        reserves[repay_at] = repay;
        if let Some(seize) = seize {
            reserves[seize_at] = seize;
        }
        Ok(outcome.map(|()| Quote {
            done,
            facts,
            obligation,
            reserves,
        }))
    }

    /// As `mark_unhealthy` looks at an obligation.
    fn mark(&mut self, world: &World, obligation: &mut Obligation) -> Result<()> {
        let book = world.see(&mut self.sheet, obligation)?;
        let rules = Rules::new(&world.pool.market, world.pool.moment(), Restart::At(0));
        let clocks = obligation.clocks();
        let seen = look_at_all(&self.sheet, &book, clocks, 0, &rules).map_err(broken)?;
        obligation.set_clocks(seen.clocks);
        Ok(())
    }
}

/// Makes a quote come true, and sells what was seized.
fn commit(
    world: &mut World,
    who: u32,
    before: &Obligation,
    (repay, seize): (usize, usize),
    quote: Quote,
) -> Result<Deal> {
    let mut deal = Deal {
        repay,
        seize,
        ..Deal::default()
    };
    world.pool.apply(&quote.reserves, before);
    world.set_obligation(who, quote.obligation);
    world.operations += 2;
    if let Some(plan) = quote.done.plan {
        deal.repaid_atoms = plan.repay.0;
        deal.seized_atoms = plan.seize.0;
        deal.insurance_atoms = plan.insurance.0;
        let paid = plan.repay.0 + plan.insurance.0;
        deal.profit_micro_usd = trade(world, (repay, paid), (seize, plan.seize.0))?;
    }
    if quote.done.bad_debt.0 > 0 {
        deal.losses.push(Loss {
            asset: repay,
            atoms: quote.done.bad_debt.0,
            insured_atoms: quote.done.insured.0,
        });
        world.operations += 1;
    }
    for fact in quote.facts {
        if let Fact::Settled(settled) = fact {
            if let Some(asset) = world.pool.index(&settled.reserve) {
                deal.losses.push(Loss {
                    asset,
                    atoms: settled.loss_atoms,
                    insured_atoms: settled.insured_atoms,
                });
            }
        }
        world.operations += 1;
    }
    Ok(deal)
}

/// The pairs, debts with the highest borrow factor and collaterals with the lowest threshold first: the program asks for
/// these. Among equals, the more valuable one.
fn pairs(world: &World, seen: &Seen) -> Result<Vec<(usize, usize)>> {
    let (obligation, sheet) = (seen.obligation, seen.sheet);
    let mut debts = Vec::new();
    for (at, position) in obligation.borrows().iter().enumerate() {
        let side = sheet.repaid_side(at)?;
        let value = side.price.value_down(side.owed)?;
        if let Some(asset) = world.pool.index(&position.reserve) {
            debts.push((std::cmp::Reverse((side.borrow_factor, value)), asset));
        }
    }
    let mut deposits = Vec::new();
    for (at, position) in obligation.deposits().iter().enumerate() {
        let side = sheet.seized_side(at)?;
        let value = side.price.value_down(side.deposited)?;
        if let Some(asset) = world.pool.index(&position.reserve) {
            deposits.push((side.threshold, std::cmp::Reverse(value), asset));
        }
    }
    debts.sort();
    deposits.sort();
    let with = |debt: usize| deposits.iter().map(move |(_, _, deposit)| (debt, *deposit));
    Ok(debts.iter().flat_map(|(_, debt)| with(*debt)).collect())
}

/// Whether time and marks are all that is missing.
fn must_wait(refusal: LeveeError) -> bool {
    matches!(
        refusal,
        LeveeError::CoolOff
            | LeveeError::MildInRestartGrace
            | LeveeError::MildPriceTooOld
            | LeveeError::MildPriceDoubtful
            | LeveeError::MildHealthyAtAverage
    )
}

/// Whether a price is older than any liquidation takes.
fn is_stale(world: &World, obligation: &Obligation) -> bool {
    let positions = obligation.deposits().iter().chain(obligation.borrows());
    let moment = world.pool.moment();
    positions
        .filter_map(|position| world.pool.index(&position.reserve))
        .any(|asset| {
            let source: std::result::Result<_, Error> = world.pool.reserves()[asset].source(moment);
            source.is_err()
        })
}
