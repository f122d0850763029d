//! A collateral in its bands.

use anyhow::Result;

use super::super::rule::sides;
use super::super::Seen;
use super::band::{Band, BANDS};
use super::prices::said_ratio;
use super::PPM;
use crate::market::World;

/// One collateral of a loan in its bands, on four cache lines.
#[repr(align(64))]
pub(super) struct Loan {
    /// Whose it is.
    pub who: u32,
    /// The slot of the borrower's next one.
    pub next: u32,
    /// When the borrower is looked at whatever prices do: of the first one. Milliseconds after the opening.
    pub next_ms: i64,
    /// The reserve of the collateral.
    pub held: u32,
    /// The reserve of the debt.
    pub owed: u32,
    /// The upper edge of the first band, in units of one.
    top: u128,
    /// What lies in the bands, from the highest price to the lowest: (debt atoms, collateral atoms).
    amounts: [(u64, u64); BANDS],
    /// Whether it may trade when it is looked at.
    pub is_due: bool,
    /// Whether its obligation was healthy when it was last looked at.
    pub is_healthy: bool,
}

const _: () = assert!(size_of::<Loan>() == 256);

impl Loan {
    /// A loan of `who` that is due, with so many atoms of `held` in bands from `top` down.
    pub fn new(who: u32, (held, owed): (usize, usize), atoms: u64, top: u128) -> Self {
        let mut loan = Self {
            who,
            next: 0,
            next_ms: 0,
            held: held as u32,
            owed: owed as u32,
            top,
            amounts: [(0, 0); BANDS],
            is_due: true,
            is_healthy: false,
        };
        loan.set_bands(&Band::spread(atoms, top));
        loan
    }

    /// The reserves of collateral and debt.
    pub fn pair(&self) -> (usize, usize) {
        (self.held as usize, self.owed as usize)
    }

    /// From the highest price to the lowest.
    pub fn bands(&self) -> [Band; BANDS] {
        Band::filled(self.top, &self.amounts)
    }

    /// What has become of them; edges stay where they are.
    pub fn set_bands(&mut self, bands: &[Band; BANDS]) {
        for (amounts, band) in self.amounts.iter_mut().zip(bands) {
            *amounts = (band.borrowed, band.collateral);
        }
    }

    /// A little of each of its cache lines.
    pub fn touch(&self) -> u64 {
        let amounts = [0, 3, 6, 9].map(|at: usize| self.amounts[at].0);
        amounts
            .iter()
            .fold(self.next_ms as u64, |sum, one| sum ^ one)
    }

    /// Whether nothing of it is converted.
    pub fn is_above(&self) -> bool {
        self.amounts.iter().all(|(borrowed, _)| *borrowed == 0)
    }
}

/// Spreads the collateral over bands below the price at which the obligation reached its threshold; `None` where it has not.
pub(super) fn enter(world: &World, seen: &Seen) -> Result<Option<Vec<Loan>>> {
    let health_ppm = u128::from(seen.book.health.ppm_down());
    if health_ppm >= PPM || health_ppm == 0 {
        return Ok(None);
    }
    let sides = sides(world, seen.obligation, seen.sheet)?;
    let owed = sides.owed[0];
    let mut loans = Vec::new();
    for (held, side) in sides.held.iter().zip(&sides.deposits) {
        if *held == owed {
            continue;
        }
        let top = said_ratio(world, *held, owed)? * PPM / health_ppm;
        let atoms = side.deposited.0;
        loans.push(Loan::new(seen.who, (*held, owed), atoms, top));
    }
    Ok((!loans.is_empty()).then_some(loans))
}
