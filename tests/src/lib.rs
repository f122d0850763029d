//! What the integration tests share: a bank on the built program, and how they look at refusals.
//!
//! The tests run `levee.so` in solana-program-test's bank, with the token program that mainnet runs. Build it first:
//! `cargo xtask test` does.

pub mod banks;
pub mod refusal;

pub use banks::BanksChain;
pub use levee_testkit::*;
pub use refusal::{assert_refused, assert_refused_with};

/// A market on a fresh bank.
pub fn world() -> World<BanksChain> {
    World::new(BanksChain::new())
}
