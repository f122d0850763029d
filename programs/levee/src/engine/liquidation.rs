//! The liquidation of one obligation: look, net, plan, apply, check. No transfer happens here.

use anchor_lang::prelude::*;
use levee_risk::clocks::Clocks;
use levee_risk::liquidation::{plan_at_health, EngineParams, Plan};
use levee_risk::policy::{check_pair, MildEvidence, Moment, PairEvidence, Tier};
use levee_risk::sheet::{Sheet, View};
use levee_risk::units::Atoms;
use levee_risk::valuation::Health;

use super::desk::{look, Desk, PairAt, Prepared};
use super::netting::{net_one, Net};
use super::reserves::{Held, Reserves};
use super::valuation::{auction, value, Purpose};
use crate::error::{math, refused, waiting, wrong_pair, LeveeError};
use crate::events::BadDebtSettled;
use crate::state::{LendingMarket, Obligation, Restart, ALL};

/// The rules and the time of a liquidation.
pub struct Rules<'a> {
    /// The market.
    pub market: &'a LendingMarket,
    /// The same rules in the risk library's types.
    pub engine: EngineParams,
    /// Now.
    pub moment: Moment,
    /// The cluster's latest restart.
    pub restart: Restart,
}

impl<'a> Rules<'a> {
    /// Those of `market`.
    pub fn new(market: &'a LendingMarket, moment: Moment, restart: Restart) -> Self {
        Self {
            market,
            engine: market.engine(),
            moment,
            restart,
        }
    }
}

/// Whose balances a liquidation changes.
pub struct Parties<'a, 'b, Others> {
    /// The obligation's address, for events.
    pub key: &'a Pubkey,
    /// The obligation.
    pub obligation: &'a mut Obligation,
    /// Its reserves.
    pub reserves: &'a mut Held<'b, Others>,
    /// The liquidator's own obligation, for collateral that the vault cannot pay.
    pub receiver: Option<&'a mut Obligation>,
    /// Collects what goes to the insurance, where [`close_books`] follows at the end of a batch.
    pub insurance: Option<&'a mut Atoms>,
}

/// What happened besides the plan, for events.
pub enum Fact {
    /// Before anybody was paid.
    Netted(Net),
    /// A debt other than the pair's was written off.
    Settled(BadDebtSettled),
}

/// What a liquidation did.
pub struct Done {
    /// What moved; `None` where netting was enough or there was less than an atom to take.
    pub plan: Option<Plan>,
    /// How far the price was trusted.
    pub tier: Tier,
    /// The clocks with which it was decided.
    pub clocks: Clocks,
    /// The health of the books that are planned on, with [`levee_risk::valuation::RATIO_BITS`] fractional bits; zero where it is
    /// to be computed again.
    pub ratio: u64,
    /// The health before anything.
    pub health_before: Health,
    /// The health of what remains.
    pub health_after: Health,
    /// Written off of the pair's debt.
    pub bad_debt: Atoms,
    /// The part of it that the insurance paid.
    pub insured: Atoms,
    /// Whether the collateral went to the receiver as a scaled deposit.
    pub as_deposit: bool,
}

impl Done {
    /// Nothing yet: what a liquidation fills in.
    pub const NOTHING: Self = Self {
        plan: None,
        tier: Tier::Mild,
        clocks: Clocks {
            unhealthy_slots: 0,
            auction_slots: 0,
            last_seen_slot: 0,
            permitted: false,
        },
        ratio: 0,
        health_before: Health::NOTHING,
        health_after: Health::NOTHING,
        bad_debt: Atoms::ZERO,
        insured: Atoms::ZERO,
        as_deposit: false,
    };
}

/// Done, or the refusal that a batch passes over.
pub type Outcome = std::result::Result<(), LeveeError>;

