//! The program on a cluster: what is there, what has to be done, and doing it, again where it was interrupted.
//!
//! The upgradeable loader takes a program in pieces: they are written into a *buffer*, and one instruction makes that the
//! program. The buffer's address follows from the wallet, the program and the cluster, so that whoever starts again finds
//! what was written before, from whichever machine.

mod buffer;
mod file;
mod inspect;
mod upload;

pub use buffer::Buffer;
pub use file::{Kind, ProgramFile};
pub use inspect::{Deployed, Work};
pub use upload::{Progress, Upload};

use anyhow::{bail, ensure, Context, Result};
use levee_client::rpc::{Connection, Moniker, Order};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_loader_v3_interface::instruction as loader;
use solana_loader_v3_interface::state::UpgradeableLoaderState;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

/// Addresses whose keys are in this repository, so that anybody could deploy there first.
const DEVELOPMENT: [Pubkey; 2] = [
    Pubkey::from_str_const("7FioTR6GrVzsZMHqRZSNeQ7aJkvpLT3hSoqDwEH9YmVs"),
    levee_test_oracle::DEVNET_ID,
];

/// Where this feature is active, only its authority may make room for a program, by an instruction that replaces the old one;
/// elsewhere the new one is unknown.
const ENABLE_EXTEND_PROGRAM_CHECKED: Pubkey =
    Pubkey::from_str_const("2oMRZEDWT2tqtYMofhmmfQ8SsjqUFzT6sYXppQDavxwz");

/// How a program is to be deployed.
pub struct Deployment<'a> {
    /// The cluster.
    pub connection: &'a Connection,
    /// Pays, and may upgrade the program.
    pub wallet: &'a Keypair,
    /// Which program it is.
    pub kind: Kind,
    /// What is to be at the address.
    pub file: &'a ProgramFile,
    /// The program's address.
    pub address: Pubkey,
    /// The address's key, which a first deployment needs.
    pub keypair: Option<&'a Keypair>,
    /// A buffer of one's own instead of the derived one.
    pub buffer: Option<Keypair>,
    /// Room for later versions, in bytes of code; the file's length where `None`.
    pub max_len: Option<usize>,
    /// Nobody may upgrade it afterwards.
    pub is_final: bool,
    /// Priority fee per compute unit, in millionths of a lamport.
    pub micro_lamports_per_unit: u64,
}

impl Deployment<'_> {
    /// Reads what is there and says what has to be done.
    ///
    /// # Errors
    /// A file that is not this program, another program at the address or one of another authority, and a
    /// development key where tokens have value. Nothing is changed.
    pub async fn plan(&self) -> Result<Work> {
        self.file.check(self.kind, &self.address)?;
        let cluster = self.connection.known().await?;
        check_value(self.file, &self.address, cluster)?;
        let deployed = Deployed::read(self.connection, &self.address).await?;
        inspect::work(self, deployed)
    }

    /// Does what [`Self::plan`] said.
    ///
    /// # Errors
    /// An empty wallet, and the cluster's; what was uploaded stays, and the next call goes on from there.
    pub async fn run(&self, work: &Work, progress: &mut dyn Progress) -> Result<()> {
        match work {
            Work::Nothing { .. } => {}
            Work::Deploy { .. } | Work::Upgrade { .. } => self.replace(work, progress).await?,
        }
        if self.is_final && !matches!(work, Work::Nothing { is_final: true }) {
            let close = loader::set_upgrade_authority(&self.address, &self.wallet.pubkey(), None);
            self.send(&[close], &[])
                .await
                .context("cannot make the program final")?;
        }
        Ok(())
    }

    async fn replace(&self, work: &Work, progress: &mut dyn Progress) -> Result<()> {
        let buffer = Buffer::of(self)?;
        buffer.check_funds(self, work).await?;
        let key = buffer.upload(self, progress).await?;
        match work {
            Work::Deploy { max_len } => self.deploy(&key, *max_len).await?,
            Work::Upgrade { extend_by } => self.upgrade(&key, *extend_by).await?,
            Work::Nothing { .. } => {}
        }
        self.wait_for_next_slot().await
    }

    async fn deploy(&self, buffer: &Pubkey, max_len: usize) -> Result<()> {
        let keypair = self.keypair.with_context(|| {
            format!(
                "a first deployment to {} needs its key: --program-keypair",
                self.address
            )
        })?;
        let rent = self.rent(UpgradeableLoaderState::size_of_program()).await?;
        let wallet = self.wallet.pubkey();
        #[allow(deprecated, reason = "its successor is for another loader")]
        let deploy = loader::deploy_with_max_program_len(
            &wallet,
            &self.address,
            buffer,
            &wallet,
            rent,
            max_len,
        );
        let deploy = deploy.context("cannot make the deployment's instructions")?;
        self.send(&deploy, &[keypair])
            .await
            .context("cannot deploy")
    }

    async fn upgrade(&self, buffer: &Pubkey, extend_by: u32) -> Result<()> {
        let wallet = self.wallet.pubkey();
        if extend_by > 0 {
            let extend = match self.is_active(&ENABLE_EXTEND_PROGRAM_CHECKED).await? {
                true => {
                    loader::extend_program_checked(&self.address, &wallet, Some(&wallet), extend_by)
                }
                false => loader::extend_program(&self.address, Some(&wallet), extend_by),
            };
            self.send(&[extend], &[])
                .await
                .context("cannot make room for the program")?;
            // The loader changes a program once in a slot.
            self.wait_for_next_slot().await?;
        }
        let upgrade = loader::upgrade(&self.address, buffer, &wallet, &wallet);
        self.send(&[upgrade], &[]).await.context("cannot upgrade")
    }

    /// A program can be called from the slot after the one in which it was deployed.
    async fn wait_for_next_slot(&self) -> Result<()> {
        let client = &self.connection.client;
        let slot = client.get_slot().await?;
        while client.get_slot().await? <= slot {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        Ok(())
    }

    async fn send(&self, instructions: &[Instruction], others: &[&Keypair]) -> Result<()> {
        let order = Order {
            payer: self.wallet,
            others,
            instructions,
            tables: &[],
            micro_lamports_per_unit: self.micro_lamports_per_unit,
        };
        self.connection.send(&order).await?;
        Ok(())
    }

    /// Whether the cluster has activated `feature`.
    async fn is_active(&self, feature: &Pubkey) -> Result<bool> {
        let account = self.connection.account(feature).await?;
        Ok(account.is_some_and(|account| is_active(&account.data)))
    }

    /// What an account of this size must hold, in lamports.
    async fn rent(&self, bytes: usize) -> Result<u64> {
        let client = &self.connection.client;
        let rent = client.get_minimum_balance_for_rent_exemption(bytes).await;
        rent.context("the cluster does not tell what an account costs")
    }
}

