//! The chain, from its start to its end.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{anyhow, bail, Context, Error, Result};
use crossbeam_channel::{Receiver, Sender};
use solana_pubkey::Pubkey;
use surfpool_core::runloops::start_local_surfnet_runloop;
use surfpool_core::surfnet::locker::SurfnetSvmLocker;
use surfpool_core::surfnet::svm::{SurfnetSvm, SurfnetSvmConfig};
use surfpool_types::{
    BlockProductionMode, ClockCommand, RpcConfig, SimnetCommand, SimnetConfig, SimnetEvent,
    SurfpoolConfig, SvmFeatureConfig,
};
use tokio::sync::oneshot;

use crate::ports::Ports;
use crate::programs::Program;
use crate::ticker;

/// The feature that puts the token program that mainnet runs in the place of the old one.
const P_TOKEN: Pubkey = Pubkey::from_str_const("ptokFjwyJtrwCa9Kgo9xoDS59V4QccBGEaRFnRPnSdP");
const HOST: &str = "127.0.0.1";
/// How long the servers may take to close.
const PATIENCE: Duration = Duration::from_secs(5);

pub struct Chain {
    locker: SurfnetSvmLocker,
    commands: Sender<SimnetCommand>,
    /// How the chain's thread ended.
    end: oneshot::Receiver<Error>,
    /// Tells of each server that closed.
    closed: Receiver<()>,
}

impl Chain {
    /// Starts a chain and returns when its servers answer.
    pub fn start(
        ports: &Ports,
        slot_ms: u64,
        programs: Vec<Program>,
        verbose: bool,
    ) -> Result<Self> {
        let simnet = SimnetConfig {
            offline_mode: true,
            remote_rpc_url: None,
            slot_time: slot_ms,
            block_production_mode: BlockProductionMode::Manual,
            // It executes every transaction once more for each of its instructions.
            instruction_profiling_enabled: false,
            ..SimnetConfig::default()
        };
        let svm = SurfnetSvmConfig {
            surfnet_id: simnet.surfnet_id.clone(),
            slot_time: slot_ms,
            instruction_profiling_enabled: simnet.instruction_profiling_enabled,
            max_profiles: simnet.max_profiles,
            log_bytes_limit: simnet.log_bytes_limit,
            feature_config: SvmFeatureConfig::default().enable(P_TOKEN),
            ..SurfnetSvmConfig::default()
        };
        let config = SurfpoolConfig {
            simnets: vec![simnet],
            rpc: RpcConfig {
                bind_host: HOST.to_owned(),
                bind_port: ports.rpc,
                ws_port: ports.inner_ws,
                ..RpcConfig::default()
            },
            ..SurfpoolConfig::default()
        };
        let (mut svm, events, geyser_events) =
            SurfnetSvm::new(svm).map_err(|error| anyhow!("cannot make a chain: {error}"))?;
        for program in programs {
            let shown = program.file.display();
            let (address, account) = program.data;
            svm.set_account(&address, account)
                .and_then(|()| svm.set_account(&program.address, program.account))
                .map_err(|error| anyhow!("{shown} is no program that this chain runs: {error}"))?;
        }
        ticker::date_back(&mut svm);
        let locker = SurfnetSvmLocker::new(svm);
        let (commands, commands_received) = crossbeam_channel::unbounded();
        let (end_sent, end) = oneshot::channel();
        let (chain, sender) = (locker.clone(), commands.clone());
        spawn("chain", move || {
            let ended = run(chain, config, sender, commands_received, geyser_events);
            // Nobody listens any more where the chain was told to end.
            drop(end_sent.send(ended));
        })?;
        wait_until_ready(&events)?;
        let (closed_sent, closed) = crossbeam_channel::unbounded();
        spawn("events", move || watch(&events, &closed_sent, verbose))?;
        commands
            .send(SimnetCommand::CommandClock(None, ClockCommand::Pause))
            .context("the chain ended at once")?;
        ticker::make_first_slots(&locker, &commands);
        let (chain, sender) = (locker.clone(), commands.clone());
        let slot = Duration::from_millis(slot_ms);
        spawn("slots", move || ticker::run(&chain, &sender, slot))?;
        Ok(Self {
            locker,
            commands,
            end,
            closed,
        })
    }

    pub fn locker(&self) -> SurfnetSvmLocker {
        self.locker.clone()
    }

    /// Returns when the chain ended though nobody asked it to.
    pub async fn ended(&mut self) -> Error {
        match (&mut self.end).await {
            Ok(error) => error,
            Err(_) => anyhow!("the chain crashed"),
        }
    }

    /// Closes the servers and waits for them, so that their ports are free afterwards.
    pub fn stop(&self) {
        if self.commands.send(SimnetCommand::Terminate(None)).is_err() {
            return;
        }
        let deadline = Instant::now() + PATIENCE;
        for _server in ["JSON-RPC", "WebSocket"] {
            let left = deadline.saturating_duration_since(Instant::now());
            // The process ends in a moment anyway.
            self.closed.recv_timeout(left).ok();
        }
    }
}

fn run(
    locker: SurfnetSvmLocker,
    config: SurfpoolConfig,
    commands: Sender<SimnetCommand>,
    commands_received: Receiver<SimnetCommand>,
    geyser_events: Receiver<surfpool_core::surfnet::GeyserEvent>,
) -> Error {
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return Error::new(error).context("cannot start the chain's runtime"),
    };
    let ended = runtime.block_on(start_local_surfnet_runloop(
        locker,
        config,
        commands,
        commands_received,
        geyser_events,
    ));
    match ended {
        Ok(()) => anyhow!("the chain ended"),
        Err(error) => anyhow!("the chain ended: {error}"),
    }
}

fn wait_until_ready(events: &Receiver<SimnetEvent>) -> Result<()> {
    loop {
        match events.recv() {
            Ok(SimnetEvent::Ready(_)) => return Ok(()),
            Ok(SimnetEvent::Aborted(reason)) => bail!("the chain did not start: {reason}"),
            Ok(SimnetEvent::Shutdown) | Err(_) => bail!("the chain did not start"),
            Ok(_) => {}
        }
    }
}

/// Takes the chain's events, which would pile up otherwise.
fn watch(events: &Receiver<SimnetEvent>, closed: &Sender<()>, verbose: bool) {
    while let Ok(event) = events.recv() {
        match event {
            SimnetEvent::Shutdown => drop(closed.send(())),
            SimnetEvent::TransactionProcessed(_, meta, error) if verbose => {
                match error {
                    None => eprintln!("{} succeeded", meta.signature),
                    Some(error) => eprintln!("{} failed: {error}", meta.signature),
                }
                for line in meta.logs {
                    eprintln!("  {line}");
                }
            }
            SimnetEvent::WarnLog(_, line) | SimnetEvent::ErrorLog(_, line) if verbose => {
                eprintln!("{line}");
            }
            _ => {}
        }
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<()> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .with_context(|| format!("cannot start the thread of {name}"))?;
    Ok(())
}
