//! The buffer: where it is, what it costs, and what is missing in it.

use std::ops::Range;

use anyhow::{bail, ensure, Context, Result};
use solana_keypair::Keypair;
use solana_loader_v3_interface::instruction as loader;
use solana_loader_v3_interface::state::UpgradeableLoaderState;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use super::inspect::Work;
use super::upload::{Progress, Upload};
use super::{check_balance, Deployment};

/// The loader's bytes in front of what was written.
const METADATA: usize = UpgradeableLoaderState::size_of_buffer_metadata();
/// What a signature costs.
const FEE_LAMPORTS: u64 = 5_000;
/// Transactions besides the writes.
const OTHER_TRANSACTIONS: u64 = 10;
/// How often what is missing is written again.
const ROUNDS: usize = 10;

/// The account that takes a program in pieces.
pub struct Buffer {
    keypair: Keypair,
}

impl Buffer {
    /// The one that was named, or the one of this wallet, program and cluster.
    ///
    /// # Errors
    /// A wallet that cannot sign.
    pub fn of(deployment: &Deployment) -> Result<Self> {
        if let Some(named) = &deployment.buffer {
            return Ok(Self {
                keypair: named.insecure_clone(),
            });
        }
        derived(
            deployment.wallet,
            &deployment.address,
            &deployment.connection.cluster.url,
        )
    }

    /// Refuses a wallet that cannot pay, before anything is paid.
    ///
    /// # Errors
    /// One line that says how much is missing, and the cluster's.
    pub async fn check_funds(&self, deployment: &Deployment<'_>, work: &Work) -> Result<()> {
        let code = deployment.file.code().len();
        let held = deployment
            .connection
            .account(&self.keypair.pubkey())
            .await?;
        let held = held.map_or(0, |account| account.lamports);
        let buffer = deployment.rent(METADATA + code).await?;
        let upload = Upload::new(deployment, self.keypair.pubkey());
        let transactions = upload.writes().len() as u64 + OTHER_TRANSACTIONS;
        let fees = transactions * (FEE_LAMPORTS + upload.priority_fee_lamports_up());
        // The buffer pays for what becomes of it, as far as it goes.
        let becomes = match work {
            Work::Deploy { max_len } => {
                let data = UpgradeableLoaderState::size_of_programdata(*max_len);
                let program = UpgradeableLoaderState::size_of_program();
                deployment.rent(data).await? + deployment.rent(program).await?
            }
            Work::Upgrade { extend_by } => buffer + deployment.rent(*extend_by as usize).await?,
            Work::Nothing { .. } => 0,
        };
        let needed = buffer.max(becomes).saturating_sub(held) + fees;
        check_balance(deployment.connection, &deployment.wallet.pubkey(), needed).await
    }

    /// Writes what is missing until nothing is.
    ///
    /// # Errors
    /// The cluster's; what was written stays.
    pub(super) async fn upload(
        &self,
        deployment: &Deployment<'_>,
        progress: &mut dyn Progress,
    ) -> Result<Pubkey> {
        let (key, code) = (self.keypair.pubkey(), deployment.file.code());
        let upload = Upload::new(deployment, key);
        let all = upload.writes();
        let missing = |written: &[u8]| differing(&all, code, written);
        let mut written = match self.read(deployment).await? {
            Some(written) if written.len() == code.len() => {
                progress.resume(all.len(), all.len() - missing(&written).len());
                written
            }
            Some(_) => {
                self.close(deployment).await?;
                self.create(deployment).await?
            }
            None => self.create(deployment).await?,
        };
        progress.start(all.len(), all.len() - missing(&written).len());
        for _ in 0..ROUNDS {
            let ranges = missing(&written);
            if ranges.is_empty() {
                progress.finish();
                return Ok(key);
            }
            upload.write(&ranges, progress).await?;
            let read = self.read(deployment).await?;
            written = read.context("the buffer is gone: was it used or closed elsewhere?")?;
        }
        bail!(
            "the cluster took {} of {} pieces: start again to go on from there, perhaps with a higher --compute-unit-price",
            all.len() - missing(&written).len(),
            all.len()
        )
    }

