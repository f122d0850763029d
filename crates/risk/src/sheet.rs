//! One obligation, taken apart for valuation: what it holds and owes, and the few prices that all of it hangs on.
//!
//! A token's price is `base × rate`. Holdings that share a base share *one* price, the newest that any of their reserves
//! knows, so that a pair such as a liquid-staking token against its base is valued by its ratio alone: the shared price,
//! its average and its confidence cancel. Where prices are moved for or against the borrower, each base is moved
//! one way for all of its holdings, by whether the obligation is long or short in it.

use crate::liquidation::{RepaidSide, SeizedSide};
use crate::price::{Doubt, DoubtLimits, Price, Quote, Scale};
use crate::rate::Rate;
use crate::units::{Atoms, Bps, MathError, Usd};
use crate::valuation::{Book, RATIO_BITS};
use crate::wide::mul_div_down;

/// Most deposits of one obligation.
pub const MAX_DEPOSITS: usize = 8;
/// Most borrows of one obligation.
pub const MAX_BORROWS: usize = 5;
/// Most bases of one obligation.
const MAX_BASES: usize = MAX_DEPOSITS + MAX_BORROWS;

/// What identifies a base: an oracle's feed, as four limbs because that compares cheaply.
pub type Feed = [u64; 4];

/// A deposit or a borrow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holding {
    /// The deposit rounded down, the debt rounded up.
    pub atoms: Atoms,
    /// Bases per token.
    pub rate: Rate,
    /// LTV or liquidation threshold of a deposit, borrow factor of a debt.
    pub weight: Bps,
    /// Of the token.
    pub decimals: u8,
}

/// A base's price as one reserve knows it, with that reserve's limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// Which base.
    pub feed: Feed,
    /// What its oracle said.
    pub quote: Quote,
    /// What makes it doubtful.
    pub limits: DoubtLimits,
    /// Oldest price of a mild liquidation, in seconds.
    pub max_mild_age: u32,
}

#[derive(Clone, Copy, Debug)]
struct Line {
    holding: Holding,
    base: u8,
}

#[derive(Clone, Copy, Debug)]
struct Base {
    source: Source,
    is_held: bool,
    is_owed: bool,
}

impl Line {
    const EMPTY: Self = Self {
        holding: Holding {
            atoms: Atoms::ZERO,
            rate: Rate::ONE,
            weight: Bps(0),
            decimals: 0,
        },
        base: 0,
    };
}

impl Base {
    const EMPTY: Self = Self {
        source: Source {
            feed: [0; 4],
            quote: Quote {
                price: 0,
                confidence: 0,
                ema: 0,
                exponent: 0,
                publish_ts: 0,
            },
            limits: DoubtLimits {
                max_confidence: Bps(0),
                max_ema_divergence: Bps(0),
                confidence_multiple: Bps(0),
            },
            max_mild_age: 0,
        },
        is_held: false,
        is_owed: false,
    };
}

/// Which way the obligation is exposed to a base.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    /// It gains when the base rises.
    Long,
    /// It loses when the base rises.
    Short,
}

/// How a base is priced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// As printed.
    Plain,
    /// Moved towards the average for the borrower, by at most so much: a mild liquidation.
    Lifted(Bps),
    /// Moved against the borrower by confidence and average: new risk.
    NewRisk,
}

/// One deposit against one debt, priced once for all obligations that have nothing else.
#[derive(Clone, Copy, Debug)]
pub struct PairPrices {
    /// Of the collateral, as printed.
    pub collateral: Price,
    /// Of the debt, as printed.
    pub debt: Price,
    /// Of the collateral, moved for the borrower.
    pub lifted_collateral: Price,
    /// Of the debt, moved for the borrower.
    pub lifted_debt: Price,
    /// A plain health, with [`RATIO_BITS`] fractional bits, below which an obligation of this pair is unhealthy at the moved
    /// prices too: `(C/C')·(D'/D)` of plain over moved prices, rounded down.
    pub unhealthy_below: u64,
    /// Whether both are young enough for a mild liquidation.
    pub is_fresh: bool,
    /// Why a mild liquidation would doubt them.
    pub doubt: Option<Doubt>,
}

/// An obligation's holdings and their bases. Positions keep the obligation's order.
#[derive(Clone, Copy, Debug)]
pub struct Sheet {
    deposits: [Line; MAX_DEPOSITS],
    borrows: [Line; MAX_BORROWS],
    bases: [Base; MAX_BASES],
    deposit_count: u8,
    borrow_count: u8,
    base_count: u8,
}

