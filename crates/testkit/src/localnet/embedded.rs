//! The embedded chain of `app/localnet`.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::{Localnet, LocalnetOptions};

/// Where the chain's binary is; `cargo xtask test` sets it.
const VARIABLE: &str = "LEVEE_LOCALNET";

pub(super) fn start(options: &LocalnetOptions) -> Localnet {
    let binary = std::env::var_os(VARIABLE).unwrap_or_else(|| {
        panic!(
            "{VARIABLE} is not set: run the tests by `cargo xtask test`, or set it to what \
             `cargo xtask localnet --embedded --build-only` prints"
        )
    });
    let mut command = Command::new(binary);
    command
        .args(["--json", "--until-stdin-closes", "--rpc-port", "0"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    for (address, file) in &options.programs {
        command.arg("--program");
        command.arg(format!("{address}={}", file.display()));
    }
    if let Some(authority) = options.upgrade_authority {
        command.args(["--upgrade-authority", &authority.to_string()]);
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
        folder: None,
    }
}
