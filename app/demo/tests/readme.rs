//! What the README says of the demonstration is what the demonstration says.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

const README: &str = include_str!("../../../README.md");

/// The words around each figure, and its name in the report.
const FIGURES: [(&str, &str, &str); 8] = [
    ("SOL falls from ", " to", "first_price"),
    (" to ", " dollars within the hour", "lowest_price"),
    ("Of ", " borrowers", "borrowers"),
    (" borrowers ", " are liquidated in", "liquidated_borrowers"),
    ("are liquidated in ", " transactions", "liquidations"),
    ("transactions, $", " are repaid", "debt_repaid_usd"),
    ("mean bonus of ", " bps", "mean_bonus_bps"),
    (
        "liquidated borrower loses ",
        " % of the position",
        "median_loss_pct",
    ),
];

fn report() -> Value {
    let picture = Path::new(env!("CARGO_TARGET_TMPDIR")).join("readme.svg");
    let mut command = Command::new(env!("CARGO_BIN_EXE_levee-demo"));
    let output = command.arg("--json").arg("--picture").arg(picture).output();
    let output = output.unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The number that stands between `before` and `after`, which must be one wherever it does.
fn printed<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let is_number = |found: &&str| {
        found
            .chars()
            .all(|c| c.is_ascii_digit() || ",.".contains(c))
    };
    let starts = text
        .match_indices(before)
        .map(|(at, _)| &text[at + before.len()..]);
    let ends = starts.filter_map(|rest| Some(rest.split_once(after)?.0));
    let mut found: Vec<_> = ends
        .filter(|found| !found.is_empty())
        .filter(is_number)
        .collect();
    found.dedup();
    let [one] = found[..] else {
        panic!("{before:?} and {after:?} stand around {found:?}");
    };
    one
}

#[test]
fn every_figure_of_the_readme_is_the_reports_rounded() {
    let (report, text) = (report(), README.replace('\n', " "));
    for (before, after, name) in FIGURES {
        let printed = printed(&text, before, after).replace(',', "");
        let decimals = printed.split_once('.').map_or(0, |(_, part)| part.len());
        let value = report[name].as_f64().unwrap();
        assert_eq!(printed, format!("{value:.decimals$}"), "{name}");
    }
    assert_eq!(
        text.contains("there is no bad debt"),
        report["bad_debt_usd"] == 0.0
    );
    assert_eq!(
        text.contains("no invariant breaks"),
        report["invariants_broken"] == 0
    );
}
