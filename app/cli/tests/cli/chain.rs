//! Somebody at a terminal: a home of their own, and a chain.

use std::path::Path;
use std::process::{Command, Output};

use levee_client::rpc::{read_keypair, Cluster, Connection};
use levee_testkit::{Localnet, LocalnetOptions};
use serde_json::Value;
use solana_commitment_config::CommitmentConfig;
use solana_keypair::Keypair;
use solana_signer::Signer;
use tempfile::TempDir;

/// A terminal. What is kept between commands lies in its home, which goes with it.
pub struct Terminal {
    home: TempDir,
    url: String,
}

/// A chain with Levee and the test oracle.
pub fn chain() -> Localnet {
    LocalnetOptions::new().levee().oracle().start()
}

impl Terminal {
    /// In front of a chain.
    pub fn at(url: &str) -> Self {
        Self {
            home: tempfile::tempdir().expect("a folder"),
            url: url.to_owned(),
        }
    }

    /// Somebody with a key and SOL.
    pub fn of_somebody(url: &str) -> Self {
        let terminal = Self::at(url);
        terminal.ok(&["keygen"]);
        terminal.ok(&["airdrop", "100"]);
        terminal
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// The address of its key.
    pub fn address(&self) -> String {
        self.keypair().pubkey().to_string()
    }

    /// Its key.
    pub fn keypair(&self) -> Keypair {
        read_keypair(&self.home().join(".config/solana/id.json")).expect("a key")
    }

    /// Its cluster, for what no command does.
    pub fn connection(&self) -> Connection {
        let cluster = Cluster::parse(&self.url).expect("a cluster");
        Connection::new(cluster, CommitmentConfig::confirmed())
    }

    /// A command with this terminal's environment.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env("HOME", self.home.path())
            .env("LEVEE_URL", &self.url)
            .env_remove("LEVEE_CONFIG")
            .env_remove("LEVEE_KEYPAIR")
            .current_dir(self.home.path());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        let mut command = self.command(env!("CARGO_BIN_EXE_levee"));
        command.args(arguments).output().expect("levee starts")
    }

    /// Runs what must succeed, and returns what it printed.
    pub fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let (out, err) = texts(&output);
        assert!(output.status.success(), "levee {arguments:?}\n{out}\n{err}");
        out
    }

    /// The same as JSON.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let out = self.ok(&[arguments, &["--json"]].concat());
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"))
    }

    /// Runs what must be refused: exit code 1, nothing printed but one line on stderr, which is returned.
    pub fn refused(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let (out, err) = texts(&output);
        assert_eq!(
            output.status.code(),
            Some(1),
            "levee {arguments:?}\n{out}\n{err}"
        );
        assert_eq!(out, "", "levee {arguments:?}");
        let lines: Vec<&str> = err.lines().collect();
        assert_eq!(lines.len(), 1, "levee {arguments:?}: {err}");
        assert!(err.starts_with("error: "), "{err}");
        lines[0].to_owned()
    }
}

fn texts(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}
