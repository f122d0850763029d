//! Which pair a liquidation may take.

use crate::liquidation::Plan;
use crate::sheet::Sheet;
use crate::units::{Bps, MathError, Usd};
use crate::wide::{mul_128_64, mul_128_64_checked};

/// A collateral that covers less than a twentieth of the close amount may be passed over.
const MINOR_PARTS: u64 = 20;
const PPM: u64 = 1_000_000;

/// Which side of a pair is not the one that heals most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrongPair {
    /// A collateral with a lower threshold covers enough.
    Collateral,
    /// A debt with a higher borrow factor is no dust.
    Debt,
}

/// Asks for the pair that heals most per dollar: the debt with the highest borrow factor and the collateral with the
/// lowest threshold. Passed over may be whatever is below the dust value, and a collateral that covers less than a
/// twentieth of what the plan closes, or many small deposits could slow a liquidation down. `weights` are the pair's
/// (threshold, borrow factor).
///
/// # Errors
/// [`WrongPair`] inside, [`MathError`] outside.
pub fn check_pair(
    sheet: &Sheet,
    (threshold, factor): (Bps, Bps),
    plan: &Plan,
    dust: Usd,
) -> Result<Result<(), WrongPair>, MathError> {
    if sheet.largest_heavier_borrow(factor)? >= dust {
        return Ok(Err(WrongPair::Debt));
    }
    let largest = sheet.largest_lighter_deposit(threshold)?;
    if largest < dust {
        return Ok(Ok(()));
    }
    let covers = mul_128_64_checked(largest.wad(), MINOR_PARTS).ok_or(MathError::Overflow)?;
    let gross = PPM.saturating_add(u64::from(plan.bonus.0));
    let is_minor = mul_128_64(covers, PPM) < mul_128_64(plan.close_value.wad(), gross);
    Ok(if is_minor {
        Ok(())
    } else {
        Err(WrongPair::Collateral)
    })
}
