//! The quick chain: LiteSVM in this process, with the token programs that mainnet runs.

use std::path::PathBuf;

use litesvm::LiteSVM;
use solana_account::Account;
use solana_address_lookup_table_interface::state::{AddressLookupTable, LookupTableMeta};
use solana_clock::Clock;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_message::{v0, AddressLookupTableAccount, VersionedMessage};
use solana_pubkey::Pubkey;
use solana_signer::Signer;
use solana_sysvar::last_restart_slot::LastRestartSlot;
use solana_transaction::versioned::VersionedTransaction;

use crate::chain::{Chain, Failure, Receipt};

/// Bytes of one signature and of the count before them.
const SIGNATURE_BYTES: usize = 64;

/// Where `NAME.so` was built: `SBF_OUT_DIR`, or the workspace's `target/deploy`.
pub fn program_path(name: &str) -> PathBuf {
    let directory = std::env::var_os("SBF_OUT_DIR").map(PathBuf::from);
    let directory = directory.unwrap_or_else(|| {
        PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("../..")
            .join("target/deploy")
    });
    directory.join(format!("{name}.so"))
}

/// LiteSVM with the Levee program.
pub struct LiteChain {
    svm: LiteSVM,
    table: Option<AddressLookupTableAccount>,
}

impl LiteChain {
    /// A fresh chain with the built program.
    ///
    /// # Panics
    /// Where the program is not built: `cargo xtask build-sbf`.
    pub fn new() -> Self {
        let mut svm = LiteSVM::new()
            .with_sigverify(false)
            .with_transaction_history(0);
        let path = program_path("levee");
        svm.add_program_from_file(levee::ID, &path)
            .unwrap_or_else(|error| {
                panic!("{}: {error}: run `cargo xtask build-sbf`", path.display())
            });
        Self { svm, table: None }
    }

    /// The chain itself, for what [`Chain`] does not offer.
    pub fn svm(&mut self) -> &mut LiteSVM {
        &mut self.svm
    }

    /// Puts `addresses` into a lookup table that all further transactions use.
    ///
    /// # Panics
    /// Where the table cannot be serialized.
    pub fn use_lookup_table(&mut self, addresses: Vec<Pubkey>) {
        let key = Pubkey::new_from_array([7; 32]);
        let table = AddressLookupTable {
            meta: LookupTableMeta::default(),
            addresses: addresses.clone().into(),
        };
        let data = table.serialize_for_tests().expect("a table serializes");
        let lamports = self.svm.minimum_balance_for_rent_exemption(data.len());
        self.set_account(
            key,
            Account {
                lamports,
                data,
                owner: solana_sdk_ids::address_lookup_table::ID,
                ..Account::default()
            },
        );
        // A table serves from the slot after its last extension.
        let mut clock = self.clock();
        clock.slot += 1;
        self.set_clock(clock);
        self.table = Some(AddressLookupTableAccount { key, addresses });
    }
}

impl Default for LiteChain {
    fn default() -> Self {
        Self::new()
    }
}

impl Chain for LiteChain {
    fn account(&self, address: &Pubkey) -> Option<Account> {
        self.svm.get_account(address)
    }

    fn set_account(&mut self, address: Pubkey, account: Account) {
        self.svm
            .set_account(address, account)
            .expect("a test's account is well-formed");
    }

    fn clock(&self) -> Clock {
        self.svm.get_sysvar()
    }

    fn set_clock(&mut self, clock: Clock) {
        self.svm.set_sysvar(&clock);
    }

    fn set_restart(&mut self, slot: u64) {
        self.svm.set_sysvar(&LastRestartSlot {
            last_restart_slot: slot,
        });
    }

    fn send(
        &mut self,
        instructions: &[Instruction],
        signers: &[&Keypair],
    ) -> Result<Receipt, Failure> {
        self.svm.expire_blockhash();
        let tables: Vec<_> = self.table.iter().cloned().collect();
        let message = v0::Message::try_compile(
            &signers[0].pubkey(),
            instructions,
            &tables,
            self.svm.latest_blockhash(),
        )
        .expect("a test's message compiles");
        let looked_up: usize = message
            .address_table_lookups
            .iter()
            .map(|lookup| lookup.writable_indexes.len() + lookup.readonly_indexes.len())
            .sum();
        let accounts = message.account_keys.len() + looked_up;
        let message = VersionedMessage::V0(message);
        let bytes = 1 + SIGNATURE_BYTES * signers.len() + message.serialize().len();
        let transaction =
            VersionedTransaction::try_new(message, signers).expect("a test signs what it must");
        match self.svm.send_transaction(transaction) {
            Ok(done) => Ok(Receipt {
                compute_units: done.compute_units_consumed,
                accounts,
                bytes,
                logs: done.logs,
            }),
            Err(failed) => Err(Failure {
                error: failed.err,
                logs: failed.meta.logs,
            }),
        }
    }
}
