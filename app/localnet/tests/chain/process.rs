//! The process: how it starts, how it refuses, how it ends.

use std::net::{TcpListener, TcpStream};
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use crate::support::*;

fn refusal(options: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_levee-localnet"))
        .args(options)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said.lines().count(), 1, "{said}");
    said
}

fn ended(chain: &mut Localnet) -> ExitStatus {
    let start = Instant::now();
    loop {
        if let Some(status) = chain.child.try_wait().unwrap() {
            return status;
        }
        assert!(start.elapsed() < Duration::from_secs(8), "it goes on");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn port(url: &str) -> u16 {
    url.rsplit_once(':').unwrap().1.parse().unwrap()
}

#[test]
fn a_signal_ends_it_in_order_and_frees_the_ports() {
    for name in ["INT", "TERM"] {
        let mut chain = Localnet::start(&["--rpc-port", "0"]);
        chain.rpc().get_slot().unwrap();
        let pid = chain.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(sent.unwrap().success());
        assert_eq!(ended(&mut chain).code(), Some(0), "{name}");
        for url in [&chain.rpc_url, &chain.ws_url] {
            assert!(TcpStream::connect(("127.0.0.1", port(url))).is_err());
            TcpListener::bind(("127.0.0.1", port(url))).unwrap();
        }
    }
}

#[test]
fn it_ends_with_whoever_started_it() {
    let mut chain = Localnet::start(&["--rpc-port", "0"]);
    chain.stdin = None;
    assert_eq!(ended(&mut chain).code(), Some(0));
}

#[test]
fn it_is_quickly_ready_and_the_websocket_is_one_port_further_unless_told() {
    let free = {
        // Two in a row that nobody listens on.
        let mut port = 18_899;
        while TcpListener::bind(("127.0.0.1", port)).is_err()
            || TcpListener::bind(("127.0.0.1", port + 1)).is_err()
        {
            port += 2;
        }
        port
    };
    let start = Instant::now();
    let chain = Localnet::start(&["--rpc-port", &free.to_string()]);
    assert!(start.elapsed() < Duration::from_secs(5));
    assert_eq!(port(&chain.rpc_url), free);
    assert_eq!(port(&chain.ws_url), free + 1);
    chain.rpc().get_slot().unwrap();
}

#[test]
fn what_it_cannot_do_is_one_line_and_exit_code_1() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().port().to_string();
    let said = refusal(&["--rpc-port", &taken]);
    assert_eq!(
        said.trim(),
        format!("error: port {taken} is taken: name another with --rpc-port")
    );
    let said = refusal(&[
        "--rpc-port",
        "0",
        "--program",
        &format!("{ORACLE}=/nowhere.so"),
    ]);
    assert!(
        said.contains("cannot read the program /nowhere.so"),
        "{said}"
    );
    let said = refusal(&[
        "--rpc-port",
        "0",
        "--program",
        &format!("{ORACLE}=Cargo.toml"),
    ]);
    assert!(said.contains("Cargo.toml is no program"), "{said}");
    let broken = std::env::temp_dir().join(format!("levee-localnet-{}.so", std::process::id()));
    std::fs::write(&broken, b"\x7fELF and nothing else").unwrap();
    let program = format!("{ORACLE}={}", broken.display());
    let said = refusal(&["--rpc-port", "0", "--program", &program]);
    std::fs::remove_file(&broken).unwrap();
    assert!(
        said.contains("is no program that this chain runs"),
        "{said}"
    );
}
