//! Programs: those that are there from the beginning, and those that are deployed and upgraded.

use crate::support::*;
use solana_instruction::error::InstructionError;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_loader_v3_interface::get_program_data_address;
use solana_loader_v3_interface::instruction as loader;
use solana_loader_v3_interface::state::UpgradeableLoaderState;
use solana_pubkey::Pubkey;
use solana_rpc_client::rpc_client::RpcClient;
use solana_signer::Signer;
use solana_transaction_error::TransactionError;

/// Bytes of a program in one transaction.
const CHUNK: usize = 900;

/// What the test oracle answers to an instruction without data; nothing else answers so.
const ORACLES_ANSWER: TransactionError =
    TransactionError::InstructionError(0, InstructionError::Custom(0));

fn answer(rpc: &RpcClient, payer: &Keypair, program: Pubkey) -> Option<TransactionError> {
    let instruction = Instruction::new_with_bytes(program, &[], Vec::new());
    let transaction = signed(rpc, &[instruction], &[payer]);
    rpc.simulate_transaction(&transaction)
        .unwrap()
        .value
        .err
        .map(Into::into)
}

/// Writes a program's file into a fresh buffer.
fn upload(rpc: &RpcClient, payer: &Keypair, elf: &[u8]) -> Keypair {
    let (key, buffer) = (payer.pubkey(), Keypair::new());
    let size = UpgradeableLoaderState::size_of_buffer(elf.len());
    let rent = rpc.get_minimum_balance_for_rent_exemption(size).unwrap();
    let create = loader::create_buffer(&key, &buffer.pubkey(), &key, rent, elf.len()).unwrap();
    send(rpc, &create, &[payer, &buffer]);
    let mut signatures = Vec::new();
    for (index, chunk) in elf.chunks(CHUNK).enumerate() {
        let offset = u32::try_from(index * CHUNK).unwrap();
        let write = loader::write(&buffer.pubkey(), &key, offset, chunk.to_vec());
        let transaction = signed(rpc, &[write], &[payer]);
        signatures.push(rpc.send_transaction(&transaction).unwrap());
    }
    for signature in signatures {
        wait_for("the write", || rpc.confirm_transaction(&signature).unwrap());
    }
    let data = rpc.get_account_data(&buffer.pubkey()).unwrap();
    assert_eq!(
        data[UpgradeableLoaderState::size_of_buffer_metadata()..],
        *elf
    );
    buffer
}

#[test]
fn a_program_from_the_beginning_looks_like_a_deployment_and_runs() {
    let authority = Keypair::new().pubkey();
    let program = format!("{ORACLE}={}", built("levee_test_oracle").display());
    let chain = Localnet::start(&[
        "--rpc-port",
        "0",
        "--program",
        &program,
        "--upgrade-authority",
        &authority.to_string(),
    ]);
    let rpc = chain.rpc();
    let account = rpc.get_account(&ORACLE).unwrap();
    assert!(account.executable);
    let data = rpc
        .get_account_data(&get_program_data_address(&ORACLE))
        .unwrap();
    let state: UpgradeableLoaderState = bincode::deserialize(&data[..45]).unwrap();
    let expected = UpgradeableLoaderState::ProgramData {
        slot: 0,
        upgrade_authority_address: Some(authority),
    };
    assert_eq!(state, expected);
    let payer = chain.funded(1);
    assert_eq!(answer(&rpc, &payer, ORACLE), Some(ORACLES_ANSWER));
}

#[test]
fn a_program_is_deployed_through_the_loader_upgraded_and_closed_to_upgrades() {
    let chain = Localnet::start(&["--rpc-port", "0"]);
    let (rpc, payer) = (chain.rpc(), chain.funded(100));
    let key = payer.pubkey();
    let first = std::fs::read(built("levee_swap")).unwrap();
    let second = std::fs::read(built("levee_test_oracle")).unwrap();
    let buffer = upload(&rpc, &payer, &first);
    let program = Keypair::new();
    let id = program.pubkey();
    let size = UpgradeableLoaderState::size_of_program();
    let rent = rpc.get_minimum_balance_for_rent_exemption(size).unwrap();
    #[allow(deprecated, reason = "its successor is another loader")]
    let deploy = loader::deploy_with_max_program_len(
        &key,
        &id,
        &buffer.pubkey(),
        &key,
        rent,
        first.len().max(second.len()),
    );
    send(&rpc, &deploy.unwrap(), &[&payer, &program]);
    let slot = rpc.get_slot().unwrap();
    wait_for("the next slot", || rpc.get_slot().unwrap() > slot);
    let before = answer(&rpc, &payer, id);
    assert!(
        before.is_some() && before != Some(ORACLES_ANSWER),
        "{before:?}"
    );
    assert!(rpc.get_account(&buffer.pubkey()).is_err());

    let buffer = upload(&rpc, &payer, &second);
    send(
        &rpc,
        &[loader::upgrade(&id, &buffer.pubkey(), &key, &key)],
        &[&payer],
    );
    let slot = rpc.get_slot().unwrap();
    wait_for("the next slot", || rpc.get_slot().unwrap() > slot);
    assert_eq!(answer(&rpc, &payer, id), Some(ORACLES_ANSWER));
    let data = rpc
        .get_account_data(&get_program_data_address(&id))
        .unwrap();
    let code = UpgradeableLoaderState::size_of_programdata_metadata();
    assert_eq!(data[code..code + second.len()], second);
    assert!(data[code + second.len()..].iter().all(|byte| *byte == 0));

    send(
        &rpc,
        &[loader::extend_program(&id, Some(&key), 10_240)],
        &[&payer],
    );
    let longer = rpc
        .get_account_data(&get_program_data_address(&id))
        .unwrap();
    assert_eq!(longer.len(), data.len() + 10_240);
    send(
        &rpc,
        &[loader::set_upgrade_authority(&id, &key, None)],
        &[&payer],
    );
    let buffer = upload(&rpc, &payer, &first);
    let upgrade = loader::upgrade(&id, &buffer.pubkey(), &key, &key);
    let transaction = signed(&rpc, &[upgrade], &[&payer]);
    rpc.send_transaction(&transaction).unwrap_err();
}
