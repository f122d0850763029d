//! The plan: bonus, close amount, limits.

use super::bonus::{auction_bonus, insolvent_bonus};
use super::close::{
    close_value_down, leaves_dust, premium, seized_by, whole_if_dust, within_deposit, within_limit,
};
use super::netting::is_insolvent;
use super::{AuctionParams, EngineParams, Plan, Refusal, RepaidSide, SeizedSide};
use crate::units::{Atoms, MathError};
use crate::valuation::Book;

/// Plans the liquidation of `book` by repaying `debt` and seizing `collateral`, for a caller who pays
/// at most `limit`.
///
/// `auction_slots` is proven unhealthy time. The repaid amount is rounded down and never passes the target;
/// a repayment that is limited by the collateral is rounded up; the seized amount is rounded down; the
/// insurance is rounded up.
///
/// # Errors
/// See [`Refusal`].
pub fn plan_liquidation(
    book: &Book,
    collateral: &SeizedSide,
    debt: &RepaidSide,
    auction: &AuctionParams,
    engine: &EngineParams,
    auction_slots: u64,
    limit: Atoms,
) -> Result<Plan, Refusal> {
    if book.health.is_healthy() {
        return Err(Refusal::Healthy);
    }
    let health = book.health.ratio_down().ok_or(MathError::DivisionByZero)?;
    plan_at_health(
        health,
        book,
        collateral,
        debt,
        auction,
        engine,
        auction_slots,
        limit,
    )
}

/// The same for an unhealthy `book` whose [`Health::ratio_down`](crate::valuation::Health::ratio_down) is known.
///
/// # Errors
/// As [`plan_liquidation`].
#[allow(clippy::too_many_arguments)] // The seven of `plan_liquidation`, and what it computes first.
#[inline(always)]
pub fn plan_at_health(
    health: u64,
    book: &Book,
    collateral: &SeizedSide,
    debt: &RepaidSide,
    auction: &AuctionParams,
    engine: &EngineParams,
    auction_slots: u64,
    limit: Atoms,
) -> Result<Plan, Refusal> {
    if collateral.deposited.0 == 0 || debt.owed.0 == 0 {
        return Err(Refusal::EmptyPair);
    }
    let insolvent = is_insolvent(book, auction);
    let bonus = if insolvent {
        insolvent_bonus(auction, auction_slots)
    } else {
        auction_bonus(book, health, collateral, debt, auction, auction_slots)?
    };
    let wanted = if insolvent {
        debt.owed
    } else {
        let close = close_value_down(book, collateral, debt, auction, engine, bonus)?;
        whole_if_dust(debt, close, engine)?
    };

    let premium = premium(bonus, engine.insurance_share);
    let close_value = debt.price.value_down(wanted)?;
    let asked = seized_by(collateral, close_value, bonus)?;
    let (wanted, by_collateral) = if asked < collateral.deposited && !insolvent {
        (wanted, false)
    } else {
        within_deposit(debt, collateral, (wanted, close_value), bonus)?
    };
    let (repay, insurance) = within_limit(wanted, premium, limit)?;
    let limited = repay < wanted;
    if limited && !insolvent && leaves_dust(debt, repay, engine)? {
        return Err(Refusal::LimitLeavesDust);
    }

    let seize = if by_collateral && !limited {
        collateral.deposited
    } else if by_collateral || limited || insolvent {
        let value = debt.price.value_down(repay)?;
        seized_by(collateral, value, bonus)?.min(collateral.deposited)
    } else {
        asked.min(collateral.deposited)
    };
    if repay.0 == 0 || seize.0 == 0 {
        return Err(Refusal::TooSmall);
    }
    Ok(Plan {
        repay,
        seize,
        insurance,
        bonus,
        close_value,
        health,
        insolvent,
        closes_debt: repay == debt.owed,
        takes_all_collateral: seize == collateral.deposited,
    })
}
