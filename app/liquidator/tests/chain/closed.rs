//! An obligation is closed: what a chain tells of that, and when the bot knows.

use std::time::Duration;

use futures_util::StreamExt;
use levee::state::Obligation;
use levee_client::pda;
use levee_client::rpc::filters_of;
use levee_testkit::Localnet;
use solana_account_decoder_client_types::UiAccountEncoding;
use solana_commitment_config::CommitmentConfig;
use solana_pubsub_client::nonblocking::pubsub_client::PubsubClient;
use solana_rpc_client_api::config::{RpcAccountInfoConfig, RpcProgramAccountsConfig};
use solana_rpc_client_api::filter::RpcFilterType;
use solana_signer::Signer;
use tokio::time::timeout;

use crate::bots::Bot;
use crate::connect;
use crate::market::{Crowd, Market};

fn config(filters: Option<Vec<RpcFilterType>>) -> RpcProgramAccountsConfig {
    RpcProgramAccountsConfig {
        filters,
        account_config: RpcAccountInfoConfig {
            encoding: Some(UiAccountEncoding::Base64),
            commitment: Some(CommitmentConfig::confirmed()),
            ..RpcAccountInfoConfig::default()
        },
        ..RpcProgramAccountsConfig::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_closed_obligation_nothing_is_pushed_and_a_sweep_forgets_it() {
    let chain = Localnet::start();
    let market = Market::of(connect(&chain), Crowd::small(2)).await;
    let mut bot = Bot::new(&market, &chain.rpc_url, &chain.ws_url).await;
    bot.configure(|config| {
        config.replace(
            "resync_seconds = 20",
            "resync_seconds = 3600\nsweep_seconds = 1",
        )
    });
    bot.start();
    bot.says("loaded", 2).await;
    assert!(bot.log().contains("obligations=3"));

    let client = PubsubClient::new(chain.ws_url.as_str()).await.unwrap();
    let filters = filters_of::<Obligation>(&market.key);
    let filtered = client.program_subscribe(&levee::ID, Some(config(Some(filters))));
    let (mut filtered, _) = filtered.await.unwrap();
    let all = client.program_subscribe(&levee::ID, Some(config(None)));
    let (mut all, _) = all.await.unwrap();
    market.leave(0).await;
    // The reserves' changes of the same transaction are told, but nothing of the obligation, with filters or without.
    let owner = market.owners[0].pubkey();
    let obligation = pda::obligation(&market.key, &owner, 0);
    let mut told = 0;
    while let Ok(Some(pushed)) = timeout(Duration::from_secs(1), all.next()).await {
        assert_ne!(pushed.value.pubkey, obligation.to_string());
        told += 1;
    }
    assert!(told > 0);
    let nothing = timeout(Duration::from_millis(100), filtered.next()).await;
    assert!(nothing.is_err(), "something is told of it after all");
    bot.says("closed obligations=1", 1).await;
    assert!(bot.stop().success());
}
