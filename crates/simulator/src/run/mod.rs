//! One engine's way through a path.

mod driver;
mod index;
mod look;
mod meet;
mod needed;
mod queue;
mod tally;
mod triggers;
mod watchers;

pub use driver::run;
pub(crate) use index::ratio;
pub use index::Index;
pub use tally::{Liquidation, Outcome, Step};

use crate::market::{Costs, ImpactParams, OracleParams};

/// What is the same for all engines.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// What sales do to prices.
    pub impact: ImpactParams,
    /// How oracles lag and doubt.
    pub oracle: OracleParams,
    /// What a liquidator must earn.
    pub costs: Costs,
    /// Liquidators look again after so many slots at those who wait, between two prices.
    pub look_slots: u64,
    /// Most liquidations in a slot; zero where blocks have room for all.
    pub most_per_slot: u64,
    /// The part of the borrowers, in parts per million, who repay when their health falls below 1.05.
    pub top_up_ppm: u64,
    /// Who these are.
    pub seed: u64,
}

impl Default for Settings {
    /// The defaults of the command.
    fn default() -> Self {
        Self {
            impact: ImpactParams::default(),
            oracle: OracleParams::default(),
            costs: Costs::default(),
            look_slots: 5,
            most_per_slot: 0,
            top_up_ppm: 50_000,
            seed: 1,
        }
    }
}
