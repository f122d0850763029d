//! Where what was seized is sold.

use serde::Deserialize;

/// Where what was seized is sold.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Router {
    /// Which.
    pub kind: RouterKind,
    /// What selling costs where no pair says otherwise, in basis points.
    pub cost_bps: u32,
    /// Pairs that cost something else.
    pub pairs: Vec<PairCost>,
    /// The two sides of each test market.
    pub test_markets: Vec<TestMarket>,
}

/// Kinds of routers.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum RouterKind {
    /// What was seized stays in the wallet, and is sold elsewhere at a configured cost.
    #[default]
    Inventory,
    /// The constant-product market of the tests, for local chains.
    TestMarket,
}

/// What selling one token for another costs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairCost {
    /// The mint that is sold.
    pub from: String,
    /// The mint that is bought.
    pub to: String,
    /// In basis points.
    pub cost_bps: u32,
}

/// The token accounts of a test market.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestMarket {
    /// One side.
    pub first: String,
    /// The other.
    pub second: String,
}
