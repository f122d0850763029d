//! What the rules ask of a sheet besides its value.

use super::{Base, Feed, Sheet, Source, View};
use crate::price::Doubt;
use crate::units::{Bps, MathError, Usd};

impl Sheet {
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

    /// The base of the first borrow; nothing where nothing is owed.
    pub fn feed_of_borrow(&self) -> Option<Feed> {
        let line = self.borrow_lines().first()?;
        let base = self.used_bases().get(usize::from(line.base))?;
        Some(base.source.feed)
    }

    /// Whether nothing that matters hangs on the bases that `concerns`: no debt, not deposit `seized`, and of all other
    /// deposits together less than `dust` at plain prices.
    ///
    /// # Errors
    /// [`MathError`].
    pub fn is_dust(
        &self,
        concerns: impl Fn(&Source) -> bool,
        seized: Option<usize>,
        dust: Usd,
    ) -> Result<bool, MathError> {
        let bases = self.used_bases();
        let is_concerned = |base: u8| {
            let base: Option<&Base> = bases.get(usize::from(base));
            base.is_some_and(|base| concerns(&base.source))
        };
        if self
            .borrow_lines()
            .iter()
            .any(|line| is_concerned(line.base))
        {
            return Ok(false);
        }
        let mut sum = Usd::ZERO;
        for (at, line) in self.deposit_lines().iter().enumerate() {
            if is_concerned(line.base) {
                if seized == Some(at) {
                    return Ok(false);
                }
                let price = self.deposit_price(line, View::Plain)?;
                sum = sum.checked_add(price.value_down(line.holding.atoms)?)?;
            }
        }
        Ok(sum < dust)
    }
}
