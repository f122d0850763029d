//! Whoever reads may leave, and a cluster may be away for a while.

use std::io::{BufRead, BufReader};
use std::process::{Child, Output, Stdio};

use crate::chain::{chain, Terminal};
use crate::session::{market, words};

fn start(terminal: &Terminal, line: &str) -> Child {
    let mut command = terminal.command(env!("CARGO_BIN_EXE_levee"));
    command.args(words(line)).stdout(Stdio::piped());
    command
        .stderr(Stdio::piped())
        .spawn()
        .expect("levee starts")
}

/// Runs it with an output that nobody reads.
fn unread(terminal: &Terminal, line: &str) -> Output {
    let mut child = start(terminal, line);
    drop(child.stdout.take());
    child.wait_with_output().expect("it ends")
}

#[test]
fn a_closed_pipe_ends_every_command_without_a_word_and_watch_too() {
    let chain = chain();
    let terminal = Terminal::of_somebody(&chain.rpc_url);
    market(&terminal);
    terminal.ok(&words("position borrow USDC 1_000 --id 1"));
    for line in [
        "--help",
        "market show",
        "market show --json",
        "reserve show SOL",
        "position show",
        "position address",
        "heatmap",
        "watch --interval 1",
        "watch --once --json",
        "price push SOL 150",
    ] {
        let output = unread(&terminal, line);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{line}: {said}");
        assert_eq!(said, "", "{line}");
    }
}

#[test]
fn watch_says_that_the_cluster_is_away_and_goes_on() {
    let chain = chain();
    let terminal = Terminal::of_somebody(&chain.rpc_url);
    market(&terminal);
    let mut child = start(&terminal, "watch --interval 1");
    let mut shown = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = shown.next().unwrap().unwrap();
    assert!(first.starts_with("slot "), "{first}");
    drop(chain);
    let mut notes = BufReader::new(child.stderr.take().unwrap()).lines();
    for _ in 0..2 {
        let note = notes.next().unwrap().unwrap();
        assert!(note.starts_with("note: no look this time: "), "{note}");
    }
    assert!(child.try_wait().unwrap().is_none(), "it has ended");
    child.kill().unwrap();
    child.wait().unwrap();
}
