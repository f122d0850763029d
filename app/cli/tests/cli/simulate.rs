//! The laboratory from the terminal: needs no chain.

use crate::chain::Terminal;

/// A terminal before a cluster that is not there.
fn terminal() -> Terminal {
    Terminal::at("http://127.0.0.1:1")
}

#[test]
fn a_generated_crash_is_replayed_under_every_engine_wherever_the_flag_for_json_stands() {
    let words = "simulate --path gap --borrowers 200 --seed 7 --threads 1";
    let words: Vec<&str> = words.split(' ').collect();
    let after = terminal().json(&words);
    let engines = after.as_array().expect("a list");
    assert_eq!(engines.len(), 11);
    for field in [
        "engine",
        "penalty_bps_of_debt_repaid",
        "debt_repaid_usd",
        "debt_needed_usd",
        "bad_debt_usd",
        "median_loss_pct",
        "p95_loss_pct",
        "liquidations",
        "seconds_unhealthy_p95",
        "price_overshoot_pct",
    ] {
        assert!(
            engines.iter().all(|engine| !engine[field].is_null()),
            "{field}"
        );
    }
    let before = terminal().ok(&[&["--json"], &words[..]].concat());
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&before).unwrap(),
        after
    );
}

#[test]
fn a_broken_row_of_prices_is_named() {
    let terminal = terminal();
    let file = terminal.home().join("SOL.csv");
    let rows = "unix_timestamp,open,high,low,close\n60,150,150,120,125\n120,125,130,-1,130\n";
    std::fs::write(&file, rows).unwrap();
    let refused = terminal.refused(&["simulate", "--prices", file.to_str().unwrap()]);
    assert!(
        refused.contains("SOL.csv") && refused.contains('3'),
        "{refused}"
    );
}
