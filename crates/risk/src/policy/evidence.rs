//! What a mild case is asked before it is believed.

use crate::liquidation::{RepaidSide, SeizedSide};
use crate::sheet::{PairPrices, Sheet, Source, View};
use crate::units::{Bps, MathError, Usd};
use crate::valuation::Book;

/// What a mild case is asked.
pub trait MildEvidence {
    /// Whether every price is young enough.
    fn is_fresh(&self, now_ts: i64) -> bool;

    /// Whether any price is doubtful.
    fn is_doubtful(&self) -> bool;

    /// Whether the obligation, whose plain health is `ratio` rounded down, is healthy at prices moved towards their averages
    /// by at most `lift`. Exact.
    ///
    /// # Errors
    /// [`MathError`].
    fn is_healthy_lifted(&self, lift: Bps, ratio: u64) -> Result<bool, MathError>;
}

impl MildEvidence for Sheet {
    fn is_fresh(&self, now_ts: i64) -> bool {
        self.is_fresh_for_mild(now_ts)
    }

    fn is_doubtful(&self) -> bool {
        self.doubt().is_some()
    }

    fn is_healthy_lifted(&self, lift: Bps, _: u64) -> Result<bool, MathError> {
        Ok(self.book(View::Lifted(lift))?.health.is_healthy())
    }
}

/// A pair that is all that an unhealthy obligation has.
#[derive(Clone, Copy, Debug)]
pub struct PairEvidence<'a> {
    /// Their prices.
    pub prices: &'a PairPrices,
    /// The deposit.
    pub collateral: &'a SeizedSide,
    /// The debt.
    pub debt: &'a RepaidSide,
}

impl MildEvidence for PairEvidence<'_> {
    fn is_fresh(&self, _: i64) -> bool {
        self.prices.is_fresh
    }

    fn is_doubtful(&self) -> bool {
        self.prices.doubt.is_some()
    }

    fn is_healthy_lifted(&self, _: Bps, ratio: u64) -> Result<bool, MathError> {
        let prices = self.prices;
        // The ratio is rounded down by less than three units.
        if ratio.saturating_add(4) < prices.unhealthy_below {
            return Ok(false);
        }
        let mut book = Book::default();
        let lifted = SeizedSide {
            price: prices.lifted_collateral,
            ..*self.collateral
        };
        lifted.count(&mut book)?;
        let lowered = RepaidSide {
            price: prices.lifted_debt,
            ..*self.debt
        };
        lowered.count(&mut book)?;
        Ok(book.health.is_healthy())
    }
}

/// A whole obligation whose dust is no matter: neither what is held below the dust value nor its price keeps a mild case
/// waiting. Otherwise an atom of a token whose oracle is silent or in doubt would protect from liquidation.
#[derive(Clone, Copy, Debug)]
pub struct BasketEvidence<'a> {
    /// The obligation.
    pub sheet: &'a Sheet,
    /// Which deposit would be seized, and so always matters; none where nobody says.
    pub seized: Option<usize>,
    /// The value of all passed over together lies below this.
    pub dust: Usd,
}

impl BasketEvidence<'_> {
    /// Whether all that is not dust hangs on one base, so that its price cancels.
    #[cold]
    fn hangs_on_one_base(&self) -> bool {
        let Some(feed) = self.sheet.feed_of_borrow() else {
            return false;
        };
        self.is_dust(|source| source.feed != feed)
    }

    /// A value out of range is no dust.
    #[cold]
    #[inline(never)]
    fn is_dust(&self, concerns: impl Fn(&Source) -> bool) -> bool {
        self.sheet
            .is_dust(concerns, self.seized, self.dust)
            .unwrap_or(false)
    }
}

// What is asked first needs no list of positions; dust is looked for only where somebody would have to wait.
impl MildEvidence for BasketEvidence<'_> {
    #[inline(always)]
    fn is_fresh(&self, now_ts: i64) -> bool {
        let is_old = |source: &Source| source.quote.is_older(source.max_mild_age, now_ts);
        self.sheet.is_fresh(now_ts) || self.is_dust(is_old)
    }

    #[inline(always)]
    fn is_doubtful(&self) -> bool {
        let is_doubtful = |source: &Source| source.quote.doubt(&source.limits).is_some();
        self.sheet.is_doubtful() && !self.is_dust(is_doubtful) && !self.hangs_on_one_base()
    }

    #[inline(always)]
    fn is_healthy_lifted(&self, lift: Bps, ratio: u64) -> Result<bool, MathError> {
        Ok(self.sheet.is_healthy_lifted(lift, ratio)? && !self.hangs_on_one_base())
    }
}
