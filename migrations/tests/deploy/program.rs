//! The program: deployed, found, upgraded, and taken up again after an interruption.

use std::process::Stdio;
use std::time::{Duration, Instant};

use solana_account_decoder_client_types::UiAccountEncoding;
use solana_loader_v3_interface::state::UpgradeableLoaderState;
use solana_pubkey::Pubkey;
use solana_rpc_client_api::config::{RpcAccountInfoConfig, RpcProgramAccountsConfig};

use crate::support::{built, file, Scene};

const LOADER: Pubkey = Pubkey::from_str_const("BPFLoaderUpgradeab1e11111111111111111111111");

fn same_code(scene: &Scene, name: &str) {
    let (code, expected) = (scene.code(), built(name));
    assert!(code.starts_with(&expected), "not the code of {name}");
    assert!(code[expected.len()..].iter().all(|byte| *byte == 0));
}

#[test]
fn a_program_is_deployed_once_and_found_the_second_time() {
    let scene = Scene::new();
    let planned = scene.run(&["--dry-run"]);
    assert!(planned.contains("deploy"), "{planned}");
    assert!(scene.account(&levee::ID).is_none());
    scene.run(&["--airdrop", "20"]);
    same_code(&scene, "levee");
    let before = scene.balance();
    let second = scene.run(&[]);
    assert!(second.contains("is there as it was built"), "{second}");
    assert_eq!(scene.balance(), before, "the second run paid for something");
    let buffers = scene.rpc().get_program_ui_accounts_with_config(
        &LOADER,
        RpcProgramAccountsConfig {
            account_config: RpcAccountInfoConfig {
                encoding: Some(UiAccountEncoding::Base64),
                ..RpcAccountInfoConfig::default()
            },
            ..RpcProgramAccountsConfig::default()
        },
    );
    let is_buffer = |data: &[u8]| {
        matches!(
            bincode::deserialize(data),
            Ok(UpgradeableLoaderState::Buffer { .. })
        )
    };
    let left = buffers
        .unwrap()
        .into_iter()
        .filter(|(_, account)| account.data.decode().is_some_and(|data| is_buffer(&data)));
    assert_eq!(left.count(), 0, "a buffer was left behind");
}

#[test]
fn who_stops_reading_does_not_stop_the_work() {
    let scene = Scene::new();
    let mut command = scene.command(&["--airdrop", "20"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    same_code(&scene, "levee");
}

#[test]
fn another_version_is_upgraded_and_room_is_made_where_it_is_longer() {
    let (short, long) = ("levee", "levee_test_feeds");
    assert!(built(short).len() < built(long).len());
    let scene = Scene::with_program(short);
    let said = scene.run(&["--airdrop", "20", "--program", &file(long)]);
    assert!(said.contains("more of room"), "{said}");
    same_code(&scene, long);
    let said = scene.run(&["--program", &file(short)]);
    assert!(said.contains("upgrade") && !said.contains("room"), "{said}");
    same_code(&scene, short);
}

#[test]
fn an_upload_that_was_killed_goes_on_where_it_stopped() {
    let scene = Scene::new();
    scene.run(&["--dry-run"]);
    let mut first = scene
        .command(&["--airdrop", "20"])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    // Until some of it is there, and not all.
    let start = Instant::now();
    while written(&scene) < 100_000 {
        assert!(first.try_wait().unwrap().is_none(), "it was too quick");
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "nothing is written"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    first.kill().unwrap();
    first.wait().unwrap();
    // What was on its way arrives.
    std::thread::sleep(Duration::from_secs(1));
    assert!(scene.account(&levee::ID).is_none(), "it was too quick");
    let (there, before) = (written(&scene), scene.balance());
    let said = scene.run(&[]);
    assert!(said.contains("going on: "), "{said}");
    same_code(&scene, "levee");
    // Fees tell how many pieces were sent; rents are the same whoever pays them.
    let missing = built("levee").len() - there;
    let most = (missing / 900 + 20) as u64 * 5_000;
    let data = scene
        .rpc()
        .get_minimum_balance_for_rent_exemption(45)
        .unwrap()
        - scene
            .rpc()
            .get_minimum_balance_for_rent_exemption(37)
            .unwrap();
    let program = scene
        .rpc()
        .get_minimum_balance_for_rent_exemption(36)
        .unwrap();
    let fees = before - scene.balance() - data - program;
    assert!(fees <= most, "{fees} lamports of fees for {missing} bytes");
}

/// Bytes that differ from zero in the only buffer.
fn written(scene: &Scene) -> usize {
    let config = RpcProgramAccountsConfig {
        account_config: RpcAccountInfoConfig {
            encoding: Some(UiAccountEncoding::Base64),
            ..RpcAccountInfoConfig::default()
        },
        ..RpcProgramAccountsConfig::default()
    };
    let accounts = scene
        .rpc()
        .get_program_ui_accounts_with_config(&LOADER, config);
    let code = built("levee");
    let sizes = accounts.unwrap().into_iter().filter_map(|(_, account)| {
        let data = account.data.decode()?;
        let UpgradeableLoaderState::Buffer { .. } = bincode::deserialize(&data).ok()? else {
            return None;
        };
        // Pieces lie one after the other: count the bytes of those that are as they should be.
        let written = data.get(37..)?;
        let pairs = written.chunks(256).zip(code.chunks(256));
        Some(
            pairs
                .filter(|(a, b)| a == b && a.iter().any(|byte| *byte != 0))
                .count()
                * 256,
        )
    });
    sizes.max().unwrap_or(0)
}

#[test]
fn a_final_program_stays_as_it_is() {
    let scene = Scene::new();
    scene.run(&["--airdrop", "20", "--final"]);
    same_code(&scene, "levee");
    let said = scene.run(&["--final"]);
    assert!(said.contains("is there as it was built"), "{said}");
    let said = scene.refusal(&["--program", &file("levee_test_feeds")]);
    assert!(said.contains("is final: nobody can upgrade it"), "{said}");
    same_code(&scene, "levee");
}

#[test]
fn the_test_oracle_goes_to_its_own_address() {
    let scene = Scene::with_program("levee");
    let oracle = file("levee_test_oracle");
    scene.run(&["--airdrop", "20", "--test-oracle", &oracle]);
    let account = scene.account(&levee_test_oracle::DEVNET_ID).unwrap();
    assert!(account.executable);
}
