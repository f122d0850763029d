//! Levee on a cluster, over JSON-RPC.

mod cluster;
mod connection;
mod discretion;
mod prices;
mod receivers;
mod refusal;
mod sending;

pub use cluster::*;
pub use connection::*;
pub use discretion::*;
pub use prices::*;
pub use receivers::*;
pub use refusal::*;
pub use sending::*;
