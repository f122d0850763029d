//! What is at the program's address, and what has to be done about it.

use anyhow::{bail, ensure, Context, Result};
use levee_client::rpc::Connection;
use solana_loader_v3_interface::get_program_data_address;
use solana_loader_v3_interface::state::UpgradeableLoaderState;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use super::Deployment;

/// The loader's bytes in front of the code.
const METADATA: usize = UpgradeableLoaderState::size_of_programdata_metadata();
/// The loader extends a program by at least this much on newer clusters.
const LEAST_EXTENSION: usize = 10_240;

/// A program as the cluster has it.
#[derive(Debug, PartialEq, Eq)]
pub struct Deployed {
    /// Who may upgrade it; nobody where `None`.
    pub authority: Option<Pubkey>,
    /// With the zeros that are room for later versions.
    pub code: Vec<u8>,
}

impl Deployed {
    /// The program at `address`, where there is one.
    ///
    /// # Errors
    /// An account of another kind, and the cluster's.
    pub async fn read(connection: &Connection, address: &Pubkey) -> Result<Option<Self>> {
        let Some(account) = connection.account(address).await? else {
            return Ok(None);
        };
        let state = bincode::deserialize(&account.data).ok();
        let Some(UpgradeableLoaderState::Program { .. }) = state else {
            bail!("{address} is in use by something that is no upgradeable program");
        };
        let data = get_program_data_address(address);
        let data = connection.account(&data).await?.with_context(|| {
            format!("the program {address} was closed: its address cannot be used again")
        })?;
        Self::parse(&data.data)
            .map(Some)
            .with_context(|| format!("the code of {address} cannot be read"))
    }

    fn parse(data: &[u8]) -> Option<Self> {
        let (metadata, code) = data.split_at_checked(METADATA)?;
        let state: UpgradeableLoaderState = bincode::deserialize(metadata).ok()?;
        let UpgradeableLoaderState::ProgramData {
            upgrade_authority_address,
            ..
        } = state
        else {
            return None;
        };
        Some(Self {
            authority: upgrade_authority_address,
            code: code.to_vec(),
        })
    }

    fn is(&self, code: &[u8]) -> bool {
        let rest = self.code.strip_prefix(code);
        rest.is_some_and(|rest| rest.iter().all(|byte| *byte == 0))
    }
}

/// What has to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    /// The cluster has this very code.
    Nothing {
        /// Whether nobody may upgrade it.
        is_final: bool,
    },
    /// There is nothing yet.
    Deploy {
        /// Room for code, in bytes.
        max_len: usize,
    },
    /// There is another version.
    Upgrade {
        /// Bytes of room that are missing.
        extend_by: u32,
    },
}

pub(super) fn work(deployment: &Deployment, deployed: Option<Deployed>) -> Result<Work> {
    let (address, code) = (deployment.address, deployment.file.code());
    let Some(deployed) = deployed else {
        let max_len = deployment.max_len.unwrap_or(code.len());
        ensure!(
            max_len >= code.len(),
            "--max-len {max_len} is less than the program's {} bytes",
            code.len()
        );
        let keypair = deployment.keypair.map(Signer::pubkey);
        ensure!(
            keypair == Some(address),
            "a first deployment to {address} needs its key: name it with --program-keypair"
        );
        return Ok(Work::Deploy { max_len });
    };
    let wallet = deployment.wallet.pubkey();
    let is_same = deployed.is(code);
    let is_final = deployed.authority.is_none();
    if is_same && (is_final || !deployment.is_final) {
        return Ok(Work::Nothing { is_final });
    }
    ensure!(
        deployment.kind.is(&deployed.code),
        "another program is deployed at {address}: it is not {}, and stays as it is",
        deployment.kind.name()
    );
    match deployed.authority {
        None => bail!("the program at {address} is final: nobody can upgrade it"),
        Some(authority) if authority != wallet => bail!(
            "the program at {address} belongs to {authority}, and the wallet is {wallet}: it stays as it is"
        ),
        Some(_) => {}
    }
    if is_same {
        return Ok(Work::Nothing { is_final });
    }
    Ok(Work::Upgrade {
        extend_by: extension(deployed.code.len(), code.len())?,
    })
}

/// How much room is missing.
fn extension(room: usize, needed: usize) -> Result<u32> {
    match needed.saturating_sub(room) {
        0 => Ok(0),
        missing => u32::try_from(missing.max(LEAST_EXTENSION)).context("the program is too large"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_the_same_up_to_the_room_behind_it() {
        let deployed = Deployed {
            authority: None,
            code: b"code\0\0".to_vec(),
        };
        assert!(deployed.is(b"code"));
        assert!(deployed.is(b"code\0\0"));
        assert!(!deployed.is(b"cod"));
        assert!(!deployed.is(b"code\0\0\0"));
        assert!(!deployed.is(b"kode"));
    }

    #[test]
    fn room_is_made_where_it_is_missing_and_in_steps_that_every_cluster_takes() {
        assert_eq!(extension(100, 100).unwrap(), 0);
        assert_eq!(extension(100, 101).unwrap(), 10_240);
        assert_eq!(extension(100, 20_100).unwrap(), 20_000);
    }

    #[test]
    fn authority_and_code_are_read_with_and_without_an_authority() {
        for authority in [None, Some(Pubkey::new_from_array([3; 32]))] {
            let mut data = bincode::serialize(&UpgradeableLoaderState::ProgramData {
                slot: 5,
                upgrade_authority_address: authority,
            })
            .unwrap();
            data.resize(METADATA, 0);
            data.extend_from_slice(b"code");
            let deployed = Deployed::parse(&data).unwrap();
            assert_eq!(deployed.authority, authority);
            assert_eq!(deployed.code, b"code");
        }
        assert_eq!(Deployed::parse(&[0; 44]), None);
        assert_eq!(Deployed::parse(&[0; 64]), None);
    }
}
