//! Addresses, accounts and instructions of the Levee program, for tests, bots and tools.

#![deny(missing_docs)]

pub mod accounts;
#[cfg(feature = "cli")]
pub mod command_line;
pub mod defaults;
pub mod health;
pub mod instructions;
pub mod lookup_table;
pub mod offer;
pub mod output;
pub mod pda;
pub mod quote;
pub mod refresh;
#[cfg(feature = "rpc")]
pub mod rpc;
pub mod tokens;
pub mod transaction;

pub use instructions::ReserveKeys;
pub use levee::ID;
