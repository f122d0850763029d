//! What owners and guardians do with a market.

use crate::chain::{chain, Terminal};
use crate::session::{market, words};

/// An owner with SOL listed, and the guardian of the market.
fn guarded(url: &str) -> (Terminal, Terminal) {
    let (owner, guardian) = (Terminal::of_somebody(url), Terminal::of_somebody(url));
    let create = format!("market create --guardian {}", guardian.address());
    for line in [
        "token create SOL",
        "token mint SOL 1_000",
        "price push SOL 150",
        &create,
        "reserve add SOL",
        "position open",
    ] {
        owner.ok(&words(line));
    }
    (owner, guardian)
}

#[test]
fn the_guardian_stops_a_market_and_only_the_owner_lifts_that() {
    let chain = chain();
    let (owner, guardian) = guarded(&chain.rpc_url);
    let shown = owner.json(&words("market show"));
    let market = shown["market"].as_str().unwrap();
    let of_market = |line: &str| format!("{line} --market {market}");

    guardian.ok(&words(&of_market("market freeze --dry-run")));
    assert_eq!(owner.json(&words("market show"))["status"]["frozen"], false);
    guardian.ok(&words(&of_market("market pause deposits")));
    let shown = owner.json(&words("market show"));
    let expected =
        serde_json::json!({ "deposits_paused": true, "borrows_paused": false, "frozen": false });
    assert_eq!(shown["status"], expected);
    let text = owner.ok(&words("market show"));
    assert!(text.contains("deposits paused"), "{text}");
    for rule in ["mild lift", "restart grace", "risk delay", "threshold ramp"] {
        assert!(text.contains(rule), "{rule}: {text}");
    }
    let refused = owner.refused(&words("position deposit SOL 1"));
    assert!(refused.contains("paused"), "{refused}");
    let refused = guardian.refused(&words(&of_market("market pause deposits")));
    assert!(
        refused.contains("nothing would change: the market is deposits paused"),
        "{refused}"
    );

    let refused = guardian.refused(&words(&of_market("market resume")));
    assert!(refused.contains("ask the owner"), "{refused}");
    guardian.ok(&words(&of_market("market pause")));
    owner.ok(&words("market resume deposits"));
    owner.ok(&words("position deposit SOL 1"));
    let text = owner.ok(&words("market show"));
    assert!(text.contains("borrows paused") && !text.contains("deposits paused"));
    owner.ok(&words("market resume"));
    assert!(!owner.ok(&words("market show")).contains("paused"));
}

#[test]
fn a_frozen_reserve_says_so_until_it_is_resumed() {
    let chain = chain();
    let (owner, guardian) = guarded(&chain.rpc_url);
    let reserve = owner.json(&words("reserve show SOL"));
    let market = owner.json(&words("market show"));
    let (mint, market) = (&reserve["mint"], &market["market"]);
    let freeze = format!(
        "reserve freeze {} --market {}",
        mint.as_str().unwrap(),
        market.as_str().unwrap()
    );
    guardian.ok(&words(&freeze));
    for line in ["reserve show SOL", "market show"] {
        let text = owner.ok(&words(line));
        assert!(text.contains("frozen"), "{line}: {text}");
    }
    let shown = owner.json(&words("reserve show SOL"));
    assert_eq!(shown["status"]["frozen"], true);
    let refused = owner.refused(&words("position deposit SOL 1"));
    assert!(
        refused.contains("frozen") || refused.contains("Frozen"),
        "{refused}"
    );
    owner.ok(&words("reserve resume SOL freeze"));
    let refused = owner.refused(&words("reserve resume SOL"));
    assert!(
        refused.contains("nothing would change: SOL is open"),
        "{refused}"
    );
    owner.ok(&words("position deposit SOL 1"));

    owner.ok(&words("market freeze"));
    let text = owner.ok(&words("reserve show SOL"));
    assert!(
        text.contains("the market's") && text.contains("frozen"),
        "{text}"
    );
}

#[test]
fn a_market_changes_only_in_what_is_said() {
    let chain = chain();
    let (owner, guardian) = guarded(&chain.rpc_url);
    let before = owner.json(&words("market show"));
    let refused = owner.refused(&words("market set"));
    assert!(refused.contains("nothing would change"), "{refused}");
    let other = "11111111111111111111111111111112";
    let set = format!("market set --guardian {other} --mild-wait-slots 30");
    owner.ok(&words(&set));
    let mut after = owner.json(&words("market show"));
    assert_eq!(after["guardian"], other);
    assert_eq!(after["mild_wait_slots"], 30);
    for field in ["guardian", "mild_wait_slots"] {
        after[field] = before[field].clone();
    }
    assert_eq!(before, after);
    let market = before["market"].as_str().unwrap();
    let refused = guardian.refused(&["market", "freeze", "--market", market]);
    assert!(refused.contains("guardian may do this"), "{refused}");
}

#[test]
fn a_market_changes_hands_when_it_is_offered_and_accepted() {
    let chain = chain();
    let (owner, heir) = guarded(&chain.rpc_url);
    let market = owner.json(&words("market show"))["market"].clone();
    let accept = format!("market accept-owner --market {}", market.as_str().unwrap());
    let propose = format!("market propose-owner {}", heir.address());
    let refused = heir.refused(&words(&accept));
    assert!(
        refused.contains("have the owner propose this key first"),
        "{refused}"
    );
    owner.ok(&words(&propose));
    let shown = owner.json(&words("market show"));
    assert_eq!(shown["pending_owner"], heir.address());
    owner.ok(&words("market propose-owner --withdraw"));
    heir.refused(&words(&accept));
    owner.ok(&words(&propose));
    heir.ok(&words(&accept));
    let shown = owner.json(&words("market show"));
    assert_eq!(shown["owner"], heir.address());
    assert_eq!(shown["pending_owner"], serde_json::Value::Null);
    let refused = owner.refused(&words(&propose));
    assert!(refused.contains("Only the market's owner"), "{refused}");
}

#[test]
fn the_protocols_fees_are_claimed_once() {
    let chain = chain();
    let terminal = Terminal::of_somebody(&chain.rpc_url);
    market(&terminal);
    let refused = terminal.refused(&words("reserve claim-fees USDC"));
    assert!(refused.contains("no fees to claim now"), "{refused}");
    terminal.ok(&words("position borrow USDC 2_000 --id 1"));
    let fees = || {
        let shown = terminal.json(&words("reserve show USDC"));
        let fees = shown["protocol_fees_tokens"].as_str().unwrap();
        fees.parse::<f64>().unwrap()
    };
    // A basis point for the new debt.
    assert!(fees() >= 0.2, "{}", fees());
    terminal.ok(&words("reserve claim-fees USDC --dry-run"));
    assert!(fees() >= 0.2, "{}", fees());
    let text = terminal.ok(&words("reserve claim-fees USDC"));
    assert!(text.contains("claimed 0.2"), "{text}");
    assert!(fees() < 0.01, "{}", fees());
}
