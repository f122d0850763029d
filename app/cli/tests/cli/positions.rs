//! An obligation's elevation group, and its end.

use levee_client::defaults::elevation_group_config;
use levee_client::instructions::update_elevation_group;
use levee_client::rpc::Order;
use solana_signer::Signer;

use crate::chain::{chain, Terminal};
use crate::session::{market, words};

/// Makes group 1 of the market, in which dollars are owed.
async fn make_group(terminal: &Terminal) {
    let shown = terminal.json(&words("market show"));
    let usdc = terminal.json(&words("reserve show USDC"));
    let key = |value: &serde_json::Value| value.as_str().unwrap().parse().unwrap();
    let signer = terminal.keypair();
    let config = elevation_group_config(key(&usdc["reserve"]), 9_000, 9_300);
    let make = update_elevation_group(signer.pubkey(), key(&shown["market"]), 1, config);
    let order = Order {
        payer: &signer,
        others: &[],
        instructions: &[make],
        tables: &[],
        micro_lamports_per_unit: 0,
    };
    terminal.connection().send(&order).await.unwrap();
}

#[tokio::test]
async fn an_obligation_joins_a_group_and_leaves_it_with_debt_and_is_closed_when_it_is_empty() {
    let chain = chain();
    let terminal = Terminal::of_somebody(&chain.rpc_url);
    market(&terminal);
    let refused = terminal.refused(&words("position group 1 --id 1"));
    assert!(refused.contains("elevation group"), "{refused}");
    make_group(&terminal).await;
    let shown = terminal.json(&words("market show"));
    assert_eq!(shown["elevation_groups"][0]["number"], 1);
    assert_eq!(shown["elevation_groups"][0]["debt"], "USDC");
    let group = || terminal.json(&words("position show --id 1"))["elevation_group"].clone();

    terminal.ok(&words("position group 1 --id 1"));
    assert_eq!(group(), 1);
    let refused = terminal.refused(&words("position group 1 --id 1"));
    assert!(refused.contains("nothing would change"), "{refused}");
    terminal.ok(&words("position borrow USDC 1_000 --id 1"));
    terminal.ok(&words("position group 0 --id 1 --dry-run"));
    assert_eq!(group(), 1);
    terminal.ok(&words("position group 0 --id 1"));
    assert_eq!(group(), 0);

    let refused = terminal.refused(&words("position close --id 1"));
    assert!(
        refused.contains("withdraw and repay all first"),
        "{refused}"
    );
    terminal.ok(&words("position repay USDC all --id 1"));
    terminal.ok(&words("position withdraw SOL all --id 1"));
    terminal.ok(&words("position close --id 1"));
    let refused = terminal.refused(&words("position close --id 1"));
    assert!(
        refused.contains("open it with `levee position open`"),
        "{refused}"
    );
}
