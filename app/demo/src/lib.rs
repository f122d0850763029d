//! A price crash on an embedded chain: the real program, real transactions, and a liquidator that quotes with the
//! program's own plan.

pub mod book;
pub mod invariants;
pub mod liquidator;
pub mod market;
pub mod offer;
pub mod picture;
pub mod prices;
pub mod report;
pub mod timeline;
pub mod walk;
