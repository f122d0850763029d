//! A chain, a wallet, and the binary that deploys.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use levee_testkit::{program_path, Localnet, LocalnetOptions};
use solana_account::Account;
use solana_commitment_config::CommitmentConfig;
use solana_keypair::Keypair;
use solana_loader_v3_interface::get_program_data_address;
use solana_pubkey::Pubkey;
use solana_rpc_client::rpc_client::RpcClient;
use solana_signer::Signer;
use tempfile::TempDir;

/// Bytes of the loader in front of a program's code.
pub const METADATA: usize = 45;

pub struct Scene {
    pub chain: Localnet,
    pub wallet: Keypair,
    pub folder: TempDir,
}

impl Scene {
    /// A chain with the test oracle and nothing else, and a wallet without SOL.
    pub fn new() -> Self {
        Self::with(|options, _| options)
    }

    /// The same with more on it; the wallet's address is known beforehand.
    pub fn with(more: impl FnOnce(LocalnetOptions, Pubkey) -> LocalnetOptions) -> Self {
        let wallet = Keypair::new();
        let options = more(LocalnetOptions::new().oracle(), wallet.pubkey());
        let scene = Self {
            chain: options.start(),
            wallet,
            folder: tempfile::tempdir().unwrap(),
        };
        scene.write("wallet.json", &format!("{:?}", scene.wallet.to_bytes()));
        scene
    }

    /// The same with the program `name` at Levee's address, upgradeable by the wallet.
    pub fn with_program(name: &str) -> Self {
        Self::with(|options, wallet| {
            options
                .program(levee::ID, program_path(name))
                .upgrade_authority(wallet)
        })
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) -> String {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name).display().to_string()
    }

    /// The example of a market.
    pub fn example(&self) -> String {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("localnet.toml");
        std::fs::read_to_string(file).unwrap()
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_levee-deploy"));
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        command
            .current_dir(root)
            .env("HOME", self.folder.path())
            .env("LEVEE_CONFIG", self.path("names"))
            .arg("--keypair")
            .arg(self.path("wallet.json"))
            .arg("--state")
            .arg(self.path("state"))
            .args(arguments);
        if !arguments.contains(&"--url") {
            command.args(["--url", &self.chain.rpc_url]);
        }
        if !arguments.contains(&"--program") {
            command.arg("--program").arg(program_path("levee"));
        }
        command.stdin(Stdio::null());
        command
    }

    /// What a run says that must succeed.
    pub fn run(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        let said = said(&output);
        assert!(output.status.success(), "{said}");
        said
    }

    /// The one line of a run that must fail; nothing is paid for it.
    pub fn refusal(&self, arguments: &[&str]) -> String {
        let before = self.balance();
        let output = self.command(arguments).output().unwrap();
        let said = said(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(errors.lines().count(), 1, "{errors}");
        assert_eq!(self.balance(), before);
        errors.trim().to_owned()
    }

    pub fn rpc(&self) -> RpcClient {
        RpcClient::new_with_commitment(&self.chain.rpc_url, CommitmentConfig::confirmed())
    }

    pub fn balance(&self) -> u64 {
        self.rpc().get_balance(&self.wallet.pubkey()).unwrap()
    }

    pub fn account(&self, key: &Pubkey) -> Option<Account> {
        let commitment = CommitmentConfig::confirmed();
        let answer = self.rpc().get_account_with_commitment(key, commitment);
        answer.unwrap().value
    }

    /// The code at Levee's address, with the room behind it.
    pub fn code(&self) -> Vec<u8> {
        let data = self.account(&get_program_data_address(&levee::ID)).unwrap();
        data.data[METADATA..].to_vec()
    }
}

fn said(output: &Output) -> String {
    let both = [&output.stdout, &output.stderr].map(|said| String::from_utf8_lossy(said));
    both.concat()
}

pub fn built(name: &str) -> Vec<u8> {
    std::fs::read(program_path(name)).unwrap()
}

pub fn file(name: &str) -> String {
    program_path(name).display().to_string()
}
