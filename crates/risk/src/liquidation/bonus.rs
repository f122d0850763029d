//! The bonus: an auction from near zero, a convex term for gaps, and the caps that keep both from hurting.

use super::close::mul_small;
use super::netting::heals_at_no_bonus;
use super::{AuctionParams, Refusal, RepaidSide, SeizedSide, PPM};
use crate::units::{Bps, MathError, Ppm};
use crate::valuation::{Book, Health, WeightedUsd, RATIO_BITS};
use crate::wide::{mul_128_64, mul_64};

/// `min(b_max, max(b_insolvent, b_start + ρ·slots))`.
pub(super) fn insolvent_bonus(auction: &AuctionParams, auction_slots: u64) -> Ppm {
    climbing_bonus(auction, auction_slots)
        .max(auction.insolvent)
        .min(auction.max)
}

/// `b_start + ρ·slots`, saturating.
pub(super) fn climbing_bonus(auction: &AuctionParams, auction_slots: u64) -> Ppm {
    let slope = u64::from(auction.slope_per_slot.0);
    let climbed = mul_small(slope, auction_slots).unwrap_or(u64::MAX);
    let bonus = climbed.saturating_add(u64::from(auction.start.0));
    Ppm(u32::try_from(bonus).unwrap_or(u32::MAX))
}

/// `min(b_cap, b_max, max(b_start + ρ·slots, b_max·min(1, (1−h)/w)²))`, rounded down, with both of the caps.
#[inline(always)]
pub(super) fn auction_bonus(
    book: &Book,
    health: u64,
    collateral: &SeizedSide,
    debt: &RepaidSide,
    auction: &AuctionParams,
    auction_slots: u64,
) -> Result<Ppm, Refusal> {
    // b_cap: h rounded down makes it smaller, so the theorem holds with a margin. Below 2⁴⁸ × 2¹⁶ it fits.
    let healing = mul_small(health, u64::from(debt.borrow_factor.0))
        .and_then(|h| h.checked_div(u64::from(collateral.threshold.0)))
        .ok_or(MathError::Overflow)?;
    let healing =
        u64::try_from(mul_64(healing, PPM) >> RATIO_BITS).map_err(|_| MathError::Overflow)?;
    let room = match healing.checked_sub(PPM) {
        Some(room) => room,
        // Less than a part per million above, and rounded below.
        None if heals_at_no_bonus(book, collateral, debt) => 0,
        None => return Err(Refusal::PairCannotHeal),
    };
    let cap = cap_down(room, auction);

    let convex = convex_bonus_down(health, auction)?;
    let bonus = u64::from(climbing_bonus(auction, auction_slots).0)
        .max(convex)
        .min(u64::from(auction.max.0))
        .min(cap);
    let bonus = within_equity(bonus, book, auction)?;
    Ok(Ppm(u32::try_from(bonus).map_err(|_| MathError::Overflow)?))
}

/// `max(r − ε, r / 2)`.
pub(super) fn cap_down(room: u64, auction: &AuctionParams) -> u64 {
    room.saturating_sub(u64::from(auction.margin.0))
        .max(room >> 1)
}

/// `bonus`, or the cap with `r = C/D − 1` where that is less. Divides only then: a bonus is within the cap exactly when
/// `r ≥ bonus + min(ε, bonus)`.
pub(super) fn within_equity(
    bonus: u64,
    book: &Book,
    auction: &AuctionParams,
) -> Result<u64, MathError> {
    let kept = bonus.min(u64::from(auction.margin.0));
    // A sixteenth more collateral than debt is enough for any smaller bonus, without a product.
    let debt = book.debt.wad();
    let plenty = debt.saturating_add(debt >> 4);
    if plenty < book.collateral.wad() && bonus.saturating_add(kept) < PPM >> 4 {
        return Ok(bonus);
    }
    let asked = PPM.saturating_add(bonus).saturating_add(kept);
    if mul_128_64(debt, asked) <= mul_128_64(book.collateral.wad(), PPM) {
        return Ok(bonus);
    }
    let equity = Health {
        collateral: WeightedUsd::of(book.collateral, Bps(1))?,
        debt: WeightedUsd::of(book.debt, Bps(1))?,
    };
    let ratio = equity.ratio_down().ok_or(MathError::DivisionByZero)?;
    let room = u64::try_from(mul_64(ratio, PPM) >> RATIO_BITS).map_err(|_| MathError::Overflow)?;
    Ok(cap_down(room.saturating_sub(PPM), auction).min(bonus))
}

/// `b_max·min(1, (1−h)/w)²` in parts per million for a health below one, rounded down by less than one part and a
/// thirtieth; a wider `w` makes it exacter.
#[inline(always)]
pub(super) fn convex_bonus_down(health: u64, auction: &AuctionParams) -> Result<u64, MathError> {
    // The ratio was rounded down by up to two units, so the deficit is rounded down by taking them off. With 44
    // fractional bits it can be multiplied by a million in 64.
    let deficit = (1u64 << RATIO_BITS).saturating_sub(health.saturating_add(2)) >> 4;
    // 44 bits by 20.
    let part = deficit
        .wrapping_mul(PPM)
        .checked_div(u64::from(auction.width.0.max(1)))
        .ok_or(MathError::Overflow)?;
    // At most one, with 31 fractional bits: its square has 62, of which 42 leave room for 22 bits of bonus.
    let part = part.min(1 << 44) >> 13;
    let square = mul_small(part, part).ok_or(MathError::Overflow)? >> 20;
    // 42 bits by 20.
    let convex = square.wrapping_mul(u64::from(auction.max.0).min(PPM));
    Ok(convex >> 42)
}
