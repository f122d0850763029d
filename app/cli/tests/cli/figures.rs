//! The heatmap and the liquidation data, of a chain and of files.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::chain::{chain, Terminal};
use crate::session::{market, words};

#[test]
fn what_a_market_shows_before_and_after_a_liquidation_is_what_happened() {
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
    let heatmap = terminal.json(&words("heatmap --picture heat.svg"));
    assert_eq!(heatmap["price_usd"], 150.0, "{heatmap}");
    assert_eq!(heatmap["parameters"]["rule"], "levee");
    assert_eq!(
        (&heatmap["obligations"], &heatmap["unhealthy_now"]),
        (&2.into(), &0.into())
    );
    // 1,100.11 / (10 × 0.8) are 137.51, and 1,000.10 / (20 × 0.8) are 62.51.
    let turned: Vec<_> = heatmap["long"]["buckets"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|bucket| bucket["obligations"] == 1)
        .map(|bucket| bucket["from_pct"].as_f64().unwrap())
        .collect();
    assert_eq!(turned, [5.0, 55.0]);
    let picture = std::fs::read_to_string(terminal.home().join("heat.svg")).unwrap();
    assert!(picture.starts_with("<svg"));

    terminal.ok(&words("price push SOL 110"));
    let weak = terminal.ok(&words("position address --id 2"));
    let done = terminal.json(&["liquidate", weak.trim()]);
    let repaid = done["repaid"]
        .as_str()
        .unwrap()
        .strip_suffix(" USDC")
        .unwrap();
    let repaid: f64 = repaid.replace(',', "").parse().unwrap();

    let known = finalized(&terminal);
    assert_eq!(
        (&known["liquidations"], &known["borrowers"]),
        (&1.into(), &1.into())
    );
    let dollars = known["tokens"]
        .as_array()
        .unwrap()
        .iter()
        .find(|token| token["repaid_atoms"] != 0)
        .unwrap();
    let atoms = dollars["repaid_atoms"].as_u64().unwrap();
    assert_eq!(atoms, (repaid * 1e6).round() as u64, "{done}");
    let insurance = dollars["insurance_atoms"].as_u64().unwrap();
    let told = done["to_insurance"].as_str().unwrap();
    let told: f64 = told.strip_suffix(" USDC").unwrap().parse().unwrap();
    assert_eq!(insurance, (told * 1e6).round() as u64, "{done}");
    assert_eq!(dollars["bad_debt_atoms"], done["bad_debt_atoms"]);
    // A dollar's atom is 10¹² wad dollars.
    assert_eq!(
        known["repaid_usd_wad"],
        (u128::from(atoms) * 10u128.pow(12)).to_string()
    );
    assert_eq!(known["long_usd"], known["repaid_usd"]);
    assert_eq!(known["largest"]["obligation"], weak.trim());
    assert_eq!(known["open_interest"].as_array().unwrap().len(), 1);
    assert_eq!(known["unread_transactions"], 0);

    let facts = |known: &Value| {
        [
            "liquidations",
            "repaid_usd_wad",
            "seized_usd_wad",
            "tokens",
            "largest",
        ]
        .map(|name| known[name].clone())
    };
    for command in [
        "liquidations",
        "liquidations --rebuild",
        "liquidations --offline",
    ] {
        assert_eq!(
            facts(&terminal.json(&words(command))),
            facts(&known),
            "{command}"
        );
    }
}

/// The liquidations once the cluster calls one final.
fn finalized(terminal: &Terminal) -> Value {
    let start = Instant::now();
    loop {
        let known = terminal.json(&words("liquidations"));
        if known["liquidations"] == 1 {
            return known;
        }
        assert!(
            start.elapsed() < Duration::from_secs(90),
            "it was never final: {known}"
        );
        std::thread::sleep(Duration::from_secs(1));
    }
}

#[test]
fn files_need_no_cluster_and_what_is_wrong_with_them_is_one_line() {
    let terminal = Terminal::at("http://127.0.0.1:1");
    let book =
        "obligation,side,asset,tokens,price_usd\n1,deposit,SOL,10,150\n1,borrow,USDC,900,1\n";
    let write = |name: &str, text: &str| std::fs::write(terminal.home().join(name), text).unwrap();
    write("book.csv", book);
    let heatmap = terminal.json(&words("heatmap --file book.csv"));
    assert_eq!(
        (&heatmap["asset"], &heatmap["total_debt_usd"]),
        (&"SOL".into(), &900.0.into())
    );
    assert!(terminal
        .ok(&words("heatmap --file book.csv"))
        .contains("Where SOL falls"));

    write("empty.csv", "");
    write("negative.csv", &book.replace("10,150", "-10,150"));
    for (line, part) in [
        ("heatmap --file none.csv", "cannot read none.csv"),
        ("heatmap --file empty.csv", "empty.csv is empty"),
        (
            "heatmap --file negative.csv",
            "negative.csv: line 2: tokens: `-10` is negative",
        ),
        (
            "heatmap --file book.csv --asset BTC",
            "no obligation has BTC: choose one of SOL, USDC",
        ),
        (
            "heatmap --file book.csv --daily-volume-usd 0",
            "'0' for '--daily-volume-usd <DAILY_VOLUME_USD>': write a number above zero",
        ),
        (
            "heatmap --file book.csv --picture heat.gif",
            "--picture heat.gif: give it a name that ends in .svg or .png",
        ),
        (
            "heatmap --file book.csv --picture none/heat.svg",
            "--picture none/heat.svg: there is no folder none",
        ),
        (
            "liquidations --offline",
            "there is no database liquidations.sqlite",
        ),
    ] {
        let refused = terminal.refused(&words(line));
        assert!(refused.contains(part), "{line}: {refused}");
    }
}
