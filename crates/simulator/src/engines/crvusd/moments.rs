//! What units of deposits and of debts were worth at earlier moments, so that the health of then bounds the health of now.
//!
//! With `L` the least factor by which a unit of an obligation's deposits changed in value (price and supply index) and `S`
//! the largest by which one of its debts did, health has changed by at least `L/S`; the other way round, by at most that.

use anchor_lang::prelude::Pubkey;
use anyhow::Result;
use levee::state::Obligation;
use levee_risk::units::Atoms;
use levee_risk::valuation::Book;

use crate::market::World;

/// What an obligation holds and owes, one bit per reserve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parts {
    held: u32,
    owed: u32,
}

impl Parts {
    pub const NONE: Self = Self { held: 0, owed: 0 };
}

/// Of a reserve.
#[derive(Clone, Copy, Debug)]
struct Worth {
    /// Of a scaled unit of a deposit, in any unit.
    deposit: f64,
    /// Of a debt.
    debt: f64,
    /// Of an atom, in wad dollars.
    atom: f64,
}

/// Moments at which something was valued.
#[derive(Default)]
pub(super) struct Moments {
    /// Of all reserves, the newest moment last.
    worths: Vec<Vec<Worth>>,
    now_ms: i64,
    /// The reserves' addresses.
    keys: Vec<Pubkey>,
    /// Whether anything was valued at the newest one.
    is_used: bool,
}

impl Moments {
    /// Goes on to what everything is worth now. Whoever is valued must be told of by [`Moments::keep`].
    ///
    /// # Errors
    /// Where a price is out of range.
    pub fn advance(&mut self, world: &World) -> Result<()> {
        if !self.worths.is_empty() && self.now_ms == world.now_ms() {
            return Ok(());
        }
        if self.keys.is_empty() {
            self.keys = world.pool.keys().to_vec();
        }
        let units = world.pool.unit_worths().zip(world.pool.reserves());
        let worths = units.enumerate().map(|(at, ((deposit, debt), reserve))| {
            let token = world.pool.token_price(at, reserve.price.price)?;
            Ok(Worth {
                deposit,
                debt,
                atom: token.value_up(Atoms(1))?.wad() as f64,
            })
        });
        let worths = worths.collect::<Result<_>>()?;
        if !self.is_used {
            self.worths.pop();
        }
        self.worths.push(worths);
        self.now_ms = world.now_ms();
        self.is_used = false;
        Ok(())
    }

    /// Somebody was valued now.
    pub fn keep(&mut self) {
        self.is_used = true;
    }

    /// Which moment it is.
    pub fn now(&self) -> u32 {
        self.worths.len() as u32 - 1
    }

    /// What an obligation consists of; `None` where reserves are too many.
    pub fn parts(&self, obligation: &Obligation) -> Option<Parts> {
        let bit = |key| {
            let at = self.keys.iter().position(|known| known == key)?;
            1u32.checked_shl(at as u32)
        };
        let mut parts = Parts::NONE;
        for one in obligation.deposits() {
            parts.held |= bit(&one.reserve)?;
        }
        for one in obligation.borrows() {
            parts.owed |= bit(&one.reserve)?;
        }
        Some(parts)
    }

    /// By how much roundings to an atom each way, now and then, may move the health of one that is worth `book`, as a part of it.
    pub fn atoms(&self, parts: Parts, book: &Book) -> f64 {
        let Some(now) = self.worths.last() else {
            return f64::INFINITY;
        };
        let of = |bits: u32| -> f64 {
            each(bits)
                .filter_map(|at| now.get(at))
                .map(|one| one.atom)
                .sum()
        };
        let held = of(parts.held) / book.collateral.wad().max(1) as f64;
        let owed = of(parts.owed) / book.debt.wad().max(1) as f64;
        4.0 * (held + owed)
    }

    /// Between which factors the health of an obligation changed since a moment.
    pub fn changes(&self, since: u32, parts: Parts) -> (f64, f64) {
        let (Some(now), Some(then)) = (self.worths.last(), self.worths.get(since as usize)) else {
            return (0.0, f64::INFINITY);
        };
        let extremes = |bits: u32, of: fn(&Worth) -> f64| {
            let mut found = (f64::INFINITY, 0.0f64);
            for at in each(bits) {
                let change = of(&now[at]) / of(&then[at]);
                found = (found.0.min(change), found.1.max(change));
            }
            found
        };
        let held = extremes(parts.held, |one| one.deposit);
        let owed = extremes(parts.owed, |one| one.debt);
        (held.0 / owed.1, held.1 / owed.0)
    }
}

/// The numbers of the bits that are set.
fn each(mut bits: u32) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let at = bits.trailing_zeros();
        bits &= bits.wrapping_sub(1);
        (at < u32::BITS).then_some(at as usize)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::one_borrower::{nine_million_against, BORROWER};
    use crate::prices::DOLLAR;

    /// Prices of both tokens and interest of years move it.
    #[test]
    fn health_changes_by_no_more_than_what_it_consists_of() {
        let mut world = nine_million_against(5_000_000);
        let mut moments = Moments::default();
        let mut seen = Vec::new();
        let parts = moments_parts(&mut moments, &world);
        for (step, (held, owed)) in [(90, 100), (70, 101), (75, 97), (93, 100), (91, 100)]
            .into_iter()
            .enumerate()
        {
            let now_ms = world.now_ms() + (step as i64 + 1) * 3_000_000_000;
            for at_ms in [now_ms, now_ms + 400] {
                let prices = [held * DOLLAR / 10, owed * DOLLAR / 100];
                world.advance(at_ms, &prices).unwrap();
            }
            moments.advance(&world).unwrap();
            moments.keep();
            let health = world.value_of(BORROWER).unwrap().health;
            let health = health.collateral.raw() as f64 / health.debt.raw() as f64;
            for (since, before) in &seen {
                let (least, most) = moments.changes(*since, parts);
                let change = health / before;
                assert!(change > least * (1.0 - 1e-6), "{step}: {change} {least}");
                assert!(change < most * (1.0 + 1e-6), "{step}: {change} {most}");
            }
            seen.push((moments.now(), health));
        }
        assert_eq!(seen.len(), 5);
        assert_eq!(seen[4].0 - seen[0].0, 4);
    }

    fn moments_parts(moments: &mut Moments, world: &World) -> Parts {
        moments.advance(world).unwrap();
        moments.parts(&world.obligation(BORROWER)).unwrap()
    }

    #[test]
    fn a_moment_that_nobody_needs_is_not_kept() {
        let mut world = nine_million_against(5_000_000);
        let mut moments = Moments::default();
        for step in 1..=9 {
            world.advance(step * 400, &[9 * DOLLAR, DOLLAR]).unwrap();
            moments.advance(&world).unwrap();
            if step % 3 == 0 {
                moments.keep();
            }
        }
        assert_eq!(moments.worths.len(), 3);
    }
}
