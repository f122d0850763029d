//! The programs whose price updates are believed.

use anchor_lang::prelude::*;

const PYTH: Pubkey = pyth_solana_receiver_sdk::ID_CONST;
const PYTH_SUCCESSOR: Pubkey = pubkey!("rec2HHDDnjLfj4kE7VyEtFA1HPGQLK33259532cRyHp");

/// Where the test oracle of `tests/programs/oracle` runs on devnet. Only builds with the feature `test-feeds` believe it.
pub const TEST_ORACLE: Pubkey = pubkey!("Aig6WnaK6WB5RU2r3ACaEMdv9XHpfh6UboSgVUxQTjfQ");

/// Pyth's receivers.
#[cfg(not(feature = "test-feeds"))]
pub const PYTH_RECEIVERS: [Pubkey; 2] = [PYTH, PYTH_SUCCESSOR];

/// Pyth's receivers, and the test oracle.
#[cfg(feature = "test-feeds")]
pub const PYTH_RECEIVERS: [Pubkey; 3] = [PYTH, PYTH_SUCCESSOR, TEST_ORACLE];

/// What a build with the feature `test-feeds` says when a market is made. It also tells such a build apart from others.
pub const TEST_FEEDS_NOTICE: &str =
    "This build of Levee believes prices that anybody may push: for devnet only";
