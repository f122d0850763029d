//! What an operator gets wrong, and what an operator looks at.

use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use levee_testkit::{Localnet, LocalnetOptions};
use solana_keypair::{write_keypair_file, Keypair};
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::bots::Bot;
use crate::connect;
use crate::ledger::airdrop;
use crate::market::Market;

struct Setup {
    folder: tempfile::TempDir,
    rpc_url: String,
    ws_url: String,
    market: Pubkey,
}

impl Setup {
    fn new(chain: &Localnet, market: Pubkey, wallet: &Keypair) -> Self {
        let folder = tempfile::tempdir().unwrap();
        write_keypair_file(wallet, folder.path().join("wallet.json")).unwrap();
        Self {
            folder,
            rpc_url: chain.rpc_url.clone(),
            ws_url: chain.ws_url.clone(),
            market,
        }
    }

    /// What the bot says to this configuration, with a further line under `[cluster]`.
    fn run(&self, more: &str) -> Output {
        let config = format!(
            "[cluster]\nrpc_url = {:?}\nws_url = {:?}\nmarket = \"{}\"\nkeypair = \"wallet.json\"\n{more}\n[journal]\npath = \"journal\"\n",
            self.rpc_url, self.ws_url, self.market
        );
        let path = self.folder.path().join("liquidator.toml");
        std::fs::write(&path, config).unwrap();
        run(&path)
    }
}

fn command() -> Command {
    Command::new(env!("CARGO_BIN_EXE_levee-liquidator"))
}

fn run(config: &Path) -> Output {
    command().arg("--config").arg(config).output().unwrap()
}

/// Exit code 1, and one line that holds all of these words.
fn refused(output: &Output, words: &[&str]) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.starts_with("error: "), "{said}");
    for word in words {
        assert!(said.contains(word), "no {word:?} in {said}");
    }
    assert!(output.stdout.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_mistake_of_an_operator_is_one_clear_line_and_exit_code_one() {
    let chain = Localnet::start();
    let connection = connect(&chain);
    let wallet = Keypair::new();
    let setup = Setup::new(&chain, Pubkey::new_unique(), &wallet);
    let market = setup.market.to_string();

    refused(
        &setup.run("max_bach = 1"),
        &["line 6, column 1", "max_bach"],
    );
    refused(&setup.run("genesis_hash ="), &["line 6, column"]);
    let other = "genesis_hash = \"11111111111111111111111111111111\"";
    refused(&setup.run(other), &["another cluster"]);
    refused(&setup.run(""), &[&market]);
    refused(&run(Path::new("/nowhere.toml")), &["/nowhere.toml"]);

    let unknown = command().arg("--papper").output().unwrap();
    refused(&unknown, &["--papper", "--help"]);

    let nobody = Setup {
        rpc_url: "http://127.0.0.1:9/secret".into(),
        ..Setup::new(&chain, setup.market, &wallet)
    };
    let output = nobody.run("");
    refused(&output, &["http://127.0.0.1:9/… does not answer"]);
    assert!(!String::from_utf8_lossy(&output.stderr).contains("secret"));

    // A market, and a wallet without SOL.
    let admin = Keypair::new();
    airdrop(&connection, &admin.pubkey()).await;
    let key = crate::market::found_only(&connection, &admin).await;
    let empty = Setup::new(&chain, key, &wallet);
    refused(
        &empty.run(""),
        &["wallet", &wallet.pubkey().to_string(), "empty"],
    );

    let bare = LocalnetOptions::new().start();
    let elsewhere = Setup::new(&bare, key, &wallet);
    refused(&elsewhere.run(""), &["Levee", &levee::ID.to_string()]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_example_works_as_it_is_copied_as_soon_as_it_names_the_market() {
    let chain = Localnet::start();
    let connection = connect(&chain);
    let admin = Keypair::new();
    airdrop(&connection, &admin.pubkey()).await;
    let market = crate::market::found_only(&connection, &admin).await;
    let setup = Setup::new(&chain, market, &admin);
    // The ports and the key of this test.
    let example = include_str!("../../liquidator.example.toml")
        .replace("http://127.0.0.1:8899", &chain.rpc_url)
        .replace(
            "#ws_url = \"ws://127.0.0.1:8900\"",
            &format!("ws_url = {:?}", chain.ws_url),
        )
        .replace("~/.config/solana/id.json", "wallet.json");
    let path = setup.folder.path().join("liquidator.toml");
    std::fs::write(&path, &example).unwrap();
    refused(&run(&path), &["cluster.market", "`levee market show`"]);
    std::fs::write(
        &path,
        example.replace("market = \"ADDRESS\"", &format!("market = \"{market}\"")),
    )
    .unwrap();
    let paper = command()
        .args(["--paper", "--once", "--config"])
        .arg(&path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&paper.stderr);
    assert!(paper.status.success(), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_and_metrics_are_served_and_health_fails_when_the_chain_falls_silent() {
    let chain = Localnet::start();
    let market = Market::new(connect(&chain)).await;
    let mut bot = Bot::new(&market, &chain.rpc_url, &chain.ws_url).await;
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let settings = format!("[server]\nlisten = \"127.0.0.1:{port}\"\n");
    bot.configure(|config| config.replace("[watch]\n", "[watch]\nstale_seconds = 3\n") + &settings);
    bot.start();
    let get = async |page: &str| {
        let answer = reqwest::get(format!("http://127.0.0.1:{port}/{page}"))
            .await
            .ok()?;
        Some((answer.status().as_u16(), answer.text().await.ok()?))
    };
    let until = async |status: u16| {
        let started = Instant::now();
        loop {
            match get("healthz").await {
                Some((code, text)) if code == status => return text,
                last => assert!(started.elapsed() < Duration::from_secs(30), "{last:?}"),
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    assert!(until(200).await.starts_with("ok, slot "));
    let (_, metrics) = get("metrics").await.unwrap();
    assert!(
        metrics.contains("levee_liquidator_obligations 501"),
        "{metrics}"
    );
    assert!(
        metrics.contains("# HELP levee_liquidator_unhealthy"),
        "{metrics}"
    );
    assert!(
        metrics.contains("levee_liquidator_settle_seconds"),
        "{metrics}"
    );
    drop(market);
    drop(chain);
    let why = until(503).await;
    assert!(
        why.contains("silent") || why.contains("synchronized"),
        "{why}"
    );
    assert!(bot.stop().success());
}
