//! A deposit and a debt of the same reserve cancel at no bonus before anybody is paid.

use anchor_lang::prelude::*;
use levee_risk::fixed::{ScaledDebt, ScaledSupply};
use levee_risk::liquidation::{plan_netting, EngineParams};
use levee_risk::sheet::{Sheet, View};
use levee_risk::units::Atoms;

use super::reserves::Reserves;
use super::valuation::auction;
use crate::error::{math, refused, LeveeError};
use crate::state::{LendingMarket, Obligation};

/// What netting one reserve did.
pub struct Net {
    /// The reserve.
    pub reserve: Pubkey,
    /// What was cancelled on both sides.
    pub atoms: Atoms,
}

/// Nets the first reserve that `obligation` both holds and owes, and updates `sheet`; `None` where
/// there is nothing left to net.
///
/// # Errors
/// [`LeveeError::NettedReserveReadOnly`], [`LeveeError::MathOverflow`].
pub fn net_one(
    obligation: &mut Obligation,
    reserves: &mut impl Reserves,
    sheet: &mut Sheet,
    market: &LendingMarket,
    engine: &EngineParams,
) -> Result<Option<Net>> {
    for at in 0..obligation.deposits().len() {
        let Some(key) = obligation.deposits().get(at).map(|deposit| deposit.reserve) else {
            break;
        };
        let owes = |borrow: &crate::state::Position| borrow.reserve == key;
        let Some(debt_at) = obligation.borrows().iter().position(owes) else {
            continue;
        };
        let book = sheet.book(View::Plain).map_err(math)?;
        if book.health.is_healthy() {
            return Ok(None);
        }
        let held = obligation.deposit_in(&key);
        let owing = obligation.debt_in(&key);
        let owner = &*obligation;
        let netted = reserves.write(&key, |reserve| {
            let collateral = sheet.seized_side(at).map_err(math)?;
            // Less than an atom pays for nothing and is burned: it must not shield the rest.
            let atoms = if collateral.deposited == Atoms::ZERO {
                Atoms::ZERO
            } else {
                plan_netting(
                    &book,
                    &collateral,
                    &sheet.repaid_side(debt_at).map_err(math)?,
                    &auction(reserve, owner, market)?,
                    engine,
                )
                .map_err(refused)?
            };
            let left = reserve.net(held, owing, atoms)?;
            reserve.check_backing()?;
            Ok((atoms, left))
        })?;
        // Skipping this by a read-only account would sell to the liquidator what cancels for nothing.
        let (atoms, left) = netted.ok_or(LeveeError::NettedReserveReadOnly)?;
        if atoms == Atoms::ZERO && !left.held.is_zero() {
            continue;
        }
        apply(obligation, sheet, (at, debt_at), &key, &left)?;
        return Ok(Some(Net {
            reserve: key,
            atoms,
        }));
    }
    Ok(None)
}

/// What remains of both sides.
pub struct Left {
    /// Of the deposit.
    pub held: ScaledSupply,
    /// The same in atoms.
    pub held_atoms: Atoms,
    /// Of the debt.
    pub owing: ScaledDebt,
    /// The same in atoms.
    pub owing_atoms: Atoms,
}

fn apply(
    obligation: &mut Obligation,
    sheet: &mut Sheet,
    (deposit, borrow): (usize, usize),
    key: &Pubkey,
    left: &Left,
) -> Result<()> {
    obligation.set_deposit(key, left.held)?;
    obligation.set_debt(key, left.owing)?;
    // A closed position leaves the sheet as it leaves the obligation, so that their orders stay the same.
    if left.held.is_zero() {
        sheet.remove_deposit(deposit);
    } else {
        sheet.set_deposited(deposit, left.held_atoms);
    }
    if left.owing.is_zero() {
        sheet.remove_borrow(borrow);
    } else {
        sheet.set_owed(borrow, left.owing_atoms);
    }
    Ok(())
}
