//! Levee on a cluster, over JSON-RPC.

mod cluster;
mod connection;
mod prices;
mod receivers;
mod sending;

pub use cluster::*;
pub use connection::*;
pub use prices::*;
pub use receivers::*;
pub use sending::*;
