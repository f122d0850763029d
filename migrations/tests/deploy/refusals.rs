//! What is refused: one line each, and nothing is done.

use levee_client::rpc::{Cluster, Connection, Moniker};
use levee_testkit::program_path;
use solana_commitment_config::CommitmentConfig;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::support::{built, file, Scene};

#[test]
fn another_program_is_never_overwritten() {
    let scene = Scene::with_program("levee_swap");
    let said = scene.refusal(&[]);
    assert_eq!(
        said,
        format!(
            "error: another program is deployed at {}: it is not Levee, and stays as it is",
            levee::ID
        )
    );
    assert!(scene.code().starts_with(&built("levee_swap")));
}

#[test]
fn a_program_of_another_wallet_is_never_overwritten() {
    let other = Keypair::new().pubkey();
    let scene = Scene::with(|options, _| {
        options
            .program(levee::ID, program_path("levee_test_feeds"))
            .upgrade_authority(other)
    });
    let said = scene.refusal(&[]);
    assert!(said.contains(&format!("belongs to {other}")), "{said}");
    assert!(scene.code().starts_with(&built("levee_test_feeds")));
}

#[test]
fn a_file_that_is_not_levee_or_is_levee_for_another_address_is_not_uploaded() {
    let scene = Scene::new();
    let said = scene.refusal(&["--program", &file("levee_swap")]);
    assert!(said.contains("levee_swap.so is not Levee"), "{said}");
    let other = scene.write("other.json", &format!("{:?}", Keypair::new().to_bytes()));
    let said = scene.refusal(&["--program-keypair", &other]);
    assert!(said.contains("was not built for"), "{said}");
    let said = scene.refusal(&["--program", "Cargo.toml"]);
    assert!(said.contains("is no program"), "{said}");
    let said = scene.refusal(&["--program", "/nowhere.so"]);
    assert!(said.contains("cannot read /nowhere.so"), "{said}");
}

#[test]
fn an_empty_wallet_is_told_what_it_takes() {
    let scene = Scene::new();
    let said = scene.refusal(&[]);
    let key = scene.wallet.pubkey().to_string();
    assert!(
        said.contains(&key) && said.contains("has 0.000 SOL"),
        "{said}"
    );
    let scene = Scene::with_program("levee");
    let market = scene.write("market.toml", &scene.example());
    let said = scene.refusal(&["--market", &market]);
    assert!(said.contains("has 0.000 SOL"), "{said}");
}

#[test]
fn options_that_cannot_be_are_refused() {
    let scene = Scene::new();
    let said = scene.refusal(&["--max-len", "1000"]);
    assert!(said.contains("--max-len 1000 is less than"), "{said}");
    let said = scene.refusal(&["--program-keypair", "Cargo.toml"]);
    assert!(said.contains("Cargo.toml is no keypair"), "{said}");
    let said = scene.refusal(&["--market", "/nowhere.toml"]);
    assert!(said.contains("cannot read /nowhere.toml"), "{said}");
    let said = scene.refusal(&["--nonsense"]);
    assert!(
        said.contains("--nonsense") && said.contains("--help"),
        "{said}"
    );
}

#[test]
fn a_malformed_market_is_refused_with_line_and_column_before_anything_is_sent() {
    let scene = Scene::new();
    let unknown = scene.write("unknown.toml", "[market]\nid = 0\nowner = \"me\"\n");
    let said = scene.refusal(&["--market", &unknown]);
    assert!(
        said.contains("unknown.toml:3:1: unknown field `owner`"),
        "{said}"
    );
    let float = scene.write("float.toml", "[market.terms]\nkappa = 0.25\n");
    let said = scene.refusal(&["--market", &float]);
    assert!(said.contains("float.toml:2:9: "), "{said}");
    let syntax = scene.write("syntax.toml", "[market\n");
    let said = scene.refusal(&["--market", &syntax]);
    assert!(said.contains("syntax.toml:1:8: "), "{said}");
}

#[test]
fn a_market_that_contradicts_itself_or_the_program_is_refused_by_name() {
    let scene = Scene::with_program("levee");
    scene.run(&["--airdrop", "5"]);
    let example = scene.example();
    for (from, to, expected) in [
        (
            "name = \"USDT\"",
            "name = \"USDC\"",
            "two reserves are named USDC",
        ),
        (
            "debt = \"USDC\"",
            "debt = \"EURC\"",
            "no reserve is named EURC",
        ),
        ("number = 1", "number = 9", "numbers go from 1 to 8"),
        ("ltv = \"75%\"", "ltv = \"81%\"", "reserve SOL: "),
        (
            "take_rate = \"10%\"",
            "take_rate = \"0.001%\"",
            "take_rate: 0.001% is too fine",
        ),
        (
            "threshold = \"95%\"",
            "threshold = \"99%\"",
            "elevation group 1: ",
        ),
        ("kappa = \"25%\"", "kappa = \"101%\"", "market: "),
        (
            "decimals = 6",
            "",
            "reserve USDC: a test token needs decimals",
        ),
    ] {
        assert!(example.contains(from));
        let changed = scene.write("changed.toml", &example.replacen(from, to, 1));
        let said = scene.refusal(&["--market", &changed]);
        assert!(said.contains(expected), "{expected}: {said}");
    }
}

#[test]
fn a_cluster_that_does_not_answer_or_is_another_is_refused() {
    let scene = Scene::new();
    let said = scene.refusal(&["--url", "http://127.0.0.1:1"]);
    assert!(said.contains("does not answer"), "{said}");
    let said = scene.refusal(&["--url", "devnot"]);
    assert!(said.contains("`devnot` is no cluster"), "{said}");
    let cluster = Cluster {
        moniker: Some(Moniker::Devnet),
        ..Cluster::parse(&scene.chain.rpc_url).unwrap()
    };
    let connection = Connection::new(cluster, CommitmentConfig::confirmed());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let refused = runtime.block_on(connection.check_cluster()).unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("is another cluster than devnet"),
        "{refused}"
    );
}
