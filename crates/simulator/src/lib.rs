//! What a crash does to a book of obligations, under Levee and under the rules of its rivals.

#![deny(missing_docs)]

pub mod heatmap;
pub mod liquidations;
mod names;
mod output;

pub use output::Format;
