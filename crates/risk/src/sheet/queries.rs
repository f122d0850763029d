//! What the rules ask of a sheet besides its value.

use super::{Sheet, View};
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
}
