//! A real validator: what is slow about it is what an embedded chain leaves out.

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Command, Stdio};

use super::{Localnet, LocalnetOptions};

/// Where `solana-test-validator` is; `cargo xtask test --validator` sets it.
pub(super) const VARIABLE: &str = "LEVEE_VALIDATOR";

/// Becomes the validator, after it has left somebody behind who ends that when nobody holds the other end of the input.
const UNTIL_STDIN_CLOSES: &str =
    "exec 3<&0; (cat <&3 > /dev/null; kill -9 $$) > /dev/null & exec \"$@\"";

/// What it prints every second once it makes slots.
const READY: &str = "Processed Slot: ";

pub(super) fn start(options: &LocalnetOptions, binary: OsString) -> Localnet {
    // JSON-RPC and, on the next port, subscriptions; the faucet; gossip.
    let [rpc, faucet, gossip] = [2, 1, 1].map(free_ports);
    let folder = std::env::temp_dir().join(format!("levee-validator-{rpc}"));
    let mut command = Command::new("sh");
    command
        .args(["-c", UNTIL_STDIN_CLOSES, "sh"])
        .arg(binary)
        .args(["--reset", "--ledger"])
        .arg(&folder)
        .args(["--rpc-port", &rpc.to_string()])
        .args(["--faucet-port", &faucet.to_string()])
        .args(["--gossip-port", &gossip.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let authority = options.upgrade_authority.map(|key| key.to_string());
    let authority = authority.as_deref().unwrap_or("none");
    for (address, file) in &options.programs {
        command.args(["--upgradeable-program", &address.to_string()]);
        command.arg(file).arg(authority);
    }
    let mut child = command.spawn().expect("a shell");
    let stdout = child.stdout.take().expect("it was piped");
    let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
    assert!(
        lines.any(|line| line.contains(READY)),
        "the validator did not start: see {}",
        folder.join("validator.log").display()
    );
    // It goes on printing, and would wait for somebody to read.
    std::thread::spawn(move || lines.for_each(drop));
    Localnet {
        rpc_url: format!("http://127.0.0.1:{rpc}"),
        ws_url: format!("ws://127.0.0.1:{}", rpc + 1),
        child,
        folder: Some(folder),
    }
}

/// The first of so many ports in a row that nobody listens on.
fn free_ports(count: u16) -> u16 {
    loop {
        let listen = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
        let first = listen(0).expect("there is a free port");
        let port = first.local_addr().expect("it has an address").port();
        let others = (1..count).map(|next| listen(port.checked_add(next)?).ok());
        if others.collect::<Option<Vec<_>>>().is_some() {
            return port;
        }
    }
}
