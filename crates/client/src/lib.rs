//! Addresses, accounts and instructions of the Levee program, for tests, bots and tools.

#![deny(missing_docs)]

pub mod accounts;
pub mod instructions;
pub mod pda;
pub mod quote;

pub use instructions::ReserveKeys;
pub use levee::ID;
