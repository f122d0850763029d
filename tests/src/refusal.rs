//! Refusals: the right error, and nothing changed.

use levee::error::LeveeError;
use levee_testkit::{Chain, Failure, World};
use solana_instruction::error::InstructionError;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;
use solana_transaction_error::TransactionError;

use crate::Snapshot;

/// Sends what Levee must refuse with `error`, and asserts that no account of it changed but the payer's fee.
///
/// # Panics
/// Where it is accepted, refused otherwise, or leaves a trace.
pub fn assert_refused<C: Chain>(
    world: &mut World<C>,
    instructions: &[Instruction],
    signers: &[&Keypair],
    error: LeveeError,
) {
    let name = format!("{error:?}");
    assert_refused_with(world, instructions, signers, u32::from(error), &name);
}

/// As [`assert_refused`], with the error code of any program.
///
/// # Panics
/// As [`assert_refused`].
pub fn assert_refused_with<C: Chain>(
    world: &mut World<C>,
    instructions: &[Instruction],
    signers: &[&Keypair],
    code: u32,
    name: &str,
) {
    let failure = assert_refused_somehow(world, instructions, signers, name);
    assert_eq!(
        failure.code(),
        Some(code),
        "refused otherwise than with {name} ({code}): {failure}"
    );
}

/// As [`assert_refused`], with one of the errors without a code, which Solana's own programs and libraries give.
///
/// # Panics
/// As [`assert_refused`].
pub fn assert_refused_without_code<C: Chain>(
    world: &mut World<C>,
    instructions: &[Instruction],
    signers: &[&Keypair],
    error: InstructionError,
) {
    let failure = assert_refused_somehow(world, instructions, signers, &error.to_string());
    assert!(
        matches!(&failure.error, TransactionError::InstructionError(_, found) if *found == error),
        "refused otherwise than with {error:?}: {failure}"
    );
}

/// As [`assert_refused`], whatever the error is; returns it.
///
/// # Panics
/// Where it is accepted or leaves a trace.
pub fn assert_refused_somehow<C: Chain>(
    world: &mut World<C>,
    instructions: &[Instruction],
    signers: &[&Keypair],
    name: &str,
) -> Failure {
    let payer = signers[0].pubkey();
    let before = Snapshot::of_instructions(&world.chain, instructions, &payer);
    let failure = match world.chain.send(instructions, signers) {
        Ok(_) => panic!("accepted, where {name} was due"),
        Err(failure) => failure,
    };
    assert!(
        before == Snapshot::of_instructions(&world.chain, instructions, &payer),
        "a refused instruction changed an account"
    );
    failure
}
