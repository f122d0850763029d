//! What cancels at no bonus, and what can no longer be healed.

use super::close::{close_value_down, gross, whole_if_dust};
use super::{AuctionParams, EngineParams, Refusal, RepaidSide, SeizedSide, PPM};
use crate::units::{Atoms, Ppm};
use crate::valuation::Book;
use crate::wide::{high, mul_128_64};

/// How much of a deposit and a debt of one reserve cancel before anybody is paid: what lands on the target at no bonus, or
/// all that both have where dust would remain or where the obligation cannot be healed. Nothing where a solvent
/// obligation would become less healthy, which it does exactly when `f·W ≤ l·B`.
///
/// # Errors
/// [`Refusal::Healthy`], [`Refusal::EmptyPair`], [`Refusal::Math`].
pub fn plan_netting(
    book: &Book,
    collateral: &SeizedSide,
    debt: &RepaidSide,
    auction: &AuctionParams,
    engine: &EngineParams,
) -> Result<Atoms, Refusal> {
    if book.health.is_healthy() {
        return Err(Refusal::Healthy);
    }
    if collateral.deposited.0 == 0 || debt.owed.0 == 0 {
        return Err(Refusal::EmptyPair);
    }
    let most = collateral.deposited.min(debt.owed);
    if is_insolvent(book, auction) {
        return Ok(most);
    }
    if !heals_at_no_bonus(book, collateral, debt) {
        return Ok(Atoms::ZERO);
    }
    let close = close_value_down(book, collateral, debt, auction, engine, Ppm(0))?;
    Ok(whole_if_dust(debt, close, engine)?.min(most))
}

/// Whether repaying and seizing the same value raises health: `f·W > l·B`. Exact.
pub(super) fn heals_at_no_bonus(book: &Book, collateral: &SeizedSide, debt: &RepaidSide) -> bool {
    let health = &book.health;
    mul_128_64(health.collateral.raw(), u64::from(debt.borrow_factor.0))
        > mul_128_64(health.debt.raw(), u64::from(collateral.threshold.0))
}

/// Whether the collateral cannot pay the debt and the smallest bonus: `D·(1 + b_start) ≥ C`. Exact.
#[inline(always)]
pub fn is_insolvent(book: &Book, auction: &AuctionParams) -> bool {
    is_short_of(book, auction.start)
}

/// Whether the collateral cannot pay the debt and `bonus` on it: `D·(1 + b) ≥ C`. Exact.
#[inline(always)]
pub fn is_short_of(book: &Book, bonus: Ppm) -> bool {
    // A sixteenth more collateral than debt is enough for any bonus below that, without a product. The upper halves, of some
    // eighteen dollars a unit, say so of most: two units more are for what they lost.
    let debt = high(book.debt.wad());
    let plenty = debt.saturating_add(debt >> 4).saturating_add(2);
    if plenty < high(book.collateral.wad()) && u64::from(bonus.0) < PPM >> 4 {
        return false;
    }
    let needed = mul_128_64(book.debt.wad(), gross(bonus));
    let held = mul_128_64(book.collateral.wad(), PPM);
    needed >= held
}
