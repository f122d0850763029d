//! The liquidation of one obligation: look, net, plan, apply, check. No transfer happens here.

use anchor_lang::prelude::*;
use levee_risk::clocks::Clocks;
use levee_risk::liquidation::{
    plan_liquidation, AuctionParams, EngineParams, Plan, RepaidSide, SeizedSide,
};
use levee_risk::policy::{assess, check_pair, Assessment, Moment, Tier};
use levee_risk::sheet::{Sheet, View};
use levee_risk::units::{Atoms, Bps, Usd};
use levee_risk::valuation::{Book, Health};

use super::netting::{net_one, Net};
use super::reserves::{Held, Reserves};
use super::settlement::{write_off, write_off_others};
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
    /// Room for its valuation; one serves for many obligations.
    pub sheet: &'a mut Sheet,
    /// The liquidator's own obligation, for collateral that the vault cannot pay.
    pub receiver: Option<&'a mut Obligation>,
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
    /// What moved; `None` where netting was enough.
    pub plan: Option<Plan>,
    /// How far the price was trusted.
    pub tier: Tier,
    /// The clocks with which it was decided.
    pub clocks: Clocks,
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

/// Done, or the refusal that a batch passes over.
pub type Outcome = std::result::Result<Done, LeveeError>;

/// The pair in the obligation's order: which deposit, which borrow.
type PairAt = (usize, usize);

