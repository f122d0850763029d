//! A sheet's values: each base at one price for all of its holdings.

use super::{Base, Direction, Line, PairPrices, Sheet, View};
use crate::liquidation::{RepaidSide, SeizedSide};
use crate::price::{Price, Scale};
use crate::units::{Bps, MathError};
use crate::valuation::{Book, RATIO_BITS};
use crate::wide::mul_div_down;

impl Sheet {
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

    fn base(&self, line: &Line) -> Result<&Base, MathError> {
        let base = self.bases.get(usize::from(line.base));
        base.ok_or(MathError::Overflow)
    }

    #[inline(always)]
    pub(super) fn deposit_price(&self, line: &Line, view: View) -> Result<Price, MathError> {
        let base = self.base(line)?;
        line.held_at(base, self.mantissa(line.base, base, view)?)
    }

    #[inline(always)]
    pub(super) fn borrow_price(&self, line: &Line, view: View) -> Result<Price, MathError> {
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
