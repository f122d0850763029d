//! Which cluster, and whose key: as the Solana CLI is told.

use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail, Context, Result};
use solana_cli_config::{Config, CONFIG_FILE};
use solana_commitment_config::CommitmentConfig;
use solana_hash::Hash;
use solana_keypair::{read_keypair_file, Keypair};

use super::public_part;

/// A cluster that is known by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moniker {
    /// A chain on this machine.
    Localnet,
    /// Solana's cluster for developers.
    Devnet,
    /// Solana's cluster for validators.
    Testnet,
    /// Where tokens have value.
    MainnetBeta,
}

impl Moniker {
    const ALL: [Self; 4] = [
        Self::Localnet,
        Self::Devnet,
        Self::Testnet,
        Self::MainnetBeta,
    ];

    /// As the Solana CLI writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Localnet => "localnet",
            Self::Devnet => "devnet",
            Self::Testnet => "testnet",
            Self::MainnetBeta => "mainnet-beta",
        }
    }

    fn url(self) -> &'static str {
        match self {
            Self::Localnet => "http://127.0.0.1:8899",
            Self::Devnet => "https://api.devnet.solana.com",
            Self::Testnet => "https://api.testnet.solana.com",
            Self::MainnetBeta => "https://api.mainnet-beta.solana.com",
        }
    }

    /// The hash of its first block; a local chain has any.
    pub fn genesis_hash(self) -> Option<&'static str> {
        match self {
            Self::Localnet => None,
            Self::Devnet => Some("EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG"),
            Self::Testnet => Some("4uhcVJyU9pJkvQyS88uRDiswHXSCkY3zQawwpjk2NsNY"),
            Self::MainnetBeta => Some("5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d"),
        }
    }

    /// The cluster whose first block has this hash; never `Localnet`.
    ///
    /// ```
    /// use levee_client::rpc::Moniker;
    ///
    /// let genesis = Moniker::Devnet.genesis_hash().unwrap().parse().unwrap();
    /// assert_eq!(Moniker::of_genesis(&genesis), Some(Moniker::Devnet));
    /// assert_eq!(Moniker::of_genesis(&Default::default()), None);
    /// ```
    pub fn of_genesis(genesis: &Hash) -> Option<Self> {
        let text = genesis.to_string();
        let has = |moniker: &Self| moniker.genesis_hash() == Some(&*text);
        Self::ALL.into_iter().find(has)
    }
}

/// Where a cluster is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// Its name, where it was given by name.
    pub moniker: Option<Moniker>,
    /// Of its JSON-RPC.
    pub url: String,
    /// Of its subscriptions.
    pub websocket_url: String,
}

impl Cluster {
    /// From a name (`localnet`, `devnet`, `testnet`, `mainnet-beta`, or the first letter), or from a URL.
    ///
    /// # Errors
    /// What is neither.
    ///
    /// ```
    /// use levee_client::rpc::{Cluster, Moniker};
    ///
    /// let local = Cluster::parse("localnet")?;
    /// assert_eq!(local.moniker, Some(Moniker::Localnet));
    /// assert_eq!(local.websocket_url, "ws://127.0.0.1:8900/");
    /// assert_eq!(Cluster::parse("https://rpc.example:443/key")?.moniker, None);
    /// assert!(Cluster::parse("devnot").is_err());
    /// # Ok::<(), anyhow::Error>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self> {
        let named = |moniker: &Moniker| match text {
            "localhost" => *moniker == Moniker::Localnet,
            "m" | "mainnet" => *moniker == Moniker::MainnetBeta,
            _ => moniker.name() == text || (text.len() == 1 && moniker.name().starts_with(text)),
        };
        let moniker = Moniker::ALL.into_iter().find(named);
        let url = match moniker {
            Some(moniker) => moniker.url(),
            None if text.starts_with("http://") || text.starts_with("https://") => text,
            None => bail!(
                "`{text}` is no cluster: use localnet, devnet, testnet, mainnet-beta or a URL that begins with http"
            ),
        };
        Ok(Self {
            moniker,
            url: url.into(),
            websocket_url: Config::compute_websocket_url(url),
        })
    }

    /// For messages and logs: its name, or the public part of its URL.
    ///
    /// ```
    /// use levee_client::rpc::Cluster;
    ///
    /// assert_eq!(Cluster::parse("d")?.name(), "devnet");
    /// assert_eq!(Cluster::parse("https://rpc.example/key")?.name(), "https://rpc.example/…");
    /// # Ok::<(), anyhow::Error>(())
    /// ```
    pub fn name(&self) -> String {
        match self.moniker {
            Some(moniker) => moniker.name().into(),
            None => public_part(&self.url),
        }
    }
}

/// Cluster, key and commitment: from the command line where given, else from the Solana CLI's configuration file, else that
/// CLI's defaults.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The cluster.
    pub cluster: Cluster,
    /// The file of the key that signs and pays.
    pub keypair: PathBuf,
    /// How final what is read must be.
    pub commitment: CommitmentConfig,
}

impl Settings {
    /// Reads `config`, or the Solana CLI's own file where that exists; `url` and `keypair` take precedence.
    ///
    /// # Errors
    /// An unreadable file that was named, and what [`Cluster::parse`] refuses.
    pub fn load(config: Option<&Path>, url: Option<&str>, keypair: Option<&Path>) -> Result<Self> {
        let stored = match config {
            Some(path) => Some(read_config(path)?),
            None => match CONFIG_FILE.as_deref().map(Path::new) {
                Some(path) if path.exists() => Some(read_config(path)?),
                _ => None,
            },
        };
        let stored_config = stored.unwrap_or_default();
        let mut cluster = Cluster::parse(url.unwrap_or(&stored_config.json_rpc_url))?;
        if url.is_none() && !stored_config.websocket_url.is_empty() {
            cluster.websocket_url = stored_config.websocket_url;
        }
        let commitment = match stored_config.commitment.as_str() {
            "" => CommitmentConfig::confirmed(),
            text => text
                .parse()
                .map_err(|_| anyhow!("`{text}` in the Solana configuration is no commitment"))?,
        };
        Ok(Self {
            cluster,
            keypair: keypair.map_or_else(|| stored_config.keypair_path.into(), PathBuf::from),
            commitment,
        })
    }

    /// The key that signs and pays.
    ///
    /// # Errors
    /// A file that is missing or no keypair.
    pub fn signer(&self) -> Result<Keypair> {
        read_keypair(&self.keypair)
    }
}

fn read_config(path: &Path) -> Result<Config> {
    Config::load(&path.to_string_lossy())
        .with_context(|| format!("{} is no configuration of the Solana CLI", path.display()))
}

/// Reads a keypair file as the Solana CLI writes it.
///
/// # Errors
/// A file that is missing or no keypair.
pub fn read_keypair(path: &Path) -> Result<Keypair> {
    read_keypair_file(path).map_err(|error| {
        anyhow!(
            "{} is no keypair ({error}): name one with --keypair, or make one with `levee keygen` or `solana-keygen new`",
            path.display()
        )
    })
}
