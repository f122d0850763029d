//! A chain in a process of its own, for tests of what speaks JSON-RPC and WebSocket.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use levee::oracle::PYTH_RECEIVERS;
use serde_json::Value;
use solana_pubkey::Pubkey;

use crate::lite::program_path;

/// Where the chain's binary is; `cargo xtask test` sets it.
const VARIABLE: &str = "LEVEE_LOCALNET";

/// The embedded chain of `app/localnet` on ports of its own, in real time. It ends when this is dropped, and with the
/// process of the test at the latest.
#[derive(Debug)]
pub struct Localnet {
    child: Child,
    /// JSON-RPC, over HTTP.
    pub rpc_url: String,
    /// Subscriptions, over WebSocket. The port is not the next one.
    pub ws_url: String,
}

/// What a [`Localnet`] starts with.
#[derive(Clone, Debug, Default)]
pub struct LocalnetOptions {
    programs: Vec<(Pubkey, PathBuf)>,
    arguments: Vec<String>,
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

    /// Lets slots take this long instead of 400 ms.
    pub fn slot_ms(self, milliseconds: u64) -> Self {
        self.argument("--slot-ms", &milliseconds.to_string())
    }

    /// Has a further option of `levee-localnet`.
    pub fn argument(mut self, option: &str, value: &str) -> Self {
        self.arguments.extend([option.to_owned(), value.to_owned()]);
        self
    }

    /// Starts the chain and returns when it answers.
    ///
    /// # Panics
    /// Where it does not start, or was not built.
    pub fn start(&self) -> Localnet {
        let binary = std::env::var_os(VARIABLE).unwrap_or_else(|| {
            panic!(
                "{VARIABLE} is not set: run the tests by `cargo xtask test`, or set it to what \
                 `cargo xtask localnet --embedded --build-only` prints"
            )
        });
        let mut command = Command::new(binary);
        command
            .args(["--json", "--until-stdin-closes"])
            .args(&self.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        if !self.arguments.iter().any(|word| word == "--rpc-port") {
            command.args(["--rpc-port", "0"]);
        }
        for (address, file) in &self.programs {
            command.arg("--program");
            command.arg(format!("{address}={}", file.display()));
        }
        let mut child = command.spawn().expect("the chain's binary starts");
        let stdout = child.stdout.take().expect("it was piped");
        let mut line = String::new();
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("the chain says when it is ready");
        let ready: Value = serde_json::from_str(&line)
            .unwrap_or_else(|_| panic!("the chain did not start, it says {line:?} and: see above"));
        let url = |name: &str| {
            ready[name]
                .as_str()
                .expect("the chain says where")
                .to_owned()
        };
        Localnet {
            rpc_url: url("rpc_url"),
            ws_url: url("ws_url"),
            child,
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

    /// The process's id, for tests that stop and continue it.
    pub fn process(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Localnet {
    fn drop(&mut self) {
        // It keeps nothing, so that there is nothing to end in order.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
