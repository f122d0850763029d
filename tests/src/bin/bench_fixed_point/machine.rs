//! The virtual machine with the program in it.

use std::fs;
use std::path::Path;

use anyhow::{anyhow, ensure, Context, Result};
use levee_bench_fixed_point::candidates::CANDIDATES;
use levee_bench_fixed_point::{function, Operands, DATA_LEN};
use litesvm::LiteSVM;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;
use solana_transaction::Transaction;

/// Repetitions in one call: the same operands cost the same each time.
const REPETITIONS: u8 = 10;

pub struct Machine {
    svm: LiteSVM,
    payer: Keypair,
    program: Pubkey,
    empty: u64,
}

impl Machine {
    pub fn new(path: &Path) -> Result<Self> {
        let program = Pubkey::new_unique();
        let payer = Keypair::new();
        let mut svm = LiteSVM::new()
            .with_sigverify(false)
            .with_transaction_history(0);
        let bytecode = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        svm.add_program(program, &bytecode)
            .map_err(|error| anyhow!("{error:?}"))?;
        svm.airdrop(&payer.pubkey(), 1_000_000_000_000)
            .map_err(|failed| anyhow!("{:?}", failed.err))?;
        let mut machine = Self {
            svm,
            payer,
            program,
            empty: 0,
        };
        machine.empty = machine.call(CANDIDATES.len(), 0, &[0; 6])?.0;
        Ok(machine)
    }

    /// Compute units of one operation, rounded, without the loop around it, and its result.
    pub fn run(
        &mut self,
        candidate: usize,
        operation: usize,
        operands: &Operands,
    ) -> Result<(u64, Option<u128>)> {
        let (cost, result) = self.call(candidate, operation, operands)?;
        let function = function(candidate, operation).context("no such function")?;
        ensure!(
            result == function(operands),
            "the machine and the host disagree on {candidate}/{operation}"
        );
        let net = cost.saturating_sub(self.empty) + u64::from(REPETITIONS) / 2;
        Ok((net / u64::from(REPETITIONS), result))
    }

    fn call(
        &mut self,
        candidate: usize,
        operation: usize,
        operands: &Operands,
    ) -> Result<(u64, Option<u128>)> {
        let mut data = Vec::with_capacity(DATA_LEN);
        data.extend([candidate as u8, operation as u8, REPETITIONS, 0, 0, 0, 0, 0]);
        data.extend(operands.iter().flat_map(|operand| operand.to_le_bytes()));
        let instruction = Instruction {
            program_id: self.program,
            accounts: Vec::new(),
            data,
        };
        let transaction = Transaction::new_signed_with_payer(
            &[instruction],
            Some(&self.payer.pubkey()),
            &[&self.payer],
            self.svm.latest_blockhash(),
        );
        let outcome = self
            .svm
            .send_transaction(transaction)
            .map_err(|failed| anyhow!("{:?}", failed))?;
        let mut returned = [0; 17];
        let data = outcome.return_data.data;
        returned[..data.len()].copy_from_slice(&data);
        let [number @ .., present] = returned;
        Ok((
            outcome.compute_units_consumed,
            (present == 1).then(|| u128::from_le_bytes(number)),
        ))
    }
}
