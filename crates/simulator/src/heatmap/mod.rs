//! How much debt becomes liquidatable at each price of an asset, and where a cascade of liquidations stops.

mod book;
mod cascade;
mod case;
mod closing;
mod command;
mod curve;
mod file;
mod live;
mod picture;
mod report;

pub use book::{Asset, FixedRule, Line, Obligations, Rule, Token};
pub use cascade::{Cascade, Stop};
#[cfg(feature = "rpc")]
pub use command::heatmap_of_market;
pub use command::{heatmap, HeatmapArguments, RuleName};
pub use curve::{Curve, Range, Side, Tally, STEPS};
pub use file::{read_book, FileOptions, FORMATS};
pub use live::MarketAccounts;
pub use report::{Bucket, Heatmap, Options, Parameters, Shock, SideReport};

#[cfg(test)]
mod tests;
