//! A chain of this package's binary, and what the tests do with it.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use solana_commitment_config::CommitmentConfig;
use solana_instruction::{AccountMeta, Instruction};
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_rpc_client::rpc_client::RpcClient;
use solana_signature::Signature;
use solana_signer::Signer;
use solana_transaction::Transaction;

pub const SOL: u64 = 1_000_000_000;

/// Pyth's receiver, where the test oracle runs.
pub const ORACLE: Pubkey = Pubkey::from_str_const("rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ");

pub struct Localnet {
    pub child: Child,
    pub stdin: Option<ChildStdin>,
    pub rpc_url: String,
    pub ws_url: String,
}

impl Localnet {
    pub fn start(options: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_levee-localnet"))
            .args(["--json", "--until-stdin-closes"])
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).expect("one line of JSON");
        Self {
            stdin: child.stdin.take(),
            child,
            rpc_url: ready["rpc_url"].as_str().unwrap().to_owned(),
            ws_url: ready["ws_url"].as_str().unwrap().to_owned(),
        }
    }

    /// A chain on free ports with the test oracle in place of Pyth's receiver.
    pub fn with_oracle() -> Self {
        let program = format!("{ORACLE}={}", built("levee_test_oracle").display());
        Self::start(&["--rpc-port", "0", "--program", &program])
    }

    pub fn rpc(&self) -> RpcClient {
        RpcClient::new_with_commitment(&self.rpc_url, CommitmentConfig::confirmed())
    }

    /// A key with this many SOL from the faucet.
    pub fn funded(&self, sol: u64) -> Keypair {
        let (rpc, keypair) = (self.rpc(), Keypair::new());
        rpc.request_airdrop(&keypair.pubkey(), sol * SOL).unwrap();
        wait_for("the airdrop", || {
            rpc.get_balance(&keypair.pubkey()).unwrap() == sol * SOL
        });
        keypair
    }
}

impl Drop for Localnet {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Where `cargo xtask test` has put a program.
pub fn built(name: &str) -> PathBuf {
    let folder = std::env::var_os("SBF_OUT_DIR").map(PathBuf::from);
    let file = folder.unwrap_or_default().join(format!("{name}.so"));
    assert!(
        file.is_file(),
        "no {}: run `cargo xtask test`, which builds it and sets SBF_OUT_DIR",
        file.display()
    );
    file
}

pub fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(30), "no {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

pub fn send(rpc: &RpcClient, instructions: &[Instruction], signers: &[&Keypair]) -> Signature {
    let transaction = signed(rpc, instructions, signers);
    rpc.send_and_confirm_transaction(&transaction).unwrap()
}

pub fn signed(rpc: &RpcClient, instructions: &[Instruction], signers: &[&Keypair]) -> Transaction {
    let payer = Some(signers[0].pubkey());
    let blockhash = rpc.get_latest_blockhash().unwrap();
    Transaction::new_signed_with_payer(instructions, payer.as_ref(), signers, blockhash)
}

/// The address of `authority`'s feed `id` of the test oracle.
pub fn feed_address(authority: &Pubkey, id: u8) -> Pubkey {
    Pubkey::find_program_address(&[b"feed", authority.as_ref(), &[id; 32]], &ORACLE).0
}

/// A push of one price to the test oracle, at the chain's own time.
pub fn push(authority: &Pubkey, id: u8, price: i64) -> Instruction {
    let data = [
        &[0, 1, 0, 0, 0][..],
        &[id; 32],
        &price.to_le_bytes(),
        &1u64.to_le_bytes(),
        &(-8i32).to_le_bytes(),
        &price.to_le_bytes(),
        &[0],
    ];
    Instruction {
        program_id: ORACLE,
        accounts: vec![
            AccountMeta::new(*authority, true),
            AccountMeta::new_readonly(Pubkey::default(), false),
            AccountMeta::new(feed_address(authority, id), false),
        ],
        data: data.concat(),
    }
}

/// Where a price lies in the oracle's account.
pub const PRICE_OFFSET: usize = 8 + 32 + 1 + 32;
pub const FEED_LEN: u64 = 134;

pub fn price_of(data: &[u8]) -> i64 {
    i64::from_le_bytes(data[PRICE_OFFSET..PRICE_OFFSET + 8].try_into().unwrap())
}
