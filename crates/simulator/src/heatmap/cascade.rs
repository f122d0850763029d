//! The cascade: liquidators sell what they seize, the price gives way, and more obligations turn.
//!
//! A shock `s` takes the price of now to `p₀(1 − s)`. With `N(p)` all that liquidators sell on the way to `p`
//! ([`Curve`](super::Curve)) and `I` the [impact](crate::impact) of that volume, the cascade stops where
//!
//! ```text
//! p = p₀ · (1 − s) · (1 − I(N(p)))
//! ```
//!
//! and on the short side, where liquidators buy what they repay, `p = p₀ · (1 + s) · (1 + I(N(p)))`. `N` grows on the way,
//! so the right side only ever moves further: iterating from the shock climbs to the first fixed point (Tarski), in finitely many rounds
//! because `N` has finitely many steps. A larger shock stops no earlier, so the smallest one that exhausts
//! the book is found by bisection, to a basis point.

use levee_risk::units::MathError;

use super::curve::{Side, Tally, STEPS};
use crate::impact::{ImpactLaw, BILLION};

const NANO: f64 = BILLION as f64;

/// One side's sales, added up along the price.
pub struct Cascade<'a> {
    side: Side,
    law: &'a ImpactLaw,
    /// Billionths of the asset sold on the way to each step, that step's included.
    sold: Vec<u128>,
    /// Debt repaid on the way, in wad dollars.
    repaid: Vec<u128>,
    /// The first step with this part of all sales behind it counts as exhausted.
    exhausted_at: usize,
}

/// Where a cascade stops.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stop {
    /// The shock, in steps.
    pub shock: u32,
    /// Where the price stands in the end, in steps from that of now.
    pub step: u32,
    /// Units that liquidators sold, or bought on the short side.
    pub volume: f64,
    /// Debt repaid, in wad dollars.
    pub repaid: u128,
    /// What the volume did to the price, as a part of it.
    pub impact: f64,
    /// How often the price gave way.
    pub rounds: u32,
    /// Whether the book is exhausted.
    pub is_exhausted: bool,
}

impl Stop {
    /// The whole move over the shock: one without a cascade.
    pub fn amplification(&self) -> f64 {
        f64::from(self.step) / f64::from(self.shock.max(1))
    }
}

impl<'a> Cascade<'a> {
    /// `law` is that of billionths of the asset. `exhausted_part` of all sales of a side's range counts as the whole book.
    ///
    /// # Errors
    /// [`MathError::Overflow`] where all steps together leave their type.
    pub fn new(
        side: Side,
        steps: &[Tally],
        law: &'a ImpactLaw,
        exhausted_part: f64,
    ) -> Result<Self, MathError> {
        let mut all = Tally::default();
        let (mut sold, mut repaid) = (Vec::new(), Vec::new());
        for step in steps {
            all.add(step)?;
            sold.push(all.pressed);
            repaid.push(all.repaid);
        }
        let enough = all.pressed as f64 * exhausted_part;
        let exhausted_at = sold.iter().position(|sold| *sold as f64 >= enough);
        Ok(Self {
            side,
            law,
            exhausted_at: exhausted_at.unwrap_or(sold.len()),
            sold,
            repaid,
        })
    }

    /// The last step of the range.
    pub fn last(&self) -> u32 {
        self.sold.len() as u32 - 1
    }

    /// Whether anything is sold at all.
    pub fn is_empty(&self) -> bool {
        self.sold.last().is_none_or(|sold| *sold == 0)
    }

    /// Where a price without impact has exhausted the book.
    pub fn exhausted_at(&self) -> Option<u32> {
        (!self.is_empty() && self.exhausted_at < self.sold.len())
            .then_some(self.exhausted_at as u32)
    }

    /// What all sales on the way to `step` do to the price, as a part of it.
    fn impact(&self, step: u32) -> f64 {
        self.law.impact_ppb_down(self.sold[step as usize]) as f64 / NANO
    }

    /// The price after `shock` and the sales on the way to `step`, as the step that it lies in; the last one of the range
    /// where it leaves it.
    fn pushed(&self, shock: u32, step: u32) -> u32 {
        let start = f64::from(shock) / f64::from(STEPS);
        let impact = self.impact(step);
        let moved = match self.side {
            Side::Long => 1.0 - (1.0 - start) * (1.0 - impact).max(0.0),
            Side::Short => (1.0 + start) * (1.0 + impact) - 1.0,
        };
        let pushed = (moved * f64::from(STEPS)).floor();
        (pushed.min(f64::from(self.last())) as u32).max(step)
    }

    /// The first fixed point after `shock`.
    pub fn stop(&self, shock: u32) -> Stop {
        let mut step = shock.min(self.last());
        let mut rounds = 0;
        loop {
            let next = self.pushed(shock, step);
            if next == step {
                break;
            }
            step = next;
            rounds += 1;
        }
        Stop {
            shock,
            step,
            volume: self.sold[step as usize] as f64 / NANO,
            repaid: self.repaid[step as usize],
            impact: self.impact(step),
            rounds,
            is_exhausted: self.exhausted_at().is_some_and(|end| step >= end),
        }
    }

    /// The smallest shock whose cascade does not stop before the book is exhausted; `None` where there is nothing to sell.
    pub fn runaway(&self) -> Option<Stop> {
        let (mut stops, mut runs) = (0, self.exhausted_at()?);
        if self.stop(0).is_exhausted {
            return Some(self.stop(0));
        }
        while runs - stops > 1 {
            let middle = stops + (runs - stops) / 2;
            if self.stop(middle).is_exhausted {
                runs = middle;
            } else {
                stops = middle;
            }
        }
        Some(self.stop(runs))
    }
}
