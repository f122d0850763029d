//! What commands do, checked by what the chain says afterwards.

use levee::oracle::TEST_ORACLE;
use levee_testkit::{program_path, LocalnetOptions};

use crate::chain::{chain, Terminal};

/// A market of SOL at $150 and USDC, with somebody's dollars to borrow.
pub fn market(terminal: &Terminal) {
    for line in [
        "token create SOL --decimals 9",
        "token create USDC --decimals 6",
        "token mint SOL 1_000",
        "token mint USDC 1_000_000",
        "price push SOL 150",
        "price push USDC 1",
        "market create",
        "reserve add SOL",
        "reserve add USDC --ltv 80% --threshold 85%",
        "position open",
        "position deposit USDC 100_000",
        "position open --id 1",
        "position deposit SOL 20 --id 1",
    ] {
        terminal.ok(&line.split(' ').collect::<Vec<_>>());
    }
}

pub fn words(line: &str) -> Vec<&str> {
    line.split(' ').collect()
}

#[test]
fn a_position_moves_by_what_was_said_and_a_dry_run_moves_nothing() {
    let chain = chain();
    let terminal = Terminal::of_somebody(&chain.rpc_url);
    market(&terminal);

    let dry = terminal.json(&words("position borrow USDC 2_000 --id 1 --dry-run"));
    assert_eq!(dry["dry_run"], true);
    assert!(dry["compute_units"].as_u64().unwrap() > 0);
    assert_eq!(dry["signature"], serde_json::Value::Null);
    let show = || terminal.json(&words("position show --id 1"));
    assert_eq!(show()["borrows"].as_array().unwrap().len(), 0);

    let sent = terminal.json(&words("position borrow USDC 2_000 --id 1"));
    assert!(sent["signature"].is_string());
    let shown = show();
    assert_eq!(shown["deposits"][0]["amount_tokens"], "20");
    assert_eq!(shown["deposits"][0]["token"], "SOL");
    // The fee of a basis point comes on top.
    let owed = shown["borrows"][0]["amount_tokens"].as_str().unwrap();
    assert!(owed.starts_with("2,000.2"), "{owed}");
    // 20 SOL at 150 with a threshold of 80 % carry 2,000.20 dollars down to about 125.01.
    let price = shown["deposits"][0]["liquidation_price_usd"]
        .as_str()
        .unwrap();
    assert!(price.starts_with("125.01"), "{price}");
    assert_eq!(shown["is_unhealthy"], false);

    terminal.ok(&words("position repay USDC all --id 1"));
    assert_eq!(show()["borrows"].as_array().unwrap().len(), 0);
    terminal.ok(&words("position withdraw SOL all --id 1"));
    assert_eq!(show()["deposits"].as_array().unwrap().len(), 0);
}

#[test]
fn a_reserve_changes_only_in_what_is_said() {
    let chain = chain();
    let terminal = Terminal::of_somebody(&chain.rpc_url);
    market(&terminal);
    let before = terminal.json(&words("reserve show SOL"));
    terminal.ok(&words("reserve set SOL --ltv 70% --deposit-cap 5_000.5"));
    let mut after = terminal.json(&words("reserve show SOL"));
    assert_eq!(after["ltv_bps"], 7_000);
    assert_eq!(after["deposit_cap_tokens"], "5,000.5");
    for (field, value) in before.as_object().unwrap() {
        if matches!(field.as_str(), "ltv_bps" | "deposit_cap_tokens") {
            after[field] = value.clone();
        }
    }
    assert_eq!(before, after);
}

#[test]
fn watch_shows_the_unhealthiest_first_and_liquidate_heals_it() {
    let chain = chain();
    let terminal = Terminal::of_somebody(&chain.rpc_url);
    market(&terminal);
    for line in [
        "position borrow USDC 1_000 --id 1",
        "position open --id 2",
        "position deposit SOL 10 --id 2",
        "position borrow USDC 1_100 --id 2",
    ] {
        terminal.ok(&words(line));
    }
    let weak = terminal
        .ok(&words("position address --id 2"))
        .trim()
        .to_owned();
    let refused = terminal.refused(&["liquidate", &weak]);
    assert!(refused.contains("cannot be liquidated"), "{refused}");

    terminal.ok(&words("price push SOL 120"));
    let watched = terminal.json(&words("watch --once"));
    assert_eq!(watched["unhealthy"], 1, "{watched}");
    assert_eq!(watched["obligations"], 3);
    assert_eq!(watched["rows"][0]["obligation"], weak.as_str());

    let done = terminal.json(&["liquidate", &weak]);
    assert!(
        done["repaid"].as_str().unwrap().ends_with(" USDC"),
        "{done}"
    );
    let watched = terminal.json(&words("watch --once"));
    assert_eq!(watched["unhealthy"], 0, "{watched}");
}

