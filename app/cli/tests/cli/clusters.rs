//! Which cluster it is, by its genesis hash and not by its URL, and what is said of a URL.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

use serde_json::{json, Value};

use crate::chain::Terminal;
use crate::session::words;

const MAINNET_BETA: &str = "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d";

/// Answers as mainnet-beta would, with Levee on it and nobody's wallet filled; at a URL that says nothing of that.
fn mainnet_beta() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            answer(stream.unwrap());
        }
    });
    url
}

fn answer(mut stream: TcpStream) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(bytes) = line.to_lowercase().strip_prefix("content-length:") {
            length = bytes.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let request: Value = serde_json::from_slice(&body).unwrap();
    let context = json!({ "slot": 1 });
    let program = json!({
        "data": ["", "base64"], "executable": true, "lamports": 1, "rentEpoch": 0, "space": 0,
        "owner": "BPFLoaderUpgradeab1e11111111111111111111111",
    });
    let result = match request["method"].as_str().unwrap() {
        "getGenesisHash" => json!(MAINNET_BETA),
        "getBalance" => json!({ "context": context, "value": 0 }),
        "getAccountInfo" => json!({ "context": context, "value": program }),
        other => panic!("{other} is not asked for"),
    };
    let body = json!({ "jsonrpc": "2.0", "id": request["id"], "result": result }).to_string();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
}

#[test]
fn where_tokens_have_value_there_are_no_test_tokens_and_no_airdrops_whatever_the_url_says() {
    let terminal = Terminal::at(&mainnet_beta());
    terminal.ok(&["keygen"]);
    for (line, part) in [
        ("token create SOL", "test tokens are for"),
        ("price push SOL 150", "test feeds are for"),
        ("airdrop 1", "gives no SOL away: send some to"),
    ] {
        let refused = terminal.refused(&words(line));
        assert!(refused.contains(part), "{line}: {refused}");
    }
    let refused = terminal.refused(&words("market create"));
    assert!(refused.ends_with("send it some SOL"), "{refused}");
}

#[test]
fn a_key_in_a_url_is_not_repeated() {
    let terminal = Terminal::at("http://me:secret@127.0.0.1:1/secret?api-key=secret");
    let refused = terminal.refused(&words("market show"));
    assert!(
        refused.starts_with("error: http://127.0.0.1:1/… does not answer"),
        "{refused}"
    );
    assert!(!refused.contains("secret"), "{refused}");
    let help = terminal.ok(&["--help"]);
    assert!(!help.contains("secret"), "{help}");
}
