//! The bot as a process of its own against a chain with JSON-RPC and WebSocket: five hundred obligations, and crashes.

mod bootstrap;
mod bots;
mod closed;
mod ledger;
mod market;
mod once;
mod polling;
mod proxy;
mod refusals;
mod test_feeds;

use std::time::{Duration, Instant};

use bots::Bot;
use levee_client::rpc::{Cluster, Connection};
use levee_testkit::{Localnet, LocalnetOptions};
use market::{Market, ETH, SOL};
use proxy::Proxy;
use solana_commitment_config::CommitmentConfig;

fn host(url: &str) -> String {
    url.split("://")
        .nth(1)
        .unwrap()
        .trim_end_matches('/')
        .to_owned()
}

fn connect(chain: &Localnet) -> Connection {
    let mut cluster = Cluster::parse(&chain.rpc_url).unwrap();
    cluster.websocket_url.clone_from(&chain.ws_url);
    Connection::new(cluster, CommitmentConfig::confirmed())
}

/// Prices fall feed by feed, step by step, by about as much as makes most obligations unhealthy.
async fn crash(market: &Market, parts: &[f64]) {
    for part in parts {
        for token in [SOL, ETH] {
            market.fall(token, *part).await;
            tokio::time::sleep(Duration::from_millis(400)).await;
        }
    }
}

/// Waits until nobody is unhealthy any more, by a full scan.
async fn cleared(market: &Market, what: &str) {
    let started = Instant::now();
    loop {
        let (unhealthy, all) = market.unhealthy().await;
        if unhealthy == 0 {
            eprintln!(
                "{what}: none of {all} is left, after {:?}",
                started.elapsed()
            );
            return;
        }
        assert!(
            started.elapsed() < Duration::from_secs(100),
            "{what}: {unhealthy} of {all} are left"
        );
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_unhealthy_obligation_is_cleared_and_paid_once_through_cuts_kills_and_rivals() {
    // Nothing but the test oracle: the program and its market are deployed.
    let chain = LocalnetOptions::new().oracle().start();
    let started = Instant::now();
    let market = Market::new(connect(&chain)).await;
    eprintln!("500 obligations after {:?}", started.elapsed());
    assert_eq!(market.unhealthy().await, (0, 501));

    let rpc = Proxy::new(host(&chain.rpc_url)).await;
    let ws = Proxy::new(host(&chain.ws_url)).await;
    let rpc_url = format!("http://127.0.0.1:{}", rpc.port);
    let ws_url = format!("ws://127.0.0.1:{}", ws.port);
    let mut first = Bot::new(&market, &rpc_url, &ws_url).await;
    let mut second = Bot::new(&market, &chain.rpc_url, &chain.ws_url).await;
    let wallets = [first.wallet, second.wallet];
    let mut totals = Vec::new();
    for token in &market.tokens {
        totals.push(market.total(token, &wallets).await);
    }

    first.start();
    first.says("loaded", 2).await;
    crash(&market, &[0.97, 0.97, 0.96, 0.97]).await;
    assert!(market.unhealthy().await.1 == 501);
    cleared(&market, "a crash").await;

    crash(&market, &[0.98, 0.97]).await;
    rpc.cut();
    ws.cut();
    let cut = Instant::now();
    crash(&market, &[0.97, 0.97]).await;
    tokio::time::sleep(Duration::from_secs(20).saturating_sub(cut.elapsed())).await;
    let (left, _) = market.unhealthy().await;
    assert!(
        left > 100,
        "only {left} are unhealthy while the bot hears nothing"
    );
    rpc.restore();
    ws.restore();
    cleared(
        &market,
        "a crash in which the chain is not heard of for 20 s",
    )
    .await;

    let sent = first.log().matches(" sent ").count();
    crash(&market, &[0.96]).await;
    let waiting = Instant::now();
    while first.log().matches(" sent ").count() == sent {
        assert!(
            waiting.elapsed() < Duration::from_secs(20),
            "nothing is sent"
        );
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    first.kill();
    crash(&market, &[0.97, 0.97]).await;
    first.start();
    cleared(&market, "a crash in which the bot is killed").await;

    second.start();
    second.says("loaded", 2).await;
    crash(&market, &[0.97, 0.96, 0.96]).await;
    cleared(&market, "a crash with two bots").await;

    assert!(first.stop().success());
    assert!(second.stop().success());
    let made = (first.audit(&market).await, second.audit(&market).await);
    eprintln!("{} and {} liquidations", made.0, made.1);
    assert!(made.0 > 500 && made.1 > 10);
    assert_eq!(market.unhealthy().await, (0, 501));
    let reserves = market.connection.reserves(&market.key).await.unwrap();
    for (token, total) in market.tokens.iter().zip(totals) {
        assert_eq!(market.total(token, &wallets).await, total, "conservation");
        let vault = market.atoms_in(&[token.keys.vault]).await[0];
        let found = reserves.iter().find(|(key, _)| *key == token.keys.reserve);
        assert_eq!(found.unwrap().1.available_atoms, vault);
    }
    eprintln!("all of it took {:?}", started.elapsed());
}
