//! Whether an obligation may be liquidated now: the tiers of price trust, and what ages it.
//!
//! A *mild* case, barely below one, must be unhealthy at prices lifted towards their averages, on young and undoubted
//! prices: a single bad update then harms nobody. A *severe* or *aged* one is liquidated on the plain price, whatever
//! its confidence. Nothing here opens accounts; the program, the liquidator and the simulator ask the same questions.

use crate::clocks::Clocks;
use crate::liquidation::{Plan, RepaidSide, SeizedSide};
use crate::sheet::{PairPrices, Sheet, View};
use crate::units::{Bps, MathError, Usd};
use crate::valuation::{Book, Health, RATIO_BITS};
use crate::wide::{mul_128_64, mul_128_64_checked, mul_64_32};

const FULL_BPS: u64 = 10_000;
/// The severe tier begins a quarter of the threshold's room below one: `s = 1 − 0.25·(1 − l)`.
const SEVERE_PART_BPS: u64 = 2_500;
/// One in the unit of `s`: basis points of basis points.
const SEVERE_WHOLE: u64 = FULL_BPS * FULL_BPS;
/// A collateral that covers less than a twentieth of the close amount may be passed over.
const MINOR_PARTS: u64 = 20;
const PPM: u64 = 1_000_000;

/// The market's rules about prices and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TierRules {
    /// `g`: how far a mild liquidation's prices are moved towards their averages.
    pub lift: Bps,
    /// `N`: mild cases wait at most this long.
    pub mild_wait_slots: u64,
    /// `M`: a proof of unhealthy time reaches back at most this far.
    pub max_proof_gap_slots: u64,
}

/// When an obligation is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The slot.
    pub slot: u64,
    /// The cluster's Unix time.
    pub now_ts: i64,
}

/// How far an unhealthy obligation's prices are trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// Barely unhealthy, and not for long.
    Mild,
    /// Unhealthy for `N` slots.
    Aged,
    /// Unhealthy beyond doubt.
    Severe,
}

/// Why a mild case waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// The cluster restarted or its clock jumped lately.
    RestartGrace,
    /// A price is older than mild liquidations take.
    PriceTooOld,
    /// A price is doubtful.
    Doubtful,
    /// It is healthy at prices moved towards their averages.
    HealthyAtAverage,
}

/// What looking at an obligation shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assessment {
    /// The clocks after this look.
    pub clocks: Clocks,
    /// The health with [`RATIO_BITS`] fractional bits, rounded down; zero for a healthy obligation.
    pub ratio: u64,
    /// `None` for a healthy obligation.
    pub tier: Option<Tier>,
    /// Why it may not be liquidated yet, though it is unhealthy.
    pub wait: Option<Wait>,
}

impl Assessment {
    /// Whether liquidation is permitted.
    pub fn is_permitted(&self) -> bool {
        self.tier.is_some() && self.wait.is_none()
    }
}

/// What a mild case is asked.
pub trait MildEvidence {
    /// Whether every price is young enough.
    fn is_fresh(&self, now_ts: i64) -> bool;

    /// Whether any price is doubtful.
    fn is_doubtful(&self) -> bool;

    /// Whether the obligation, whose plain health is `ratio` rounded down, is healthy at prices moved towards their averages
    /// by at most `lift`. Exact.
    ///
    /// # Errors
    /// [`MathError`].
    fn is_healthy_lifted(&self, lift: Bps, ratio: u64) -> Result<bool, MathError>;
}

impl MildEvidence for Sheet {
    fn is_fresh(&self, now_ts: i64) -> bool {
        self.is_fresh_for_mild(now_ts)
    }

    fn is_doubtful(&self) -> bool {
        self.doubt().is_some()
    }

    fn is_healthy_lifted(&self, lift: Bps, _: u64) -> Result<bool, MathError> {
        Ok(self.book(View::Lifted(lift))?.health.is_healthy())
    }
}

/// A pair that is all that an unhealthy obligation has.
#[derive(Clone, Copy, Debug)]
pub struct PairEvidence<'a> {
    /// Their prices.
    pub prices: &'a PairPrices,
    /// The deposit.
    pub collateral: &'a SeizedSide,
    /// The debt.
    pub debt: &'a RepaidSide,
}

