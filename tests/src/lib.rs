//! What the integration tests share: a bank on the built program, and how they look at refusals.
//!
//! The tests run `levee.so` in solana-program-test's bank, with the token program that mainnet runs. Build it first:
//! `cargo xtask test` does.

pub mod banks;
pub mod calls;
pub mod crowd;
pub mod every_instruction;
pub mod facts;
pub mod foreign;
pub mod forge;
pub mod freshness;
pub mod half_lent;
pub mod lending;
pub mod market_limits;
pub mod mints;
pub mod oracles;
pub mod refusal;
pub mod reserve_limits;
pub mod snapshot;
pub mod staked;
pub mod swap;
pub mod token_2022;
pub mod view;

pub use banks::BanksChain;
pub use every_instruction::{Row, Stage};
pub use facts::{event, events};
pub use foreign::Foreign;
pub use half_lent::HalfLent;
pub use lending::{exact, free, Lending};
pub use levee_testkit::*;
pub use mints::TOKEN_2022;
pub use refusal::{assert_refused, assert_refused_somehow, assert_refused_with};
pub use snapshot::Snapshot;
pub use staked::Staked;

/// A market on a fresh bank.
pub fn world() -> World<BanksChain> {
    World::new(BanksChain::new())
}
