//! The liquidation plan: how much to close, at which bonus, and what is lost.
//!
//! The closed form. Repaying `x` dollars of a debt with borrow factor `f` seizes `(1+b)·x` of a collateral
//! with threshold `l`, so that `W' = W − l·(1+b)·x` and `B' = B − f·x`. Asking `W' = T·B'` gives
//!
//! ```text
//! x* = (T·B − W) / (T·f − m),   m = l·(1+b),   T = max(T_min, 1 + κ·(1 − m))
//! ```
//!
//! Health rises, `W'/B' > W/B`, exactly when `m·B < f·W`, that is `1 + b < h·f/l`. Hence the cap, with `r = h·f/l − 1`:
//!
//! ```text
//! b_cap = max(r − ε, r / 2)
//! ```
//!
//! The second term is for obligations that are barely solvent: with `r − ε` alone, one with between `1 + b_start` and
//! `1 + ε` dollars of collateral for a dollar of debt could be neither healed nor closed.
//!
//! Among several collaterals health can rise while equity goes: `l` may be far below the mean. Hence the same cap with
//! `r = C/D − 1`, by which `C'/D' > C/D`: lenders never lose while the borrower has equity. For one deposit and one debt
//! both caps are the same.

use crate::price::Price;
use crate::units::{Atoms, Bps, MathError, Ppm, Usd};
use crate::valuation::{Book, Health, WeightedUsd, RATIO_BITS};
use crate::wide::{div_192_64, mul_128_64, mul_64, mul_div_128_up, mul_div_down, mul_div_up};

const BPS: u64 = 10_000;
const PPM: u64 = 1_000_000;
/// One in the unit of `m` and `T`: basis points times parts per million.
const ONE: u64 = BPS * PPM;

/// The auction of one collateral.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuctionParams {
    /// `b_start`: where the bonus starts.
    pub start: Ppm,
    /// `ρ`: what it gains per slot of permitted, proven unhealthy time.
    pub slope_per_slot: Ppm,
    /// `w`: the health deficit at which the convex term reaches `b_max`.
    pub width: Ppm,
    /// `b_max`.
    pub max: Ppm,
    /// `b_insolvent`: the least bonus for closing what cannot be healed.
    pub insolvent: Ppm,
    /// `ε`: how far the bonus stays below the one that stops healing, or half the way where that is less.
    pub margin: Ppm,
    /// `T_min`: the least target health.
    pub min_target: Bps,
}

/// The rules that hold for the whole lending market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EngineParams {
    /// `κ`: how far beyond one a thin margin is healed.
    pub kappa: Bps,
    /// A remaining debt below this is closed too; also the smallest borrow.
    pub dust: Usd,
    /// The part of the bonus that goes to the insurance of the debt's reserve.
    pub insurance_share: Bps,
}

/// The collateral that is seized.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeizedSide {
    /// The whole deposit.
    pub deposited: Atoms,
    /// Its plain price.
    pub price: Price,
    /// `l`.
    pub threshold: Bps,
}

/// The debt that is repaid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RepaidSide {
    /// The whole debt.
    pub owed: Atoms,
    /// Its plain price.
    pub price: Price,
    /// `f`.
    pub borrow_factor: Bps,
}

impl SeizedSide {
    /// Counts the deposit in `book`, its value rounded down.
    ///
    /// # Errors
    /// [`MathError::Overflow`].
    #[inline(always)]
    pub fn count(&self, book: &mut Book) -> Result<(), MathError> {
        book.add_collateral(self.price.value_down(self.deposited)?, self.threshold)
    }
}

impl RepaidSide {
    /// Counts the debt in `book`, its value rounded up.
    ///
    /// # Errors
    /// [`MathError::Overflow`].
    #[inline(always)]
    pub fn count(&self, book: &mut Book) -> Result<(), MathError> {
        book.add_debt(self.price.value_up(self.owed)?, self.borrow_factor)
    }
}

/// What a liquidation does. Amounts are what moves; nothing else does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Debt that is repaid.
    pub repay: Atoms,
    /// Collateral that the liquidator receives.
    pub seize: Atoms,
    /// What the liquidator pays besides, in the debt's token, to the insurance of the debt's reserve.
    pub insurance: Atoms,
    /// The bonus on the repaid value, the insurance's part included.
    pub bonus: Ppm,
    /// What would be repaid if neither the deposit nor the caller limited it; rounded down.
    pub close_value: Usd,
    /// `h` before, with [`RATIO_BITS`] fractional bits, rounded down.
    pub health: u64,
    /// Whether the obligation could not be healed, and is closed instead.
    pub insolvent: bool,
    /// Whether the whole debt is repaid.
    pub closes_debt: bool,
    /// Whether the whole deposit is seized.
    pub takes_all_collateral: bool,
}

/// Why there is nothing to liquidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// `W ≥ B`.
    Healthy,
    /// One side of the pair is empty.
    EmptyPair,
    /// No bonus on this pair raises health: seize a collateral with a lower threshold, or
    /// repay a debt with a higher borrow factor.
    PairCannotHeal,
    /// The caller's limit would leave a debt below the dust value: raise it.
    LimitLeavesDust,
    /// The amounts round to nothing.
    TooSmall,
    /// Arithmetic left its range.
    Math(MathError),
}

impl From<MathError> for Refusal {
    fn from(error: MathError) -> Self {
        Self::Math(error)
    }
}

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
fn heals_at_no_bonus(book: &Book, collateral: &SeizedSide, debt: &RepaidSide) -> bool {
    let health = &book.health;
    mul_128_64(health.collateral.raw(), u64::from(debt.borrow_factor.0))
        > mul_128_64(health.debt.raw(), u64::from(collateral.threshold.0))
}

