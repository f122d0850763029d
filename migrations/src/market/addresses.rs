//! What was made, for whoever works with it: kept in a file per cluster.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use levee_client::rpc::{public_part, Cluster};
use serde::{Deserialize, Serialize};

/// The addresses of a market, in base 58.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addresses {
    /// The cluster's name, or the public part of its URL.
    pub cluster: String,
    /// Tells clusters apart whatever they are called.
    pub genesis_hash: String,
    /// Levee.
    pub program: String,
    /// The lending market.
    pub market: String,
    /// Created the market, mints its test tokens and pushes to its test feeds.
    pub owner: String,
    /// The test oracle, where there is one.
    pub oracle: Option<String>,
    /// By the names in the market's file.
    pub reserves: BTreeMap<String, ReserveAddresses>,
}

/// The addresses of one reserve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReserveAddresses {
    /// The reserve.
    pub reserve: String,
    /// Its token.
    pub mint: String,
    /// Digits of the token after the point.
    pub decimals: u8,
    /// The program of the token.
    pub token_program: String,
    /// Where the reserve keeps its tokens.
    pub vault: String,
    /// Pyth's feed of the price, in hexadecimal digits; none for a legacy price account.
    pub feed: Option<String>,
    /// Where the price is posted.
    pub price_account: String,
    /// Pyth's feed of the rate at which it redeems, in hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redemption_feed: Option<String>,
    /// Where that rate is posted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redemption_account: Option<String>,
}

impl Addresses {
    /// Where the addresses on `cluster` are kept in `folder`: a file that is called like the cluster, or like the host that its
    /// URL names.
    pub fn path(folder: &Path, cluster: &Cluster) -> PathBuf {
        let name: String = match cluster.moniker {
            Some(moniker) => moniker.name().to_owned(),
            None => {
                let shown = public_part(&cluster.url);
                let (_, host) = shown.split_once("://").unwrap_or(("", &shown));
                let plain = |c: char| {
                    if c.is_ascii_alphanumeric() || c == '.' {
                        c
                    } else {
                        '-'
                    }
                };
                host.trim_end_matches("/…").chars().map(plain).collect()
            }
        };
        folder.join(format!("{name}.json"))
    }

    /// Writes `path`, whole or not at all.
    ///
    /// # Errors
    /// The file system's.
    pub fn save(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self).context("addresses are always JSON")?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let partial = path.with_extension(format!("{}.partial", std::process::id()));
        std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(&partial, text + "\n"))
            .and_then(|()| std::fs::rename(&partial, path))
            .with_context(|| format!("cannot write {}", path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cluster_has_a_file_of_its_own() {
        let path = |text| {
            let cluster = Cluster::parse(text).unwrap();
            Addresses::path(Path::new("state"), &cluster)
        };
        assert_eq!(path("localnet"), Path::new("state/localnet.json"));
        assert_eq!(path("d"), Path::new("state/devnet.json"));
        assert_eq!(
            path("http://127.0.0.1:8999/"),
            Path::new("state/127.0.0.1-8999.json")
        );
        // A provider's key is no part of a file's name.
        assert_eq!(
            path("https://rpc.example/v2/key?api-key=1"),
            Path::new("state/rpc.example.json")
        );
    }
}
