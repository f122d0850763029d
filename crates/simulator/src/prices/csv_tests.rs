use super::*;

const HEADER: &str = "unix_timestamp,open,high,low,close,volume\n";

fn parse(rows: &str) -> Result<(Vec<Bar>, i64)> {
    parse_bars(&format!("{HEADER}{rows}"), false)
}

fn refusal(rows: &str) -> String {
    format!("{:#}", parse(rows).unwrap_err())
}

#[test]
fn bars_are_read_exactly_and_their_length_is_found() {
    let (bars, seconds) = parse("0,1.5,2,1.25,1.75,9\n60,1.75,1.8,1.7,1.75,9\n").unwrap();
    assert_eq!(seconds, 60);
    assert_eq!(bars[0].low, 12_500_000_000);
    assert_eq!(bars[1].timestamp, 60);
}

#[test]
fn every_bad_row_is_named_with_its_line_and_column() {
    for (rows, line, why) in [
        ("0,1,1,1,1\n60,1,1,1,1\n60,1,1,1,1\n", 4, "there twice"),
        ("60,1,1,1,1\n0,1,1,1,1\n", 3, "does not come after"),
        (
            "0,1,1,1,1\n60,1,1,1,1\n120,1,1,1,1\n240,1,1,1,1\n",
            5,
            "--allow-gaps",
        ),
        (
            "0,1,1,1,1\n60,1,1,1,1\n120,1,1,1,1\n150,1,1,1,1\n",
            5,
            "where bars last 60",
        ),
        ("0,1,1,-1,1\n", 2, "`low`: `-1` is not a positive price"),
        ("0,0,1,1,1\n", 2, "`open`: `0` is not a positive price"),
        ("0,1,1,2,1\n", 2, "`high`: 1 is below the low, 2"),
        ("0,1,2,1,3\n", 2, "`close`: 3 is not between"),
        ("0,1,1,1\n", 2, "`close` is missing"),
        (
            "0,1,1,1,1\n60,1,1,1,1\n120,1,99999999,1,1\n",
            4,
            "ten million times that of line 2",
        ),
        ("0,1,1,1,1\n9999999,1,1,1,1\n", 3, "at most a month"),
        ("x,1,1,1,1\n", 2, "neither a Unix time nor a date"),
        ("1700000000.5,1,1,1,1\n", 2, "not on a whole second"),
        ("0,1,NaN,1,1\n", 2, "`high`: `NaN` is not a decimal number"),
    ] {
        let error = refusal(rows);
        assert!(error.starts_with(&format!("line {line}:")), "{error}");
        assert!(error.contains(why), "{error}");
        assert!(!error.contains('\n'), "{error}");
    }
    assert!(refusal("").contains("no price below the header"));
    let said = |text: &str| format!("{:#}", parse_bars(text, false).unwrap_err());
    assert_eq!(said("  \n"), "line 1: the file is empty");
    assert_eq!(
        said("unix_timestamp,open,high,low\n"),
        "line 1: column `close` is missing"
    );
}

#[test]
fn a_gap_that_is_allowed_holds_the_last_price() {
    let rows = format!("{HEADER}0,1,1,1,1\n60,1,1,1,1\n240,1,1,1,1\n300,1,1,1,1\n");
    let (bars, seconds) = parse_bars(&rows, true).unwrap();
    assert_eq!((bars.len(), seconds), (4, 60));
}

/// Two minutes in the usual notation.
const PLAIN: &str = "1760129400,1.5,2,1.25,1.75,9\n1760129460,1.75,1.8,1.7,1.75,9\n";

#[test]
fn the_same_bars_are_read_whatever_the_notation() {
    let plain = parse(PLAIN).unwrap();
    for text in [
        // Without titles, as exchanges archive it.
        PLAIN.to_string(),
        "1760129400000,1.5,2,1.25,1.75,9,1760129459999,3\n1760129460000,1.75,1.8,1.7,1.75,9,1760129519999,3\n".into(),
        // Other titles in another order.
        "Date,Symbol,Close,Open,Low,High\n2025-10-10 20:50:00,SOL,1.75,1.5,1.25,2\n2025-10-10 20:51:00,SOL,1.75,1.75,1.7,1.8\n".into(),
        "open_time;o;h;l;c\n1760129400000000;1.5;2;1.25;1.75\n1760129460000000;1.75;1.8;1.7;1.75\n".into(),
        // As pandas writes an index of times.
        ",open,high,low,close\n2025-10-10 20:50:00+00:00,1.5,2,1.25,1.75\n2025-10-10 20:51:00+00:00,1.75,1.8,1.7,1.75\n".into(),
        ",timestamp,open,high,low,close\n0,1760129400.0,1.5e0,2,125E-2,1.75\n1,1760129460.0,1.75,1.8,1.7,1.75\n".into(),
        "\n\n\"Open Time\",\"Open\",\"High\",\"Low\",\"Close\"\n\"1760129400\",\"1.5\",\"2\",\"1.25\",\"1.75\"\n\"1760129460\",\"1.75\",\"1.8\",\"1.7\",\"1.75\"\n\n ,,\n".into(),
    ] {
        assert_eq!(parse_bars(&text, false).unwrap(), plain, "{text}");
    }
}

#[test]
fn what_could_be_read_in_two_ways_is_refused() {
    let said = |text: &str| format!("{:#}", parse_bars(text, true).unwrap_err());
    let error = said("time,open,high,low,close,Close\n0,1,1,1,1,2\n");
    assert_eq!(error, "line 1: column `close` is there twice");
    // A running number is no time.
    let error = said(",open,high,low,close\n0,1,1,1,1\n1,1,1,1,1\n");
    assert!(
        error.starts_with("line 2: column 1: `0` is a running number"),
        "{error}"
    );
    // A decimal comma looks like another cell.
    let error = said("time;open;high;low;close\n1760129400;1,5;2;1;1\n");
    assert!(error.starts_with("line 2: column `open`: `1,5`"), "{error}");
    // Without titles the first row is one of prices.
    let error = said("1760129400,1,1,-1,1\n");
    assert_eq!(error, "line 1: column 4: `-1` is not a positive price");
    // Bars that overlap, even where gaps are allowed.
    let error = said("time,open,high,low,close\n0,1,1,1,1\n60,1,1,1,1\n120,1,1,1,1\n150,1,1,1,1\n");
    assert!(
        error.starts_with("line 5: column `time`: 30 seconds after"),
        "{error}"
    );
}
