//! Puts Levee on a cluster, and a market from a file on Levee.

#![deny(missing_docs)]

pub mod file;
pub mod market;
pub mod names;
pub mod program;
