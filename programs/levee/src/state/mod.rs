//! Accounts: fixed size, zero-copy, without `u128`.

mod elevation_group;
mod ledger;
mod lending_market;
mod limbs;
mod micro_usd;
mod obligation;
mod reserve;
mod reserve_config;

pub use elevation_group::*;
pub use ledger::*;
pub use lending_market::*;
pub use limbs::*;
pub use obligation::*;
pub use reserve::*;
pub use reserve_config::*;
