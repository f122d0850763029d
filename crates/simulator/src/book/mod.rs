//! The book: everybody's deposits and debts when the path begins.

mod file;
mod generated;
mod groups;
mod opening;
mod staked;

use anchor_lang::prelude::Pubkey;
use levee::state::{Limbs, Obligation};

pub use file::{read_drafts, write_drafts};
pub use generated::{draw, BookParams};
pub use opening::{open, Draft, Opening, MOST_ASSETS};
pub use staked::{stake, StakeParams};

/// One position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// The scaled balance.
    pub scaled: u128,
    /// Which reserve.
    pub asset: u8,
    /// Whether it is owed.
    pub is_debt: bool,
}

/// All obligations, in little room: an obligation is made from its lines when somebody looks at it.
#[derive(Clone, Debug, Default)]
pub struct Book {
    /// Where each obligation's lines begin, and where the last ones end.
    starts: Vec<u32>,
    lines: Vec<Line>,
    /// The elevation group of each; zero for none.
    groups: Vec<u8>,
}

impl Book {
    /// An empty book.
    pub fn new() -> Self {
        Self {
            starts: vec![0],
            lines: Vec::new(),
            groups: Vec::new(),
        }
    }

    /// Adds an obligation in no elevation group with its positions in their order, deposits first.
    pub fn push(&mut self, lines: impl IntoIterator<Item = Line>) {
        self.push_in_group(lines, 0);
    }

    /// The same in elevation group `group`.
    pub fn push_in_group(&mut self, lines: impl IntoIterator<Item = Line>, group: u8) {
        self.lines.extend(lines);
        self.starts.push(self.lines.len() as u32);
        self.groups.push(group);
    }

    /// Adds the positions of an account, and its group. Reserves are found by their address.
    pub fn push_account(&mut self, obligation: &Obligation, keys: &[Pubkey]) {
        let line = |reserve: &Pubkey, scaled: Limbs, is_debt| {
            let asset = keys.iter().position(|key| key == reserve)?;
            Some(Line {
                scaled: scaled.get(),
                asset: asset as u8,
                is_debt,
            })
        };
        let deposits = obligation.deposits().iter();
        let borrows = obligation.borrows().iter();
        let lines: Vec<Line> = deposits
            .filter_map(|one| line(&one.reserve, one.scaled, false))
            .chain(borrows.filter_map(|one| line(&one.reserve, one.scaled, true)))
            .collect();
        self.push_in_group(lines, obligation.elevation_group);
    }

    /// Number of obligations.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The positions of obligation `who`.
    pub fn lines(&self, who: u32) -> &[Line] {
        let at = who as usize;
        &self.lines[self.starts[at] as usize..self.starts[at + 1] as usize]
    }

    /// Obligation `who` as an account.
    pub fn obligation(&self, who: u32, keys: &[Pubkey]) -> Obligation {
        let mut obligation: Obligation = bytemuck::Zeroable::zeroed();
        obligation.elevation_group = self.groups[who as usize];
        for line in self.lines(who) {
            let (positions, count) = if line.is_debt {
                (&mut obligation.borrows[..], &mut obligation.borrow_count)
            } else {
                (&mut obligation.deposits[..], &mut obligation.deposit_count)
            };
            let slot = &mut positions[usize::from(*count)];
            slot.reserve = keys[usize::from(line.asset)];
            slot.scaled = Limbs::new(line.scaled);
            *count += 1;
        }
        obligation
    }
}
