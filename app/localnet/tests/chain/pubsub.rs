//! WebSocket: what is told, when, and with which slot.

use std::time::{Duration, Instant};

use futures_util::{Stream, StreamExt};
use solana_account_decoder_client_types::UiAccountEncoding;
use solana_commitment_config::CommitmentConfig;
use solana_pubsub_client::nonblocking::pubsub_client::PubsubClient;
use solana_rpc_client_api::config::{
    RpcAccountInfoConfig, RpcProgramAccountsConfig, RpcSignatureSubscribeConfig,
};
use solana_rpc_client_api::filter::{Memcmp, RpcFilterType};
use solana_rpc_client_api::response::RpcSignatureResult;
use solana_signer::Signer;
use tokio::task::block_in_place;
use tokio::time::{sleep, timeout};

use crate::support::*;

const PATIENCE: Duration = Duration::from_secs(10);

fn base64() -> RpcAccountInfoConfig {
    RpcAccountInfoConfig {
        encoding: Some(UiAccountEncoding::Base64),
        commitment: Some(CommitmentConfig::confirmed()),
        ..RpcAccountInfoConfig::default()
    }
}

async fn next<T>(stream: &mut (impl Stream<Item = T> + Unpin)) -> T {
    let next = timeout(PATIENCE, stream.next()).await;
    next.expect("it is told in time")
        .expect("the subscription stands")
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_a_programs_accounts_are_told_with_content_and_slot() {
    let chain = block_in_place(Localnet::with_oracle);
    let (rpc, authority) = block_in_place(|| (chain.rpc(), chain.funded(10)));
    let key = authority.pubkey();
    let config = RpcProgramAccountsConfig {
        filters: Some(vec![
            RpcFilterType::DataSize(FEED_LEN),
            RpcFilterType::Memcmp(Memcmp::new_raw_bytes(41, vec![1; 32])),
        ]),
        account_config: base64(),
        ..RpcProgramAccountsConfig::default()
    };
    let client = PubsubClient::new(&chain.ws_url).await.unwrap();
    let (mut told, _unsubscribe) = client
        .program_subscribe(&ORACLE, Some(config))
        .await
        .unwrap();
    // Slots pass between the subscription and the changes.
    sleep(Duration::from_secs(2)).await;
    for price in [100, 200, 300] {
        // The first is another feed, which the filter keeps back.
        let pushes = [push(&key, 2, 999), push(&key, 1, price)];
        let (before, after) = block_in_place(|| {
            let before = rpc.get_slot().unwrap();
            send(&rpc, &pushes, &[&authority]);
            (before, rpc.get_slot().unwrap())
        });
        let notified = next(&mut told).await;
        assert_eq!(notified.value.pubkey, feed_address(&key, 1).to_string());
        let data = notified.value.account.data.decode().unwrap();
        assert_eq!(price_of(&data), price);
        let slot = notified.context.slot;
        assert!(
            (before..=after + 1).contains(&slot),
            "{before} {slot} {after}"
        );
    }
    let more = timeout(Duration::from_millis(500), told.next()).await;
    assert!(more.is_err(), "the other feed was told, too");
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_an_account_are_told_with_content_and_slot() {
    let chain = block_in_place(Localnet::with_oracle);
    let (rpc, authority) = block_in_place(|| (chain.rpc(), chain.funded(10)));
    let key = authority.pubkey();
    block_in_place(|| send(&rpc, &[push(&key, 1, 50)], &[&authority]));
    let feed = feed_address(&key, 1);
    let client = PubsubClient::new(&chain.ws_url).await.unwrap();
    let (mut told, _unsubscribe) = client
        .account_subscribe(&feed, Some(base64()))
        .await
        .unwrap();
    sleep(Duration::from_secs(2)).await;
    let before = block_in_place(|| rpc.get_slot().unwrap());
    block_in_place(|| send(&rpc, &[push(&key, 1, 60)], &[&authority]));
    let notified = next(&mut told).await;
    assert_eq!(price_of(&notified.value.data.decode().unwrap()), 60);
    assert!(notified.context.slot >= before);
}

#[tokio::test(flavor = "multi_thread")]
async fn slots_are_told_one_by_one_in_time() {
    let chain = block_in_place(Localnet::with_oracle);
    let client = PubsubClient::new(&chain.ws_url).await.unwrap();
    let (mut told, _unsubscribe) = client.slot_subscribe().await.unwrap();
    let first = next(&mut told).await;
    let start = Instant::now();
    for number in 1..=10 {
        let next = next(&mut told).await;
        assert_eq!(next.slot, first.slot + number);
        assert_eq!(next.parent, next.slot - 1);
    }
    let took = start.elapsed().as_millis();
    assert!((3_500..6_000).contains(&took), "ten slots took {took} ms");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_is_told_when_it_is_confirmed() {
    let chain = block_in_place(Localnet::with_oracle);
    let (rpc, authority) = block_in_place(|| (chain.rpc(), chain.funded(10)));
    let key = authority.pubkey();
    let transaction = block_in_place(|| signed(&rpc, &[push(&key, 1, 50)], &[&authority]));
    let config = RpcSignatureSubscribeConfig {
        commitment: Some(CommitmentConfig::confirmed()),
        enable_received_notification: None,
    };
    let signature = transaction.signatures[0];
    let client = PubsubClient::new(&chain.ws_url).await.unwrap();
    let (mut told, _unsubscribe) = client
        .signature_subscribe(&signature, Some(config))
        .await
        .unwrap();
    sleep(Duration::from_millis(300)).await;
    block_in_place(|| rpc.send_transaction(&transaction).unwrap());
    match next(&mut told).await.value {
        RpcSignatureResult::ProcessedSignature(result) => assert_eq!(result.err, None),
        RpcSignatureResult::ReceivedSignature(_) => panic!("nobody asked for that"),
    }
    let statuses = block_in_place(|| rpc.get_signature_statuses(&[signature]).unwrap().value);
    assert!(statuses[0].is_some());
}
