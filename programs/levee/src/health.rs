//! An obligation's books, valued through the reserves that the instruction was given.

use std::cell::Ref;

use anchor_lang::prelude::*;
use levee_risk::fixed::{ScaledDebt, ScaledSupply};
use levee_risk::price::{Doubt, Price};
use levee_risk::units::{Bps, Usd};
use levee_risk::valuation::Book;

use crate::error::{math, LeveeError};
use crate::state::{Obligation, Position, Reserve};

/// How an action values collateral and debt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Valuation {
    /// For new risk: prices against the borrower, LTV as weight, nothing doubtful.
    NewRisk,
    /// For liquidation: plain prices, thresholds as weight.
    Liquidation,
}

/// Values the whole obligation at its reserves' prices of this slot.
///
/// `reserves` are the accounts behind its positions in its own order, deposits first.
///
/// # Errors
/// [`LeveeError::WrongReserveList`], and for each reserve the refusals of [`Reserve::quote`] and, for new risk, of a
/// doubtful price.
pub fn book(
    obligation: &Obligation,
    reserves: &[AccountInfo],
    clock: &Clock,
    valuation: Valuation,
) -> Result<Book> {
    require!(
        reserves.len() == obligation.position_count(),
        LeveeError::WrongReserveList
    );
    let (deposits, borrows) = reserves.split_at(obligation.deposits().len());
    let mut book = Book::default();
    for (position, info) in obligation.deposits().iter().zip(deposits) {
        let reserve = reserve_of(position, info)?;
        let atoms = ScaledSupply::from_limbs(position.scaled.0)
            .atoms_down(reserve.supply_index())
            .map_err(math)?;
        let (price, weight) = match valuation {
            Valuation::NewRisk => new_risk_collateral(&reserve, clock)?,
            Valuation::Liquidation => (
                plain_price(&reserve, clock)?,
                Bps(reserve.config.threshold_bps),
            ),
        };
        let value = price.value_down(atoms).map_err(math)?;
        book.add_collateral(value, weight).map_err(math)?;
    }
    for (position, info) in obligation.borrows().iter().zip(borrows) {
        let reserve = reserve_of(position, info)?;
        let atoms = ScaledDebt::from_limbs(position.scaled.0)
            .atoms_up(reserve.borrow_index())
            .map_err(math)?;
        let price = match valuation {
            Valuation::NewRisk => new_risk_debt(&reserve, clock)?,
            Valuation::Liquidation => plain_price(&reserve, clock)?,
        };
        let value = price.value_up(atoms).map_err(math)?;
        book.add_debt(value, Bps(reserve.config.borrow_factor_bps))
            .map_err(math)?;
    }
    Ok(book)
}

/// Refuses an obligation whose debt exceeds what its LTVs allow at prices against it.
///
/// # Errors
/// [`LeveeError::LtvExceeded`] and those of [`book`].
pub fn check_new_risk(
    obligation: &Obligation,
    reserves: &[AccountInfo],
    clock: &Clock,
) -> Result<()> {
    let book = book(obligation, reserves, clock, Valuation::NewRisk)?;
    require!(book.health.is_healthy(), LeveeError::LtvExceeded);
    Ok(())
}

/// The plain price of a reserve that was refreshed in this slot.
///
/// # Errors
/// Those of [`Reserve::quote`].
pub fn plain_price(reserve: &Reserve, clock: &Clock) -> Result<Price> {
    let quote = reserve.quote(
        clock.slot,
        clock.unix_timestamp,
        reserve.config.max_price_age_seconds,
    )?;
    Ok(quote.spot())
}

/// What a debt of `scaled` in `reserve` is worth at its price against the borrower.
///
/// # Errors
/// Those of [`Reserve::quote`] and of a doubtful price.
pub fn new_debt_value(reserve: &Reserve, scaled: ScaledDebt, clock: &Clock) -> Result<Usd> {
    let atoms = scaled.atoms_up(reserve.borrow_index()).map_err(math)?;
    new_risk_debt(reserve, clock)?.value_up(atoms).map_err(math)
}

fn new_risk_collateral(reserve: &Reserve, clock: &Clock) -> Result<(Price, Bps)> {
    let quote = undoubted(reserve, clock)?;
    let k = Bps(reserve.config.confidence_multiple_bps);
    Ok((quote.collateral_down(k), Bps(reserve.config.ltv_bps)))
}

fn new_risk_debt(reserve: &Reserve, clock: &Clock) -> Result<Price> {
    let quote = undoubted(reserve, clock)?;
    Ok(quote.debt_up(Bps(reserve.config.confidence_multiple_bps)))
}

fn undoubted(reserve: &Reserve, clock: &Clock) -> Result<levee_risk::price::Quote> {
    let quote = reserve.quote(
        clock.slot,
        clock.unix_timestamp,
        reserve.config.max_price_age_seconds,
    )?;
    match quote.doubt(&reserve.config.doubt_limits()) {
        None => Ok(quote),
        Some(Doubt::WideConfidence) => err!(LeveeError::PriceConfidenceTooWide),
        Some(Doubt::EmaDivergence) => err!(LeveeError::PriceDivergesFromAverage),
    }
}

/// The reserve behind `position`. The address in the position was a checked reserve when it was written, and
/// program accounts never change their kind, so comparing it is enough.
fn reserve_of<'a>(position: &Position, info: &'a AccountInfo) -> Result<Ref<'a, Reserve>> {
    require!(position.reserve == *info.key, LeveeError::WrongReserveList);
    let data = info.try_borrow_data()?;
    Ref::filter_map(data, |data| {
        let bytes = data.get(Reserve::DISCRIMINATOR.len()..)?;
        let bytes = bytes.get(..core::mem::size_of::<Reserve>())?;
        bytemuck::try_from_bytes(bytes).ok()
    })
    .map_err(|_| error!(LeveeError::NotAReserve))
}
