//! Whose prices the deployed program believes.
//!
//! A build with the feature `test-feeds`, which is for devnet, believes the test oracle besides Pyth. Which build is deployed
//! only its code can tell, so that is what is asked.

use anchor_lang::prelude::Pubkey;
use anyhow::{Context, Result};
use levee::oracle::{PYTH_RECEIVERS, TEST_FEEDS_NOTICE, TEST_ORACLE};
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_sdk_ids::bpf_loader_upgradeable;

/// The programs whose price updates a deployed build believes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receivers(Vec<Pubkey>);

impl Receivers {
    /// Those of a build, with or without the feature `test-feeds`.
    pub fn of_build(believes_test_feeds: bool) -> Self {
        let test = believes_test_feeds.then_some(TEST_ORACLE);
        let mut all: Vec<Pubkey> = PYTH_RECEIVERS.into_iter().chain(test).collect();
        // Where this library is itself built with the feature.
        all.dedup();
        Self(all)
    }

    /// Asks the cluster which build is deployed. The code is read only where the test oracle is there too.
    ///
    /// # Errors
    /// The cluster's.
    pub async fn deployed(client: &RpcClient) -> Result<Self> {
        let commitment = client.commitment();
        let read = async |key: Pubkey| {
            let answer = client.get_account_with_commitment(&key, commitment).await;
            anyhow::Ok(answer.with_context(|| format!("cannot read {key}"))?.value)
        };
        let oracle = read(TEST_ORACLE).await?;
        if oracle.is_none_or(|account| !account.executable) {
            return Ok(Self::of_build(false));
        }
        let code_address =
            Pubkey::find_program_address(&[levee::ID.as_ref()], &bpf_loader_upgradeable::ID).0;
        let code = read(code_address).await?.map(|account| account.data);
        Ok(Self::of_build(
            code.is_some_and(|code| believes_test_feeds(&code)),
        ))
    }

    /// All of them.
    pub fn all(&self) -> &[Pubkey] {
        &self.0
    }

    /// Whether updates that belong to `owner` are believed.
    pub fn contains(&self, owner: &Pubkey) -> bool {
        self.0.contains(owner)
    }

    /// Whose a price account is to be said to be when the program's code reads a copy of it: a library that was built without
    /// the feature does not know the test oracle, though the deployed build believes it as it does Pyth.
    ///
    /// ```
    /// use levee::oracle::{PYTH_RECEIVERS, TEST_ORACLE};
    /// use levee_client::rpc::Receivers;
    ///
    /// assert_eq!(Receivers::of_build(true).shown(&TEST_ORACLE), PYTH_RECEIVERS[0]);
    /// assert_eq!(Receivers::of_build(false).shown(&TEST_ORACLE), TEST_ORACLE);
    /// ```
    pub fn shown(&self, owner: &Pubkey) -> Pubkey {
        let [pyth, ..] = PYTH_RECEIVERS;
        match *owner == TEST_ORACLE && self.contains(owner) {
            true => pyth,
            false => *owner,
        }
    }
}

/// Whether a program's code, or an account that holds it, is a build of Levee with the feature `test-feeds`.
pub fn believes_test_feeds(code: &[u8]) -> bool {
    let notice = TEST_FEEDS_NOTICE.as_bytes();
    code.windows(notice.len()).any(|part| part == notice)
}