impl Default for Sheet {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl Sheet {
    /// Nothing held, nothing owed.
    pub const EMPTY: Self = Self {
        deposits: [Line::EMPTY; MAX_DEPOSITS],
        borrows: [Line::EMPTY; MAX_BORROWS],
        bases: [Base::EMPTY; MAX_BASES],
        deposit_count: 0,
        borrow_count: 0,
        base_count: 0,
    };

    /// Counts the next deposit.
    ///
    /// # Errors
    /// [`MathError::Overflow`] beyond [`MAX_DEPOSITS`].
    #[inline(always)]
    pub fn add_deposit(&mut self, holding: Holding, source: &Source) -> Result<(), MathError> {
        let base = self.base_of(source)?;
        self.base_mut(base)?.is_held = true;
        let slot = self.deposits.get_mut(usize::from(self.deposit_count));
        *slot.ok_or(MathError::Overflow)? = Line { holding, base };
        self.deposit_count = self.deposit_count.saturating_add(1);
        Ok(())
    }

    /// Counts the next borrow.
    ///
    /// # Errors
    /// [`MathError::Overflow`] beyond [`MAX_BORROWS`].
    #[inline(always)]
    pub fn add_borrow(&mut self, holding: Holding, source: &Source) -> Result<(), MathError> {
        let base = self.base_of(source)?;
        self.base_mut(base)?.is_owed = true;
        let slot = self.borrows.get_mut(usize::from(self.borrow_count));
        *slot.ok_or(MathError::Overflow)? = Line { holding, base };
        self.borrow_count = self.borrow_count.saturating_add(1);
        Ok(())
    }

    /// Replaces the atoms of deposit `index`.
    pub fn set_deposited(&mut self, index: usize, atoms: Atoms) {
        if let Some(line) = self.deposits.get_mut(index) {
            line.holding.atoms = atoms;
        }
    }

    /// Replaces the atoms of borrow `index`.
    pub fn set_owed(&mut self, index: usize, atoms: Atoms) {
        if let Some(line) = self.borrows.get_mut(index) {
            line.holding.atoms = atoms;
        }
    }

    /// Forgets everything, so that another obligation can use the room.
    pub fn clear(&mut self) {
        self.deposit_count = 0;
        self.borrow_count = 0;
        self.base_count = 0;
    }

    /// Takes deposit `index` out; those behind it move up. Nothing where there is none.
    pub fn remove_deposit(&mut self, index: usize) {
        let tail = self
            .deposits
            .get_mut(index..usize::from(self.deposit_count));
        if let Some(tail) = tail.filter(|tail| !tail.is_empty()) {
            tail.rotate_left(1);
            self.deposit_count = self.deposit_count.saturating_sub(1);
        }
    }

    /// Takes borrow `index` out; those behind it move up. Nothing where there is none.
    pub fn remove_borrow(&mut self, index: usize) {
        let tail = self.borrows.get_mut(index..usize::from(self.borrow_count));
        if let Some(tail) = tail.filter(|tail| !tail.is_empty()) {
            tail.rotate_left(1);
            self.borrow_count = self.borrow_count.saturating_sub(1);
        }
    }

    /// The whole obligation, valued.
    ///
    /// # Errors
    /// [`MathError`].
    pub fn book(&self, view: View) -> Result<Book, MathError> {
        self.book_without(view, None)
    }

    /// The obligation apart from a pair (deposit, borrow), valued.
    ///
    /// # Errors
    /// [`MathError`].
    pub fn book_without(
        &self,
        view: View,
        pair: Option<(usize, usize)>,
    ) -> Result<Book, MathError> {
        // With one base every view has the same ratio.
        let view = if self.base_count <= 1 {
            View::Plain
        } else {
            view
        };
        let mut book = Book::default();
        if pair.is_some() && self.deposit_count == 1 && self.borrow_count == 1 {
            return Ok(book);
        }
        for (at, line) in self.deposit_lines().iter().enumerate() {
            if pair.is_some_and(|(deposit, _)| deposit == at) {
                continue;
            }
            let value = self
                .deposit_price(line, view)?
                .value_down(line.holding.atoms)?;
            book.add_collateral(value, line.holding.weight)?;
        }
        for (at, line) in self.borrow_lines().iter().enumerate() {
            if pair.is_some_and(|(_, borrow)| borrow == at) {
                continue;
            }
            let value = self
                .borrow_price(line, view)?
                .value_up(line.holding.atoms)?;
            book.add_debt(value, line.holding.weight)?;
        }
        Ok(book)
    }

