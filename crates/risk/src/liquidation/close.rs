//! The close amount: the closed form, and what limits it.

use super::{AuctionParams, EngineParams, Refusal, RepaidSide, SeizedSide, BPS, ONE, PPM};
use crate::units::{Atoms, Bps, MathError, Ppm, Usd};
use crate::valuation::Book;
use crate::wide::{div_192_64, mul_128_64, mul_div_128_up, mul_div_down, mul_div_up};

/// `x* = (T·B − W) / (T·f − m)` in dollars, rounded down.
#[inline(always)]
pub(super) fn close_value_down(
    book: &Book,
    collateral: &SeizedSide,
    debt: &RepaidSide,
    auction: &AuctionParams,
    engine: &EngineParams,
    bonus: Ppm,
) -> Result<Usd, Refusal> {
    let m =
        mul_small(u64::from(collateral.threshold.0), gross(bonus)).ok_or(MathError::Overflow)?;
    let target = target_health(m, auction, engine)?;
    // Both in basis points × parts per million × basis points.
    let factor = u64::from(debt.borrow_factor.0);
    let slope = mul_small(target, factor)
        .and_then(|t| t.checked_sub(mul_small(m, BPS)?))
        .filter(|slope| *slope > 0)
        .ok_or(Refusal::PairCannotHeal)?;
    // T·B − W as (B − W) + (T − 1)·B: the second factor then mostly has 32 bits.
    let missing = book
        .health
        .debt
        .raw()
        .checked_sub(book.health.collateral.raw())
        .ok_or(MathError::Overflow)?;
    let shortfall = add_192(
        mul_128_64(missing, ONE),
        mul_128_64(book.health.debt.raw(), target.saturating_sub(ONE)),
    )
    .ok_or(MathError::Overflow)?;
    let value = div_192_64(shortfall.0, shortfall.1, slope).ok_or(MathError::Overflow)?;
    Ok(Usd::from_wad(value))
}

/// `T = max(T_min, 1 + κ·(1 − m))` in basis points × parts per million, rounded down.
#[inline(always)]
pub(super) fn target_health(
    m: u64,
    auction: &AuctionParams,
    engine: &EngineParams,
) -> Result<u64, MathError> {
    // At most 10¹⁰ × 10⁴.
    let room = mul_small(ONE.saturating_sub(m), u64::from(engine.kappa.0))
        .and_then(|room| room.checked_div(BPS))
        .ok_or(MathError::Overflow)?;
    let least = u64::from(auction.min_target.0).wrapping_mul(PPM);
    Ok(ONE.saturating_add(room).max(least))
}

/// The atoms worth `close`, or the whole debt where less than the dust value would remain of it.
#[inline(always)]
pub(super) fn whole_if_dust(
    debt: &RepaidSide,
    close: Usd,
    engine: &EngineParams,
) -> Result<Atoms, MathError> {
    let repay = match debt.price.atoms_down(close) {
        Ok(repay) => repay.min(debt.owed),
        // More atoms than 64 bits count: more than can be owed.
        Err(MathError::Overflow) => debt.owed,
        Err(error) => return Err(error),
    };
    Ok(if leaves_dust(debt, repay, engine)? {
        debt.owed
    } else {
        repay
    })
}

#[inline(always)]
pub(super) fn leaves_dust(
    debt: &RepaidSide,
    repay: Atoms,
    engine: &EngineParams,
) -> Result<bool, MathError> {
    let remains = debt.owed.checked_sub(repay)?;
    Ok(remains.0 > 0 && debt.price.value_up(remains)? < engine.dust)
}

/// `wanted`, or the fewest atoms that pay for the whole deposit where `(1+b)·x` would exceed it; and whether that
/// is so. Divides only then.
pub(super) fn within_deposit(
    debt: &RepaidSide,
    collateral: &SeizedSide,
    (wanted, close_value): (Atoms, Usd),
    bonus: Ppm,
) -> Result<(Atoms, bool), MathError> {
    let deposit_value = collateral.price.value_down(collateral.deposited)?;
    let asked = mul_128_64(close_value.wad(), gross(bonus));
    let held = mul_128_64(deposit_value.wad(), PPM);
    if asked < held {
        return Ok((wanted, false));
    }
    let most_value = mul_div_usd_up(deposit_value, PPM, gross(bonus))?;
    let most = debt.price.atoms_up(most_value)?;
    Ok((wanted.min(most), wanted >= most))
}

/// `a × b`. Checking a product of 64 bits for overflow is a library call on SBF; one of 48 bits by 16, or of 32 by 32, cannot
/// overflow.
#[inline(always)]
pub(super) fn mul_small(a: u64, b: u64) -> Option<u64> {
    if (a >> 48) | (b >> 16) == 0 || (a | b) >> 32 == 0 {
        Some(a.wrapping_mul(b))
    } else {
        a.checked_mul(b)
    }
}

/// The collateral that a repaid `value` and its bonus buy, rounded down.
#[inline(always)]
pub(super) fn seized_by(
    collateral: &SeizedSide,
    value: Usd,
    bonus: Ppm,
) -> Result<Atoms, MathError> {
    match collateral.price.atoms_of_down(value, gross(bonus), PPM) {
        // More atoms than 64 bits count: more than can be held.
        Err(MathError::Overflow) => Ok(Atoms(u64::MAX)),
        atoms => atoms,
    }
}

/// The most that can be repaid when `repay·(1 + premium)` may not exceed `limit`, and the premium on it,
/// rounded up.
#[inline(always)]
pub(super) fn within_limit(
    wanted: Atoms,
    premium: u64,
    limit: Atoms,
) -> Result<(Atoms, Atoms), MathError> {
    let insurance = mul_div_up(wanted.0, premium, ONE)?;
    if matches!(wanted.0.checked_add(insurance), Some(total) if total <= limit.0) {
        return Ok((wanted, Atoms(insurance)));
    }
    let divisor = ONE.checked_add(premium).ok_or(MathError::Overflow)?;
    // ⌊L/(1+p)⌋ + ⌈p·⌊L/(1+p)⌋⌉ ≤ L: the sum of a whole number and a rounded-up one that is at most L before rounding.
    let repay = mul_div_down(limit.0, ONE, divisor)?;
    Ok((Atoms(repay), Atoms(mul_div_up(repay, premium, ONE)?)))
}

/// The insurance's part of the repaid amount: bonus × share, in basis points × parts per million.
pub(super) fn premium(bonus: Ppm, share: Bps) -> u64 {
    // Two factors of 32 bits.
    u64::from(bonus.0).wrapping_mul(u64::from(share.0))
}

/// `1 + b` in parts per million.
pub(super) fn gross(bonus: Ppm) -> u64 {
    PPM.saturating_add(u64::from(bonus.0))
}

pub(super) fn mul_div_usd_up(value: Usd, by: u64, divisor: u64) -> Result<Usd, MathError> {
    mul_div_128_up(value.wad(), by, divisor).map(Usd::from_wad)
}

/// `a + b` of two 192-bit numbers, each as (high 64 bits, low 128 bits); `None` above 192 bits.
#[inline(always)]
pub(super) fn add_192(a: (u64, u128), b: (u64, u128)) -> Option<(u64, u128)> {
    let (low, carry) = a.1.overflowing_add(b.1);
    let high = a.0.checked_add(b.0)?.checked_add(u64::from(carry))?;
    Some((high, low))
}
