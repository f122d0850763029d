//! Accounts as they were, to compare with or to go back to.

use levee_testkit::Chain;
use solana_account::Account;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

/// What some accounts were at one moment.
#[derive(PartialEq)]
pub struct Snapshot(Vec<(Pubkey, Account)>);

impl Snapshot {
    /// The accounts at `keys`; one that does not exist counts as empty.
    pub fn of(chain: &impl Chain, keys: impl IntoIterator<Item = Pubkey>) -> Self {
        let account = |key| (key, chain.account(&key).unwrap_or_default());
        Self(keys.into_iter().map(account).collect())
    }

    /// All accounts that `instructions` name, without `payer`, whose fee is lost either way.
    pub fn of_instructions(
        chain: &impl Chain,
        instructions: &[Instruction],
        payer: &Pubkey,
    ) -> Self {
        let metas = instructions.iter().flat_map(|i| &i.accounts);
        let keys = metas.map(|meta| meta.pubkey);
        Self::of(chain, keys.filter(|key| key != payer))
    }

    /// Makes the accounts what they were.
    pub fn restore(&self, chain: &mut impl Chain) {
        for (key, account) in &self.0 {
            if chain.account(key).unwrap_or_default() != *account {
                chain.set_account(*key, account.clone());
            }
        }
    }
}
