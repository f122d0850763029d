//! Many obligations valued at once, and what their looks will do worked out, on all threads.

use anyhow::Result;
use levee_risk::sheet::Sheet;
use rayon::prelude::*;

use super::index::{ratio, Index};
use super::needed::needed_micro_usd;
use crate::engines::{Engine, Prepared, Seen};
use crate::market::{micro_usd, Read, World};

/// So many are one thread's at a time.
const ROUND: usize = 128;

/// One who was valued.
pub(super) struct Met {
    pub who: u32,
    /// Which of the index's groups.
    pub group: u32,
    /// Over one.
    pub health: f64,
    /// The same, rounded down, as a place in the order of turns.
    pub ratio: u64,
    pub is_healthy: bool,
    pub plan: Plan,
}

/// What is known of a turn before it comes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Plan {
    /// Nothing.
    Look,
    /// [`Prepared::Rests`].
    Rests(i64, u64),
    /// Where it was worked out.
    Worked(Place),
}

/// What was worked out for one.
#[derive(Clone, Copy)]
pub(super) struct Worked {
    pub prepared: Prepared,
    /// The collateral at what the oracles say, in millionths of a dollar.
    pub collateral_micro_usd: i64,
    /// What must be repaid at no bonus for a health of one, in millionths of a dollar.
    pub needed_micro_usd: i64,
}

/// Where something worked out is: the round, and the number in it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place(u32, u32);

impl Plan {
    /// What was worked out.
    pub fn worked(self, rounds: &[Round]) -> Option<Worked> {
        match self {
            Self::Look => None,
            Self::Rests(until_ms, losses) => Some(Worked {
                prepared: Prepared::Rests(until_ms, losses),
                collateral_micro_usd: 0,
                needed_micro_usd: 0,
            }),
            Self::Worked(Place(round, at)) => Some(rounds[round as usize].worked[at as usize]),
        }
    }
}

/// What one thread did at a time.
#[derive(Default)]
pub(super) struct Round {
    pub met: Vec<Met>,
    worked: Vec<Worked>,
    room: Vec<Read>,
}

/// Values `who`, and lets `engine` prepare the looks at the unhealthy among them; in their order, into `rounds`.
///
/// # Errors
/// Where an account makes no sense.
pub(super) fn meet(
    world: &World,
    engine: &dyn Engine,
    index: &Index,
    who: &[u32],
    rounds: &mut Vec<Round>,
) -> Result<()> {
    rounds.resize_with(who.len().div_ceil(ROUND), Round::default);
    let meet = |sheet: &mut Sheet, (number, (who, round)): (usize, (&[u32], &mut Round))| {
        round.meet((world, engine, index), sheet, (number, who))
    };
    if let [only] = rounds.as_mut_slice() {
        let mut sheet = Sheet::EMPTY;
        return meet(&mut sheet, (0, (who, only)));
    }
    who.par_chunks(ROUND)
        .zip(rounds)
        .enumerate()
        .try_for_each_init(|| Sheet::EMPTY, meet)
}

impl Round {
    fn meet(
        &mut self,
        (world, engine, index): (&World, &dyn Engine, &Index),
        sheet: &mut Sheet,
        (number, who): (usize, &[u32]),
    ) -> Result<()> {
        self.met.clear();
        self.worked.clear();
        world.read(who, &mut self.room);
        for (who, read) in who.iter().copied().zip(&self.room) {
            let obligation = world.unpacked(read);
            let book = world.see(sheet, &obligation)?;
            let is_healthy = book.health.is_healthy();
            let mut plan = Plan::Look;
            if !is_healthy && !engine.is_engaged(who) {
                let seen = Seen {
                    who,
                    obligation: &obligation,
                    sheet,
                    book: &book,
                };
                match engine.prepare(world, &seen)? {
                    None => {}
                    Some(Prepared::Rests(until_ms, losses)) => {
                        plan = Plan::Rests(until_ms, losses);
                    }
                    Some(prepared) => {
                        plan = Plan::Worked(Place(number as u32, self.worked.len() as u32));
                        self.worked.push(Worked {
                            prepared,
                            collateral_micro_usd: micro_usd(book.collateral),
                            needed_micro_usd: needed_micro_usd(&seen)?,
                        });
                    }
                }
            }
            self.met.push(Met {
                who,
                group: index.group(who),
                health: ratio(&book.health),
                ratio: book.health.ratio_down().unwrap_or(u64::MAX),
                is_healthy,
                plan,
            });
        }
        Ok(())
    }
}