    /// Deposit `index` as a liquidation seizes it, at its plain price.
    ///
    /// # Errors
    /// [`MathError`]; [`MathError::Overflow`] also where there is no such deposit.
    pub fn seized_side(&self, index: usize) -> Result<SeizedSide, MathError> {
        let line = self.deposit_lines().get(index).ok_or(MathError::Overflow)?;
        Ok(SeizedSide {
            deposited: line.holding.atoms,
            price: self.deposit_price(line, View::Plain)?,
            threshold: line.holding.weight,
        })
    }

    /// Borrow `index` as a liquidation repays it, at its plain price.
    ///
    /// # Errors
    /// [`MathError`]; [`MathError::Overflow`] also where there is no such borrow.
    pub fn repaid_side(&self, index: usize) -> Result<RepaidSide, MathError> {
        let line = self.borrow_lines().get(index).ok_or(MathError::Overflow)?;
        Ok(RepaidSide {
            owed: line.holding.atoms,
            price: self.borrow_price(line, View::Plain)?,
            borrow_factor: line.holding.weight,
        })
    }

    /// The prices of its only deposit and its only borrow. With one base nothing moves, and with two each side has its own.
    ///
    /// # Errors
    /// [`MathError`]; [`MathError::Overflow`] also where there is no such pair.
    pub fn pair_prices(&self, lift: Bps, now_ts: i64) -> Result<PairPrices, MathError> {
        let deposit = self.deposit_lines().first().ok_or(MathError::Overflow)?;
        let borrow = self.borrow_lines().first().ok_or(MathError::Overflow)?;
        let moved = if self.base_count <= 1 {
            View::Plain
        } else {
            View::Lifted(lift)
        };
        let collateral = self.deposit_price(deposit, View::Plain)?;
        let debt = self.borrow_price(borrow, View::Plain)?;
        let lifted_collateral = self.deposit_price(deposit, moved)?;
        let lifted_debt = self.borrow_price(borrow, moved)?;
        let ratio = |over: Price, under: Price, of: u64| {
            mul_div_down(of, over.mantissa(), under.mantissa())
        };
        // Prices that round to nothing have no ratio: then every case is valued.
        let unhealthy_below = ratio(collateral, lifted_collateral, 1 << RATIO_BITS)
            .and_then(|kept| ratio(lifted_debt, debt, kept))
            .unwrap_or(0);
        Ok(PairPrices {
            collateral,
            debt,
            lifted_collateral,
            lifted_debt,
            unhealthy_below,
            is_fresh: self.is_fresh_for_mild(now_ts),
            doubt: self.doubt(),
        })
    }

    /// The first reason to doubt any price that matters. Where the whole obligation hangs on one base, none does.
    pub fn doubt(&self) -> Option<Doubt> {
        if self.base_count <= 1 {
            return None;
        }
        self.used_bases()
            .iter()
            .find_map(|base| base.source.quote.doubt(&base.source.limits))
    }

    /// Whether every price is young enough for a mild liquidation.
    pub fn is_fresh_for_mild(&self, now_ts: i64) -> bool {
        self.used_bases()
            .iter()
            .all(|base| !base.source.quote.is_older(base.source.max_mild_age, now_ts))
    }

    /// The lowest weight of a deposit; of no deposit, one.
    pub fn least_deposit_weight(&self) -> Bps {
        let weights = self.deposit_lines().iter().map(|line| line.holding.weight);
        weights.min().unwrap_or(Bps::ONE)
    }

    /// The most valuable of the deposits that weigh less than `weight`, at plain prices.
    ///
    /// # Errors
    /// [`MathError`].
    pub fn largest_lighter_deposit(&self, weight: Bps) -> Result<Usd, MathError> {
        let mut largest = Usd::ZERO;
        for line in self.deposit_lines() {
            if line.holding.weight < weight {
                let price = self.deposit_price(line, View::Plain)?;
                largest = largest.max(price.value_down(line.holding.atoms)?);
            }
        }
        Ok(largest)
    }

    /// The most valuable of the borrows that weigh more than `weight`, at plain prices.
    ///
    /// # Errors
    /// [`MathError`].
    pub fn largest_heavier_borrow(&self, weight: Bps) -> Result<Usd, MathError> {
        let mut largest = Usd::ZERO;
        for line in self.borrow_lines() {
            if line.holding.weight > weight {
                let price = self.borrow_price(line, View::Plain)?;
                largest = largest.max(price.value_up(line.holding.atoms)?);
            }
        }
        Ok(largest)
    }

