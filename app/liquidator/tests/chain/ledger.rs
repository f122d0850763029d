//! Sending what a test sets up, quickly: many transactions at once.

use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt};
use levee_client::rpc::Connection;
use levee_client::transaction::{sign, Budget};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_rpc_client_api::config::{RpcSendTransactionConfig, RpcTransactionConfig};
use solana_signature::Signature;
use solana_signer::Signer;

const AT_ONCE: usize = 16;

/// Sends all, signed by `signer` each, and waits until all have landed.
///
/// # Panics
/// Where one does not land, or fails.
pub async fn send_all(connection: &Connection, all: &[(&Keypair, Vec<Instruction>)]) {
    send_all_at(connection, all, 0).await;
}

/// As [`send_all`], at a priority fee.
pub async fn send_all_at(
    connection: &Connection,
    all: &[(&Keypair, Vec<Instruction>)],
    micro_lamports_per_unit: u64,
) {
    let hash = connection.client.get_latest_blockhash().await.unwrap();
    let budget = Budget {
        compute_units: 400_000,
        micro_lamports_per_unit,
    };
    let transactions: Vec<_> = all
        .iter()
        .map(|(signer, list)| {
            sign(&signer.pubkey(), list, budget, &[], hash, &[*signer]).expect("it fits")
        })
        .collect();
    let config = RpcSendTransactionConfig {
        skip_preflight: true,
        ..RpcSendTransactionConfig::default()
    };
    let mut open: Vec<Signature> = transactions.iter().map(|t| t.signatures[0]).collect();
    let count = open.len();
    let sending = stream::iter(transactions).map(|transaction| async move {
        let sent = connection
            .client
            .send_transaction_with_config(&transaction, config)
            .await;
        // One that fails is found below, by its signature.
        drop(sent);
    });
    sending.buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
    let started = Instant::now();
    while !open.is_empty() {
        assert!(
            started.elapsed() < Duration::from_secs(45),
            "{} of {} transactions did not land",
            open.len(),
            count
        );
        let some: Vec<Signature> = open.iter().take(200).copied().collect();
        let statuses = connection
            .client
            .get_signature_statuses(&some)
            .await
            .unwrap();
        for (signature, status) in some.iter().zip(statuses.value) {
            let Some(status) = status else {
                continue;
            };
            if let Some(error) = status.err {
                panic!("{error}: {:#?}", logs(connection, signature).await);
            }
            open.retain(|known| known != signature);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// What the programs said in a transaction that landed; `None` where it did not.
pub async fn logs(connection: &Connection, signature: &Signature) -> Option<Vec<String>> {
    let config = RpcTransactionConfig {
        commitment: Some(connection.client.commitment()),
        max_supported_transaction_version: Some(0),
        ..RpcTransactionConfig::default()
    };
    let answer = connection
        .client
        .get_transaction_with_config(signature, config)
        .await
        .ok()?;
    let meta = answer.transaction.meta?;
    if meta.err.is_some() {
        return None;
    }
    Some(Option::<Vec<String>>::from(meta.log_messages).unwrap_or_default())
}

/// Gives SOL.
pub async fn airdrop(connection: &Connection, to: &Pubkey) {
    let lamports = 1_000_000_000_000;
    connection
        .client
        .request_airdrop(to, lamports)
        .await
        .unwrap();
    let started = Instant::now();
    while connection.client.get_balance(to).await.unwrap_or(0) == 0 {
        assert!(started.elapsed() < Duration::from_secs(20), "no airdrop");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
