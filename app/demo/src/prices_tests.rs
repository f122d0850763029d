use super::*;

const HEADER: &str = "unix_timestamp,open,high,low,close\n";

fn refusal(rows: &str) -> String {
    let error = parse(format!("{HEADER}{rows}").as_bytes()).unwrap_err();
    format!("{error:#}")
}

#[test]
fn columns_may_come_in_any_order_and_further_ones_are_ignored() {
    let bars = parse(b"close,volume,low,high,open,unix_timestamp\r\n4,9,1,5,2,60\r\n").unwrap();
    let bar = Bar {
        timestamp: 60,
        open: 2.0,
        high: 5.0,
        low: 1.0,
        close: 4.0,
    };
    assert_eq!(bars, [bar]);
}

#[test]
fn a_byte_order_mark_and_spaces_are_not_part_of_a_name() {
    let bars = parse("\u{feff}unix_timestamp, open, high, low, close\n60, 2, 5, 1, 4\n".as_bytes());
    assert_eq!(bars.unwrap().len(), 1);
}

#[test]
fn an_open_beyond_the_range_is_the_last_trade_before_the_bar() {
    let bars = parse(format!("{HEADER}60,1.00,0.99,0.98,0.985\n").as_bytes()).unwrap();
    assert_eq!(bars[0].points(), [1.0, 0.99, 0.98, 0.985]);
}

#[test]
fn a_rising_bar_visits_its_low_first() {
    let bars = parse(format!("{HEADER}60,2,5,1,4\n").as_bytes()).unwrap();
    assert_eq!(bars[0].points(), [2.0, 1.0, 5.0, 4.0]);
}

#[test]
fn a_missing_column_is_named() {
    let error = parse(b"unix_timestamp,open,high,close\n60,1,1,1\n").unwrap_err();
    assert_eq!(format!("{error:#}"), "line 1: column `low` is missing");
}

#[test]
fn a_missing_field_is_named_with_its_line() {
    assert_eq!(
        refusal("60,1,1,1,1\n120,1,1,1\n"),
        "line 3: column `close` is missing"
    );
}

#[test]
fn an_empty_field_is_missing() {
    assert_eq!(refusal("60,1,,1,1\n"), "line 2: column `high` is missing");
}

#[test]
fn a_word_is_no_number() {
    assert_eq!(
        refusal("60,1,1,low,1\n"),
        "line 2: column `low`: `low` is not a number"
    );
}

#[test]
fn a_line_break_in_a_field_stays_out_of_the_message() {
    assert_eq!(
        refusal("60,1,1,\"a\nb\",1\n"),
        "line 2: column `low`: `a\\nb` is not a number"
    );
}

#[test]
fn nan_and_infinity_are_refused() {
    for text in ["NaN", "inf", "-inf", "1e400"] {
        assert_eq!(
            refusal(&format!("60,{text},1,1,1\n")),
            format!("line 2: column `open`: `{text}` is not a finite number")
        );
    }
}

#[test]
fn zero_and_negative_prices_are_refused() {
    assert_eq!(
        refusal("60,0,1,1,1\n"),
        "line 2: column `open`: 0 is not a positive price"
    );
    assert_eq!(
        refusal("60,1,1,-1,1\n"),
        "line 2: column `low`: -1 is not a positive price"
    );
}

#[test]
fn a_price_that_the_oracle_cannot_print_is_refused() {
    assert_eq!(
        refusal("60,1e9,1e9,1,1\n"),
        "line 2: column `open`: 1000000000 is not between 0.000001 and 100000000"
    );
}

#[test]
fn a_high_below_the_low_is_refused() {
    assert_eq!(
        refusal("60,2,1,3,2\n"),
        "line 2: column `high`: 1 is below the low, 3"
    );
}

#[test]
fn a_close_beyond_the_range_is_refused() {
    assert_eq!(
        refusal("60,2,3,1,4\n"),
        "line 2: column `close`: 4 is not between the low, 1, and the high, 3"
    );
}

#[test]
fn time_must_go_on() {
    for second in [60, 120] {
        assert_eq!(
            refusal(&format!("120,1,1,1,1\n{second},1,1,1,1\n")),
            format!("line 3: column `unix_timestamp`: {second} does not come after 120")
        );
    }
}

#[test]
fn a_fraction_of_a_second_is_refused() {
    assert_eq!(
        refusal("60.5,1,1,1,1\n"),
        "line 2: column `unix_timestamp`: `60.5` is not a whole number of seconds"
    );
}

#[test]
fn milliseconds_are_refused() {
    assert_eq!(
        refusal("1760130000000,1,1,1,1\n"),
        "line 2: column `unix_timestamp`: 1760130000000 is not a time in seconds between 1970 and 9999"
    );
}

#[test]
fn an_empty_file_is_refused() {
    for bytes in [&b""[..], b"\n \n"] {
        let error = parse(bytes).unwrap_err();
        assert_eq!(format!("{error:#}"), "line 1: the file is empty");
    }
}

#[test]
fn a_header_without_rows_is_refused() {
    assert_eq!(refusal(""), "line 2: there is no price below the header");
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    let error = parse(b"unix_timestamp,open,high,low,close\n60,1,\xff,1,1\n").unwrap_err();
    assert_eq!(format!("{error:#}"), "line 2: not UTF-8 text");
}

#[test]
fn an_unreadable_file_is_named() {
    let error = PricePath::read(Path::new("no/such.csv")).unwrap_err();
    assert!(format!("{error:#}").starts_with("cannot read no/such.csv: "));
}

#[test]
fn a_gap_is_a_pause_and_no_longer_bar() {
    let bars = parse(format!("{HEADER}60,1,1,1,1\n120,1,1,1,1\n600,1,1,1,1\n").as_bytes());
    let path = PricePath {
        name: String::new(),
        bars: bars.unwrap(),
    };
    assert_eq!(path.bar_seconds(), 60);
}

#[test]
fn the_built_in_crash_falls_from_207_to_177_within_the_hour_and_recovers_in_part() {
    let path = PricePath::october_2025();
    let low = path.bars.iter().map(|bar| bar.low).fold(f64::MAX, f64::min);
    let at = path.bars.iter().position(|bar| bar.low == low).unwrap();
    let last = path.bars.last().unwrap().close;
    assert_eq!((path.first().open, low), (207.0, 177.0));
    assert!(at < 60 && last > 185.0 && last < 200.0);
    for bar in &path.bars {
        assert!(bar.low <= bar.open.min(bar.close) && bar.high >= bar.open.max(bar.close));
    }
}
