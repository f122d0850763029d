//! Looks that are worked out before their turn comes, for many obligations at once on all threads.
//!
//! Whoever is liquidated first moves prices on the exchange for the next, so looks happen one after the other. But what the
//! oracles say is the same for all of a moment, and with it every valuation and every offer: only whether an offer pays, and the
//! ledger's totals, are left for the turn itself.

use levee_risk::fixed::{ScaledDebt, ScaledSupply};
use levee_risk::units::Atoms;

use super::Deal;
use crate::market::Pair;

/// What was worked out.
#[derive(Clone, Copy, Debug)]
pub enum Prepared {
    /// Liquidators leave it alone until so many milliseconds after the opening; as long as nothing more was written off than
    /// these losses.
    Rests(i64, u64),
    /// This would be done.
    Trade(Prospect),
}

/// One liquidation that closes no position. Kept small: tens of thousands wait for their turn.
#[derive(Clone, Copy, Debug)]
pub struct Prospect {
    /// Debt.
    pub(super) repay: Atoms,
    /// Collateral, the protocol's part included.
    pub(super) seize: Atoms,
    /// That part.
    pub(super) protocol: Atoms,
    /// The debt before, scaled and in atoms.
    pub(super) debt: (ScaledDebt, Atoms),
    /// The deposit before, scaled and in atoms.
    pub(super) deposit: (ScaledSupply, Atoms),
    /// The health afterwards, over one.
    pub(super) health: f64,
    /// Whether that is healthy.
    pub(super) is_healthy: bool,
    /// The reserves repaid and seized.
    pub(super) pair: (u8, u8),
    /// The tick that is left alone afterwards.
    pub(super) tick: Option<i32>,
    /// The reserves that the obligation uses, one bit each.
    pub(super) reserves: u32,
    /// How many losses were written off before.
    pub(super) losses: u64,
}

impl Prospect {
    pub(super) fn pair(&self) -> (usize, usize) {
        (self.pair.0.into(), self.pair.1.into())
    }
}

/// What became of something prepared.
#[derive(Clone, Debug, PartialEq)]
pub enum Turn {
    /// It is as if nothing had been prepared.
    Anew,
    /// Liquidators leave it alone until so many milliseconds after the opening.
    Rests(i64),
    /// Something moved.
    Acted {
        /// What.
        deal: Deal,
        /// The balances it leaves, which are still to be written.
        left: Pair,
        /// The health it leaves, over one.
        health: f64,
        /// Whether that is healthy.
        is_healthy: bool,
    },
}
