//! WebSocket: what is told, when, and with which slot.

use std::time::{Duration, Instant};

use crate::support::*;
use solana_account_decoder_client_types::UiAccountEncoding;
use solana_commitment_config::CommitmentConfig;
use solana_pubsub_client::pubsub_client::PubsubClient;
use solana_rpc_client_api::config::{
    RpcAccountInfoConfig, RpcProgramAccountsConfig, RpcSignatureSubscribeConfig,
};
use solana_rpc_client_api::filter::{Memcmp, RpcFilterType};
use solana_rpc_client_api::response::RpcSignatureResult;
use solana_signer::Signer;

const PATIENCE: Duration = Duration::from_secs(10);

fn base64() -> RpcAccountInfoConfig {
    RpcAccountInfoConfig {
        encoding: Some(UiAccountEncoding::Base64),
        commitment: Some(CommitmentConfig::confirmed()),
        ..RpcAccountInfoConfig::default()
    }
}

#[test]
fn changes_of_a_programs_accounts_are_told_with_content_and_slot() {
    let chain = Localnet::with_oracle();
    let (rpc, authority) = (chain.rpc(), chain.funded(10));
    let key = authority.pubkey();
    let config = RpcProgramAccountsConfig {
        filters: Some(vec![
            RpcFilterType::DataSize(FEED_LEN),
            RpcFilterType::Memcmp(Memcmp::new_raw_bytes(41, vec![1; 32])),
        ]),
        account_config: base64(),
        ..RpcProgramAccountsConfig::default()
    };
    let (_subscription, told) =
        PubsubClient::program_subscribe(&chain.ws_url, &ORACLE, Some(config)).unwrap();
    // Slots pass between the subscription and the changes.
    std::thread::sleep(Duration::from_secs(2));
    for price in [100, 200, 300] {
        let before = rpc.get_slot().unwrap();
        // The first is another feed, which the filter keeps back.
        send(
            &rpc,
            &[push(&key, 2, 999), push(&key, 1, price)],
            &[&authority],
        );
        let after = rpc.get_slot().unwrap();
        let notified = told.recv_timeout(PATIENCE).unwrap();
        assert_eq!(notified.value.pubkey, feed_address(&key, 1).to_string());
        let data = notified.value.account.data.decode().unwrap();
        assert_eq!(price_of(&data), price);
        let slot = notified.context.slot;
        assert!(
            (before..=after + 1).contains(&slot),
            "{before} {slot} {after}"
        );
    }
    assert!(told.recv_timeout(Duration::from_millis(500)).is_err());
}

#[test]
fn changes_of_an_account_are_told_with_content_and_slot() {
    let chain = Localnet::with_oracle();
    let (rpc, authority) = (chain.rpc(), chain.funded(10));
    let key = authority.pubkey();
    send(&rpc, &[push(&key, 1, 50)], &[&authority]);
    let feed = feed_address(&key, 1);
    let (_subscription, told) =
        PubsubClient::account_subscribe(&chain.ws_url, &feed, Some(base64())).unwrap();
    std::thread::sleep(Duration::from_secs(2));
    let before = rpc.get_slot().unwrap();
    send(&rpc, &[push(&key, 1, 60)], &[&authority]);
    let notified = told.recv_timeout(PATIENCE).unwrap();
    assert_eq!(price_of(&notified.value.data.decode().unwrap()), 60);
    assert!(notified.context.slot >= before);
}

#[test]
fn slots_are_told_one_by_one_in_time() {
    let chain = Localnet::with_oracle();
    let (_subscription, told) = PubsubClient::slot_subscribe(&chain.ws_url).unwrap();
    let first = told.recv_timeout(PATIENCE).unwrap();
    let start = Instant::now();
    for number in 1..=10 {
        let next = told.recv_timeout(PATIENCE).unwrap();
        assert_eq!(next.slot, first.slot + number);
        assert_eq!(next.parent, next.slot - 1);
    }
    let took = start.elapsed().as_millis();
    assert!((3_500..6_000).contains(&took), "ten slots took {took} ms");
}

#[test]
fn a_signature_is_told_when_it_is_confirmed() {
    let chain = Localnet::with_oracle();
    let (rpc, authority) = (chain.rpc(), chain.funded(10));
    let key = authority.pubkey();
    let transaction = signed(&rpc, &[push(&key, 1, 50)], &[&authority]);
    let config = RpcSignatureSubscribeConfig {
        commitment: Some(CommitmentConfig::confirmed()),
        enable_received_notification: None,
    };
    let signature = transaction.signatures[0];
    let (_subscription, told) =
        PubsubClient::signature_subscribe(&chain.ws_url, &signature, Some(config)).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    rpc.send_transaction(&transaction).unwrap();
    match told.recv_timeout(PATIENCE).unwrap().value {
        RpcSignatureResult::ProcessedSignature(result) => assert_eq!(result.err, None),
        RpcSignatureResult::ReceivedSignature(_) => panic!("nobody asked for that"),
    }
    let statuses = rpc.get_signature_statuses(&[signature]).unwrap().value;
    assert!(statuses[0].is_some());
}