impl<Others: Reserves> Parties<'_, '_, Others> {
    /// Liquidates for a caller who pays at most `limit`. `used` counts the accounts that the obligation's list took.
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
        rules: &Rules,
        limit: Atoms,
        used: &mut usize,
        tell: &mut impl FnMut(Fact),
    ) -> Result<Outcome> {
        let market = rules.market;
        let valued = value(
            self.sheet,
            self.obligation,
            self.reserves,
            market,
            rules.moment,
            Purpose::Liquidation,
        )?;
        *used = valued.used;
        if self.obligation.last_risk_increase_slot == rules.moment.slot {
            return Ok(Err(LeveeError::CoolOff));
        }
        let Some(pair) = self.pair_at() else {
            return Ok(Err(LeveeError::EmptyPair));
        };
        let auction = auction(self.reserves.seize(), self.obligation, market)?;
        let mut desk = Desk::open(self.sheet, pair, &auction)?;
        let before = desk.book;
        let look = look(
            self.sheet,
            &desk.book,
            self.obligation.clocks(),
            valued.clock_jump_slot,
            rules,
            desk.collateral.threshold,
        )?;
        self.obligation.set_clocks(look.clocks);
        let tier = match (look.tier, look.wait) {
            (Some(tier), None) => tier,
            (Some(_), Some(wait)) => return Ok(Err(waiting(wait))),
            (None, _) => return Ok(Err(LeveeError::ObligationHealthy)),
        };
        let mut done = Done {
            plan: None,
            tier,
            clocks: look.clocks,
            health_before: before.health,
            health_after: before.health,
            bad_debt: Atoms::ZERO,
            insured: Atoms::ZERO,
            as_deposit: false,
        };

        let mut is_netted = false;
        while let Some(net) = net_one(
            self.obligation,
            self.reserves,
            self.sheet,
            market,
            &rules.engine,
        )? {
            is_netted = true;
            tell(Fact::Netted(net));
        }
        if is_netted {
            let book = self.sheet.book(View::Plain).map_err(math)?;
            let is_pair_left = self.pair_at();
            if book.health.is_healthy() || is_pair_left.is_none() {
                self.close_look(&book);
                done.health_after = book.health;
                return Ok(Ok(done));
            }
            desk = Desk::open(self.sheet, is_pair_left.unwrap_or(pair), &auction)?;
        }

        let plan = match self.plan(&desk, rules, limit, tier)? {
            Ok(plan) => plan,
            Err(refusal) => return Ok(Err(refusal)),
        };
        done.as_deposit = plan.seize.0 > self.reserves.seize().available_atoms;
        if done.as_deposit && self.receiver.is_none() {
            return Ok(Err(LeveeError::VaultIsDry));
        }
        self.execute(&plan, &desk, rules, &before, &mut done, tell)?;
        done.plan = Some(plan);
        Ok(Ok(done))
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
    fn plan(
        &mut self,
        desk: &Desk,
        rules: &Rules,
        limit: Atoms,
        tier: Tier,
    ) -> Result<std::result::Result<Plan, LeveeError>> {
        let slots = self.obligation.auction_slots;
        let planned = |limit| {
            plan_liquidation(
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
        let weights = (desk.collateral.threshold, desk.debt.borrow_factor);
        if let Err(wrong) =
            check_pair(self.sheet, weights, &plan, rules.engine.dust).map_err(math)?
        {
            return Ok(Err(wrong_pair(wrong)));
        }
        let reserve = self.reserves.seize_mut();
        if tier == Tier::Severe || reserve.config.liquidation_ceiling_micro_usd == 0 {
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

    /// Moves the balances, then checks what must have come of it.
    fn execute(
        &mut self,
        plan: &Plan,
        desk: &Desk,
        rules: &Rules,
        before: &Book,
        done: &mut Done,
        tell: &mut impl FnMut(Fact),
    ) -> Result<()> {
        let Held {
            repay_key,
            seize_key,
            ..
        } = *self.reserves;
        let debt = self.obligation.debt_in(repay_key);
        let repay_reserve = &mut *self.reserves.repay;
        let debt = repay_reserve.repay(debt, plan.repay.0)?.remaining;
        repay_reserve.insure(plan.insurance)?;
        let owed = debt.atoms_up(repay_reserve.borrow_index()).map_err(math)?;
        let atoms = if plan.takes_all_collateral {
            ALL
        } else {
            plan.seize.0
        };
        let deposit = self.obligation.deposit_in(seize_key);
        let seize_reserve = self.reserves.seize_mut();
        if done.tier != Tier::Severe && seize_reserve.config.liquidation_ceiling_micro_usd != 0 {
            let value = desk.debt.price.value_up(plan.repay).map_err(math)?;
            seize_reserve.count_liquidated(value);
        }
        let deposit = match &mut self.receiver {
            Some(receiver) if done.as_deposit => {
                let (_, burned) = seize_reserve.burned_up(deposit, atoms)?;
                let held = receiver.deposit_in(seize_key);
                receiver.set_deposit(seize_key, held.checked_add(burned).map_err(math)?)?;
                deposit.checked_sub(burned).map_err(math)?
            }
            _ => seize_reserve.seize(deposit, atoms)?.remaining,
        };
        let held = deposit
            .atoms_down(seize_reserve.supply_index())
            .map_err(math)?;
        self.obligation.set_debt(repay_key, debt)?;
        self.obligation.set_deposit(seize_key, deposit)?;

        let book = desk.after(held, owed)?;
        require!(
            plan.insolvent || book.health.compare(&before.health).is_gt(),
            LeveeError::HealthNotImproved
        );
        self.close_look(&book);
        done.health_after = book.health;

        // Only what took a whole deposit may forgive: or a token repayment would clear a debt.
        if plan.insolvent && plan.takes_all_collateral && book.collateral < rules.engine.dust {
            self.settle(&book, done, tell)?;
        }
        self.reserves.repay.check_backing()?;
        self.reserves.seize().check_backing()
    }

    /// Writes off what no collateral worth more than dust stands behind.
    fn settle(&mut self, book: &Book, done: &mut Done, tell: &mut impl FnMut(Fact)) -> Result<()> {
        if book.debt == Usd::ZERO {
            return Ok(());
        }
        let repay_key = self.reserves.repay_key;
        if !self.obligation.debt_in(repay_key).is_zero() {
            let written = write_off(self.obligation, self.reserves, repay_key)?;
            (done.bad_debt, done.insured) = written.unwrap_or_default();
        }
        write_off_others(
            self.key,
            self.obligation,
            self.reserves,
            repay_key,
            &mut |settled| tell(Fact::Settled(settled)),
        )
    }

    /// A healthy end clears the clocks.
    fn close_look(&mut self, book: &Book) {
        if book.health.is_healthy() {
            self.obligation.set_clocks(Clocks::default());
        }
    }
}

/// One pair of an obligation, valued at plain prices.
struct Desk<'a> {
    auction: &'a AuctionParams,
    collateral: SeizedSide,
    debt: RepaidSide,
    /// All other positions.
    rest: Book,
    /// All positions.
    book: Book,
}

impl<'a> Desk<'a> {
    fn open(sheet: &Sheet, pair: PairAt, auction: &'a AuctionParams) -> Result<Self> {
        let mut desk = Self {
            auction,
            collateral: sheet.seized_side(pair.0).map_err(math)?,
            debt: sheet.repaid_side(pair.1).map_err(math)?,
            rest: sheet.book_without(View::Plain, Some(pair)).map_err(math)?,
            book: Book::default(),
        };
        desk.book = desk.after(desk.collateral.deposited, desk.debt.owed)?;
        Ok(desk)
    }

    /// The books with `held` and `owed` left of the pair.
    fn after(&self, held: Atoms, owed: Atoms) -> Result<Book> {
        let mut book = self.rest;
        let left = SeizedSide {
            deposited: held,
            ..self.collateral
        };
        left.count(&mut book).map_err(math)?;
        let left = RepaidSide { owed, ..self.debt };
        left.count(&mut book).map_err(math)?;
        Ok(book)
    }
}

/// Looks at an obligation whose `book` is that of `sheet` at plain prices, see [`assess`].
///
/// # Errors
/// [`LeveeError::MathOverflow`], and where the latest restart cannot be asked for.
pub fn look(
    sheet: &Sheet,
    book: &Book,
    clocks: Clocks,
    clock_jump_slot: u64,
    rules: &Rules,
    threshold: Bps,
) -> Result<Assessment> {
    let in_grace = || {
        let restart = rules.restart.slot().map_err(Failure::Other)?;
        let slot = rules.moment.slot;
        Ok(rules.market.is_in_grace(slot, restart, clock_jump_slot))
    };
    assess(
        sheet,
        book,
        clocks,
        &rules.market.tier_rules(),
        rules.moment,
        threshold,
        in_grace,
    )
    .map_err(Failure::into_error)
}

/// Arithmetic's failure or another, on its way through the risk library.
enum Failure {
    /// Of the risk library.
    Math(levee_risk::units::MathError),
    /// Of a sysvar.
    Other(Error),
}

impl From<levee_risk::units::MathError> for Failure {
    fn from(error: levee_risk::units::MathError) -> Self {
        Self::Math(error)
    }
}

impl Failure {
    fn into_error(self) -> Error {
        match self {
            Self::Math(error) => math(error),
            Self::Other(error) => error,
        }
    }
}
