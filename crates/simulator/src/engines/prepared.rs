//! Looks that are worked out before their turn comes, for many obligations at once on all threads.
//!
//! Whoever is liquidated first moves prices on the exchange for the next, so looks happen one after the other. But what the
//! oracles say is the same for all of a moment, and with it every valuation and every offer: only whether an offer pays, and the
//! ledger's totals, are left for the turn itself.

use levee_risk::fixed::{ScaledDebt, ScaledSupply};
use levee_risk::valuation::Health;

use super::case::Amounts;
use super::Deal;
use crate::market::Pair;

/// What was worked out.
#[derive(Clone, Copy, Debug)]
pub enum Prepared {
    /// Liquidators leave it alone until so many milliseconds after the opening.
    Rests(i64),
    /// This would be done.
    Trade(Prospect),
}

/// One liquidation that closes no position.
#[derive(Clone, Copy, Debug)]
pub struct Prospect {
    /// The reserves repaid and seized.
    pub(super) pair: (usize, usize),
    /// All of what is offered.
    pub(super) amounts: Amounts,
    /// The tick that is left alone afterwards.
    pub(super) tick: Option<i32>,
    /// The debt before and after.
    pub(super) debt: (ScaledDebt, ScaledDebt),
    /// The deposit before and after.
    pub(super) deposit: (ScaledSupply, ScaledSupply),
    /// The reserves that the obligation uses, one bit each.
    pub(super) reserves: u32,
    /// How many losses were written off before.
    pub(super) losses: u64,
    /// Afterwards.
    pub(super) health: Health,
}

/// What became of something prepared.
#[derive(Clone, Debug, PartialEq)]
pub enum Turn {
    /// It is as if nothing had been prepared.
    Anew,
    /// Liquidators leave it alone until so many milliseconds after the opening.
    Rests(i64),
    /// This moved, and leaves the obligation with these balances, which are still to be written, and this health.
    Acted(Deal, Pair, Health),
}
