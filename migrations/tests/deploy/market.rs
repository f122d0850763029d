//! The market: made from its file, found the second time, changed where the file was.

use anchor_lang::AccountDeserialize;
use levee::state::{LendingMarket, Reserve};
use levee_client::accounts::decode;
use levee_client::pda;
use levee_migrations::market::Addresses;
use levee_test_oracle::{feed_address, LOCALNET_ID};
use pyth_solana_receiver_sdk::price_update::PriceUpdateV2;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::support::Scene;

fn scene() -> Scene {
    let scene = Scene::with_program("levee");
    scene.run(&["--airdrop", "20"]);
    scene
}

fn market(scene: &Scene) -> LendingMarket {
    let key = pda::market(&scene.wallet.pubkey(), 0);
    decode(&scene.account(&key).unwrap().data).unwrap()
}

fn addresses(scene: &Scene) -> Addresses {
    let mut files = std::fs::read_dir(scene.path("state")).unwrap();
    let file = files.next().unwrap().unwrap().path();
    assert!(files.next().is_none());
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

fn reserve(scene: &Scene, name: &str) -> Reserve {
    let key: Pubkey = addresses(scene).reserves[name].reserve.parse().unwrap();
    decode(&scene.account(&key).unwrap().data).unwrap()
}

#[test]
fn a_market_is_made_from_nothing_and_a_second_run_changes_nothing() {
    let scene = scene();
    let file = scene.write("market.toml", &scene.example());
    let planned = scene.run(&["--market", &file, "--dry-run"]);
    assert!(planned.contains("to do: create market"), "{planned}");
    let key = pda::market(&scene.wallet.pubkey(), 0);
    assert!(scene.account(&key).is_none(), "a dry run did something");

    scene.run(&["--market", &file]);
    let made = market(&scene);
    assert_eq!(made.owner, scene.wallet.pubkey());
    let group = made.group(1).unwrap().unwrap();
    assert_eq!(group.config.ltv_bps, 9_300);
    let addresses = addresses(&scene);
    assert_eq!(addresses.market, key.to_string());
    assert_eq!(addresses.reserves.len(), 3);
    let sol = reserve(&scene, "SOL");
    assert_eq!(
        (sol.market, sol.decimals, sol.config.ltv_bps),
        (key, 9, 7_500)
    );
    let usdt = reserve(&scene, "USDT");
    assert_eq!((usdt.decimals, usdt.config.elevation_groups), (6, 1));
    let feed = &addresses.reserves["SOL"];
    let price: Pubkey = feed.price_account.parse().unwrap();
    let wallet = scene.wallet.pubkey();
    assert_eq!(
        price,
        feed_address(&LOCALNET_ID, &wallet, &sol.config.oracle_feed)
    );
    let data = scene.account(&price).unwrap().data;
    let update = PriceUpdateV2::try_deserialize(&mut &data[..]).unwrap();
    assert_eq!(update.price_message.price, 15_000_000_000);

    let (before, state) = (scene.balance(), std::fs::read(state_file(&scene)).unwrap());
    let second = scene.run(&["--market", &file]);
    assert!(second.contains("nothing to do"), "{second}");
    assert_eq!(scene.balance(), before, "the second run paid for something");
    assert_eq!(std::fs::read(state_file(&scene)).unwrap(), state);
}

fn state_file(scene: &Scene) -> std::path::PathBuf {
    let mut files = std::fs::read_dir(scene.path("state")).unwrap();
    files.next().unwrap().unwrap().path()
}

#[test]
fn a_changed_file_changes_what_differs_and_nothing_else() {
    let scene = scene();
    let example = scene.example();
    let file = scene.write("market.toml", &example);
    scene.run(&["--market", &file]);
    let usdc = reserve(&scene, "USDC");
    let changed = example
        .replacen("ltv = \"75%\"", "ltv = \"70%\"", 1)
        .replacen("dust = \"$25\"", "dust = \"$30.5\"", 1)
        .replacen("ltv = \"93%\"", "ltv = \"92%\"", 1);
    let file = scene.write("market.toml", &changed);
    let said = scene.run(&["--market", &file]);
    for line in [
        "ltv_bps: 7500 → 7000",
        "dust_micro_usd: 25000000 → 30500000",
        "ltv_bps: 9300 → 9200",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    assert_eq!(said.matches(" → ").count(), 3, "{said}");
    assert_eq!(said.matches("done: update").count(), 3, "{said}");
    assert_eq!(reserve(&scene, "SOL").config.ltv_bps, 7_000);
    assert_eq!(market(&scene).config.dust_micro_usd, 30_500_000);
    assert_eq!(reserve(&scene, "USDC").config, usdc.config);
    let again = scene.run(&["--market", &file]);
    assert!(again.contains("nothing to do"), "{again}");
}

#[test]
fn what_raises_risk_is_announced_and_waits_until_a_later_run_applies_it() {
    let scene = scene();
    let example = scene
        .example()
        .replacen("risk_delay = \"0s\"", "risk_delay = \"5s\"", 1);
    let file = scene.write("market.toml", &example);
    scene.run(&["--market", &file]);
    let riskier = example.replacen("ltv = \"75%\"", "ltv = \"76%\"", 1);
    let file = scene.write("market.toml", &riskier);
    scene.run(&["--market", &file]);
    let reserve_then = reserve(&scene, "SOL");
    assert_eq!(reserve_then.config.ltv_bps, 7_500);
    assert_eq!(reserve_then.pending_config.ltv_bps, 7_600);
    let before = scene.balance();
    let waiting = scene.run(&["--market", &file]);
    assert!(
        waiting.contains("is announced and may be applied from"),
        "{waiting}"
    );
    assert_eq!(scene.balance(), before);
    std::thread::sleep(std::time::Duration::from_secs(8));
    scene.run(&["--market", &file]);
    assert_eq!(reserve(&scene, "SOL").config.ltv_bps, 7_600);
    let after = scene.run(&["--market", &file]);
    assert!(after.contains("nothing to do"), "{after}");
}

#[test]
fn a_market_that_was_interrupted_is_completed() {
    let scene = scene();
    let example = scene.example();
    let some = &example[..example.find("[[elevation_group]]").unwrap()];
    let some = &some[..some.rfind("[[reserve]]").unwrap()];
    let file = scene.write("some.toml", some);
    scene.run(&["--market", &file]);
    let file = scene.write("market.toml", &example);
    let said = scene.run(&["--market", &file]);
    assert!(!said.contains("create market"), "{said}");
    for made in [
        "make test token USDT",
        "create reserve USDT",
        "create elevation group 1",
    ] {
        assert!(said.contains(&format!("done: {made}")), "{made}: {said}");
    }
}

#[test]
fn test_feeds_are_opened_for_a_price_and_for_a_redemption_rate() {
    let scene = scene();
    let id = "ab".repeat(32);
    let text = format!(
        "[market]\n[[reserve]]\nname = \"JITOSOL\"\ndecimals = 9\ntest_price = \"$150\"\ntest_rate = \"1.21\"\n\
         [reserve.terms]\nredemption_feed = \"{id}\"\n"
    );
    let file = scene.write("market.toml", &text);
    let said = scene.run(&["--market", &file]);
    let opened = "done: open test feed of JITOSOL's redemption rate";
    assert!(said.contains(opened), "{said}");
    let addresses = addresses(&scene);
    let token = &addresses.reserves["JITOSOL"];
    assert_eq!(token.redemption_feed.as_deref(), Some(&*id));
    let account: Pubkey = token.redemption_account.as_ref().unwrap().parse().unwrap();
    let data = scene.account(&account).unwrap().data;
    let update = PriceUpdateV2::try_deserialize(&mut &data[..]).unwrap();
    let message = update.price_message;
    assert_eq!((message.price, message.exponent), (121_000_000, -8));
    let again = scene.run(&["--market", &file]);
    assert!(again.contains("nothing to do"), "{again}");

    let without = text.replace(&format!("redemption_feed = \"{id}\""), "");
    let file = scene.write("without.toml", &without);
    let refused = scene.refusal(&["--market", &file]);
    assert!(
        refused.contains("test_rate needs a redemption_feed"),
        "{refused}"
    );
}