impl<Others: Reserves> Parties<'_, '_, Others> {
    /// Liquidates for a caller who pays at most `limit`, and writes what happened to `done`.
    ///
    /// # Errors
    /// Inside, the refusals: [`LeveeError::ObligationHealthy`], [`LeveeError::CoolOff`], [`LeveeError::EmptyPair`], those
    /// of [`waiting`], [`refused`] and [`wrong_pair`], [`LeveeError::LiquidationCeilingReached`],
    /// [`LeveeError::VaultIsDry`]. Outside, whatever makes no sense: those of [`value`],
    /// [`LeveeError::HealthNotImproved`], [`LeveeError::InvariantBroken`].
    // A stack frame of its own: the instruction's holds the sheet.
    #[inline(never)]
    pub fn liquidate(
        &mut self,
        sheet: &mut Sheet,
        rules: &Rules,
        limit: Atoms,
        done: &mut Done,
        tell: &mut impl FnMut(Fact),
    ) -> Result<Outcome> {
        let market = rules.market;
        let valued = value(
            sheet,
            self.obligation,
            self.reserves,
            market,
            rules.moment,
            Purpose::Liquidation,
        )?;
        let Some(pair) = self.pair_at() else {
            return Ok(Err(LeveeError::EmptyPair));
        };
        let auction = auction(self.reserves.seize(), self.obligation, market)?;
        let mut desk = Desk::open(sheet, pair, &auction)?;
        if let Err(refusal) = self.look(sheet, &desk, rules, valued.clock_jump_slot, done)? {
            return Ok(Err(refusal));
        }

        let mut is_netted = false;
        while let Some(net) = net_one(self.obligation, self.reserves, sheet, market, &rules.engine)?
        {
            is_netted = true;
            tell(Fact::Netted(net));
        }
        if is_netted {
            let book = sheet.book(View::Plain).map_err(math)?;
            match self.pair_at() {
                Some(pair) if !book.health.is_healthy() => {
                    desk = Desk::open(sheet, pair, &auction)?;
                    done.ratio = 0;
                }
                _ => {
                    self.close_look(&book);
                    done.health_after = book.health;
                    return Ok(Ok(()));
                }
            }
        }
        self.proceed(Some(sheet), &desk, rules, limit, done, tell)
    }

    /// The same for an obligation that has nothing but the pair, priced by `prepared` for a whole batch.
    ///
    /// # Errors
    /// As [`Parties::liquidate`].
    #[inline(never)]
    pub fn liquidate_prepared(
        &mut self,
        prepared: &Prepared,
        rules: &Rules,
        limit: Atoms,
        done: &mut Done,
        tell: &mut impl FnMut(Fact),
    ) -> Result<Outcome> {
        let desk = prepared.desk(self.obligation, self.reserves)?;
        let evidence = PairEvidence {
            prices: &prepared.prices,
            collateral: &desk.collateral,
            debt: &desk.debt,
        };
        match self.look(&evidence, &desk, rules, prepared.clock_jump_slot, done)? {
            Ok(()) => self.proceed(None, &desk, rules, limit, done, tell),
            Err(refusal) => Ok(Err(refusal)),
        }
    }

    /// Looks at the obligation, keeps its clocks, and refuses where it may not be liquidated.
    #[inline(always)]
    fn look(
        &mut self,
        evidence: &impl MildEvidence,
        desk: &Desk,
        rules: &Rules,
        clock_jump_slot: u64,
        done: &mut Done,
    ) -> Result<Outcome> {
        if self.obligation.last_risk_increase_slot == rules.moment.slot {
            return Ok(Err(LeveeError::CoolOff));
        }
        let look = look(
            evidence,
            &desk.book,
            self.obligation.clocks(),
            clock_jump_slot,
            rules,
            desk.collateral.threshold,
        )?;
        self.obligation.set_clocks(look.clocks);
        done.plan = None;
        done.tier = match (look.tier, look.wait) {
            (Some(tier), None) => tier,
            (Some(_), Some(wait)) => return Ok(Err(waiting(wait))),
            (None, _) => return Ok(Err(LeveeError::ObligationHealthy)),
        };
        done.clocks = look.clocks;
        done.ratio = look.ratio;
        done.health_before = desk.book.health;
        done.bad_debt = Atoms::ZERO;
        done.insured = Atoms::ZERO;
        Ok(Ok(()))
    }

