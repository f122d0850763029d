//! One pair of an obligation on the desk: valued, looked at, and what it becomes.

use anchor_lang::prelude::*;
use levee_risk::clocks::Clocks;
use levee_risk::fixed::{BorrowDivisor, SupplyDivisor};
use levee_risk::liquidation::{AuctionParams, Plan, RepaidSide, SeizedSide};
use levee_risk::policy::{assess, Assessment, BasketEvidence, Border, MildEvidence};
use levee_risk::sheet::{Holding, PairPrices, Sheet, View};
use levee_risk::units::{Atoms, Bps, Ppm};
use levee_risk::valuation::Book;

use super::parties::Rules;
use super::reserves::Held;
use super::valuation::{deposited, owed};
use crate::error::math;
use crate::state::{Obligation, Reserve};

/// The pair in the obligation's order: which deposit, which borrow.
pub type PairAt = (usize, usize);

/// One pair of an obligation, valued at plain prices.
pub struct Desk<'a> {
    /// Where it stands among the obligation's positions.
    pub at: PairAt,
    /// The collateral's auction.
    pub auction: &'a AuctionParams,
    /// Of the collateral's index, where many amounts are divided by it.
    pub supply_divisor: Option<&'a SupplyDivisor>,
    /// Of the debt's index.
    pub borrow_divisor: Option<&'a BorrowDivisor>,
    /// The collateral.
    pub collateral: SeizedSide,
    /// The debt.
    pub debt: RepaidSide,
    /// All other positions.
    pub rest: Book,
    /// All positions.
    pub book: Book,
}

impl<'a> Desk<'a> {
    /// The pair of a sheet.
    ///
    /// # Errors
    /// [`crate::error::LeveeError::MathOverflow`].
    pub fn open(sheet: &Sheet, pair: PairAt, auction: &'a AuctionParams) -> Result<Self> {
        let mut desk = Self {
            at: pair,
            auction,
            supply_divisor: None,
            borrow_divisor: None,
            collateral: sheet.seized_side(pair.0).map_err(math)?,
            debt: sheet.repaid_side(pair.1).map_err(math)?,
            rest: sheet.book_without(View::Plain, Some(pair)).map_err(math)?,
            book: Book::default(),
        };
        desk.book = desk.after(desk.collateral.deposited, desk.debt.owed)?;
        Ok(desk)
    }

    /// Where the severe tier begins.
    #[inline(always)]
    pub fn border(&self) -> Border {
        Border {
            threshold: self.collateral.threshold,
            start: self.auction.start,
        }
    }

    /// The books after `plan` where the ledger's rounding took an atom of each side, which is the most.
    ///
    /// # Errors
    /// [`crate::error::LeveeError::MathOverflow`].
    #[inline(always)]
    pub fn after_at_least(&self, plan: &Plan) -> Result<Book> {
        let left = |all: Atoms, taken: Atoms| all.0.saturating_sub(taken.0);
        let held = left(self.collateral.deposited, plan.seize).saturating_sub(1);
        let owed = match plan.closes_debt {
            true => 0,
            false => left(self.debt.owed, plan.repay).saturating_add(1),
        };
        self.after(Atoms(held), Atoms(owed))
    }

