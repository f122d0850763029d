//! What the program decides about obligations, apart from accounts: the instructions run it on what they loaded, and
//! whoever quotes runs the same on decoded copies.

mod desk;
mod events;
mod execution;
mod liquidation;
mod netting;
mod parties;
mod planning;
mod reserves;
mod settlement;
mod valuation;

pub use desk::*;
pub use events::*;
pub use execution::*;
pub use netting::*;
pub use parties::*;
pub use reserves::*;
pub use settlement::*;
pub use valuation::*;
