//! The real binary in a process of its own, and what it leaves behind.

use std::collections::HashSet;
use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use anchor_lang::{AnchorDeserialize, Discriminator};
use base64::prelude::{Engine, BASE64_STANDARD};
use levee::events::{BatchLiquidated, Liquidated};
use levee_liquidator::journal::{Intent, Journal, State};
use solana_keypair::{write_keypair_file, Keypair};
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::ledger::{airdrop, logs};
use crate::market::Market;

pub struct Bot {
    pub wallet: Pubkey,
    folder: tempfile::TempDir,
    before: Vec<u64>,
    child: Option<Child>,
}

/// One liquidation, as its event says.
struct Event {
    obligation: Pubkey,
    repay: Pubkey,
    seize: Pubkey,
    due_atoms: u64,
    seized_atoms: u64,
}

impl Bot {
    /// A funded wallet and a configuration; not started yet.
    pub async fn new(market: &Market, rpc_url: &str, ws_url: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keypair = Keypair::new();
        write_keypair_file(&keypair, folder.path().join("wallet.json")).unwrap();
        let wallet = keypair.pubkey();
        airdrop(&market.connection, &wallet).await;
        market.fund(&wallet, 5_000_000.0).await;
        let config = format!(
            "[cluster]\nrpc_url = {rpc_url:?}\nws_url = {ws_url:?}\nmarket = \"{}\"\nkeypair = \"wallet.json\"\n\
             [profit]\nmin_profit_micro_usd = -1000000\n[watch]\nresync_seconds = 20\n\
             [journal]\npath = \"journal.sqlite3\"\n[log]\nfilter = \"info,levee_liquidator=debug\"\n",
            market.key
        );
        std::fs::write(folder.path().join("liquidator.toml"), config).unwrap();
        Self {
            before: market.balances(&wallet).await,
            wallet,
            folder,
            child: None,
        }
    }

    /// Changes its configuration.
    pub fn configure(&self, change: impl FnOnce(String) -> String) {
        let path = self.folder.path().join("liquidator.toml");
        let config = std::fs::read_to_string(&path).unwrap();
        std::fs::write(path, change(config)).unwrap();
    }

    pub fn start(&mut self) {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.log_path())
            .unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_levee-liquidator"))
            .arg("--config")
            .arg(self.folder.path().join("liquidator.toml"))
            .stderr(log)
            .spawn()
            .unwrap();
        self.child = Some(child);
    }

    /// Runs it with `--once` to its end.
    pub fn once(&self) -> Output {
        Command::new(env!("CARGO_BIN_EXE_levee-liquidator"))
            .arg("--once")
            .arg("--config")
            .arg(self.folder.path().join("liquidator.toml"))
            .output()
            .unwrap()
    }

    /// The same where nobody reads what it prints.
    pub fn once_unread(&self) -> Output {
        let mut child = Command::new(env!("CARGO_BIN_EXE_levee-liquidator"))
            .arg("--once")
            .arg("--config")
            .arg(self.folder.path().join("liquidator.toml"))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        child.wait_with_output().unwrap()
    }

    /// Waits until its log says `what` so many times.
    pub async fn says(&self, what: &str, times: usize) {
        let started = Instant::now();
        while self.log().matches(what).count() < times {
            assert!(
                started.elapsed() < Duration::from_secs(30),
                "it does not say {what:?} {times} times"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// What of its transactions landed.
    pub fn landed(&self) -> Vec<Intent> {
        let journal = Journal::open(&self.folder.path().join("journal.sqlite3")).unwrap();
        let of = |state| journal.in_state(state).unwrap();
        [of(State::Confirmed), of(State::Final)].concat()
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// What it logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    /// Ends it without warning.
    pub fn kill(&mut self) {
        let mut child = self.child.take().expect("it runs");
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Asks it to end, and waits for that.
    pub fn stop(&mut self) -> ExitStatus {
        let mut child = self.child.take().expect("it runs");
        let asked = Command::new("kill")
            .args(["-TERM", &child.id().to_string()])
            .status()
            .unwrap();
        assert!(asked.success());
        child.wait().unwrap()
    }

    /// Compares its journal, the chain and its wallet; returns how many liquidations it made.
    pub async fn audit(&self, market: &Market) -> usize {
        let journal = Journal::open(&self.folder.path().join("journal.sqlite3")).unwrap();
        let mut seen = HashSet::new();
        let mut after = self.before.clone();
        let at = |reserve: &Pubkey| {
            let tokens = market.tokens.iter();
            let at = tokens.into_iter().position(|t| t.keys.reserve == *reserve);
            at.expect("a reserve of the market")
        };
        let mut count = 0;
        for state in [State::Confirmed, State::Final] {
            for intent in journal.in_state(state).unwrap() {
                let logs = logs(&market.connection, &intent.signature).await;
                let logs = logs.expect("what the journal says landed is on the chain");
                for event in logs.iter().flat_map(|line| events(line)) {
                    assert!(
                        intent
                            .entries
                            .iter()
                            .any(|e| e.obligation == event.obligation),
                        "an event of an obligation that {} did not mean",
                        intent.signature
                    );
                    assert!(seen.insert((intent.signature, event.obligation)), "twice");
                    after[at(&event.repay)] -= event.due_atoms;
                    after[at(&event.seize)] += event.seized_atoms;
                    count += 1;
                }
                self.within_limits(&intent, &logs);
            }
        }
        for state in [State::Open, State::Failed, State::Expired, State::Lost] {
            for intent in journal.in_state(state).unwrap() {
                let logs = logs(&market.connection, &intent.signature).await;
                assert!(logs.is_none(), "{} succeeded unseen", intent.signature);
            }
        }
        // To the atom: nothing was paid or got but what the events say.
        assert_eq!(market.balances(&self.wallet).await, after);
        count
    }

    fn within_limits(&self, intent: &Intent, logs: &[String]) {
        let paid: u64 = logs
            .iter()
            .flat_map(|line| events(line))
            .map(|e| e.due_atoms)
            .sum();
        assert!(paid <= intent.max_repay_atoms);
    }
}

impl Drop for Bot {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            drop(child.kill());
            drop(child.wait());
        }
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            eprintln!(
                "the bot said:\n{}",
                lines[lines.len().saturating_sub(60)..].join("\n")
            );
        }
    }
}

/// The liquidations that a log line tells of.
fn events(line: &str) -> Vec<Event> {
    let Some(data) = line.strip_prefix("Program data: ") else {
        return Vec::new();
    };
    let data = BASE64_STANDARD.decode(data).unwrap_or_default();
    if let Some(mut body) = data.strip_prefix(Liquidated::DISCRIMINATOR) {
        let event = Liquidated::deserialize(&mut body).unwrap();
        return vec![Event {
            obligation: event.obligation,
            repay: event.repay_reserve,
            seize: event.seize_reserve,
            due_atoms: event.repaid_atoms + event.insurance_atoms,
            seized_atoms: event.seized_atoms,
        }];
    }
    if let Some(mut body) = data.strip_prefix(BatchLiquidated::DISCRIMINATOR) {
        let batch = BatchLiquidated::deserialize(&mut body).unwrap();
        let each = batch.liquidations.iter().map(|entry| Event {
            obligation: entry.obligation,
            repay: batch.repay_reserve,
            seize: batch.seize_reserve,
            due_atoms: entry.repaid_atoms + entry.insurance_atoms,
            seized_atoms: entry.seized_atoms,
        });
        return each.collect();
    }
    Vec::new()
}
