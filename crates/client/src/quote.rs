//! What an obligation is worth, and what liquidating it would do, by the program's own code on decoded accounts.

use anchor_lang::prelude::Pubkey;
use levee::state::{LendingMarket, Obligation, Reserve};
use levee_risk::fixed::{ScaledDebt, ScaledSupply};
use levee_risk::liquidation::{plan_liquidation, Plan, Refusal, RepaidSide, SeizedSide};
use levee_risk::price::{Price, Scale};
use levee_risk::units::{Atoms, Bps, MathError};
use levee_risk::valuation::Book;

/// The cached price of `reserve`, as liquidations use it.
///
/// # Errors
/// [`MathError::Overflow`] where none was ever cached or its exponent is out of range.
pub fn plain_price(reserve: &Reserve) -> Result<Price, MathError> {
    let scale = Scale::new(reserve.decimals, reserve.price.exponent).ok_or(MathError::Overflow)?;
    if reserve.price.price == 0 {
        return Err(MathError::Overflow);
    }
    Ok(Price {
        mantissa: reserve.price.price,
        scale,
    })
}

/// Values `obligation` at the cached prices for liquidation. `find` returns decoded reserves.
///
/// # Errors
/// [`MathError`] where a reserve is missing, has no price, or a number leaves its range.
pub fn book<'a>(
    obligation: &Obligation,
    find: impl Fn(&Pubkey) -> Option<&'a Reserve>,
) -> Result<Book, MathError> {
    let mut book = Book::default();
    for position in obligation.deposits() {
        let reserve = find(&position.reserve).ok_or(MathError::Overflow)?;
        let atoms =
            ScaledSupply::from_limbs(position.scaled.0).atoms_down(reserve.supply_index())?;
        let value = plain_price(reserve)?.value_down(atoms)?;
        book.add_collateral(value, Bps(reserve.config.threshold_bps))?;
    }
    for position in obligation.borrows() {
        let reserve = find(&position.reserve).ok_or(MathError::Overflow)?;
        let atoms = ScaledDebt::from_limbs(position.scaled.0).atoms_up(reserve.borrow_index())?;
        let value = plain_price(reserve)?.value_up(atoms)?;
        book.add_debt(value, Bps(reserve.config.borrow_factor_bps))?;
    }
    Ok(book)
}

/// A pair of reserves with their addresses.
#[derive(Clone, Copy, Debug)]
pub struct Pair<'a> {
    /// The debt's reserve.
    pub repay: (Pubkey, &'a Reserve),
    /// The collateral's reserve.
    pub seize: (Pubkey, &'a Reserve),
}

/// Plans a liquidation as the program would at the cached prices.
///
/// # Errors
/// [`Refusal`].
pub fn liquidation(
    market: &LendingMarket,
    obligation: &Obligation,
    book: &Book,
    pair: &Pair,
    limit: Atoms,
) -> Result<Plan, Refusal> {
    let (repay_key, repay) = pair.repay;
    let (seize_key, seize) = pair.seize;
    let debt = RepaidSide {
        owed: obligation
            .debt_in(&repay_key)
            .atoms_up(repay.borrow_index())?,
        price: plain_price(repay)?,
        borrow_factor: Bps(repay.config.borrow_factor_bps),
    };
    let collateral = SeizedSide {
        deposited: obligation
            .deposit_in(&seize_key)
            .atoms_down(seize.supply_index())?,
        price: plain_price(seize)?,
        threshold: Bps(seize.config.threshold_bps),
    };
    plan_liquidation(
        book,
        &collateral,
        &debt,
        &seize.config.auction(),
        &market.engine(),
        obligation.auction_slots,
        limit,
    )
}
