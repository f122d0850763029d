//! The groups of a book: obligations that hold the same assets and owe the same assets, sorted by their health.

use std::collections::BTreeMap;

use anyhow::Result;
use rayon::prelude::*;

use super::Settings;
use crate::book::Opening;
use crate::market::World;
use crate::prices::PricePath;

/// Of whoever owes nothing.
pub(super) const NO_GROUP: u32 = u32::MAX;

/// What a group holds and owes, one bit per reserve.
pub(super) type Signature = (u32, u32);

/// The groups of a book, sorted once for all engines.
pub struct Index {
    pub(super) groups: Vec<(Signature, Vec<(f64, u32)>)>,
    /// The group of each obligation.
    of: Vec<u32>,
}

impl Index {
    /// Sorts a book by its health at the path's first prices.
    ///
    /// # Errors
    /// Where an obligation has no value.
    pub fn new(opening: &Opening, path: &PricePath, settings: &Settings) -> Result<Self> {
        let world = World::new(opening, path, settings)?;
        let keyed: Vec<(Signature, f64)> = (0..opening.book.len() as u32)
            .into_par_iter()
            .map(|who| {
                let mut signature = (0, 0);
                for line in opening.book.lines(who) {
                    let bit = 1 << line.asset;
                    if line.is_debt {
                        signature.1 |= bit;
                    } else {
                        signature.0 |= bit;
                    }
                }
                if signature.1 == 0 {
                    return Ok((signature, f64::INFINITY));
                }
                let book = world.value_of(who)?;
                Ok((signature, ratio(&book.health)))
            })
            .collect::<Result<_>>()?;
        let mut groups: BTreeMap<Signature, Vec<(f64, u32)>> = BTreeMap::new();
        for (who, (signature, health)) in keyed.iter().enumerate() {
            if signature.1 != 0 {
                groups
                    .entry(*signature)
                    .or_default()
                    .push((*health, who as u32));
            }
        }
        let mut groups: Vec<_> = groups.into_iter().collect();
        groups.par_iter_mut().for_each(|(_, members)| {
            members.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        });
        let mut of = vec![NO_GROUP; opening.book.len()];
        for (number, (_, members)) in groups.iter().enumerate() {
            for (_, who) in members {
                of[*who as usize] = number as u32;
            }
        }
        Ok(Self { groups, of })
    }

    /// The number of the group of `who`; beyond all groups for whoever owes nothing.
    pub(super) fn group(&self, who: u32) -> u32 {
        self.of[who as usize]
    }
}

/// The health as a float, for sorting and display.
pub(crate) fn ratio(health: &levee_risk::valuation::Health) -> f64 {
    health.collateral.raw() as f64 / health.debt.raw() as f64
}
