//! What people call the addresses of a cluster: kept in a file, because the chain knows addresses only.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{anyhow, Context, Result};
use serde::{Deserialize, Serialize};

/// A token that has a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedToken {
    /// Its address.
    pub mint: String,
    /// Pyth's feed of its price, in hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feed: Option<String>,
    /// Pyth's feed of the rate at which it redeems, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redemption_feed: Option<String>,
}

/// The names on one cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Names {
    /// The market that is meant where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub market: Option<String>,
    /// Tokens.
    #[serde(default)]
    pub tokens: BTreeMap<String, NamedToken>,
}

impl Names {
    /// The file of the cluster with `genesis_hash`: in `$LEVEE_CONFIG`, or `~/.config/levee`.
    ///
    /// # Errors
    /// Where neither that nor `HOME` is set.
    pub fn path(genesis_hash: &str) -> Result<PathBuf> {
        let folder = match std::env::var_os("LEVEE_CONFIG") {
            Some(folder) => PathBuf::from(folder),
            None => std::env::home_dir()
                .map(|home| home.join(".config/levee"))
                .context("neither LEVEE_CONFIG nor HOME is set: set LEVEE_CONFIG to a folder")?,
        };
        Ok(folder.join(format!("{genesis_hash}.json")))
    }

    /// Reads `path`; without a file there are no names.
    ///
    /// # Errors
    /// A file that is malformed.
    pub fn load(path: &Path) -> Result<Self> {
        match std::fs::read_to_string(path) {
            Ok(text) => serde_json::from_str(&text).map_err(|error| {
                anyhow!(
                    "{} is malformed ({error}): mend or remove it",
                    path.display()
                )
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    /// Writes `path`, whole or not at all.
    ///
    /// # Errors
    /// The file system's.
    pub fn save(&self, path: &Path) -> Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let partial = path.with_extension(format!("{}.partial", std::process::id()));
        let text = serde_json::to_string_pretty(self).context("names are always JSON")?;
        std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(&partial, text + "\n"))
            .and_then(|()| std::fs::rename(&partial, path))
            .with_context(|| format!("cannot write {}", path.display()))
    }
}
