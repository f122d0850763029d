//! A chain in a process of its own, for tests of what speaks JSON-RPC and WebSocket.

mod embedded;
mod validator;

use std::path::PathBuf;
use std::process::Child;

use levee::oracle::PYTH_RECEIVERS;
use solana_pubkey::Pubkey;

use crate::lite::program_path;

/// The embedded chain of `app/localnet` on ports of its own, in real time, or a real validator. It ends when this is dropped,
/// and with the process of the test at the latest.
#[derive(Debug)]
pub struct Localnet {
    child: Child,
    /// What it wrote, which goes with it.
    folder: Option<PathBuf>,
    /// JSON-RPC, over HTTP.
    pub rpc_url: String,
    /// Subscriptions, over WebSocket. The port need not be the next one.
    pub ws_url: String,
}

/// What a [`Localnet`] starts with.
#[derive(Clone, Debug, Default)]
pub struct LocalnetOptions {
    programs: Vec<(Pubkey, PathBuf)>,
    upgrade_authority: Option<Pubkey>,
}

impl LocalnetOptions {
    /// Nothing but Solana's own programs and slots of 400 ms.
    pub fn new() -> Self {
        Self::default()
    }

    /// Has the program of a file from the beginning.
    pub fn program(mut self, address: Pubkey, file: impl Into<PathBuf>) -> Self {
        self.programs.push((address, file.into()));
        self
    }

    /// Has Levee from the beginning, as it was built.
    pub fn levee(self) -> Self {
        self.program(levee::ID, program_path("levee"))
    }

    /// Has the test oracle in the place of Pyth's receiver.
    pub fn oracle(self) -> Self {
        self.program(PYTH_RECEIVERS[0], program_path("levee_test_oracle"))
    }

    /// Lets `authority` upgrade these programs; else nobody may.
    pub fn upgrade_authority(mut self, authority: Pubkey) -> Self {
        self.upgrade_authority = Some(authority);
        self
    }

    /// Starts the chain and returns when it answers: a validator where `cargo xtask test --validator` names one.
    ///
    /// # Panics
    /// Where it does not start, or was not built.
    pub fn start(&self) -> Localnet {
        match std::env::var_os(validator::VARIABLE) {
            Some(binary) => validator::start(self, binary),
            None => embedded::start(self),
        }
    }
}

impl Localnet {
    /// A chain with Levee and the test oracle.
    ///
    /// # Panics
    /// As [`LocalnetOptions::start`].
    pub fn start() -> Self {
        LocalnetOptions::new().levee().oracle().start()
    }
}

impl Drop for Localnet {
    fn drop(&mut self) {
        // It keeps nothing, so that there is nothing to end in order.
        drop(self.child.kill());
        drop(self.child.wait());
        if let Some(folder) = &self.folder {
            drop(std::fs::remove_dir_all(folder));
        }
    }
}
