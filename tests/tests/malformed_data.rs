//! Instruction data and accounts that no client makes: always an error with a code, never a crash, and nothing changed.

use anchor_lang::error::ErrorCode;
use levee_tests::{
    assert_refused_somehow, assert_refused_with, Chain, Failure, Row, Snapshot, Stage, TOKEN_2022,
};
use solana_instruction::error::InstructionError;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;
use solana_transaction_error::TransactionError;

/// Runs `test` on every instruction, on a stage as new each time.
fn for_every_instruction(mut test: impl FnMut(&mut Stage, &Row)) {
    let mut stage = Stage::new();
    let rows = stage.rows();
    let keys = rows.iter().flat_map(|row| &row.instruction.accounts);
    let open = Snapshot::of(&stage.world.chain, keys.map(|meta| meta.pubkey));
    for row in &rows {
        test(&mut stage, row);
        open.restore(&mut stage.world.chain);
    }
}

/// The payer, and those signers of `row` that `instruction` still wants.
fn signers(stage: &Stage, row: &Row, instruction: &Instruction) -> Vec<Keypair> {
    let wanted = |signer: &&Keypair| {
        let mut metas = instruction.accounts.iter();
        metas.any(|meta| meta.is_signer && meta.pubkey == signer.pubkey())
    };
    let signers = row.signers.iter().filter(wanted);
    let all = std::iter::once(&stage.payer).chain(signers);
    all.map(Keypair::insecure_clone).collect()
}

/// Levee's errors and Anchor's have a code. What has none is a crash, but for the one error of Solana's own that is `due`.
fn assert_has_code(failure: &Failure, due: Option<InstructionError>, what: &str) {
    let panicked = failure.logs.iter().any(|line| line.contains("panicked"));
    let standard = match (&failure.error, due) {
        (TransactionError::InstructionError(_, error), Some(due)) => *error == due,
        _ => false,
    };
    assert!(
        (failure.code().is_some() || standard) && !panicked,
        "{what}: no error of its own: {failure}"
    );
}

fn assert_refused_by_code(
    stage: &mut Stage,
    row: &Row,
    instruction: Instruction,
    due: Option<InstructionError>,
    what: &str,
) {
    let signers = signers(stage, row, &instruction);
    let signers: Vec<_> = signers.iter().collect();
    let what = format!("{} with {what}", row.name);
    let failure = assert_refused_somehow(&mut stage.world, &[instruction], &signers, &what);
    assert_has_code(&failure, due, &what);
}

#[test]
fn truncated_data_is_refused() {
    for_every_instruction(|stage, row| {
        for len in 0..row.instruction.data.len() {
            let mut cut = row.instruction.clone();
            cut.data.truncate(len);
            assert_refused_by_code(stage, row, cut, None, &format!("{len} bytes of data"));
        }
    });
}

#[test]
fn unknown_discriminators_are_refused() {
    for_every_instruction(|stage, row| {
        for byte in 0..8 {
            let mut unknown = row.instruction.clone();
            unknown.data[byte] ^= 0xff;
            let signers = signers(stage, row, &unknown);
            let signers: Vec<_> = signers.iter().collect();
            assert_refused_with(
                &mut stage.world,
                &[unknown],
                &signers,
                u32::from(ErrorCode::InstructionFallbackNotFound),
                "InstructionFallbackNotFound",
            );
        }
    });
}

#[test]
fn garbage_arguments_are_refused_by_an_error_code_where_they_mean_nothing() {
    // A sequence without structure that is the same in every run.
    let mut noise = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move || {
        noise ^= noise << 13;
        noise ^= noise >> 7;
        noise ^= noise << 17;
        noise.to_le_bytes()[3]
    };
    for_every_instruction(|stage, row| {
        let constants = [0x00, 0x01, 0x7f, 0x80, 0xff].map(|byte| vec![byte; 400]);
        let random = (0..20).map(|_| (0..400).map(|_| next()).collect());
        let open = Snapshot::of_instructions(
            &stage.world.chain,
            std::slice::from_ref(&row.instruction),
            &stage.payer.pubkey(),
        );
        for garbage in constants.into_iter().chain(random) {
            let mut broken = row.instruction.clone();
            let arguments = broken.data.len() - 8;
            broken.data.truncate(8);
            broken.data.extend(&garbage[..arguments]);
            let signers = signers(stage, row, &broken);
            let signers: Vec<_> = signers.iter().collect();
            let what = format!("{} with garbage {:?}", row.name, &broken.data[8..]);
            // Some of it is valid: the largest amount repays all.
            match stage.world.chain.send(&[broken], &signers) {
                Ok(_) => open.restore(&mut stage.world.chain),
                Err(failure) => assert_has_code(&failure, None, &what),
            }
        }
    });
}

