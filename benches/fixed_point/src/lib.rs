//! Runs one fixed-point operation of one candidate as often as asked, so that its compute units can be counted.
//!
//! Instruction data: candidate, operation, repetitions, five bytes of padding, then the [`Operands`] in little endian.
//! The program returns the result's 16 bytes and whether there was one. Built for the host this is the same code as a
//! library, with which the runner (`bench_fixed_point` in the tests' package) compares what the virtual machine said.

pub mod candidates;
pub mod core_costs;
#[cfg(target_os = "solana")]
mod entrypoint;

use candidates::Function;

/// The numbers that an operation works on; how many of them it reads is its own matter.
pub type Operands = [u64; 6];

/// Length of the instruction data.
pub const DATA_LEN: usize = 8 + 8 * 6;

/// The function behind a pair of numbers: the candidates come first, then the arithmetic core itself.
pub fn function(candidate: usize, operation: usize) -> Option<Function> {
    match candidates::CANDIDATES.get(candidate) {
        Some(candidate) => candidate.functions.get(operation).copied(),
        None => core_costs::FUNCTIONS
            .get(operation)
            .map(|(_, function)| *function),
    }
}
