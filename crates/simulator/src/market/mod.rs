//! The market that a book lives in: reserves with the program's own ledger, oracles, the exchange where seized
//! collateral is sold, and everybody's wallets.

mod assets;
mod bargain;
mod conservation;
mod exchange;
mod obligations;
mod oracle;
mod pool;
mod stake;
mod wallets;
mod world;

pub use assets::{add_stakes, default_market, listed, Asset, USDC};
pub use bargain::Bargain;
pub use conservation::Totals;
pub use exchange::{Exchange, ImpactParams};
pub use obligations::{Pair, Read};
pub use oracle::{Feed, OracleParams, Print};
pub(crate) use pool::{broken, said, Changed};
pub use pool::{Divisors, Pool};
pub use stake::Stake;
pub use wallets::{Holder, Wallets};
pub use world::{micro_usd, Costs, World, FIRST_SLOT_MS, SLOT_MS};
