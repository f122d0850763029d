//! Refusals: the right error, and nothing changed.

use levee::error::LeveeError;
use levee_testkit::{Chain, Failure, World};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

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
    let payer = signers[0].pubkey();
    let touched = touched(instructions, &payer);
    let before = snapshot(world, &touched);
    let failure: Failure = match world.chain.send(instructions, signers) {
        Ok(_) => panic!("accepted, where {name} was due"),
        Err(failure) => failure,
    };
    assert_eq!(
        failure.code(),
        Some(code),
        "refused otherwise than with {name} ({code}): {failure}"
    );
    assert!(
        before == snapshot(world, &touched),
        "a refused instruction changed an account"
    );
}

fn touched(instructions: &[Instruction], payer: &Pubkey) -> Vec<Pubkey> {
    let metas = instructions.iter().flat_map(|i| &i.accounts);
    metas.map(|m| m.pubkey).filter(|key| key != payer).collect()
}

fn snapshot<C: Chain>(world: &World<C>, keys: &[Pubkey]) -> Vec<Option<(u64, Vec<u8>)>> {
    let account = |key| world.chain.account(key).map(|a| (a.lamports, a.data));
    keys.iter().map(account).collect()
}
