//! Levee on the chain, and the market of `market.toml` on Levee, as `cargo xtask deploy` puts them there.

use std::path::Path;

use levee_client::rpc::{read_keypair, Connection};
use levee_migrations::file::{parse, MarketFile};
use levee_migrations::market::{test_oracle, Addresses, Bootstrap};
use levee_migrations::program::{Deployment, Kind, ProgramFile, Progress, Work};
use levee_testkit::program_path;
use solana_keypair::Keypair;
use solana_signer::Signer;

/// Nobody looks.
struct Unseen;

impl Progress for Unseen {
    fn resume(&mut self, _: usize, _: usize) {}
    fn start(&mut self, _: usize, _: usize) {}
    fn add(&mut self, _: usize) {}
    fn finish(&mut self) {}
}

/// Uploads the program where it is not on the chain yet.
///
/// # Panics
/// Where that fails.
pub async fn deploy(connection: &Connection, wallet: &Keypair) {
    if connection.check_program().await.is_ok() {
        return;
    }
    let file = ProgramFile::read(&program_path("levee")).expect("the program is built");
    let key = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../migrations/localnet-program-keypair.json");
    let keypair = read_keypair(&key).expect("the development key");
    let deployment = Deployment {
        connection,
        wallet,
        kind: Kind::Levee,
        file: &file,
        address: keypair.pubkey(),
        keypair: Some(&keypair),
        buffer: None,
        max_len: None,
        is_final: false,
        micro_lamports_per_unit: 0,
    };
    let work = deployment.plan().await.expect("a plan");
    assert!(matches!(work, Work::Deploy { .. }));
    deployment
        .run(&work, &mut Unseen)
        .await
        .expect("it is deployed");
    connection.check_program().await.expect("it is there");
}

/// Makes the market, and finds nothing to do the second time.
///
/// # Panics
/// Where that fails.
pub async fn bootstrap(connection: &Connection, wallet: &Keypair) -> Addresses {
    let file: MarketFile = parse(include_str!("market.toml")).expect("the file is well formed");
    let bootstrap = Bootstrap {
        connection,
        wallet,
        file: &file,
        oracle: test_oracle(connection).await.expect("the cluster answers"),
        micro_lamports_per_unit: 0,
    };
    let plan = bootstrap.plan().await.expect("a plan");
    bootstrap
        .run(&plan, |_| {})
        .await
        .expect("the market is made");
    let again = bootstrap.plan().await.expect("a second plan");
    assert!(again.steps.is_empty(), "something is left to do");
    plan.addresses
}
