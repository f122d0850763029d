//! What commands do, checked by what the chain says afterwards.

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
