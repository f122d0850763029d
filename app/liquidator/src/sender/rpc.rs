//! Sending by JSON-RPC.

use anyhow::Result;
use async_trait::async_trait;
use solana_commitment_config::CommitmentConfig;
use solana_pubkey::Pubkey;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_rpc_client_api::config::RpcSendTransactionConfig;
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;

use super::{Blockhash, Landed, Sender};
use crate::source::rpc::ANSWER_TIMEOUT;

/// Accounts that a node takes in one question about fees: twice as many as a transaction may lock.
const FEE_ACCOUNTS: usize = 128;

/// One node.
pub struct RpcSender {
    rpc: RpcClient,
}

impl RpcSender {
    /// A node by its address. Nothing is asked yet.
    pub fn new(rpc_url: String) -> Self {
        let commitment = CommitmentConfig::confirmed();
        Self {
            rpc: RpcClient::new_with_timeout_and_commitment(rpc_url, ANSWER_TIMEOUT, commitment),
        }
    }
}

#[async_trait]
impl Sender for RpcSender {
    async fn blockhash(&self) -> Result<Blockhash> {
        let commitment = CommitmentConfig::confirmed();
        let (hash, last_valid_block_height) = self
            .rpc
            .get_latest_blockhash_with_commitment(commitment)
            .await?;
        Ok(Blockhash {
            hash,
            last_valid_block_height,
        })
    }

    async fn send(&self, transaction: &VersionedTransaction) -> Result<()> {
        let config = RpcSendTransactionConfig {
            // The quote was made by the program's own code; what changed since shows on the chain.
            skip_preflight: true,
            max_retries: Some(0),
            ..RpcSendTransactionConfig::default()
        };
        self.rpc
            .send_transaction_with_config(transaction, config)
            .await?;
        Ok(())
    }

    async fn landed(&self, signatures: &[Signature]) -> Result<Vec<Option<Landed>>> {
        let answer = self
            .rpc
            .get_signature_statuses_with_history(signatures)
            .await?;
        let landed = answer.value.into_iter().map(|status| {
            let status = status?;
            status
                .satisfies_commitment(CommitmentConfig::confirmed())
                .then(|| Landed {
                    slot: status.slot,
                    is_final: status.satisfies_commitment(CommitmentConfig::finalized()),
                    error: status.err.clone(),
                })
        });
        Ok(landed.collect())
    }

    async fn recent_fees(&self, writable: &[Pubkey]) -> Result<Vec<u64>> {
        let some = writable.get(..FEE_ACCOUNTS).unwrap_or(writable);
        let recent = self.rpc.get_recent_prioritization_fees(some).await?;
        let fees = recent.iter().map(|fee| fee.prioritization_fee);
        // A slot in which nobody wrote them says nothing of what they cost.
        Ok(fees.filter(|fee| *fee > 0).collect())
    }

    async fn final_block_height(&self) -> Result<u64> {
        let commitment = CommitmentConfig::finalized();
        Ok(self
            .rpc
            .get_block_height_with_commitment(commitment)
            .await?)
    }
}
