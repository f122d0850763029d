//! An obligation's books, valued through the reserves that the instruction was given.

use std::cell::Ref;

use anchor_lang::prelude::*;
use levee_risk::fixed::{ScaledDebt, ScaledSupply};
use levee_risk::liquidation::{RepaidSide, SeizedSide};
use levee_risk::price::{Doubt, Price};
use levee_risk::units::{Atoms, Bps, Usd};
use levee_risk::valuation::Book;

use crate::error::{math, LeveeError};
use crate::gate::State;
use crate::state::{Obligation, Position, Reserve};

/// Values the whole obligation for new risk, at its reserves' prices of this slot.
///
/// `reserves` are the accounts behind its positions in its own order, deposits first.
///
/// # Errors
/// [`LeveeError::WrongReserveList`], and for each reserve the refusals of [`Reserve::quote`] and of a doubtful price.
pub fn new_risk_book(
    obligation: &Obligation,
    reserves: &[AccountInfo],
    clock: &Clock,
) -> Result<Book> {
    let (deposits, borrows) = split(obligation, reserves)?;
    let mut book = Book::default();
    for (position, info) in obligation.deposits().iter().zip(deposits) {
        let reserve = reserve_of(position, info)?;
        let quote = undoubted(&reserve, clock)?;
        let price = quote.collateral_down(Bps(reserve.config.confidence_multiple_bps));
        let value = price
            .value_down(deposited(position, &reserve)?)
            .map_err(math)?;
        book.add_collateral(value, new_risk_weight(&reserve))
            .map_err(math)?;
    }
    for (position, info) in obligation.borrows().iter().zip(borrows) {
        let reserve = reserve_of(position, info)?;
        let price = new_risk_debt(&reserve, clock)?;
        let value = price.value_up(owed(position, &reserve)?).map_err(math)?;
        book.add_debt(value, Bps(reserve.config.borrow_factor_bps))
            .map_err(math)?;
    }
    Ok(book)
}

/// The two reserves of a liquidation, which it holds for writing.
pub struct Pair<'a> {
    /// The debt's.
    pub repay: (&'a Pubkey, &'a Reserve),
    /// The collateral's.
    pub seize: (&'a Pubkey, &'a Reserve),
}

/// An obligation's books for liquidation, apart from the pair that is liquidated.
pub struct PairedBook {
    /// All other positions.
    pub rest: Book,
    /// The debt of the pair.
    pub debt: RepaidSide,
    /// The collateral of the pair.
    pub collateral: SeizedSide,
}

/// Values the whole obligation for liquidation, at its reserves' plain prices of this slot.
///
/// `reserves` are the accounts behind its positions in its own order, deposits first.
///
/// # Errors
/// [`LeveeError::WrongReserveList`], [`LeveeError::EmptyPair`], and for each reserve the refusals of
/// [`Reserve::quote`].
pub fn liquidation_book(
    obligation: &Obligation,
    reserves: &[AccountInfo],
    clock: &Clock,
    pair: &Pair,
) -> Result<PairedBook> {
    let (deposits, borrows) = split(obligation, reserves)?;
    let mut rest = Book::default();
    let (mut collateral, mut debt) = (None, None);
    for (position, info) in obligation.deposits().iter().zip(deposits) {
        let side = |reserve: &Reserve| -> Result<SeizedSide> {
            Ok(SeizedSide {
                deposited: deposited(position, reserve)?,
                price: plain_price(reserve, clock)?,
                threshold: Bps(reserve.config.threshold_bps),
            })
        };
        if position.reserve == *pair.seize.0 {
            require!(position.reserve == *info.key, LeveeError::WrongReserveList);
            collateral = Some(side(pair.seize.1)?);
        } else if position.reserve == *pair.repay.0 {
            require!(position.reserve == *info.key, LeveeError::WrongReserveList);
            side(pair.repay.1)?.count(&mut rest).map_err(math)?;
        } else {
            side(&*reserve_of(position, info)?)?
                .count(&mut rest)
                .map_err(math)?;
        }
    }
    for (position, info) in obligation.borrows().iter().zip(borrows) {
        let side = |reserve: &Reserve| -> Result<RepaidSide> {
            Ok(RepaidSide {
                owed: owed(position, reserve)?,
                price: plain_price(reserve, clock)?,
                borrow_factor: Bps(reserve.config.borrow_factor_bps),
            })
        };
        if position.reserve == *pair.repay.0 {
            require!(position.reserve == *info.key, LeveeError::WrongReserveList);
            debt = Some(side(pair.repay.1)?);
        } else if position.reserve == *pair.seize.0 {
            require!(position.reserve == *info.key, LeveeError::WrongReserveList);
            side(pair.seize.1)?.count(&mut rest).map_err(math)?;
        } else {
            side(&*reserve_of(position, info)?)?
                .count(&mut rest)
                .map_err(math)?;
        }
    }
    Ok(PairedBook {
        rest,
        debt: debt.ok_or(LeveeError::EmptyPair)?,
        collateral: collateral.ok_or(LeveeError::EmptyPair)?,
    })
}

fn split<'a, 'info>(
    obligation: &Obligation,
    reserves: &'a [AccountInfo<'info>],
) -> Result<(&'a [AccountInfo<'info>], &'a [AccountInfo<'info>])> {
    require!(
        reserves.len() == obligation.position_count(),
        LeveeError::WrongReserveList
    );
    reserves
        .split_at_checked(obligation.deposits().len())
        .ok_or(error!(LeveeError::WrongReserveList))
}

fn deposited(position: &Position, reserve: &Reserve) -> Result<Atoms> {
    ScaledSupply::from_limbs(position.scaled.0)
        .atoms_down(reserve.supply_index())
        .map_err(math)
}

fn owed(position: &Position, reserve: &Reserve) -> Result<Atoms> {
    ScaledDebt::from_limbs(position.scaled.0)
        .atoms_up(reserve.borrow_index())
        .map_err(math)
}

/// Refuses an obligation whose debt exceeds what its LTVs allow at prices against it.
///
/// # Errors
/// [`LeveeError::LtvExceeded`] and those of [`new_risk_book`].
pub fn check_new_risk(
    obligation: &Obligation,
    reserves: &[AccountInfo],
    clock: &Clock,
) -> Result<()> {
    let book = new_risk_book(obligation, reserves, clock)?;
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

/// The LTV; nothing where the reserve is frozen, so that freezing a suspect collateral stops borrowing against it.
fn new_risk_weight(reserve: &Reserve) -> Bps {
    if reserve.status & State::FROZEN.bits() == 0 {
        Bps(reserve.config.ltv_bps)
    } else {
        Bps(0)
    }
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
