//! Lending markets on an embedded chain: real bytecode, real token programs, price accounts as Pyth writes them.
//!
//! A [`World`] is a market with its reserves on any [`Chain`]; [`LiteChain`] is the quick one. A [`Localnet`] is no such chain: it
//! is a process that serves JSON-RPC, for what is a process itself.

#![deny(missing_docs)]

mod chain;
mod configs;
mod lite;
mod localnet;
mod oracle;
mod tokens;
mod world;

pub use chain::{Chain, Failure, Receipt};
pub use configs::{lst_config, sol_config, stable_config, DAY_SLOTS};
pub use lite::{program_path, LiteChain};
pub use localnet::{Localnet, LocalnetOptions};
pub use oracle::{legacy_price_account, price_account, stake_pool_account, PriceSpec};
pub use tokens::{mint_account, token_account, token_amount};
pub use world::{pair_of, Token, User, World};