#[test]
fn where_the_deployed_build_believes_test_feeds_positions_are_quoted_and_liquidated_by_them() {
    let chain = LocalnetOptions::new()
        .program(levee::ID, program_path("levee_test_feeds"))
        .program(TEST_ORACLE, program_path("levee_test_oracle"))
        .start();
    let terminal = Terminal::of_somebody(&chain.rpc_url);
    market(&terminal);
    terminal.ok(&words("position borrow USDC 2_000 --id 1"));
    terminal.ok(&words("price push SOL 120"));
    let shown = terminal.run(&words("position show --id 1 --json"));
    assert_eq!(
        String::from_utf8_lossy(&shown.stderr),
        "",
        "an old price was used"
    );
    let shown: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!(shown["is_unhealthy"], true, "{shown}");
    let weak = terminal.ok(&words("position address --id 1"));
    terminal.ok(&["liquidate", weak.trim()]);
    assert_eq!(terminal.json(&words("watch --once"))["unhealthy"], 0);
}

#[test]
fn where_it_does_not_what_anybody_pushes_to_the_test_oracle_is_no_price() {
    let chain = LocalnetOptions::new()
        .levee()
        .program(TEST_ORACLE, program_path("levee_test_oracle"))
        .start();
    let terminal = Terminal::of_somebody(&chain.rpc_url);
    let refused = terminal.refused(&words("price push SOL 150"));
    assert!(refused.contains("there is no test oracle"), "{refused}");
}

#[test]
fn a_redemption_rate_is_pushed_and_values_the_token() {
    let chain = chain();
    let terminal = Terminal::of_somebody(&chain.rpc_url);
    market(&terminal);
    let feed = "ab".repeat(32);
    let refused = terminal.refused(&words("price push SOL 1.05 --rate"));
    assert!(
        refused.contains("no feed of a redemption rate"),
        "{refused}"
    );
    for line in [
        "token create JITOSOL --decimals 9",
        "token mint JITOSOL 1_000",
        &format!("price push {feed} 1.2 --rate"),
    ] {
        terminal.ok(&words(line));
    }
    let sol = terminal.json(&words("reserve show SOL"));
    let sol_feed = sol["oracle_feed"].as_str().unwrap();
    let add = format!("reserve add JITOSOL --feed {sol_feed} --redemption-feed {feed}");
    terminal.ok(&words(&add));
    for line in ["position open --id 2", "position deposit JITOSOL 10 --id 2"] {
        terminal.ok(&words(line));
    }
    let worth =
        || terminal.json(&words("position show --id 2"))["deposits"][0]["value_usd"].clone();
    // 10 × 1.2 × 150, less an atom that the deposit rounds away.
    assert_eq!(worth(), "1,799.99");
    terminal.ok(&words("price push JITOSOL 1.1 --rate"));
    assert_eq!(worth(), "1,649.99");
}

#[test]
fn a_lookup_table_is_made_for_the_market_and_completed_when_it_lists_another_token() {
    let chain = chain();
    let terminal = Terminal::of_somebody(&chain.rpc_url);
    market(&terminal);
    let dry = terminal.json(&words("market table --dry-run"));
    assert_eq!(dry["signature"], serde_json::Value::Null);
    // The market, the token program, and four of each reserve.
    let made = terminal.json(&words("market table"));
    assert_eq!(
        (&made["addresses"], &made["added"]),
        (&10.into(), &10.into())
    );
    let table = made["table"].as_str().unwrap();
    let again = terminal.json(&["market", "table", table]);
    assert_eq!(
        (&again["addresses"], &again["added"]),
        (&10.into(), &0.into())
    );
    for line in [
        "token create ETH --decimals 8",
        "price push ETH 4_000",
        "reserve add ETH",
    ] {
        terminal.ok(&words(line));
    }
    let more = terminal.json(&["market", "table", table]);
    assert_eq!(
        (&more["addresses"], &more["added"]),
        (&14.into(), &4.into())
    );

    let refused = terminal.refused(&words("market table 11111111111111111111111111111112"));
    assert!(refused.contains("there is no lookup table"), "{refused}");
    let refused = terminal.refused(&["market", "table", made["signature"].as_str().unwrap()]);
    assert!(refused.contains("is no address"), "{refused}");
}
