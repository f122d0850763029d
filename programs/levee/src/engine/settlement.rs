//! The end of debts that nothing stands behind.

use anchor_lang::prelude::*;
use levee_risk::fixed::ScaledDebt;
use levee_risk::units::Atoms;

use super::reserves::Reserves;
use crate::error::LeveeError;
use crate::events::BadDebtSettled;
use crate::state::{Obligation, MAX_BORROWS};

/// Writes off one whole debt of `obligation`: the insurance pays first, the rest lowers the supply index. Returns (the loss,
/// the insurance's part); `None` where the reserve cannot be changed, which leaves the debt to `settle_bad_debt`.
///
/// # Errors
/// [`LeveeError::NoDebt`], [`LeveeError::MathOverflow`], [`LeveeError::InvariantBroken`].
pub fn write_off(
    obligation: &mut Obligation,
    reserves: &mut impl Reserves,
    key: &Pubkey,
) -> Result<Option<(Atoms, Atoms)>> {
    let debt = obligation.debt_in(key);
    require!(!debt.is_zero(), LeveeError::NoDebt);
    let written = reserves.write(key, |reserve| {
        let loss = reserve.write_off(debt)?;
        reserve.check_backing()?;
        Ok(loss)
    })?;
    if written.is_some() {
        obligation.set_debt(key, ScaledDebt::ZERO)?;
    }
    Ok(written)
}

/// Writes off every debt but that in `except` whose reserve can be changed, and tells `settled` of each.
///
/// # Errors
/// Those of [`write_off`].
pub fn write_off_others(
    obligation_key: &Pubkey,
    obligation: &mut Obligation,
    reserves: &mut impl Reserves,
    except: &Pubkey,
    settled: &mut impl FnMut(BadDebtSettled),
) -> Result<()> {
    let mut keys = [Pubkey::default(); MAX_BORROWS];
    for (key, position) in keys.iter_mut().zip(obligation.borrows()) {
        *key = position.reserve;
    }
    let count = obligation.borrows().len();
    for key in keys.iter().take(count).filter(|key| *key != except) {
        if let Some((loss, insured)) = write_off(obligation, reserves, key)? {
            settled(BadDebtSettled {
                obligation: *obligation_key,
                reserve: *key,
                loss_atoms: loss.0,
                insured_atoms: insured.0,
            });
        }
    }
    Ok(())
}
