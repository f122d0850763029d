//! JSON-RPC: what clients of a real node call.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::support::*;
use solana_account_decoder_client_types::UiAccountEncoding;
use solana_address_lookup_table_interface::instruction::{
    create_lookup_table, extend_lookup_table,
};
use solana_address_lookup_table_interface::state::AddressLookupTable;
use solana_clock::Clock;
use solana_commitment_config::CommitmentConfig;
use solana_keypair::Keypair;
use solana_message::{v0, AddressLookupTableAccount, VersionedMessage};
use solana_pubkey::Pubkey;
use solana_rpc_client_api::config::{
    RpcAccountInfoConfig, RpcProgramAccountsConfig, RpcSendTransactionConfig,
    RpcSimulateTransactionConfig,
};
use solana_rpc_client_api::filter::{Memcmp, RpcFilterType};
use solana_signature::Signature;
use solana_signer::Signer;
use solana_system_interface::instruction::transfer;
use solana_transaction::versioned::VersionedTransaction;

#[test]
fn slots_pass_and_the_clock_follows_real_time() {
    let chain = Localnet::start(&["--rpc-port", "0", "--slot-ms", "100"]);
    let rpc = chain.rpc();
    let clock = || -> Clock {
        let data = rpc
            .get_account_data(&solana_sdk_ids::sysvar::clock::ID)
            .unwrap();
        bincode::deserialize(&data).unwrap()
    };
    let (first, height) = (clock(), rpc.get_block_height().unwrap());
    // Long enough for the chain's own clock to have made a block too many.
    std::thread::sleep(Duration::from_secs(10));
    let last = clock();
    let slots = last.slot - first.slot;
    assert!((80..=105).contains(&slots), "{slots} slots in 10 s");
    let blocks = rpc.get_block_height().unwrap() - height;
    assert!(blocks.abs_diff(slots) <= 2, "{blocks} blocks");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let behind = now.as_secs().cast_signed() - last.unix_timestamp;
    assert!((0..=1).contains(&behind), "the clock is {behind} s behind");
    let slot = rpc.get_slot().unwrap();
    let ago = now.as_secs().cast_signed() - rpc.get_block_time(slot).unwrap();
    assert!((-1..=2).contains(&ago), "the latest block is {ago} s old");
}

#[test]
fn the_token_programs_are_there() {
    let chain = Localnet::with_oracle();
    let programs = [
        "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA",
        "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb",
        "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL",
        "AddressLookupTab1e1111111111111111111111111",
        "BPFLoaderUpgradeab1e11111111111111111111111",
        "ComputeBudget111111111111111111111111111111",
    ];
    let programs = programs.map(|address| address.parse::<Pubkey>().unwrap());
    let accounts = chain.rpc().get_multiple_accounts(&programs).unwrap();
    for (program, account) in programs.iter().zip(&accounts) {
        let account = account.as_ref().unwrap_or_else(|| panic!("no {program}"));
        assert!(account.executable, "{program}");
    }
    // The token program of old belonged to the loader before this one; mainnet's of today does not.
    let token = accounts[0].as_ref().unwrap();
    assert_eq!(token.owner, programs[4]);
}