/// Whether a feature's account says from which slot on it is active: `Some` in bincode.
fn is_active(account: &[u8]) -> bool {
    account.first() == Some(&1)
}

/// Refuses, where tokens have value, what is for trying things out.
fn check_value(file: &ProgramFile, address: &Pubkey, cluster: Option<Moniker>) -> Result<()> {
    if cluster != Some(Moniker::MainnetBeta) {
        return Ok(());
    }
    if file.believes_test_feeds() {
        bail!(
            "this build believes prices that anybody may push: build Levee without the feature test-feeds for mainnet-beta"
        );
    }
    if DEVELOPMENT.contains(address) {
        bail!(
            "{address} is a development address whose key is public: build Levee with an address of your own for mainnet-beta"
        );
    }
    Ok(())
}

/// Refuses a wallet that holds less than `needed` lamports.
///
/// # Errors
/// One line that says how much is missing, and the cluster's.
pub async fn check_balance(connection: &Connection, wallet: &Pubkey, needed: u64) -> Result<()> {
    let held = connection.client.get_balance(wallet).await;
    let held = held.context("the cluster does not tell the wallet's balance")?;
    ensure!(
        held >= needed,
        "the wallet {wallet} has {} SOL on {}, and this takes {}: fund it (on localnet and devnet, --airdrop asks the faucet)",
        sol(held),
        connection.cluster.name(),
        sol(needed)
    );
    Ok(())
}

/// Lamports as SOL, rounded up in the third digit.
pub fn sol(lamports: u64) -> String {
    let milli = lamports.div_ceil(1_000_000);
    format!("{}.{:03}", milli / 1_000, milli % 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn development_addresses_are_refused_where_tokens_have_value() {
        let own = Pubkey::new_from_array([5; 32]);
        let built = read("levee");
        for address in [levee::ID, levee_test_oracle::DEVNET_ID] {
            let refused = check_value(&built, &address, Some(Moniker::MainnetBeta)).unwrap_err();
            assert!(refused.to_string().contains("development address"));
            check_value(&built, &address, Some(Moniker::Devnet)).unwrap();
        }
        check_value(&built, &own, Some(Moniker::MainnetBeta)).unwrap();
    }

    #[test]
    fn a_build_that_believes_test_feeds_is_refused_where_tokens_have_value() {
        let own = Pubkey::new_from_array([5; 32]);
        let built = read("levee_test_feeds");
        let refused = check_value(&built, &own, Some(Moniker::MainnetBeta)).unwrap_err();
        assert!(refused.to_string().contains("anybody may push"));
        check_value(&built, &own, Some(Moniker::Devnet)).unwrap();
    }

    fn read(name: &str) -> ProgramFile {
        ProgramFile::read(&levee_testkit::program_path(name)).unwrap()
    }

    #[test]
    fn a_feature_is_active_once_its_account_names_a_slot() {
        assert!(is_active(&[1, 7, 0, 0, 0, 0, 0, 0, 0]));
        assert!(!is_active(&[0; 9]));
        assert!(!is_active(&[]));
    }

    #[test]
    fn lamports_are_shown_as_sol_and_never_as_too_few() {
        assert_eq!(sol(0), "0.000");
        assert_eq!(sol(1), "0.001");
        assert_eq!(sol(5_771_337_840), "5.772");
        assert_eq!(sol(u64::MAX), "18446744073.710");
    }
}
