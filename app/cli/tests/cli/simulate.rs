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

#[test]
fn whatever_is_wrong_with_prices_is_one_line_with_the_row() {
    let terminal = terminal();
    let row = |row: &str| format!("time,open,high,low,close\n0,1,1,1,1\n60,1,1,1,1\n{row}\n");
    let cases: [(&str, Vec<u8>, &str); 16] = [
        ("empty", Vec::new(), "line 1: the file is empty"),
        ("blank", b"\n \r\n".to_vec(), "line 1: the file is empty"),
        (
            "header",
            b"time,open,high,low,close\n".to_vec(),
            "line 2: there is no price",
        ),
        (
            "no-close",
            b"time,open,high,low\n0,1,1,1\n".to_vec(),
            "line 1: column `close` is missing",
        ),
        (
            "negative",
            row("120,1,1,-1,1").into(),
            "line 4: column `low`: `-1` is not a positive price",
        ),
        (
            "zero",
            row("120,0,1,1,1").into(),
            "line 4: column `open`: `0` is not a positive price",
        ),
        (
            "nan",
            row("120,1,NaN,1,1").into(),
            "line 4: column `high`: `NaN` is not a decimal number",
        ),
        (
            "high-low",
            row("120,1,1,2,1").into(),
            "line 4: column `high`: 1 is below the low, 2",
        ),
        (
            "close",
            row("120,1,1,1,2").into(),
            "line 4: column `close`: 2 is not between",
        ),
        (
            "twice",
            row("60,1,1,1,1").into(),
            "line 4: column `time`: 60 is there twice",
        ),
        (
            "unsorted",
            row("30,1,1,1,1").into(),
            "line 4: column `time`: 30 does not come after 60",
        ),
        (
            "gap",
            row("120,1,1,1,1\n300,1,1,1,1").into(),
            "line 5: column `time`: 180 seconds after",
        ),
        (
            "short",
            row("120,1,1,1").into(),
            "line 4: column `close` is missing",
        ),
        (
            "time",
            row("noon,1,1,1,1").into(),
            "line 4: column `time`: `noon` is neither a Unix time nor a date",
        ),
        (
            "binary",
            b"time,open,high,low,close\n\xff\xfe,1,1,1,1\n".to_vec(),
            "line 2: not UTF-8 text",
        ),
        ("gzip", b"\x1f\x8b\x08rest".to_vec(), "its gzip is damaged"),
    ];
    for (name, bytes, part) in cases {
        let file = terminal.home().join(format!("{name}.csv"));
        std::fs::write(&file, bytes).unwrap();
        let refused = terminal.refused(&["simulate", "--prices", file.to_str().unwrap()]);
        assert!(
            refused.contains(part) && refused.contains(name),
            "{refused}"
        );
    }
}
