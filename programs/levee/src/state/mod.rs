//! Accounts: fixed size, zero-copy, without `u128`.
//!
//! Structs that are also arguments derive Borsh by its own names: `AnchorSerialize` would describe them to the IDL a second
//! time, after `#[zero_copy]`.

mod auction_config;
mod elevation_group;
mod layout;
mod ledger;
mod lending_market;
mod limbs;
mod micro_usd;
mod obligation;
mod reserve;
mod reserve_caches;
mod reserve_config;

pub use auction_config::*;
pub use elevation_group::*;
pub use ledger::*;
pub use lending_market::*;
pub use limbs::*;
pub use obligation::*;
pub use reserve::*;
pub use reserve_caches::*;
pub use reserve_config::*;