impl MildEvidence for PairEvidence<'_> {
    fn is_fresh(&self, _: i64) -> bool {
        self.prices.is_fresh
    }

    fn is_doubtful(&self) -> bool {
        self.prices.doubt.is_some()
    }

    fn is_healthy_lifted(&self, _: Bps, ratio: u64) -> Result<bool, MathError> {
        let prices = self.prices;
        // The ratio is rounded down by less than three units.
        if ratio.saturating_add(4) < prices.unhealthy_below {
            return Ok(false);
        }
        let mut book = Book::default();
        let lifted = SeizedSide {
            price: prices.lifted_collateral,
            ..*self.collateral
        };
        lifted.count(&mut book)?;
        let lowered = RepaidSide {
            price: prices.lifted_debt,
            ..*self.debt
        };
        lowered.count(&mut book)?;
        Ok(book.health.is_healthy())
    }
}

/// Looks at an obligation whose `book` is at plain prices, and `evidence` of the same obligation. `threshold` is that of the
/// collateral that would be seized; `grace_end_slot`, where the latest restart grace ends (zero for none), is asked only
/// where it matters.
///
/// # Errors
/// [`MathError`], and whatever `grace_end_slot` fails with.
pub fn assess<E: From<MathError>>(
    evidence: &impl MildEvidence,
    book: &Book,
    clocks: Clocks,
    rules: &TierRules,
    moment: Moment,
    threshold: Bps,
    grace_end_slot: impl FnOnce() -> Result<u64, E>,
) -> Result<Assessment, E> {
    if book.health.is_healthy() {
        return Ok(Assessment {
            clocks: Clocks::default(),
            ratio: 0,
            tier: None,
            wait: None,
        });
    }
    let aged = clocks.aged(moment.slot, rules.max_proof_gap_slots);
    let ratio = book.health.ratio_down().ok_or(MathError::DivisionByZero)?;
    let tier = if is_severe_at(ratio, &book.health, threshold) {
        Tier::Severe
    } else if aged.unhealthy_slots >= rules.mild_wait_slots {
        Tier::Aged
    } else {
        Tier::Mild
    };
    // What is severe knows no grace; a case that ages in one proves nothing.
    let grace_end = match tier {
        Tier::Severe => 0,
        Tier::Mild | Tier::Aged => grace_end_slot()?,
    };
    let wait = if moment.slot < grace_end {
        Some(Wait::RestartGrace)
    } else if tier == Tier::Mild {
        mild_wait(evidence, rules, moment, ratio)?
    } else {
        None
    };
    Ok(Assessment {
        clocks: aged.decided(clocks, wait.is_none(), grace_end),
        ratio,
        tier: Some(tier),
        wait,
    })
}

fn mild_wait(
    evidence: &impl MildEvidence,
    rules: &TierRules,
    moment: Moment,
    ratio: u64,
) -> Result<Option<Wait>, MathError> {
    Ok(if !evidence.is_fresh(moment.now_ts) {
        Some(Wait::PriceTooOld)
    } else if evidence.is_doubtful() {
        Some(Wait::Doubtful)
    } else if evidence.is_healthy_lifted(rules.lift, ratio)? {
        Some(Wait::HealthyAtAverage)
    } else {
        None
    })
}

/// [`is_severe`] where [`Health::ratio_down`] is known: that decides unless `h` is within a few `2⁻⁴⁸` of `s`.
fn is_severe_at(ratio: u64, health: &Health, threshold: Bps) -> bool {
    let limit = u128::from(severe_limit(threshold)) << RATIO_BITS;
    let scaled = |ratio: u64| mul_64_32(ratio, SEVERE_WHOLE as u32);
    if scaled(ratio) >= limit {
        false
    } else if scaled(ratio.saturating_add(4)) <= limit {
        true
    } else {
        is_severe(health, threshold)
    }
}

/// `s` in parts of [`SEVERE_WHOLE`].
fn severe_limit(threshold: Bps) -> u64 {
    let room = FULL_BPS.saturating_sub(u64::from(threshold.0));
    SEVERE_WHOLE.saturating_sub(room.wrapping_mul(SEVERE_PART_BPS))
}

/// `h < s`, with `s = 1 − (1 − l)/4`: a fixed 0.95 would mean insolvency where `l` is 0.95. Exact.
pub fn is_severe(health: &Health, threshold: Bps) -> bool {
    let limit = severe_limit(threshold);
    mul_128_64(health.collateral.raw(), SEVERE_WHOLE) < mul_128_64(health.debt.raw(), limit)
}

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