#[test]
fn missing_accounts_are_refused() {
    for_every_instruction(|stage, row| {
        for count in 0..row.instruction.accounts.len() {
            let mut short = row.instruction.clone();
            short.accounts.truncate(count);
            assert_refused_by_code(stage, row, short, None, &format!("{count} accounts"));
        }
    });
}

#[test]
fn a_missing_signature_is_refused() {
    for_every_instruction(|stage, row| {
        for at in 0..row.instruction.accounts.len() {
            let mut unsigned = row.instruction.clone();
            if !std::mem::take(&mut unsigned.accounts[at].is_signer) {
                continue;
            }
            let signers = signers(stage, row, &unsigned);
            let signers: Vec<_> = signers.iter().collect();
            assert_refused_with(
                &mut stage.world,
                &[unsigned],
                &signers,
                u32::from(ErrorCode::AccountNotSigner),
                "AccountNotSigner",
            );
        }
    });
}

#[test]
fn a_read_only_account_is_refused_where_a_writable_one_is_due() {
    for_every_instruction(|stage, row| {
        for at in 0..row.instruction.accounts.len() {
            let mut frozen = row.instruction.clone();
            if std::mem::take(&mut frozen.accounts[at].is_writable) {
                // What is created is written to by the system program, which the runtime does not let it do.
                let creates = row.name.starts_with("init_");
                let due = creates.then_some(InstructionError::PrivilegeEscalation);
                let what = format!("account {at} read-only");
                assert_refused_by_code(stage, row, frozen, due, &what);
            }
        }
    });
}

/// One account of every kind, none of which is right where another kind is due.
fn one_of_every_kind(stage: &mut Stage) -> Vec<Pubkey> {
    let wallet = stage.world.keypair().pubkey();
    let (user, token) = (&stage.borrower, &stage.sol);
    vec![
        stage.world.market,
        token.keys.reserve,
        token.keys.vault,
        user.obligation,
        user.wallet(token),
        token.keys.mint,
        token.price_account,
        token.keys.token_program,
        TOKEN_2022,
        levee::ID,
        wallet,
        Pubkey::new_from_array([7; 32]),
    ]
}

/// Owner and length tell the kinds apart; an account that does not exist is a wallet.
fn kind(stage: &Stage, key: &Pubkey) -> (Pubkey, usize) {
    let account = stage.world.chain.account(key).unwrap_or_default();
    (account.owner, account.data.len())
}

fn is_token_program(key: &Pubkey) -> bool {
    [anchor_spl::token::ID, TOKEN_2022].contains(key)
}

#[test]
fn accounts_of_the_wrong_kind_are_refused_in_every_place() {
    let mut cases = 0;
    for_every_instruction(|stage, row| {
        for wrong in one_of_every_kind(stage) {
            for at in 0..row.instruction.accounts.len() {
                let right = &row.instruction.accounts[at];
                if right.is_signer || kind(stage, &wrong) == kind(stage, &right.pubkey) {
                    continue;
                }
                // No account where an optional one was means another wish, not a wrong account.
                if row.name == "set_status" && wrong == levee::ID {
                    continue;
                }
                // Token accounts and mints are read by the token programs' own code, and so is who owns a mint.
                let (owner, _) = kind(stage, &right.pubkey);
                let due = match right.pubkey {
                    _ if is_token_program(&owner) => Some(InstructionError::InvalidAccountData),
                    key if is_token_program(&key) => Some(InstructionError::IncorrectProgramId),
                    _ => None,
                };
                let mut confused = row.instruction.clone();
                confused.accounts[at].pubkey = wrong;
                let what = format!("{wrong} as account {at}");
                cases += 1;
                assert_refused_by_code(stage, row, confused, due, &what);
            }
        }
    });
    // Most of the accounts of every instruction, with most of the kinds.
    assert!(cases > 700, "{cases}");
}
