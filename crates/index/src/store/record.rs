//! What is kept of one obligation and of each of its positions.

use levee::state::{Limbs, Position};

use crate::key::Trigger;
use crate::world::World;

/// A position, with its base's trigger where it is the first of the obligation's positions in that base.
#[derive(Clone, Copy, Debug, Default)]
pub struct Packed {
    /// The scaled balance, the low limb first.
    pub(super) scaled: [u32; 4],
    /// The place in the base's lower or upper queue.
    pub trigger: Trigger,
    /// The number of the reserve.
    pub reserve: u16,
    /// Whether the trigger is in the upper queue.
    pub is_upper: bool,
}

const _: () = assert!(size_of::<Packed>() == 28);

/// What an obligation's state is known to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Not liquidatable: `W ≥ B`.
    Healthy,
    /// `W < B`.
    Unhealthy,
    /// It has no value: an overflow, or an elevation group that is gone.
    Unknown,
}

/// One obligation apart from its positions.
#[derive(Clone, Copy, Debug)]
pub struct Head {
    pub(super) start: u32,
    pub(super) deposits: u8,
    pub(super) borrows: u8,
    /// Its elevation group; zero when none.
    pub group: u8,
    /// At the prices now.
    pub verdict: Verdict,
    /// The place in the drift queue.
    pub drift: Trigger,
    /// The slot in which this state was seen.
    pub seen_slot: u64,
    pub(super) last_risk_increase_slot: u64,
}

const _: () = assert!(size_of::<Head>() == 32);

impl Head {
    /// Number of positions.
    pub fn len(&self) -> usize {
        usize::from(self.deposits) + usize::from(self.borrows)
    }

    /// Number of deposits.
    pub fn deposit_count(&self) -> usize {
        usize::from(self.deposits)
    }

    /// Number of borrows.
    pub fn borrow_count(&self) -> usize {
        usize::from(self.borrows)
    }

    /// Whether it holds and owes nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Packed {
    pub(super) fn position(&self, world: &World) -> Position {
        Position {
            reserve: world.reserves[usize::from(self.reserve)].key,
            scaled: Limbs(bytemuck::cast(self.scaled)),
        }
    }
}
