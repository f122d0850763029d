//! One obligation, taken apart for valuation: what it holds and owes, and the few prices that all of it hangs on.
//!
//! A token's price is `base × rate`. Holdings that share a base share *one* price, the newest that any of their reserves
//! knows, under the strictest limits that any of them sets, so that a pair such as a liquid-staking token against its base is valued by its ratio alone: the shared price,
//! its average and its confidence cancel. Where prices are moved for or against the borrower, each base is moved
//! one way for all of its holdings, by whether the obligation is long or short in it.

mod queries;
mod views;

use crate::price::{Doubt, DoubtLimits, Price, Quote};
use crate::rate::Rate;
use crate::units::{Atoms, Bps, MathError};

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

impl Source {
    /// What both know of one base: the newer quote under the stricter of each limit. Were it the newer one's limits, whoever
    /// refreshes could choose between them by the order in which the reserves learn of a price.
    #[inline(always)]
    fn share(&mut self, other: &Self) {
        if other.quote.publish_ts > self.quote.publish_ts {
            self.quote = other.quote;
        }
        let (ours, theirs) = (&mut self.limits, &other.limits);
        ours.max_confidence = ours.max_confidence.min(theirs.max_confidence);
        ours.max_ema_divergence = ours.max_ema_divergence.min(theirs.max_ema_divergence);
        ours.confidence_multiple = ours.confidence_multiple.max(theirs.confidence_multiple);
        self.max_mild_age = self.max_mild_age.min(other.max_mild_age);
    }
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

    /// The base of `source`, known or new.
    #[inline(always)]
    fn base_of(&mut self, source: &Source) -> Result<u8, MathError> {
        let known = self.bases.iter_mut().take(usize::from(self.base_count));
        for (at, base) in known.enumerate() {
            if base.source.feed == source.feed {
                base.source.share(source);
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
}