#[test]
fn accounts_of_a_program_are_found_by_size_and_content() {
    let chain = Localnet::with_oracle();
    let (rpc, authority) = (chain.rpc(), chain.funded(10));
    let key = authority.pubkey();
    for id in 1..=3 {
        send(&rpc, &[push(&key, id, i64::from(id) * 100)], &[&authority]);
    }
    let find = |filters: Vec<RpcFilterType>| {
        let config = RpcProgramAccountsConfig {
            filters: Some(filters),
            account_config: RpcAccountInfoConfig {
                encoding: Some(UiAccountEncoding::Base64),
                ..RpcAccountInfoConfig::default()
            },
            ..RpcProgramAccountsConfig::default()
        };
        let found = rpc
            .get_program_ui_accounts_with_config(&ORACLE, config)
            .unwrap();
        let mut prices: Vec<i64> = found
            .iter()
            .map(|(_, account)| price_of(&account.data.decode().unwrap()))
            .collect();
        prices.sort_unstable();
        prices
    };
    let size = RpcFilterType::DataSize(FEED_LEN);
    let is = |id: u8| RpcFilterType::Memcmp(Memcmp::new_raw_bytes(41, vec![id; 32]));
    assert_eq!(find(vec![size.clone()]), [100, 200, 300]);
    assert_eq!(find(vec![is(2)]), [200]);
    assert_eq!(find(vec![size, is(3)]), [300]);
    assert!(find(vec![RpcFilterType::DataSize(FEED_LEN + 1)]).is_empty());
    assert!(find(vec![is(9)]).is_empty());
    let addresses = [
        feed_address(&key, 3),
        Pubkey::new_unique(),
        feed_address(&key, 1),
    ];
    let accounts = rpc.get_multiple_accounts(&addresses).unwrap();
    let prices: Vec<_> = accounts
        .iter()
        .map(|account| account.as_ref().map(|account| price_of(&account.data)))
        .collect();
    assert_eq!(prices, [Some(300), None, Some(100)]);
}

#[test]
fn a_transaction_is_simulated_without_trace_then_sent_once_and_confirmed() {
    let chain = Localnet::with_oracle();
    let (rpc, authority) = (chain.rpc(), chain.funded(10));
    let key = authority.pubkey();
    let transaction = signed(&rpc, &[push(&key, 1, 100)], &[&authority]);
    let simulated = rpc.simulate_transaction(&transaction).unwrap().value;
    assert_eq!(simulated.err, None);
    let units = simulated.units_consumed.unwrap();
    assert!((1_000..100_000).contains(&units), "{units}");
    assert!(rpc.get_account(&feed_address(&key, 1)).is_err());

    let signature = rpc.send_transaction(&transaction).unwrap();
    let statuses = || {
        rpc.get_signature_statuses(&[signature, Signature::default()])
            .unwrap()
            .value
    };
    wait_for("confirmation", || {
        statuses()[0].as_ref().is_some_and(|status| {
            status.err.is_none() && status.satisfies_commitment(CommitmentConfig::confirmed())
        })
    });
    assert!(statuses()[1].is_none());
    let account = rpc.get_account(&feed_address(&key, 1)).unwrap();
    assert_eq!((account.owner, price_of(&account.data)), (ORACLE, 100));

    let again = rpc.send_transaction(&transaction).unwrap_err().to_string();
    assert!(again.contains("already been processed"), "{again}");
}

#[test]
fn what_a_program_refuses_is_told_before_it_is_sent_or_in_its_status() {
    let chain = Localnet::with_oracle();
    let (rpc, authority) = (chain.rpc(), chain.funded(10));
    let mut broken = push(&authority.pubkey(), 1, 100);
    broken.data.clear();
    let transaction = signed(&rpc, &[broken], &[&authority]);
    let refused = rpc.send_transaction(&transaction).unwrap_err().to_string();
    assert!(refused.contains("custom program error: 0x0"), "{refused}");
    assert!(
        refused.contains("no instruction of the test oracle"),
        "{refused}"
    );

    let config = RpcSendTransactionConfig {
        skip_preflight: true,
        ..RpcSendTransactionConfig::default()
    };
    let before = rpc.get_balance(&authority.pubkey()).unwrap();
    let signature = rpc
        .send_transaction_with_config(&transaction, config)
        .unwrap();
    wait_for("a failed status", || {
        let status = &rpc.get_signature_statuses(&[signature]).unwrap().value[0];
        status.as_ref().is_some_and(|status| status.err.is_some())
    });
    // The fee is paid for a failure too.
    assert_eq!(
        rpc.get_balance(&authority.pubkey()).unwrap(),
        before - 5_000
    );
}

