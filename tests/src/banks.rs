//! solana-program-test as a [`Chain`].

use levee_testkit::{program_path, Chain, Failure, Receipt};
use solana_account::{Account, AccountSharedData};
use solana_clock::Clock;
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_message::Message;
use solana_program_test::{ProgramTest, ProgramTestContext};
use solana_pubkey::Pubkey;
use solana_signer::Signer;
use solana_sysvar::last_restart_slot::LastRestartSlot;
use solana_transaction::Transaction;
use tokio::runtime::Runtime;

/// A bank with the built program.
pub struct BanksChain {
    context: ProgramTestContext,
    runtime: Runtime,
    sent: u64,
}

impl BanksChain {
    /// A fresh bank.
    ///
    /// # Panics
    /// Where the program is not built.
    pub fn new() -> Self {
        Self::with_programs(&[])
    }

    /// A fresh bank with further programs of the tests' own, by the names of their files.
    ///
    /// # Panics
    /// Where one is not built.
    pub fn with_programs(programs: &[(&'static str, Pubkey)]) -> Self {
        let runtime = Runtime::new().expect("a runtime starts");
        let path = program_path("levee");
        let directory = path.parent().expect("a file lies in a directory");
        assert!(
            path.exists(),
            "{}: run `cargo xtask build-sbf`",
            path.display()
        );
        // solana-program-test looks for programs in this directory only. All tests set the same value.
        std::env::set_var("SBF_OUT_DIR", directory);
        // The bank logs every line of every program unless told otherwise.
        if std::env::var_os("RUST_LOG").is_none() {
            std::env::set_var("RUST_LOG", "off");
        }
        let mut test = ProgramTest::default();
        test.prefer_bpf(true);
        test.add_program("levee", levee::ID, None);
        for (name, address) in programs {
            test.add_program(name, *address, None);
        }
        let token = mollusk_svm_programs_token::token::account();
        test.add_account(mollusk_svm_programs_token::token::ID, token);
        let context = runtime.block_on(test.start_with_context());
        Self {
            context,
            runtime,
            sent: 0,
        }
    }
}

impl Default for BanksChain {
    fn default() -> Self {
        Self::new()
    }
}

impl Chain for BanksChain {
    fn account(&self, address: &Pubkey) -> Option<Account> {
        self.runtime
            .block_on(self.context.banks_client.get_account(*address))
            .expect("the bank answers")
    }

    fn set_account(&mut self, address: Pubkey, account: Account) {
        let account = AccountSharedData::from(account);
        self.context.set_account(&address, &account);
    }

    fn clock(&self) -> Clock {
        self.runtime
            .block_on(self.context.banks_client.get_sysvar())
            .expect("the bank has a clock")
    }

    fn set_clock(&mut self, clock: Clock) {
        self.context.set_sysvar(&clock);
    }

    fn set_restart(&mut self, slot: u64) {
        self.context.set_sysvar(&LastRestartSlot {
            last_restart_slot: slot,
        });
    }

    fn send(
        &mut self,
        instructions: &[Instruction],
        signers: &[&Keypair],
    ) -> Result<Receipt, Failure> {
        // A price of its own makes every transaction another one, so that none is taken for a repetition.
        self.sent += 1;
        let mut all = vec![
            ComputeBudgetInstruction::set_compute_unit_price(self.sent),
            ComputeBudgetInstruction::set_compute_unit_limit(1_400_000),
        ];
        all.extend_from_slice(instructions);
        let payer = signers[0].pubkey();
        let message = Message::new(&all, Some(&payer));
        let accounts = message.account_keys.len();
        let mut transaction = Transaction::new_unsigned(message);
        // The bank moves on in real time, and a hash that is minutes old is refused.
        let blockhash = self
            .runtime
            .block_on(self.context.banks_client.get_latest_blockhash())
            .expect("the bank answers");
        transaction.sign(signers, blockhash);
        let bytes = 1 + 64 * signers.len() + transaction.message_data().len();
        let client = &self.context.banks_client;
        let outcome = self
            .runtime
            .block_on(client.process_transaction_with_metadata(transaction))
            .expect("the bank answers");
        let (logs, compute_units) = outcome
            .metadata
            .map(|m| (m.log_messages, m.compute_units_consumed))
            .unwrap_or_default();
        match outcome.result {
            Ok(()) => Ok(Receipt {
                compute_units,
                accounts,
                bytes,
                logs,
            }),
            Err(error) => Err(Failure { error, logs }),
        }
    }
}
