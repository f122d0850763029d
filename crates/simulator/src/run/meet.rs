//! Many obligations valued at once, and what their looks will do worked out, on all threads.

use anyhow::Result;
use levee_risk::sheet::Sheet;
use levee_risk::valuation::Health;
use rayon::prelude::*;

use super::needed::needed_micro_usd;
use crate::engines::{Engine, Prepared, Seen};
use crate::market::{micro_usd, Room, World};

/// So many are one thread's at a time.
const ROUND: usize = 128;

/// One who was valued.
pub(super) struct Met {
    pub who: u32,
    pub health: Health,
    pub worked: Option<Place>,
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

impl Place {
    pub fn of(self, rounds: &[Round]) -> Worked {
        rounds[self.0 as usize].worked[self.1 as usize]
    }
}

/// What one thread did at a time.
#[derive(Default)]
pub(super) struct Round {
    pub met: Vec<Met>,
    worked: Vec<Worked>,
    room: Vec<Room>,
}

/// Values `who`, and lets `engine` prepare the looks at the unhealthy among them; in their order, into `rounds`.
///
/// # Errors
/// Where an account makes no sense.
pub(super) fn meet(
    world: &World,
    engine: &dyn Engine,
    who: &[u32],
    rounds: &mut Vec<Round>,
) -> Result<()> {
    rounds.resize_with(who.len().div_ceil(ROUND), Round::default);
    let meet = |sheet: &mut Sheet, (number, (who, round)): (usize, (&[u32], &mut Round))| {
        round.meet(world, engine, sheet, (number, who))
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
        world: &World,
        engine: &dyn Engine,
        sheet: &mut Sheet,
        (number, who): (usize, &[u32]),
    ) -> Result<()> {
        self.met.clear();
        self.worked.clear();
        world.read(who, &mut self.room);
        for (who, room) in who.iter().copied().zip(&self.room) {
            let obligation = world.obligation_in(who, room);
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
                    worked = Some(Place(number as u32, self.worked.len() as u32));
                    self.worked.push(Worked {
                        prepared,
                        collateral_micro_usd: micro_usd(book.collateral),
                        needed_micro_usd: match prepared {
                            Prepared::Rests(..) => 0,
                            Prepared::Trade(_) => needed_micro_usd(&seen)?,
                        },
                    });
                }
            }
            self.met.push(Met {
                who,
                health: book.health,
                worked,
            });
        }
        Ok(())
    }
}