#[test]
fn an_unsigned_or_foreign_blockhash_is_refused_and_can_be_replaced_for_a_simulation() {
    let chain = Localnet::with_oracle();
    let (rpc, authority) = (chain.rpc(), chain.funded(10));
    let mut transaction = signed(&rpc, &[push(&authority.pubkey(), 1, 100)], &[&authority]);
    transaction.message.recent_blockhash = solana_hash::Hash::new_from_array([7; 32]);
    let simulate = |config| {
        rpc.simulate_transaction_with_config(&transaction, config)
            .unwrap()
            .value
    };
    let config = RpcSimulateTransactionConfig {
        sig_verify: false,
        ..RpcSimulateTransactionConfig::default()
    };
    let refused = simulate(config.clone()).err.unwrap();
    assert!(
        refused.to_string().contains("Blockhash not found"),
        "{refused}"
    );
    let replaced = simulate(RpcSimulateTransactionConfig {
        replace_recent_blockhash: true,
        ..config
    });
    assert_eq!(replaced.err, None);
    let forged = rpc.send_transaction(&transaction).unwrap_err().to_string();
    assert!(forged.contains("signature"), "{forged}");
}

#[test]
fn a_transaction_names_accounts_through_a_lookup_table() {
    let chain = Localnet::with_oracle();
    let (rpc, authority) = (chain.rpc(), chain.funded(10));
    let key = authority.pubkey();
    let (create, table) = create_lookup_table(key, key, rpc.get_slot().unwrap() - 1);
    send(&rpc, &[create], &[&authority]);
    let receivers: Vec<Pubkey> = (0..25).map(|_| Keypair::new().pubkey()).collect();
    for part in receivers.chunks(20) {
        let extend = extend_lookup_table(table, key, Some(key), part.to_vec());
        send(&rpc, &[extend], &[&authority]);
    }
    let data = rpc.get_account_data(&table).unwrap();
    let addresses = AddressLookupTable::deserialize(&data)
        .unwrap()
        .addresses
        .to_vec();
    assert_eq!(addresses, receivers);
    let extended = rpc.get_slot().unwrap();
    wait_for("the next slot", || rpc.get_slot().unwrap() > extended);

    let transfers: Vec<_> = receivers
        .iter()
        .map(|to| transfer(&key, to, SOL / 100))
        .collect();
    let table = AddressLookupTableAccount {
        key: table,
        addresses,
    };
    let blockhash = rpc.get_latest_blockhash().unwrap();
    let message = v0::Message::try_compile(&key, &transfers, &[table], blockhash).unwrap();
    assert_eq!(message.account_keys.len(), 2);
    let message = VersionedMessage::V0(message);
    let transaction = VersionedTransaction::try_new(message, &[&authority]).unwrap();
    rpc.send_and_confirm_transaction(&transaction).unwrap();
    for receiver in &receivers {
        assert_eq!(rpc.get_balance(receiver).unwrap(), SOL / 100);
    }
}

#[test]
fn the_latest_blockhash_says_until_when_it_is_valid() {
    let chain = Localnet::with_oracle();
    let rpc = chain.rpc();
    let commitment = CommitmentConfig::confirmed();
    let (blockhash, last) = rpc
        .get_latest_blockhash_with_commitment(commitment)
        .unwrap();
    let height = rpc.get_block_height().unwrap();
    assert!(
        (height + 100..=height + 151).contains(&last),
        "{height} {last}"
    );
    assert!(rpc.is_blockhash_valid(&blockhash, commitment).unwrap());
    let unknown = solana_hash::Hash::new_from_array([7; 32]);
    assert!(!rpc.is_blockhash_valid(&unknown, commitment).unwrap());
    assert_eq!(
        rpc.get_genesis_hash().unwrap(),
        rpc.get_genesis_hash().unwrap()
    );
    rpc.get_health().unwrap();
    rpc.get_version().unwrap();
    rpc.get_recent_prioritization_fees(&[]).unwrap();
    assert_eq!(
        rpc.get_minimum_balance_for_rent_exemption(0).unwrap(),
        890_880
    );
}
