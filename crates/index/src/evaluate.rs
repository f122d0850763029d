//! One obligation: its exact verdict by the program's own code, and its new box.

use anchor_lang::prelude::Result;
use levee_risk::price::Price;
use levee_risk::sheet::{Sheet, View};
use levee_risk::units::{Atoms, Bps, MathError};
use levee_risk::valuation::WeightedUsd;

use super::boxes::{certain, Bound, Exposure, MAX_FEEDS};
use super::key::Trigger;
use super::store::Verdict;
use super::{Index, Queues};

/// The program's and the library's errors are all the same here: without a value there is no verdict.
struct NoValue;

impl From<MathError> for NoValue {
    fn from(_: MathError) -> Self {
        Self
    }
}

impl From<anchor_lang::error::Error> for NoValue {
    fn from(_: anchor_lang::error::Error) -> Self {
        Self
    }
}

impl Index {
    /// Values obligation `id` exactly and gives it a verdict and a box.
    pub(super) fn value(&mut self, id: u32) {
        self.valued += 1;
        let sheet = self.sheet(id);
        let verdict = verdict_of(sheet.as_ref().ok());
        let before = self.store.head(id).verdict;
        if verdict != before {
            self.turned.push((id, before));
            self.store.head_mut(id).verdict = verdict;
            match verdict {
                Verdict::Unhealthy => self.unhealthy.insert(id),
                Verdict::Healthy | Verdict::Unknown => self.unhealthy.remove(&id),
            };
        }
        if self.store.head(id).borrow_count() == 0 {
            // Nothing owed: healthy at every price.
            self.thin.remove(&id);
            return;
        }
        match sheet.map(|sheet| self.set_box(id, &sheet, verdict)) {
            Ok(Ok(true)) => self.thin.remove(&id),
            _ => self.thin.insert(id),
        };
    }

    /// Values all obligations whose positions `concerns`.
    pub(super) fn value_all(&mut self, concerns: impl Fn(&Self, u32) -> bool) {
        for id in 0..self.store.end() {
            if !self.store.head(id).is_empty() && concerns(self, id) {
                self.value(id);
            }
        }
    }

    /// The exact verdict, as the program would find it at these prices.
    pub(super) fn verdict(&self, id: u32) -> Verdict {
        verdict_of(self.sheet(id).ok().as_ref())
    }

    fn sheet(&self, id: u32) -> Result<Sheet> {
        let obligation = self.store.unpack(id, &self.world);
        let mut numbers = [0; MAX_FEEDS];
        for (number, packed) in numbers.iter_mut().zip(self.store.positions(id)) {
            *number = packed.reserve;
        }
        self.world.sheet(&obligation, &numbers)
    }

    /// Whether there is room for a box.
    fn set_box(
        &mut self,
        id: u32,
        sheet: &Sheet,
        verdict: Verdict,
    ) -> std::result::Result<bool, NoValue> {
        let mut exposures = [Exposure::default(); MAX_FEEDS];
        let count = self.exposures(id, sheet, &mut exposures)?;
        let exposures = &exposures[..count];
        // Numbers are as good as random where obligations come in the order of their addresses.
        let haste = (id.wrapping_mul(0x9e37_79b9) >> 24) as u8;
        let Some(certain) = certain(exposures, verdict == Verdict::Healthy, haste) else {
            return Ok(false);
        };
        let Ok(until) = u32::try_from(self.drift + u64::from(certain.drift)) else {
            return Ok(false);
        };
        let head = self.store.head_mut(id);
        self.drift_queue.set(&mut head.drift, id, !until);
        for (exposure, bound) in exposures.iter().zip(certain.bounds) {
            self.set_bound(id, exposure.feed, bound);
        }
        Ok(true)
    }

    fn set_bound(&mut self, id: u32, feed: u16, bound: Bound) {
        let reserves = &self.world.reserves;
        let positions = self.store.positions_mut(id).iter_mut();
        let mut of_feed =
            positions.filter(|packed| reserves[usize::from(packed.reserve)].feed == feed);
        let Some(packed) = of_feed.next() else {
            return;
        };
        let (is_upper, key) = match bound {
            Bound::Any => (packed.is_upper, 0),
            Bound::Below(key) => (false, key),
            Bound::Above(key) => (true, !key),
        };
        if packed.is_upper != is_upper {
            // What is left in the other queue means nothing any more.
            packed.trigger = Trigger::NONE;
            packed.is_upper = is_upper;
        }
        let Queues { lower, upper } = &mut self.queues[usize::from(feed)];
        let queue = if is_upper { upper } else { lower };
        queue.set(&mut packed.trigger, id, key);
    }

    /// What obligation `id` has in each base, by the program's own valuation of each position.
    fn exposures(
        &self,
        id: u32,
        sheet: &Sheet,
        exposures: &mut [Exposure; MAX_FEEDS],
    ) -> std::result::Result<usize, NoValue> {
        let mut count = 0;
        let deposits = self.store.head(id).deposit_count();
        for (at, packed) in self.store.positions(id).iter().enumerate() {
            let feed = self.world.reserves[usize::from(packed.reserve)].feed;
            let known = exposures[..count].iter().position(|e| e.feed == feed);
            let slot = known.unwrap_or(count);
            if known.is_none() {
                let base = &self.world.feeds[usize::from(feed)];
                exposures[slot] = Exposure {
                    feed,
                    price: base.price,
                    motion: base.motion,
                    ..Exposure::default()
                };
                count += 1;
            }
            let exposure = &mut exposures[slot];
            if at < deposits {
                let side = sheet.seized_side(at)?;
                let value = side.price.value_down(side.deposited)?;
                exposure.held += weighted(value, side.threshold)?;
                exposure.rounding += rounding(side.price, side.deposited, side.threshold)?;
            } else {
                let side = sheet.repaid_side(at - deposits)?;
                let value = side.price.value_up(side.owed)?;
                exposure.owed += weighted(value, side.borrow_factor)?;
                exposure.rounding += rounding(side.price, side.owed, side.borrow_factor)?;
            }
        }
        Ok(count)
    }
}

fn verdict_of(sheet: Option<&Sheet>) -> Verdict {
    match sheet.map(|sheet| sheet.book(View::Plain)) {
        Some(Ok(book)) if book.health.is_healthy() => Verdict::Healthy,
        Some(Ok(_)) => Verdict::Unhealthy,
        Some(Err(_)) | None => Verdict::Unknown,
    }
}

fn weighted(value: levee_risk::units::Usd, weight: Bps) -> std::result::Result<f64, NoValue> {
    Ok(WeightedUsd::of(value, weight)?.raw() as f64)
}

/// What the program's roundings of one position are worth at most, four times over: an atom more or less, a unit of the price
/// more or less, a wad dollar more or less. Not a number where the price rounds to nothing: then there is no box.
fn rounding(price: Price, atoms: Atoms, weight: Bps) -> std::result::Result<f64, NoValue> {
    let atom = price.value_up(Atoms(1))?.wad() as f64;
    let unit = (price.value_up(atoms)?.wad() as f64 + 3.0 * atom) / price.mantissa() as f64;
    Ok(4.0 * f64::from(weight.0) * (atom + unit + 1.0))
}
