//! The file that describes a market.

/// Reads a quantity from text in a file.
macro_rules! from_text {
    ($kind:ty) => {
        impl<'de> serde::Deserialize<'de> for $kind {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text: String = serde::Deserialize::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

mod identity;
mod market_terms;
mod quantity;
mod setting;
mod terms;

pub use identity::*;
pub use market_terms::*;
pub use quantity::*;
pub use terms::*;

use std::path::Path;

use anyhow::{anyhow, Context, Result};
use serde::Deserialize;

/// A market with its reserves and elevation groups.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarketFile {
    /// The market.
    pub market: MarketEntry,
    /// Its tokens.
    #[serde(default, rename = "reserve")]
    pub reserves: Vec<ReserveEntry>,
    /// Its elevation groups.
    #[serde(default, rename = "elevation_group")]
    pub groups: Vec<GroupEntry>,
}

/// The market itself.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarketEntry {
    /// Tells several markets of one creator apart.
    #[serde(default)]
    pub id: u64,
    /// Who may change reserves besides the owner; the owner by default.
    pub risk_admin: Option<Address>,
    /// Who may restrict; the owner by default.
    pub guardian: Option<Address>,
    /// The engine's rules; those of the design by default.
    #[serde(default)]
    pub terms: MarketTerms,
}

/// A token that the market lists.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReserveEntry {
    /// What people call it, and what the other entries refer to.
    pub name: String,
    /// The token's address; none for a test token, which is made.
    pub mint: Option<Address>,
    /// Of a test token.
    pub decimals: Option<u8>,
    /// What its test feed says at first, in dollars; only where the cluster has test feeds.
    pub test_price: Option<Dollars>,
    /// What the test feed of its redemption rate says at first; only where the cluster has test feeds.
    pub test_rate: Option<RedemptionRate>,
    /// Its configuration; the design's defaults otherwise.
    #[serde(default)]
    pub terms: ReserveTerms,
}

/// An elevation group.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupEntry {
    /// From 1.
    pub number: u8,
    /// The name of the only reserve that may be borrowed in it.
    pub debt: String,
    /// The names of its collaterals.
    pub members: Vec<String>,
    /// How much of a member's value may be borrowed.
    pub ltv: Percent,
    /// The part of a member's value that counts against debt.
    pub threshold: Percent,
    /// The auction when a member is seized.
    #[serde(default)]
    pub auction: AuctionTerms,
}

impl MarketFile {
    /// Reads `path`.
    ///
    /// # Errors
    /// A file that is missing or malformed: one line with the place.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        parse(&text).map_err(|error| anyhow!("{}:{error}", path.display()))
    }
}

/// Reads TOML.
///
/// # Errors
/// `line:column: what is wrong there`.
pub fn parse<T: serde::de::DeserializeOwned>(text: &str) -> std::result::Result<T, String> {
    toml::from_str(text).map_err(|error| {
        let before = error
            .span()
            .and_then(|span| text.get(..span.start))
            .unwrap_or("");
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        let message = error.message().replace('\n', " ");
        format!("{line}:{column}: {message}")
    })
}
