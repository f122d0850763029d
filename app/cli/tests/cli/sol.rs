//! SOL: a wallet holds it as lamports, a reserve as a token.

use crate::chain::{chain, Terminal};
use crate::session::words;

const WRAPPED_SOL: &str = "So11111111111111111111111111111111111111112";

#[test]
fn a_wallet_that_holds_sol_alone_deposits_all_but_its_fees_and_liquidates_a_debt_in_sol() {
    let chain = chain();
    let terminal = Terminal::of_somebody(&chain.rpc_url);
    let feed = "ab".repeat(32);
    for line in [
        &format!("price push {feed} 150"),
        "token create USDC --decimals 6",
        "token mint USDC 1_000_000",
        "price push USDC 1",
        "market create",
        &format!("reserve add {WRAPPED_SOL} --name SOL --feed {feed}"),
        "reserve add USDC --ltv 80% --threshold 85%",
        "position open",
        "position deposit SOL all",
    ] {
        terminal.ok(&words(line));
    }
    let shown = terminal.json(&words("position show"));
    let held = shown["deposits"][0]["amount_tokens"].as_str().unwrap();
    let held: f64 = held.parse().unwrap();
    assert!((99.8..100.0).contains(&held), "{held}");
    let refused = terminal.refused(&words("position deposit SOL all"));
    assert!(refused.contains("beyond what fees take"), "{refused}");

    terminal.ok(&["airdrop", "100"]);
    for line in [
        "position open --id 1",
        "position deposit USDC 10_000 --id 1",
        "position borrow SOL 40 --id 1",
        &format!("price push {feed} 230"),
        "price push USDC 1",
    ] {
        terminal.ok(&words(line));
    }
    let weak = terminal.ok(&words("position address --id 1"));
    let weak = weak.trim();
    let refused = terminal.refused(&["liquidate", weak, "--max-repay", "0"]);
    assert!(refused.contains("--max-repay is zero"), "{refused}");
    let done = terminal.json(&["liquidate", weak]);
    assert!(done["repaid"].as_str().unwrap().ends_with(" SOL"), "{done}");
    let shown = terminal.json(&words("position show --id 1"));
    assert_eq!(shown["is_unhealthy"], false, "{shown}");
}
