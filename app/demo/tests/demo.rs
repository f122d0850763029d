//! The binary as people run it: on a small path, and on files that are no price path.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

const HEADER: &str = "unix_timestamp,open,high,low,close,volume\n";

/// A folder of its own for each test.
fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn demo(folder: &Path, rows: &str) -> Output {
    let file = folder.join("prices.csv");
    fs::write(&file, rows).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_levee-demo"));
    command.args(["--json", "--borrowers", "40", "--prices"]);
    command.arg(file).arg("--picture");
    command.arg(folder.join("demo.svg")).output().unwrap()
}

fn json(output: &Output) -> Value {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

/// Bars of a minute that fall by `percent` each.
fn falling(bars: u32, percent: f64) -> String {
    let mut rows = HEADER.to_owned();
    let mut price = 150.0;
    for bar in 0..bars {
        let close = price * (1.0 - percent / 100.0);
        rows += &format!("{},{price},{price},{close},{close},1\n", bar * 60);
        price = close;
    }
    rows
}

#[test]
fn a_fall_is_liquidated_without_breaking_an_invariant() {
    let folder = folder("fall");
    let report = json(&demo(&folder, &falling(20, 1.0)));
    for name in [
        "liquidations",
        "debt_repaid_usd",
        "collateral_seized_usd",
        "mean_bonus_bps",
        "median_loss_pct",
        "insurance_usd",
    ] {
        assert!(report[name].as_f64().unwrap() > 0.0, "{name}");
    }
    for name in ["min", "median", "max"] {
        let units = report["compute_units"][name].as_u64().unwrap();
        assert!((1_000..400_000).contains(&units), "{name}: {units}");
    }
    assert_eq!(report["bad_debt_usd"], 0.0);
    assert_eq!(report["invariants_broken"], 0);
    assert_eq!(report["unhealthy_at_end"], 0);
    assert_eq!(files(&folder), ["demo.svg", "prices.csv"]);
    let picture = fs::read_to_string(folder.join("demo.svg")).unwrap();
    assert!(picture.starts_with("<svg") && picture.trim_end().ends_with("</svg>"));
}

#[test]
fn a_fall_through_the_collateral_leaves_bad_debt_and_sound_books() {
    let report = json(&demo(&folder("gap"), &falling(2, 60.0)));
    assert!(report["bad_debt_usd"].as_f64().unwrap() > 0.0);
    assert_eq!(report["invariants_broken"], 0);
}

#[test]
fn any_price_level_works() {
    for (name, price) in [("cheap", 0.000_01), ("one", 1.0), ("dear", 100_000.0)] {
        let low = price * 0.8;
        let rows = format!("{HEADER}1,{price},{price},{low},{low},1\n");
        let report = json(&demo(&folder(name), &rows));
        assert!(report["liquidations"].as_u64().unwrap() > 0, "{name}");
        assert_eq!(report["invariants_broken"], 0, "{name}");
    }
}

#[test]
fn the_same_arguments_give_the_same_output() {
    let folder = folder("twice");
    let run = || {
        let output = demo(&folder, &falling(5, 3.0));
        let picture = fs::read(folder.join("demo.svg")).unwrap();
        (json(&output), picture)
    };
    assert_eq!(run(), run());
}

#[test]
fn a_malformed_file_is_refused_in_one_line_and_leaves_nothing() {
    let cases = [
        ("", "line 1: the file is empty"),
        (HEADER, "line 2: there is no price below the header"),
        (
            "unix_timestamp,open,high,close\n60,1,1,1\n",
            "line 1: column `low` is missing",
        ),
        (
            "unix_timestamp,open,high,low,close\n60,1,1,1,one\n",
            "line 2: column `close`: `one` is not a decimal number",
        ),
        (
            "unix_timestamp,open,high,low,close\n60,1,1,1,NaN\n",
            "line 2: column `close`: `NaN` is not a decimal number",
        ),
        (
            "unix_timestamp,open,high,low,close\n60,1,1,1,1\n120,-1,1,1,1\n",
            "line 3: column `open`: `-1` is not a positive price",
        ),
        (
            "unix_timestamp,open,high,low,close\n60,2,1,3,2\n",
            "line 2: column `high`: 1 is below the low, 3",
        ),
        (
            "unix_timestamp,open,high,low,close\n60,1,1,1,1\n60,1,1,1,1\n",
            "line 3: column `unix_timestamp`: 60 is there twice",
        ),
    ];
    let folder = folder("malformed");
    for (rows, reason) in cases {
        let output = demo(&folder, rows);
        let file = folder.join("prices.csv");
        let said = format!("error: {}: {reason}\n", file.display());
        assert_eq!(String::from_utf8(output.stderr).unwrap(), said);
        assert_eq!(output.status.code(), Some(1));
        assert!(output.stdout.is_empty());
        assert_eq!(files(&folder), ["prices.csv"]);
    }
}

#[test]
fn a_missing_file_and_an_impossible_picture_are_refused_in_one_line() {
    let folder = folder("missing");
    let arguments: [[&str; 2]; 3] = [
        ["--prices", "missing.csv"],
        ["--picture", "no/such/folder/demo.svg"],
        ["--picture", "demo.png"],
    ];
    for arguments in arguments {
        let mut command = Command::new(env!("CARGO_BIN_EXE_levee-demo"));
        let output = command.current_dir(&folder).args(arguments).output();
        let output = output.unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(said.contains(arguments[1]), "{said}");
        assert_eq!(output.status.code(), Some(1));
        assert!(output.stdout.is_empty());
        assert!(files(&folder).is_empty());
    }
}
