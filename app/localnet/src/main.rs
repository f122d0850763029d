//! `levee-localnet`: a Solana chain in one process, with JSON-RPC and WebSocket, that needs no network and no validator.
//!
//! The chain is surfpool's. This program starts it with programs in place, makes its slots and its clock follow real time
//! (`ticker`), and corrects what its WebSocket says (`pubsub`).

mod arguments;
mod chain;
mod ports;
mod programs;
mod pubsub;
mod ticker;

use std::process::ExitCode;

use anyhow::{Context, Result};
use arguments::Arguments;
use chain::Chain;
use clap::Parser;
use ports::Ports;
use tokio::io::AsyncReadExt;
use tokio::signal::unix::{signal, SignalKind};

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let programs = programs::load(&arguments.program, arguments.upgrade_authority)?;
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    let served = runtime.block_on(serve(arguments, programs));
    // Reading the standard input cannot be interrupted.
    runtime.shutdown_background();
    served
}

async fn serve(arguments: &Arguments, programs: Vec<programs::Program>) -> Result<()> {
    // Before anything starts, so that no signal is missed.
    let mut interrupted = signal(SignalKind::interrupt()).context("cannot listen for signals")?;
    let mut terminated = signal(SignalKind::terminate()).context("cannot listen for signals")?;
    let ports = Ports::choose(arguments.rpc_port, arguments.ws_port).await?;
    let mut chain = Chain::start(&ports, arguments.slot_ms, programs, arguments.verbose)?;
    let pubsub = tokio::spawn(pubsub::serve(
        ports.ws_listener,
        ports.inner_ws,
        chain.locker(),
    ));
    announce(arguments.json, ports.rpc, ports.ws);
    let ended = tokio::select! {
        _ = interrupted.recv() => Ok(()),
        _ = terminated.recv() => Ok(()),
        () = stdin_closed(), if arguments.until_stdin_closes => Ok(()),
        error = chain.ended() => Err(error),
    };
    pubsub.abort();
    chain.stop();
    ended
}

/// One line for machines, or a few for people.
fn announce(json: bool, rpc: u16, ws: u16) {
    let (rpc, ws) = (
        format!("http://127.0.0.1:{rpc}"),
        format!("ws://127.0.0.1:{ws}"),
    );
    if json {
        println!("{}", serde_json::json!({ "rpc_url": rpc, "ws_url": ws }));
    } else {
        println!("JSON-RPC   {rpc}");
        println!("WebSocket  {ws}");
        println!("Stop it with Ctrl-C; nothing is kept.");
    }
}

/// Returns when whoever started this process has closed its standard input, by ending for instance.
async fn stdin_closed() {
    let mut stdin = tokio::io::stdin();
    let mut ignored = [0; 256];
    while stdin.read(&mut ignored).await.is_ok_and(|read| read > 0) {}
}