    /// What was written so far.
    async fn read(&self, deployment: &Deployment<'_>) -> Result<Option<Vec<u8>>> {
        let key = self.keypair.pubkey();
        let Some(account) = deployment.connection.account(&key).await? else {
            return Ok(None);
        };
        let state = bincode::deserialize(&account.data).ok();
        let Some(UpgradeableLoaderState::Buffer { authority_address }) = state else {
            bail!("{key} is no buffer: name another with --buffer");
        };
        ensure!(
            authority_address == Some(deployment.wallet.pubkey()),
            "the buffer {key} is not the wallet's: name another with --buffer"
        );
        Ok(Some(
            account.data.get(METADATA..).unwrap_or_default().to_vec(),
        ))
    }

    async fn create(&self, deployment: &Deployment<'_>) -> Result<Vec<u8>> {
        let len = deployment.file.code().len();
        let rent = deployment.rent(METADATA + len).await?;
        let wallet = deployment.wallet.pubkey();
        let key = self.keypair.pubkey();
        let create = loader::create_buffer(&wallet, &key, &wallet, rent, len);
        let create = create.context("cannot make the buffer's instructions")?;
        let sent = deployment.send(&create, &[&self.keypair]).await;
        sent.context("cannot create the buffer")?;
        Ok(vec![0; len])
    }

    /// A buffer has the size that it was made with.
    async fn close(&self, deployment: &Deployment<'_>) -> Result<()> {
        let wallet = deployment.wallet.pubkey();
        let close = loader::close(&self.keypair.pubkey(), &wallet, &wallet);
        let sent = deployment.send(&[close], &[]).await;
        sent.context("cannot close the buffer of another length")
    }
}

/// Only the wallet can make this signature, and nobody is shown it.
fn derived(wallet: &Keypair, program: &Pubkey, url: &str) -> Result<Buffer> {
    let message = format!("buffer of the program {program} at {url}");
    let signature = wallet
        .try_sign_message(message.as_bytes())
        .context("the wallet cannot sign")?;
    let seed = solana_sha256_hasher::hash(signature.as_ref()).to_bytes();
    Ok(Buffer {
        keypair: Keypair::new_from_array(seed),
    })
}

/// Those of `ranges` in which `written` is not `code`.
fn differing(ranges: &[Range<usize>], code: &[u8], written: &[u8]) -> Vec<Range<usize>> {
    let differs =
        |range: &&Range<usize>| code.get((*range).clone()) != written.get((*range).clone());
    ranges.iter().filter(differs).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_buffer_is_the_wallets_the_programs_and_the_clusters() {
        let (wallet, other) = (Keypair::new(), Keypair::new());
        let (program, url) = (levee::ID, "http://127.0.0.1:8899");
        let key = |wallet: &Keypair, program: &Pubkey, url: &str| {
            derived(wallet, program, url).unwrap().keypair.pubkey()
        };
        let first = key(&wallet, &program, url);
        assert_eq!(first, key(&wallet, &program, url));
        assert_ne!(first, key(&other, &program, url));
        assert_ne!(first, key(&wallet, &Pubkey::new_unique(), url));
        assert_ne!(first, key(&wallet, &program, "http://127.0.0.1:9899"));
    }

    #[test]
    fn only_the_pieces_that_differ_are_written() {
        let ranges = [0..3, 3..6, 6..8];
        assert!(differing(&ranges, b"abcdefgh", b"abcdefgh").is_empty());
        assert_eq!(
            differing(&ranges, b"abcdefgh", b"abc\0\0\0gX"),
            [3..6, 6..8]
        );
        assert_eq!(differing(&ranges, b"abcdefgh", &[0; 8]), ranges);
    }
}