    /// The books with `held` and `owed` left of the pair.
    ///
    /// # Errors
    /// [`crate::error::LeveeError::MathOverflow`].
    #[inline(always)]
    pub fn after(&self, held: Atoms, owed: Atoms) -> Result<Book> {
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

/// Looks at an obligation whose `book` is at plain prices, see [`assess`].
///
/// # Errors
/// [`crate::error::LeveeError::MathOverflow`], and where the latest restart cannot be asked for.
#[inline(always)]
pub fn look(
    evidence: &impl MildEvidence,
    book: &Book,
    clocks: Clocks,
    clock_jump_slot: u64,
    rules: &Rules,
    border: Border,
) -> Result<Assessment> {
    let grace_end_slot = || {
        let restart = rules.restart.slot().map_err(Failure::Other)?;
        Ok(rules.market.grace_end_slot(restart, clock_jump_slot))
    };
    assess(
        evidence,
        book,
        clocks,
        &rules.market.tier_rules(),
        rules.moment,
        border,
        grace_end_slot,
    )
    .map_err(Failure::into_error)
}

/// Looks at an obligation of which nothing is seized yet. Severe is what a liquidation would find so whatever it seized: by
/// the lowest threshold, and without any bonus.
///
/// # Errors
/// As [`look`].
#[inline(always)]
pub fn look_at_all(
    sheet: &Sheet,
    book: &Book,
    clocks: Clocks,
    clock_jump_slot: u64,
    rules: &Rules,
) -> Result<Assessment> {
    let evidence = BasketEvidence {
        sheet,
        seized: None,
        dust: rules.engine.dust,
    };
    let border = Border {
        threshold: sheet.least_deposit_weight(),
        start: Ppm(0),
    };
    look(&evidence, book, clocks, clock_jump_slot, rules, border)
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

/// A pair that is priced once for all obligations of a batch that have nothing else and are in no elevation group.
pub struct Prepared {
    /// Its prices.
    pub prices: PairPrices,
    /// The collateral's auction.
    pub auction: AuctionParams,
    /// The collateral's threshold.
    pub threshold: Bps,
    /// The debt's borrow factor.
    pub factor: Bps,
    /// The latest clock jump that either reserve saw.
    pub clock_jump_slot: u64,
    supply_divisor: Option<SupplyDivisor>,
    borrow_divisor: Option<BorrowDivisor>,
}

impl Prepared {
    /// Prices the pair, each reserve refreshed in this slot.
    ///
    /// # Errors
    /// Those of [`Reserve::source`], [`crate::error::LeveeError::MathOverflow`].
    pub fn new(sheet: &mut Sheet, repay: &Reserve, seize: &Reserve, rules: &Rules) -> Result<Self> {
        let moment = rules.moment;
        let threshold = seize
            .threshold_ramp
            .at(seize.config.threshold_bps, moment.now_ts);
        let factor = Bps(repay.config.borrow_factor_bps);
        let holding = |reserve: &Reserve, weight| Holding {
            atoms: Atoms::ZERO,
            rate: reserve.rate(),
            weight,
            decimals: reserve.decimals,
        };
        sheet.clear();
        sheet
            .add_deposit(holding(seize, threshold), &seize.source(moment)?)
            .map_err(math)?;
        sheet
            .add_borrow(holding(repay, factor), &repay.source(moment)?)
            .map_err(math)?;
        let lift = rules.market.tier_rules().lift;
        let prices = sheet.pair_prices(lift, moment.now_ts).map_err(math)?;
        Ok(Self {
            prices,
            auction: seize.config.auction(),
            threshold,
            factor,
            clock_jump_slot: repay.clock_jump_slot.max(seize.clock_jump_slot),
            supply_divisor: SupplyDivisor::new(seize.supply_index()),
            borrow_divisor: BorrowDivisor::new(repay.borrow_index()),
        })
    }

    /// Whether `obligation` has the pair and nothing else.
    pub fn suits(obligation: &Obligation, repay_key: &Pubkey, seize_key: &Pubkey) -> bool {
        let [deposit, ..] = &obligation.deposits;
        let [borrow, ..] = &obligation.borrows;
        obligation.deposit_count == 1
            && obligation.borrow_count == 1
            && obligation.elevation_group == 0
            && deposit.reserve == *seize_key
            && borrow.reserve == *repay_key
    }

    /// The desk of an obligation that [suits](Prepared::suits).
    ///
    /// # Errors
    /// [`crate::error::LeveeError::MathOverflow`].
    #[inline(always)]
    pub fn desk<Others>(&self, obligation: &Obligation, held: &Held<Others>) -> Result<Desk<'_>> {
        let [deposit, ..] = &obligation.deposits;
        let [borrow, ..] = &obligation.borrows;
        let mut desk = Desk {
            at: (0, 0),
            auction: &self.auction,
            supply_divisor: self.supply_divisor.as_ref(),
            borrow_divisor: self.borrow_divisor.as_ref(),
            collateral: SeizedSide {
                deposited: deposited(deposit, held.seize())?,
                price: self.prices.collateral,
                threshold: self.threshold,
            },
            debt: RepaidSide {
                owed: owed(borrow, held.repay)?,
                price: self.prices.debt,
                borrow_factor: self.factor,
            },
            rest: Book::default(),
            book: Book::default(),
        };
        desk.book = desk.after(desk.collateral.deposited, desk.debt.owed)?;
        Ok(desk)
    }
}
