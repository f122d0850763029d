//! Writing the pieces: many at a time, told one by one.

use std::ops::Range;
use std::time::Duration;

use anyhow::{Context, Result};
use futures_util::{stream, StreamExt};
use levee_client::rpc::Connection;
use levee_client::transaction::{compile, sign, Budget, MAX_TRANSACTION_BYTES};
use solana_hash::Hash;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_loader_v3_interface::instruction as loader;
use solana_pubkey::Pubkey;
use solana_rpc_client_api::config::RpcSendTransactionConfig;
use solana_signature::Signature;
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;

use super::Deployment;

/// What the loader uses for a write (2,370), the budget's own instructions, and some room.
const COMPUTE_UNITS: u32 = 4_000;
/// Requests on their way at a time.
const AT_ONCE: usize = 16;
/// Signatures of one question.
const STATUSES_AT_ONCE: usize = 256;
const POLL: Duration = Duration::from_millis(400);
/// Polls after which what has not landed is sent again.
const POLLS_PER_SEND: u32 = 5;

/// Is told how the upload goes.
pub trait Progress: Send {
    /// An upload that was interrupted goes on: of `all` pieces, `written` are there.
    fn resume(&mut self, all: usize, written: usize);
    /// Of `all` pieces, `written` need not be written.
    fn start(&mut self, all: usize, written: usize);
    /// So many more were taken.
    fn add(&mut self, pieces: usize);
    /// All are there.
    fn finish(&mut self);
}

/// The writes of one program into one buffer.
pub struct Upload<'a> {
    connection: &'a Connection,
    wallet: &'a Keypair,
    code: &'a [u8],
    buffer: Pubkey,
    budget: Budget,
}

impl<'a> Upload<'a> {
    pub(super) fn new(deployment: &Deployment<'a>, buffer: Pubkey) -> Self {
        Self {
            connection: deployment.connection,
            wallet: deployment.wallet,
            code: deployment.file.code(),
            buffer,
            budget: Budget {
                compute_units: COMPUTE_UNITS,
                micro_lamports_per_unit: deployment.micro_lamports_per_unit,
            },
        }
    }

    /// Of one write.
    pub fn priority_fee_lamports_up(&self) -> u64 {
        self.budget.priority_fee_lamports_up()
    }

    /// The pieces, each as large as a transaction takes.
    pub fn writes(&self) -> Vec<Range<usize>> {
        let most = piece_len(&self.buffer, &self.wallet.pubkey(), self.budget);
        (0..self.code.len())
            .step_by(most)
            .map(|start| start..(start + most).min(self.code.len()))
            .collect()
    }

    /// Sends `ranges` and returns when each has landed or cannot any more. Which ones did, the buffer tells.
    pub(super) async fn write(
        &self,
        ranges: &[Range<usize>],
        progress: &mut dyn Progress,
    ) -> Result<()> {
        let client = &self.connection.client;
        let (blockhash, last_height) = client
            .get_latest_blockhash_with_commitment(client.commitment())
            .await
            .context("the cluster gives no blockhash")?;
        let mut waiting = Vec::with_capacity(ranges.len());
        for range in ranges {
            waiting.push(self.transaction(range, blockhash)?);
        }
        while !waiting.is_empty() {
            self.send(&waiting).await;
            for _ in 0..POLLS_PER_SEND {
                tokio::time::sleep(POLL).await;
                // Asked first: what had not landed at a height beyond the last one never will.
                let height = client.get_block_height().await?;
                let before = waiting.len();
                waiting = self.still_waiting(waiting).await?;
                progress.add(before - waiting.len());
                if waiting.is_empty() || height > last_height {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn transaction(&self, range: &Range<usize>, blockhash: Hash) -> Result<VersionedTransaction> {
        let piece = self.code.get(range.clone()).unwrap_or_default();
        let wallet = self.wallet.pubkey();
        let write = write(&self.buffer, &wallet, range.start, piece.to_vec())?;
        let signed = sign(
            &wallet,
            &[write],
            self.budget,
            &[],
            blockhash,
            &[self.wallet],
        );
        signed.map_err(|error| anyhow::anyhow!("cannot make a piece's transaction: {error}"))
    }

    /// What is lost here is sent again later: the cluster's answer says no more than a status does.
    async fn send(&self, transactions: &[VersionedTransaction]) {
        let config = RpcSendTransactionConfig {
            skip_preflight: true,
            max_retries: Some(0),
            ..RpcSendTransactionConfig::default()
        };
        let client = &self.connection.client;
        stream::iter(transactions)
            .map(|transaction| client.send_transaction_with_config(transaction, config))
            .buffer_unordered(AT_ONCE)
            .for_each(|_| async {})
            .await;
    }

    /// Those of `transactions` that have not landed at the connection's commitment.
    async fn still_waiting(
        &self,
        transactions: Vec<VersionedTransaction>,
    ) -> Result<Vec<VersionedTransaction>> {
        let client = &self.connection.client;
        let mut landed = Vec::with_capacity(transactions.len());
        for some in transactions.chunks(STATUSES_AT_ONCE) {
            let signatures: Vec<Signature> = some
                .iter()
                .filter_map(|transaction| transaction.signatures.first().copied())
                .collect();
            let statuses = client.get_signature_statuses(&signatures).await;
            let statuses = statuses.context("the cluster does not tell what landed")?;
            landed.extend(statuses.value.into_iter().map(|status| {
                status.is_some_and(|status| status.satisfies_commitment(client.commitment()))
            }));
        }
        let both = transactions.into_iter().zip(landed);
        Ok(both
            .filter(|(_, landed)| !landed)
            .map(|(transaction, _)| transaction)
            .collect())
    }
}

fn write(buffer: &Pubkey, wallet: &Pubkey, start: usize, piece: Vec<u8>) -> Result<Instruction> {
    let offset = u32::try_from(start).context("the program is too large")?;
    Ok(loader::write(buffer, wallet, offset, piece))
}

/// The most bytes that a write's transaction takes.
fn piece_len(buffer: &Pubkey, wallet: &Pubkey, budget: Budget) -> usize {
    let fits = |len: usize| {
        let write = write(buffer, wallet, 0, vec![0; len]);
        write.is_ok_and(|write| compile(wallet, &[write], budget, &[], Hash::default()).is_ok())
    };
    let (mut least, mut most) = (1, MAX_TRANSACTION_BYTES);
    while least < most {
        let middle = (least + most).div_ceil(2);
        match fits(middle) {
            true => least = middle,
            false => most = middle - 1,
        }
    }
    least
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_fills_a_packet_and_not_more() {
        let (buffer, wallet) = (Pubkey::new_unique(), Pubkey::new_unique());
        for micro_lamports_per_unit in [0, 1_000] {
            let budget = Budget {
                compute_units: COMPUTE_UNITS,
                micro_lamports_per_unit,
            };
            let len = piece_len(&buffer, &wallet, budget);
            let bytes = |len| {
                let write = write(&buffer, &wallet, 0, vec![0; len]).unwrap();
                compile(&wallet, &[write], budget, &[], Hash::default())
                    .map(|message| levee_client::transaction::size_bytes(&message))
            };
            assert_eq!(bytes(len).unwrap(), MAX_TRANSACTION_BYTES);
            assert!(bytes(len + 1).is_err());
        }
    }
}
