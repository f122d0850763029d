//! What becomes liquidatable at each price: every obligation is walked away from the price of now, in both directions,
//! and liquidated as soon as it is unhealthy, again and again, as on a path without gaps.
//!
//! A price is known to a basis point of the price of now: its *step*. All sums are whole numbers, so that neither the
//! order of the obligations nor the number of threads changes any.

use anyhow::{Context, Result};
use levee_risk::units::{MathError, Usd};
use rayon::prelude::*;

use super::book::Obligations;
use super::case::{shortfall, turning_price, Axis, Case};
use super::closing::{close_at, Closed};

/// Steps of the price of now: basis points.
pub const STEPS: u32 = 10_000;

/// How far the price is followed, in steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// Downwards, at most [`STEPS`].
    pub down: u32,
    /// Upwards.
    pub up: u32,
}

/// What happens at one step, or at several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Obligations that become unhealthy for the first time.
    pub obligations: u64,
    /// All their debt, in wad dollars at that price.
    pub debt: u128,
    /// Debt that liquidations repay, of these and of those that turn again, in wad dollars.
    pub repaid: u128,
    /// Debt that nobody repays, in wad dollars.
    pub bad_debt: u128,
    /// Billionths of the asset that liquidators sell: received, less bought. On the short side: bought, less received.
    pub pressed: u128,
}

impl Tally {
    /// Counts another.
    ///
    /// # Errors
    /// [`MathError::Overflow`] where a sum leaves its type.
    pub fn add(&mut self, other: &Self) -> Result<(), MathError> {
        self.obligations += other.obligations;
        add(&mut self.debt, other.debt)?;
        add(&mut self.repaid, other.repaid)?;
        add(&mut self.bad_debt, other.bad_debt)?;
        add(&mut self.pressed, other.pressed)
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Which way the price moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// It falls: volatile collateral against stable debt becomes unhealthy.
    Long,
    /// It rises: volatile debt against stable collateral does.
    Short,
}

/// All obligations of a book along the price of one asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Curve {
    /// How far the price was followed.
    pub range: Range,
    /// At falling prices, step by step away from the price of now.
    pub long: Vec<Tally>,
    /// At rising prices.
    pub short: Vec<Tally>,
    /// Unhealthy already.
    pub now: Tally,
    /// Obligations that the asset does not touch.
    pub unexposed: u64,
    /// Obligations that it touches, and that are healthy wherever it goes.
    pub safe: u64,
    /// All debt of all obligations at the prices of now, in wad dollars.
    pub total_debt: u128,
}

impl Curve {
    fn empty(range: Range) -> Self {
        Self {
            range,
            long: vec![Tally::default(); range.down as usize + 1],
            short: vec![Tally::default(); range.up as usize + 1],
            now: Tally::default(),
            unexposed: 0,
            safe: 0,
            total_debt: 0,
        }
    }

    /// The steps of one side.
    pub fn side(&self, side: Side) -> &[Tally] {
        match side {
            Side::Long => &self.long,
            Side::Short => &self.short,
        }
    }

    fn add(mut self, other: &Self) -> Result<Self, MathError> {
        let steps = self.long.iter_mut().zip(&other.long);
        let steps = steps.chain(self.short.iter_mut().zip(&other.short));
        for (step, more) in steps.filter(|(_, more)| !more.is_empty()) {
            step.add(more)?;
        }
        self.now.add(&other.now)?;
        self.unexposed += other.unexposed;
        self.safe += other.safe;
        add(&mut self.total_debt, other.total_debt)?;
        Ok(self)
    }

    /// Walks all of `book` along the price of `asset`.
    ///
    /// # Errors
    /// Where an amount or a price leaves its type, with the obligation's number.
    pub fn of(book: &Obligations, asset: usize, range: Range) -> Result<Self> {
        let axis = Axis::new(book, asset).context("a price is out of range")?;
        // A few chunks per thread: each has steps of its own.
        let chunk = book.len().div_ceil(4 * rayon::current_num_threads()).max(1);
        let walked = book
            .spans()
            .par_chunks(chunk)
            .enumerate()
            .map(|(at, spans)| {
                let mut part = Self::empty(range);
                let mut case = Case::new(&axis);
                for (nth, span) in spans.iter().enumerate() {
                    case.load(*span);
                    part.walk(&mut case)
                        .with_context(|| format!("obligation number {}", at * chunk + nth + 1))?;
                }
                Ok(part)
            });
        walked.try_reduce(
            || Self::empty(range),
            |a, b| a.add(&b).context("all obligations together"),
        )
    }

