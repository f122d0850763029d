//! What a market needs of a chain.

use levee::error::LeveeError;
use solana_account::Account;
use solana_clock::Clock;
use solana_instruction::error::InstructionError;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_transaction_error::TransactionError;

/// A transaction that was executed.
#[derive(Clone, Debug, Default)]
pub struct Receipt {
    /// Of the whole transaction.
    pub compute_units: u64,
    /// Distinct accounts of the transaction.
    pub accounts: usize,
    /// Size on the wire, signatures included.
    pub bytes: usize,
    /// Program logs.
    pub logs: Vec<String>,
}

/// A transaction that was refused.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Why.
    pub error: TransactionError,
    /// Program logs.
    pub logs: Vec<String>,
}

impl Failure {
    /// The custom error code, where a program gave one.
    pub fn code(&self) -> Option<u32> {
        match self.error {
            TransactionError::InstructionError(_, InstructionError::Custom(code)) => Some(code),
            _ => None,
        }
    }

    /// Whether Levee refused with `error`.
    pub fn is(&self, error: LeveeError) -> bool {
        self.code() == Some(u32::from(error))
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}\n{}", self.error, self.logs.join("\n"))
    }
}

impl std::error::Error for Failure {}

/// A chain that executes transactions at once and lets its accounts and clock be set.
pub trait Chain {
    /// The account at `address`; `None` where there is none.
    fn account(&self, address: &Pubkey) -> Option<Account>;

    /// Replaces an account.
    fn set_account(&mut self, address: Pubkey, account: Account);

    /// The clock sysvar.
    fn clock(&self) -> Clock;

    /// Replaces the clock sysvar.
    fn set_clock(&mut self, clock: Clock);

    /// Tells the cluster that its latest restart was in `slot`.
    fn set_restart(&mut self, slot: u64);

    /// Executes one transaction, paid and signed by the first of `signers`.
    ///
    /// # Errors
    /// [`Failure`]; nothing has changed then but the fee.
    fn send(
        &mut self,
        instructions: &[Instruction],
        signers: &[&Keypair],
    ) -> Result<Receipt, Failure>;
}
