//! What a crash does to a book of obligations: under Levee, by the program's own code, and under the rules of its rivals. And what
//! obligations and liquidations say in sum: heatmaps and figures.

#![deny(missing_docs)]

pub mod book;
mod command;
mod decimal;
mod dollars;
pub mod engines;
pub mod heatmap;
pub mod impact;
pub mod liquidations;
pub mod market;
mod names;
mod output;
pub mod picture;
pub mod prices;
pub mod report;
mod root;
pub mod run;
mod tables;
mod text_file;

pub use command::{simulate, SimulateArguments};
pub use output::Format;