    /// One obligation.
    fn walk(&mut self, case: &mut Case) -> Result<(), MathError> {
        let now = case.axis.priced().price;
        let value = case.value(now)?;
        add(&mut self.total_debt, value.debt.wad())?;
        // What is unhealthy already was counted when it turns again.
        let is_counted = !value.health.is_healthy();
        if is_counted {
            let (closed, left) = close_at(case, now)?;
            let at_once = Tally {
                repaid: closed.repaid.wad(),
                bad_debt: closed.bad_debt.wad(),
                pressed: closed.sold.abs_diff(closed.bought),
                ..Tally::default()
            };
            self.now.add(&Tally {
                obligations: 1,
                debt: value.debt.wad(),
                ..at_once
            })?;
            // Whoever liquidates these trades at once, before the price goes anywhere.
            match closed.sold >= closed.bought {
                true => self.long[0].add(&at_once)?,
                false => self.short[0].add(&at_once)?,
            }
            if !left.health.is_healthy() {
                return Ok(());
            }
        }
        if !case.is_exposed() {
            self.unexposed += u64::from(!is_counted);
            return Ok(());
        }
        let long = self.follow(case, Side::Long, is_counted)?;
        let short = !long && self.follow(case, Side::Short, is_counted)?;
        self.safe += u64::from(!long && !short && !is_counted);
        Ok(())
    }

    /// Liquidates a healthy case along one side; whether it turns at all. One that is counted already is none of the step's
    /// obligations.
    fn follow(&mut self, case: &mut Case, side: Side, is_counted: bool) -> Result<bool, MathError> {
        let now = case.axis.priced().price;
        let far = self.range.end(side, now);
        let mut at = (now, case.shortfall(now)?);
        let mut turns = false;
        while at.0 != far && at.1 <= 0 && !case.borrows.is_empty() {
            let end = case.shortfall(far)?;
            if end <= 0 {
                break;
            }
            let price = turning_price(case, (far, end), at)?;
            let is_first = !turns && !is_counted;
            let debt = match is_first {
                true => case.value(price)?.debt,
                false => Usd::ZERO,
            };
            let (closed, left) = close_at(case, price)?;
            self.step_mut(side, price, now).add(&Tally {
                obligations: u64::from(is_first),
                debt: debt.wad(),
                repaid: closed.repaid.wad(),
                bad_debt: closed.bad_debt.wad(),
                pressed: pressed(side, &closed),
            })?;
            turns = true;
            if closed == Closed::default() {
                // Nobody can liquidate it here; further on it is the same.
                break;
            }
            at = (price, shortfall(&left)?);
        }
        Ok(turns)
    }

    fn step_mut(&mut self, side: Side, price: u64, now: u64) -> &mut Tally {
        let steps = match side {
            Side::Long => &mut self.long,
            Side::Short => &mut self.short,
        };
        let step = u128::from(price.abs_diff(now)) * u128::from(STEPS) / u128::from(now.max(1));
        let last = steps.len() - 1;
        &mut steps[usize::try_from(step).unwrap_or(last).min(last)]
    }
}

impl Range {
    /// The furthest price of a side.
    fn end(&self, side: Side, now: u64) -> u64 {
        let part = |steps: u32| {
            let part = u128::from(now) * u128::from(steps) / u128::from(STEPS);
            u64::try_from(part).unwrap_or(u64::MAX)
        };
        match side {
            // A price of zero is no price.
            Side::Long => now.saturating_sub(part(self.down)).max(1),
            Side::Short => now.saturating_add(part(self.up)),
        }
    }
}

/// What liquidators trade in the direction that moves the price on.
fn pressed(side: Side, closed: &Closed) -> u128 {
    match side {
        Side::Long => closed.sold.saturating_sub(closed.bought),
        Side::Short => closed.bought.saturating_sub(closed.sold),
    }
}

/// Adds `more` to `sum`.
fn add(sum: &mut u128, more: u128) -> Result<(), MathError> {
    *sum = sum.checked_add(more).ok_or(MathError::Overflow)?;
    Ok(())
}
