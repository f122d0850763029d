//! What was liquidated, from the program's events: kept in an embedded database that the chain can rebuild at any time.

mod command;
mod history;
mod interest;
mod logs;
mod report;
mod schema;
mod store;
mod summary;

#[cfg(feature = "rpc")]
mod rpc;

#[cfg(feature = "rpc")]
pub use command::liquidations;
pub use command::{liquidations_offline, print_summary, LiquidationsArguments};
pub use history::{synchronize, History, Listed, Logs, Progress};
pub use interest::{open_interest, MarketState, PairInterest, ReserveState};
pub use logs::{decode, Decoded, Event, Fact, Liquidation, WriteOff};
pub use report::Report;
#[cfg(feature = "rpc")]
pub use rpc::ClusterHistory;
pub use store::{Gaps, ReserveFacts, Store, StoredLiquidation, StoredWriteOff};
pub use summary::{summarize, Largest, Summary, Token, Window};
