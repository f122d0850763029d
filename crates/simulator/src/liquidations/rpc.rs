//! A cluster's history, over JSON-RPC.

use std::str::FromStr;

use anchor_lang::prelude::Pubkey;
use anyhow::{bail, Context, Result};
use levee_client::rpc::Connection;
use solana_commitment_config::CommitmentConfig;
use solana_rpc_client::rpc_client::GetConfirmedSignaturesForAddress2Config;
use solana_rpc_client_api::config::RpcTransactionConfig;
use solana_signature::Signature;
use solana_transaction_status_client_types::option_serializer::OptionSerializer;
use solana_transaction_status_client_types::UiTransactionEncoding;

use super::history::{History, Listed, Logs};

/// Most transactions of a page, by the protocol.
const PAGE: usize = 1_000;

/// The finalized transactions that name an address.
pub struct ClusterHistory<'a> {
    connection: &'a Connection,
    address: Pubkey,
}

impl<'a> ClusterHistory<'a> {
    /// Of a market, or of the whole program.
    pub fn new(connection: &'a Connection, address: Pubkey) -> Self {
        Self {
            connection,
            address,
        }
    }
}

fn signature(text: &str) -> Result<Signature> {
    Signature::from_str(text).with_context(|| format!("{text} is no signature"))
}

impl History for ClusterHistory<'_> {
    async fn page(&self, before: Option<&str>, until: Option<&str>) -> Result<Vec<Listed>> {
        let config = GetConfirmedSignaturesForAddress2Config {
            before: before.map(signature).transpose()?,
            until: until.map(signature).transpose()?,
            limit: Some(PAGE),
            commitment: Some(CommitmentConfig::finalized()),
        };
        let client = &self.connection.client;
        let page = client
            .get_signatures_for_address_with_config(&self.address, config)
            .await
            .with_context(|| format!("cannot list the transactions of {}", self.address))?;
        let listed = page.into_iter().map(|one| Listed {
            signature: one.signature,
            slot: one.slot,
            block_ts: one.block_time,
            is_failed: one.err.is_some(),
        });
        Ok(listed.collect())
    }

    async fn logs(&self, of: &Listed) -> Result<Logs> {
        let config = RpcTransactionConfig {
            encoding: Some(UiTransactionEncoding::Base64),
            commitment: Some(CommitmentConfig::finalized()),
            max_supported_transaction_version: Some(0),
        };
        let client = &self.connection.client;
        let transaction = client
            .get_transaction_with_config(&signature(&of.signature)?, config)
            .await
            .context("the cluster does not have it")?;
        let meta = transaction
            .transaction
            .meta
            .context("the cluster kept no logs of it")?;
        let OptionSerializer::Some(lines) = meta.log_messages else {
            bail!("the cluster kept no logs of it");
        };
        // The list has it on every validator. Where it does not, the slot is asked: the embedded chain's answer about a
        // transaction is a thousandth of the time.
        let block_ts = match of.block_ts {
            Some(block_ts) => Some(block_ts),
            None => client.get_block_time(of.slot).await.ok(),
        };
        Ok(Logs { lines, block_ts })
    }
}
