//! `levee-liquidator`: watches a market and liquidates what is unhealthy.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use levee_client::command_line::{arguments, exit_code};
use levee_client::output::print;
use levee_liquidator::config::{Config, Log, LogFormat};
use levee_liquidator::{server, start};
use tokio::signal::unix::{signal, SignalKind};
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

#[derive(Parser)]
#[command(
    version,
    about = "Watches a Levee market and liquidates what is unhealthy"
)]
struct Arguments {
    /// The configuration; liquidator.example.toml documents every field
    #[arg(long, default_value = "liquidator.toml")]
    config: PathBuf,
    /// Decide, and say what would be sent, but send nothing
    #[arg(long)]
    paper: bool,
    /// Do what is to be done now, say what that was, and stop
    #[arg(long)]
    once: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match arguments() {
        Ok(arguments) => exit_code(run(arguments).await),
        Err(code) => code,
    }
}

async fn run(arguments: Arguments) -> Result<()> {
    let config = Config::read(&arguments.config)?;
    write_logs(&config.log)?;
    let listen = config.server.listen.clone();
    let stop = stopped()?;
    let (bot, health) = start::start(config, arguments.paper).await?;
    if let Some(address) = &listen {
        let mut stop = stop.clone();
        let ended = async move {
            // Closed or told: both are the end.
            let _ = stop.wait_for(|stop| *stop).await;
        };
        server::serve(address, health, ended).await?;
    }
    if arguments.once {
        print(bot.run_once().await?).context("cannot print what was done")?;
        return Ok(());
    }
    bot.run(stop).await
}

/// Turns true at SIGINT or SIGTERM.
fn stopped() -> Result<watch::Receiver<bool>> {
    let mut interrupted = signal(SignalKind::interrupt()).context("cannot listen for signals")?;
    let mut terminated = signal(SignalKind::terminate()).context("cannot listen for signals")?;
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
        }
        tracing::info!("stopping: nothing new is sent");
        // Whoever listened is gone: then there is nothing to stop.
        let _ = sender.send(true);
        // Kept alive, or its end would look like a signal.
        sender.closed().await;
    });
    Ok(receiver)
}

fn write_logs(log: &Log) -> Result<()> {
    let filter = EnvFilter::try_new(&log.filter)
        .with_context(|| format!("log.filter: {:?} is no filter", log.filter))?;
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match log.format {
        LogFormat::Text => logs.init(),
        LogFormat::Json => logs.json().init(),
    }
    Ok(())
}
