use clap::Parser;
use levee_risk::policy::Moment;

use crate::heatmap::{heatmap, HeatmapArguments, MarketAccounts, Obligations};
use crate::market::default_market;
use crate::Format;

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    arguments: HeatmapArguments,
}

fn parse(arguments: &[&str]) -> Result<HeatmapArguments, String> {
    let words = std::iter::once(&"heatmap").chain(arguments);
    let parsed = Command::try_parse_from(words).map_err(|error| error.to_string())?;
    Ok(parsed.arguments)
}

/// Why a command is refused on `market`, or on its file.
fn refusal(arguments: &[&str], market: Option<Obligations>) -> String {
    let refused = match parse(arguments) {
        Ok(arguments) => heatmap(&arguments, Format::Json, market)
            .map_err(|error| format!("{error:#}"))
            .err(),
        Err(error) => Some(error),
    };
    refused.expect("it is refused")
}

/// A market that was created a moment ago.
fn empty_market() -> Obligations {
    let accounts = MarketAccounts {
        market: default_market(),
        reserves: Vec::new(),
        obligations: Vec::new(),
    };
    let moment = Moment { slot: 1, now_ts: 1 };
    Obligations::of_market("market X", &accounts, moment).expect("it is a market")
}

#[test]
fn a_market_without_reserves_is_refused_in_one_line() {
    for arguments in [&[][..], &["--asset", "SOL"]] {
        let error = refusal(arguments, Some(empty_market()));
        assert_eq!(
            error,
            "market X has no reserve yet: add some and borrow, then ask again"
        );
    }
}

#[test]
fn what_only_a_file_has_is_refused_without_one() {
    for option in [
        ["--price", "SOL=150"],
        ["--rule", "fixed"],
        ["--close-factor-bps", "5000"],
        ["--bonus-bps", "500"],
        ["--whole-below-bps", "9500"],
        ["--threshold-bps", "8000"],
    ] {
        let error = refusal(&option, Some(empty_market()));
        assert!(error.contains("--file <FILE>"), "{option:?}: {error}");
    }
}

#[test]
fn numbers_of_the_fixed_rule_are_refused_with_levees() {
    for option in ["--close-factor-bps", "--bonus-bps", "--whole-below-bps"] {
        let arguments = ["--file", "book.csv", "--rule", "levee", option, "100"];
        let error = refusal(&arguments, None);
        assert!(
            error.starts_with(&format!("{option} is of the fixed rule")),
            "{error}"
        );
    }
}

#[test]
fn a_number_of_the_impact_that_is_not_above_zero_is_refused_by_its_name() {
    for option in [
        "--daily-volume-usd",
        "--daily-volatility-pct",
        "--impact-coefficient",
    ] {
        for value in ["0", "-1", "NaN", "inf", "much"] {
            let error = refusal(&[&format!("{option}={value}")], Some(empty_market()));
            assert!(
                error.contains(option) && error.contains("write a number above zero"),
                "{error}"
            );
        }
    }
}
