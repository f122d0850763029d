//! Whether an obligation may be liquidated now: the tiers of price trust, and what ages it.
//!
//! A *mild* case, barely below one, must be unhealthy at prices lifted towards their averages, on young and undoubted
//! prices: a single bad update then harms nobody. A *severe* or *aged* one is liquidated on the plain price, whatever
//! its confidence. Nothing here opens accounts; the program, the liquidator and the simulator ask the same questions.

mod evidence;
mod pair;

use crate::clocks::Clocks;
use crate::liquidation::is_short_of;
use crate::units::{Bps, MathError, Ppm};
use crate::valuation::{Book, Health, RATIO_BITS};
use crate::wide::{mul_128_64, mul_64_32};

pub use evidence::{BasketEvidence, MildEvidence, PairEvidence};
pub use pair::{check_pair, WrongPair};

const FULL_BPS: u64 = 10_000;
/// The severe tier begins a quarter of the threshold's room below one: `s = 1 − 0.25·(1 − l)`.
const SEVERE_PART_BPS: u64 = 2_500;
/// One in the unit of `s`: basis points of basis points.
const SEVERE_WHOLE: u64 = FULL_BPS * FULL_BPS;

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
    /// Unhealthy beyond doubt, or insolvent.
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

/// Where the severe tier begins for one collateral.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Border {
    /// `l`: below a health of `s = 1 − 0.25·(1 − l)`.
    pub threshold: Bps,
    /// `b_start` of its auction: where all collateral no longer pays the debt and this bonus.
    pub start: Ppm,
}

impl Border {
    /// Whether an unhealthy `book` lies beyond it. Exact.
    ///
    /// The health alone would not say so of every basket: it weighs by all thresholds, `s` only by that of the seized
    /// collateral, which may lie far below their mean. What is insolvent must not wait, so it is severe too.
    pub fn is_passed(&self, book: &Book) -> bool {
        is_severe(&book.health, self.threshold) || is_short_of(book, self.start)
    }

    /// The same where [`Health::ratio_down`] is known.
    #[inline(always)]
    fn is_passed_at(&self, ratio: u64, book: &Book) -> bool {
        is_severe_at(ratio, &book.health, self.threshold) || is_short_of(book, self.start)
    }
}

/// Looks at an obligation whose `book` is at plain prices, and `evidence` of the same obligation. `border` is that of the
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
    border: Border,
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
    let tier = if border.is_passed_at(ratio, book) {
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
#[inline(always)]
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
