//! The liquidation plan: how much to close, at which bonus, and what is lost.
//!
//! The closed form. Repaying `x` dollars of a debt with borrow factor `f` seizes `(1+b)·x` of a collateral
//! with threshold `l`, so that `W' = W − l·(1+b)·x` and `B' = B − f·x`. Asking `W' = T·B'` gives
//!
//! ```text
//! x* = (T·B − W) / (T·f − m),   m = l·(1+b),   T = max(T_min, 1 + κ·(1 − m))
//! ```
//!
//! Health rises, `W'/B' > W/B`, exactly when `m·B < f·W`, that is `1 + b < h·f/l`. Hence the cap, with `r = h·f/l − 1`:
//!
//! ```text
//! b_cap = max(r − ε, r / 2)
//! ```
//!
//! The second term is for obligations that are barely solvent: with `r − ε` alone, one with between `1 + b_start` and
//! `1 + ε` dollars of collateral for a dollar of debt could be neither healed nor closed.
//!
//! Among several collaterals health can rise while equity goes: `l` may be far below the mean. Hence the same cap with
//! `r = C/D − 1`, by which `C'/D' > C/D`: lenders never lose while the borrower has equity. For one deposit and one debt
//! both caps are the same.

mod bonus;
mod close;
mod netting;
mod plan;

use crate::price::Price;
use crate::units::{Atoms, Bps, MathError, Ppm, Usd};
use crate::valuation::Book;

pub use netting::{is_insolvent, is_short_of, plan_netting};
pub use plan::{plan_at_health, plan_liquidation};

const BPS: u64 = 10_000;
const PPM: u64 = 1_000_000;
/// One in the unit of `m` and `T`: basis points times parts per million.
const ONE: u64 = BPS * PPM;

/// The auction of one collateral.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuctionParams {
    /// `b_start`: where the bonus starts.
    pub start: Ppm,
    /// `ρ`: what it gains per slot of permitted, proven unhealthy time.
    pub slope_per_slot: Ppm,
    /// `w`: the health deficit at which the convex term reaches `b_max`.
    pub width: Ppm,
    /// `b_max`.
    pub max: Ppm,
    /// `b_insolvent`: the least bonus for closing what cannot be healed.
    pub insolvent: Ppm,
    /// `ε`: how far the bonus stays below the one that stops healing, or half the way where that is less.
    pub margin: Ppm,
    /// `T_min`: the least target health.
    pub min_target: Bps,
}

/// The rules that hold for the whole lending market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EngineParams {
    /// `κ`: how far beyond one a thin margin is healed.
    pub kappa: Bps,
    /// A remaining debt below this is closed too; also the smallest borrow.
    pub dust: Usd,
    /// The part of the bonus that goes to the insurance of the debt's reserve.
    pub insurance_share: Bps,
}

/// The collateral that is seized.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeizedSide {
    /// The whole deposit.
    pub deposited: Atoms,
    /// Its plain price.
    pub price: Price,
    /// `l`.
    pub threshold: Bps,
}

/// The debt that is repaid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RepaidSide {
    /// The whole debt.
    pub owed: Atoms,
    /// Its plain price.
    pub price: Price,
    /// `f`.
    pub borrow_factor: Bps,
}

impl SeizedSide {
    /// Counts the deposit in `book`, its value rounded down.
    ///
    /// # Errors
    /// [`MathError::Overflow`].
    #[inline(always)]
    pub fn count(&self, book: &mut Book) -> Result<(), MathError> {
        book.add_collateral(self.price.value_down(self.deposited)?, self.threshold)
    }
}

impl RepaidSide {
    /// Counts the debt in `book`, its value rounded up.
    ///
    /// # Errors
    /// [`MathError::Overflow`].
    #[inline(always)]
    pub fn count(&self, book: &mut Book) -> Result<(), MathError> {
        book.add_debt(self.price.value_up(self.owed)?, self.borrow_factor)
    }
}

/// What a liquidation does. Amounts are what moves; nothing else does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Debt that is repaid.
    pub repay: Atoms,
    /// Collateral that the liquidator receives.
    pub seize: Atoms,
    /// What the liquidator pays besides, in the debt's token, to the insurance of the debt's reserve.
    pub insurance: Atoms,
    /// The bonus on the repaid value, the insurance's part included.
    pub bonus: Ppm,
    /// What would be repaid if neither the deposit nor the caller limited it; rounded down.
    pub close_value: Usd,
    /// `h` before, with [`RATIO_BITS`] fractional bits, rounded down.
    pub health: u64,
    /// Whether the obligation could not be healed, and is closed instead.
    pub insolvent: bool,
    /// Whether the whole debt is repaid.
    pub closes_debt: bool,
    /// Whether the whole deposit is seized.
    pub takes_all_collateral: bool,
}

/// Why there is nothing to liquidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// `W ≥ B`.
    Healthy,
    /// One side of the pair is empty.
    EmptyPair,
    /// No bonus on this pair raises health: seize a collateral with a lower threshold, or
    /// repay a debt with a higher borrow factor.
    PairCannotHeal,
    /// The caller's limit would leave a debt below the dust value: raise it.
    LimitLeavesDust,
    /// The amounts round to nothing.
    TooSmall,
    /// Arithmetic left its range.
    Math(MathError),
}

impl From<MathError> for Refusal {
    fn from(error: MathError) -> Self {
        Self::Math(error)
    }
}