/// Whether the collateral cannot pay the debt and the smallest bonus: `D·(1 + b_start) ≥ C`. Exact.
#[inline(always)]
pub fn is_insolvent(book: &Book, auction: &AuctionParams) -> bool {
    // A sixteenth more collateral than debt is enough for any start below that, without a product.
    let debt = book.debt.wad();
    let plenty = debt.saturating_add(debt >> 4);
    if plenty < book.collateral.wad() && u64::from(auction.start.0) < PPM >> 4 {
        return false;
    }
    let needed = mul_128_64(book.debt.wad(), gross(auction.start));
    let held = mul_128_64(book.collateral.wad(), PPM);
    needed >= held
}

/// `min(b_max, max(b_insolvent, b_start + ρ·slots))`.
fn insolvent_bonus(auction: &AuctionParams, auction_slots: u64) -> Ppm {
    climbing_bonus(auction, auction_slots)
        .max(auction.insolvent)
        .min(auction.max)
}

/// `b_start + ρ·slots`, saturating.
fn climbing_bonus(auction: &AuctionParams, auction_slots: u64) -> Ppm {
    let slope = u64::from(auction.slope_per_slot.0);
    let climbed = mul_small(slope, auction_slots).unwrap_or(u64::MAX);
    let bonus = climbed.saturating_add(u64::from(auction.start.0));
    Ppm(u32::try_from(bonus).unwrap_or(u32::MAX))
}

/// `min(b_cap, b_max, max(b_start + ρ·slots, b_max·min(1, (1−h)/w)²))`, rounded down, with both of the caps.
#[inline(always)]
fn auction_bonus(
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
fn cap_down(room: u64, auction: &AuctionParams) -> u64 {
    room.saturating_sub(u64::from(auction.margin.0))
        .max(room >> 1)
}

/// `bonus`, or the cap with `r = C/D − 1` where that is less. Divides only then: a bonus is within the cap exactly when
/// `r ≥ bonus + min(ε, bonus)`.
fn within_equity(bonus: u64, book: &Book, auction: &AuctionParams) -> Result<u64, MathError> {
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
fn convex_bonus_down(health: u64, auction: &AuctionParams) -> Result<u64, MathError> {
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

/// `x* = (T·B − W) / (T·f − m)` in dollars, rounded down.
#[inline(always)]
fn close_value_down(
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
fn target_health(m: u64, auction: &AuctionParams, engine: &EngineParams) -> Result<u64, MathError> {
    // At most 10¹⁰ × 10⁴.
    let room = mul_small(ONE.saturating_sub(m), u64::from(engine.kappa.0))
        .and_then(|room| room.checked_div(BPS))
        .ok_or(MathError::Overflow)?;
    let least = u64::from(auction.min_target.0).wrapping_mul(PPM);
    Ok(ONE.saturating_add(room).max(least))
}

/// The atoms worth `close`, or the whole debt where less than the dust value would remain of it.
#[inline(always)]
fn whole_if_dust(debt: &RepaidSide, close: Usd, engine: &EngineParams) -> Result<Atoms, MathError> {
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
fn leaves_dust(debt: &RepaidSide, repay: Atoms, engine: &EngineParams) -> Result<bool, MathError> {
    let remains = debt.owed.checked_sub(repay)?;
    Ok(remains.0 > 0 && debt.price.value_up(remains)? < engine.dust)
}

/// `wanted`, or the fewest atoms that pay for the whole deposit where `(1+b)·x` would exceed it; and whether that
/// is so. Divides only then.
fn within_deposit(
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
fn mul_small(a: u64, b: u64) -> Option<u64> {
    if (a >> 48) | (b >> 16) == 0 || (a | b) >> 32 == 0 {
        Some(a.wrapping_mul(b))
    } else {
        a.checked_mul(b)
    }
}

/// The collateral that a repaid `value` and its bonus buy, rounded down.
#[inline(always)]
fn seized_by(collateral: &SeizedSide, value: Usd, bonus: Ppm) -> Result<Atoms, MathError> {
    match collateral.price.atoms_of_down(value, gross(bonus), PPM) {
        // More atoms than 64 bits count: more than can be held.
        Err(MathError::Overflow) => Ok(Atoms(u64::MAX)),
        atoms => atoms,
    }
}

/// The most that can be repaid when `repay·(1 + premium)` may not exceed `limit`, and the premium on it,
/// rounded up.
#[inline(always)]
fn within_limit(wanted: Atoms, premium: u64, limit: Atoms) -> Result<(Atoms, Atoms), MathError> {
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
fn premium(bonus: Ppm, share: Bps) -> u64 {
    // Two factors of 32 bits.
    u64::from(bonus.0).wrapping_mul(u64::from(share.0))
}

/// `1 + b` in parts per million.
fn gross(bonus: Ppm) -> u64 {
    PPM.saturating_add(u64::from(bonus.0))
}

fn mul_div_usd_up(value: Usd, by: u64, divisor: u64) -> Result<Usd, MathError> {
    mul_div_128_up(value.wad(), by, divisor).map(Usd::from_wad)
}

/// `a + b` of two 192-bit numbers, each as (high 64 bits, low 128 bits); `None` above 192 bits.
#[inline(always)]
fn add_192(a: (u64, u128), b: (u64, u128)) -> Option<(u64, u128)> {
    let (low, carry) = a.1.overflowing_add(b.1);
    let high = a.0.checked_add(b.0)?.checked_add(u64::from(carry))?;
    Some((high, low))
}
