//! Sending: sign, send, resend until it landed or cannot land any more.

use std::time::Duration;

use anchor_lang::prelude::Pubkey;
use solana_hash::Hash;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_message::AddressLookupTableAccount;
use solana_rpc_client_api::config::{RpcSendTransactionConfig, RpcSimulateTransactionConfig};
use solana_signature::Signature;
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction_error::TransactionError;
use solana_transaction_status_client_types::TransactionStatus;

use super::{Connection, SendError};
use crate::transaction::{sign, AssemblyError, Budget, MAX_COMPUTE_UNITS};

/// How often a landing is asked for.
const POLL: Duration = Duration::from_millis(300);
/// Polls between two times that the same transaction is sent: leaders drop some.
const POLLS_PER_SEND: u32 = 7;
/// Blockhashes that are tried one after the other. A transaction is signed anew only when the one before cannot land.
const ATTEMPTS: u32 = 3;
/// Asked for on top of what a simulation used, since accounts may change in between: an instruction that had nothing to do a
/// slot ago may have to value an obligation now.
const SPARE_PERCENT: u64 = 20;
const SPARE_COMPUTE_UNITS: u64 = 30_000;

/// The limit for a transaction that used `simulated` compute units in a simulation.
fn limit_for(simulated: u64) -> u32 {
    let units = u128::from(simulated) * u128::from(100 + SPARE_PERCENT) / 100;
    let units = units + u128::from(SPARE_COMPUTE_UNITS);
    u32::try_from(units).map_or(MAX_COMPUTE_UNITS, |units| units.min(MAX_COMPUTE_UNITS))
}

/// What a simulation showed.
#[derive(Clone, Debug)]
pub struct Simulation {
    /// Why it would be refused.
    pub error: Option<TransactionError>,
    /// What the programs said.
    pub logs: Vec<String>,
    /// What it used.
    pub compute_units: u64,
}

/// What is sent, by whom.
#[derive(Clone, Copy)]
pub struct Order<'a> {
    /// Signs first and pays.
    pub payer: &'a Keypair,
    /// Sign, too.
    pub others: &'a [&'a Keypair],
    /// What is done.
    pub instructions: &'a [Instruction],
    /// Tables that shorten it.
    pub tables: &'a [AddressLookupTableAccount],
    /// Priority fee per compute unit, in millionths of a lamport.
    pub micro_lamports_per_unit: u64,
}

impl Order<'_> {
    fn signed(
        &self,
        compute_units: u32,
        blockhash: Hash,
    ) -> Result<VersionedTransaction, AssemblyError> {
        let budget = Budget {
            compute_units,
            micro_lamports_per_unit: self.micro_lamports_per_unit,
        };
        let signers: Vec<&Keypair> = [&[self.payer], self.others].concat();
        let payer: Pubkey = self.payer.pubkey();
        sign(
            &payer,
            self.instructions,
            budget,
            self.tables,
            blockhash,
            &signers,
        )
    }
}

impl Connection {
    /// Runs a transaction without sending it.
    ///
    /// # Errors
    /// [`SendError::Assembly`], [`SendError::Rpc`]; a refusal is part of the result.
    pub async fn simulate(&self, order: &Order<'_>) -> Result<Simulation, SendError> {
        // The cluster puts the newest blockhash in.
        let transaction = order.signed(MAX_COMPUTE_UNITS, Hash::default())?;
        let config = RpcSimulateTransactionConfig {
            replace_recent_blockhash: true,
            commitment: Some(self.client.commitment()),
            ..RpcSimulateTransactionConfig::default()
        };
        let result = self
            .client
            .simulate_transaction_with_config(&transaction, config)
            .await?
            .value;
        Ok(Simulation {
            error: result.err.map(Into::into),
            logs: result.logs.unwrap_or_default(),
            compute_units: result.units_consumed.unwrap_or_default(),
        })
    }

    /// Simulates for the compute units, then sends until the transaction landed at the connection's commitment or cannot
    /// land any more, and then again with a fresh blockhash: never are two of them alive at a time.
    ///
    /// # Errors
    /// [`SendError`]. Only after [`SendError::Rpc`] may the transaction still land.
    pub async fn send(&self, order: &Order<'_>) -> Result<Signature, SendError> {
        let simulation = self.simulate(order).await?;
        if let Some(error) = simulation.error {
            let logs = simulation.logs;
            return Err(SendError::Refused { error, logs });
        }
        let units = limit_for(simulation.compute_units);
        for _ in 0..ATTEMPTS {
            let commitment = self.client.commitment();
            let (blockhash, last_height) = self
                .client
                .get_latest_blockhash_with_commitment(commitment)
                .await?;
            let transaction = order.signed(units, blockhash)?;
            if let Some(signature) = self.land(&transaction, last_height).await? {
                return Ok(signature);
            }
        }
        Err(SendError::Expired)
    }

    /// Sends a signed transaction until it landed, or `None` once its blockhash is no longer accepted.
    ///
    /// # Errors
    /// [`SendError::Refused`] where it landed and failed, [`SendError::Rpc`].
    pub async fn land(
        &self,
        transaction: &VersionedTransaction,
        last_height: u64,
    ) -> Result<Option<Signature>, SendError> {
        let config = RpcSendTransactionConfig {
            skip_preflight: true,
            max_retries: Some(0),
            ..RpcSendTransactionConfig::default()
        };
        let signature = transaction.signatures.first().copied().unwrap_or_default();
        loop {
            self.client
                .send_transaction_with_config(transaction, config)
                .await?;
            for _ in 0..POLLS_PER_SEND {
                tokio::time::sleep(POLL).await;
                // The height is asked first: what had not landed at a height beyond the last one never will.
                let height = self.client.get_block_height().await?;
                if let Some(status) = self.status(&signature).await? {
                    if let Err(error) = status.status {
                        let logs = self.logs(&signature).await;
                        return Err(SendError::Refused { error, logs });
                    }
                    if status.satisfies_commitment(self.client.commitment()) {
                        return Ok(Some(signature));
                    }
                } else if height > last_height {
                    return Ok(None);
                }
            }
        }
    }

    async fn status(&self, signature: &Signature) -> Result<Option<TransactionStatus>, SendError> {
        let answer = self.client.get_signature_statuses(&[*signature]).await?;
        Ok(answer.value.into_iter().next().flatten())
    }

    /// What the programs said in a transaction that landed; nothing where the cluster does not say.
    async fn logs(&self, signature: &Signature) -> Vec<String> {
        use solana_rpc_client_api::config::RpcTransactionConfig;
        use solana_transaction_status_client_types::{
            option_serializer::OptionSerializer, UiTransactionEncoding,
        };
        let config = RpcTransactionConfig {
            encoding: Some(UiTransactionEncoding::Base64),
            commitment: Some(self.client.commitment()),
            max_supported_transaction_version: Some(0),
        };
        let answer = self
            .client
            .get_transaction_with_config(signature, config)
            .await;
        match answer.ok().and_then(|answer| answer.transaction.meta) {
            Some(meta) => match meta.log_messages {
                OptionSerializer::Some(logs) => logs,
                _ => Vec::new(),
            },
            None => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_that_did_nothing_when_simulated_may_value_an_obligation_when_it_lands() {
        assert_eq!(limit_for(2_000), 32_400);
        assert_eq!(limit_for(100_000), 150_000);
        for most in [u64::from(MAX_COMPUTE_UNITS), u64::MAX] {
            assert_eq!(limit_for(most), MAX_COMPUTE_UNITS);
        }
    }
}