    /// Plans and executes what [`Parties::look`] permitted. Without a sheet the pair is all there is.
    #[inline(always)]
    fn proceed(
        &mut self,
        sheet: Option<&Sheet>,
        desk: &Desk,
        rules: &Rules,
        limit: Atoms,
        done: &mut Done,
        tell: &mut impl FnMut(Fact),
    ) -> Result<Outcome> {
        if desk.collateral.deposited == Atoms::ZERO {
            self.burn_fraction()?;
            done.health_after = desk.book.health;
            return Ok(Ok(()));
        }
        let plan = match self.plan(sheet, desk, rules, limit, done)? {
            Ok(plan) => plan,
            Err(refusal) => return Ok(Err(refusal)),
        };
        done.as_deposit = plan.seize.0 > self.reserves.seize().available_atoms;
        if done.as_deposit && self.receiver.is_none() {
            return Ok(Err(LeveeError::VaultIsDry));
        }
        self.execute(&plan, desk, rules, done, tell)?;
        done.plan = Some(plan);
        Ok(Ok(()))
    }

    /// Burns a deposit of less than an atom, which pays for nothing and would keep the debts behind it from being settled.
    #[cold]
    fn burn_fraction(&mut self) -> Result<()> {
        let key = self.reserves.seize_key;
        let deposit = self.obligation.deposit_in(key);
        let burned = self.reserves.seize_mut().seize(deposit, ALL)?;
        self.obligation.set_deposit(key, burned.remaining)
    }

    /// Where the pair stands among the obligation's positions.
    fn pair_at(&self) -> Option<PairAt> {
        let deposits = self.obligation.deposits();
        let borrows = self.obligation.borrows();
        let seize = deposits
            .iter()
            .position(|p| p.reserve == *self.reserves.seize_key)?;
        let repay = borrows
            .iter()
            .position(|p| p.reserve == *self.reserves.repay_key)?;
        Some((seize, repay))
    }

    /// The plan, within the collateral's ceiling for this slot.
    #[inline(always)]
    fn plan(
        &mut self,
        sheet: Option<&Sheet>,
        desk: &Desk,
        rules: &Rules,
        limit: Atoms,
        done: &Done,
    ) -> Result<std::result::Result<Plan, LeveeError>> {
        let slots = self.obligation.auction_slots;
        let ratio = match done.ratio {
            0 => desk.book.health.ratio_down().unwrap_or(0),
            ratio => ratio,
        };
        let planned = |limit| {
            plan_at_health(
                ratio,
                &desk.book,
                &desk.collateral,
                &desk.debt,
                desk.auction,
                &rules.engine,
                slots,
                limit,
            )
            .map_err(refused)
        };
        let mut plan = match planned(limit) {
            Ok(plan) => plan,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if let Some(sheet) = sheet {
            let weights = (desk.collateral.threshold, desk.debt.borrow_factor);
            let checked = check_pair(sheet, weights, &plan, rules.engine.dust);
            if let Err(wrong) = checked.map_err(math)? {
                return Ok(Err(wrong_pair(wrong)));
            }
        }
        let reserve = self.reserves.seize_mut();
        if done.tier == Tier::Severe || reserve.config.liquidation_ceiling_micro_usd == 0 {
            return Ok(Ok(plan));
        }
        let room = reserve.ceiling_room(rules.moment.slot);
        let room = desk.debt.price.atoms_down(room).unwrap_or(Atoms(u64::MAX));
        if plan.repay > room {
            plan = match planned(room.min(limit)) {
                Ok(plan) => plan,
                Err(_) => return Ok(Err(LeveeError::LiquidationCeilingReached)),
            };
        }
        Ok(Ok(plan))
    }
}
