//! Many obligations valued at once, and what their looks will do worked out, on all threads.

use anyhow::Result;
use levee_risk::sheet::Sheet;
use levee_risk::valuation::Health;
use rayon::prelude::*;

use super::needed::needed_micro_usd;
use crate::engines::{Engine, Prepared, Seen};
use crate::market::{micro_usd, World};

/// So many are one thread's at a time.
const ROUND: usize = 128;

/// One who was valued.
pub(super) struct Met {
    pub who: u32,
    pub health: Health,
    /// Where among what was worked out.
    pub worked: Option<u32>,
}

/// What was worked out for one.
pub(super) struct Worked {
    pub prepared: Prepared,
    /// The collateral at what the oracles say, in millionths of a dollar.
    pub collateral_micro_usd: i64,
    /// What must be repaid at no bonus for a health of one, in millionths of a dollar.
    pub needed_micro_usd: i64,
}

/// What one thread did at a time.
#[derive(Default)]
pub(super) struct Round {
    pub met: Vec<Met>,
    pub worked: Vec<Worked>,
}

impl Round {
    /// Each with the number of the round.
    pub fn numbered((number, round): (usize, &Self)) -> impl Iterator<Item = (usize, &Met)> {
        round.met.iter().map(move |met| (number, met))
    }
}

/// Values `who`, and lets `engine` prepare the looks at the unhealthy among them; in their order.
///
/// # Errors
/// Where an account makes no sense.
pub(super) fn meet(world: &World, engine: &dyn Engine, who: &[u32]) -> Result<Vec<Round>> {
    let meet = |sheet: &mut Sheet, who: &[u32]| meet_some(world, engine, sheet, who);
    if who.len() <= ROUND {
        let mut sheet = Sheet::EMPTY;
        return Ok(vec![meet(&mut sheet, who)?]);
    }
    who.par_chunks(ROUND)
        .map_init(|| Sheet::EMPTY, meet)
        .collect()
}

fn meet_some(world: &World, engine: &dyn Engine, sheet: &mut Sheet, who: &[u32]) -> Result<Round> {
    let mut round = Round::default();
    round.met.reserve(who.len());
    for who in who.iter().copied() {
        let obligation = world.obligation(who);
        let book = world.see(sheet, &obligation)?;
        let mut worked = None;
        if !book.health.is_healthy() && !engine.is_engaged(who) {
            let seen = Seen {
                who,
                obligation: &obligation,
                sheet,
                book: &book,
            };
            if let Some(prepared) = engine.prepare(world, &seen)? {
                worked = Some(round.worked.len() as u32);
                round.worked.push(Worked {
                    prepared,
                    collateral_micro_usd: micro_usd(book.collateral),
                    needed_micro_usd: match prepared {
                        Prepared::Rests(_) => 0,
                        Prepared::Trade(_) => needed_micro_usd(&seen)?,
                    },
                });
            }
        }
        round.met.push(Met {
            who,
            health: book.health,
            worked,
        });
    }
    Ok(round)
}
