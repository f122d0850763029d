//! What a crash does to a book of obligations: under Levee, by the program's own code, and under the rules of its rivals.

#![deny(missing_docs)]

pub mod book;
mod command;
pub mod engines;
pub mod market;
pub mod picture;
pub mod prices;
pub mod report;
pub mod run;

pub use command::{simulate, SimulateArguments};