    fn deposit_lines(&self) -> &[Line] {
        self.deposits
            .get(..usize::from(self.deposit_count))
            .unwrap_or(&[])
    }

    fn borrow_lines(&self) -> &[Line] {
        self.borrows
            .get(..usize::from(self.borrow_count))
            .unwrap_or(&[])
    }

    fn used_bases(&self) -> &[Base] {
        self.bases
            .get(..usize::from(self.base_count))
            .unwrap_or(&[])
    }

    fn base_mut(&mut self, index: u8) -> Result<&mut Base, MathError> {
        self.bases
            .get_mut(usize::from(index))
            .ok_or(MathError::Overflow)
    }

    /// The base of `source`, known or new; the newest quote of one base is its price.
    #[inline(always)]
    fn base_of(&mut self, source: &Source) -> Result<u8, MathError> {
        let known = self.bases.iter_mut().take(usize::from(self.base_count));
        for (at, base) in known.enumerate() {
            if base.source.feed == source.feed {
                if source.quote.publish_ts > base.source.quote.publish_ts {
                    base.source = *source;
                }
                return u8::try_from(at).map_err(|_| MathError::Overflow);
            }
        }
        let at = self.base_count;
        let base = self.base_mut(at)?;
        base.source = *source;
        base.is_held = false;
        base.is_owed = false;
        self.base_count = at.saturating_add(1);
        Ok(at)
    }

    fn base(&self, line: &Line) -> Result<&Base, MathError> {
        let base = self.bases.get(usize::from(line.base));
        base.ok_or(MathError::Overflow)
    }

    #[inline(always)]
    fn deposit_price(&self, line: &Line, view: View) -> Result<Price, MathError> {
        let base = self.base(line)?;
        line.held_at(base, self.mantissa(line.base, base, view)?)
    }

    #[inline(always)]
    fn borrow_price(&self, line: &Line, view: View) -> Result<Price, MathError> {
        let base = self.base(line)?;
        line.owed_at(base, self.mantissa(line.base, base, view)?)
    }

    /// The base's price in its oracle's units.
    #[inline(always)]
    fn mantissa(&self, index: u8, base: &Base, view: View) -> Result<u64, MathError> {
        let quote = &base.source.quote;
        Ok(match view {
            View::Plain => quote.price,
            View::Lifted(most) => match self.direction(index, base)? {
                Direction::Long => quote.lifted_down(most),
                Direction::Short => quote.lowered(most),
            },
            View::NewRisk => {
                let k = base.source.limits.confidence_multiple;
                match self.direction(index, base)? {
                    Direction::Long => quote.collateral_down(k),
                    Direction::Short => quote.debt_up(k),
                }
            }
        })
    }

    /// Long where the weighted deposits of the base are worth at least its weighted debts; the base's price cancels.
    fn direction(&self, index: u8, base: &Base) -> Result<Direction, MathError> {
        match (base.is_held, base.is_owed) {
            (_, false) => return Ok(Direction::Long),
            (false, true) => return Ok(Direction::Short),
            (true, true) => {}
        }
        let plain = base.source.quote.price;
        let of_base = |line: &&Line| line.base == index;
        let mut book = Book::default();
        for line in self.deposit_lines().iter().filter(of_base) {
            let value = line.held_at(base, plain)?.value_down(line.holding.atoms)?;
            book.add_collateral(value, line.holding.weight)?;
        }
        for line in self.borrow_lines().iter().filter(of_base) {
            let value = line.owed_at(base, plain)?.value_up(line.holding.atoms)?;
            book.add_debt(value, line.holding.weight)?;
        }
        Ok(if book.health.is_healthy() {
            Direction::Long
        } else {
            Direction::Short
        })
    }
}

impl Line {
    /// The price of what is held where the base costs `mantissa`.
    #[inline(always)]
    fn held_at(&self, base: &Base, mantissa: u64) -> Result<Price, MathError> {
        let mantissa = self.holding.rate.apply_down(mantissa)?;
        Ok(Price::new(mantissa, self.scale(base)?))
    }

    /// The price of what is owed where the base costs `mantissa`.
    #[inline(always)]
    fn owed_at(&self, base: &Base, mantissa: u64) -> Result<Price, MathError> {
        let mantissa = self.holding.rate.apply_up(mantissa)?;
        Ok(Price::new(mantissa, self.scale(base)?))
    }

    #[inline(always)]
    fn scale(&self, base: &Base) -> Result<Scale, MathError> {
        Scale::new(self.holding.decimals, base.source.quote.exponent).ok_or(MathError::Overflow)
    }
}
