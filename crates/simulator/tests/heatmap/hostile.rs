//! Files that nobody would write by hand: read exactly, or refused in one line that names the file and the row.

use levee_simulator::heatmap::{read_book, Heatmap};

use crate::{options, read_bytes, read_text, shown};

const HEADER: &str = "obligation,side,asset,tokens,price_usd,weight";

fn refusal(name: &str, text: &str) -> String {
    let error = read_text(name, text).expect_err("it is refused");
    let line = format!("{error:#}");
    assert!(!line.contains('\n') && line.len() < 700, "{line}");
    assert!(line.contains(name), "{line}");
    line
}

#[test]
fn an_obligation_of_ever_more_lines_is_refused_with_the_row() {
    let mut text = format!("{HEADER}\n1,borrow,USDC,5,1,\n");
    for number in 0..70_000 {
        text += &format!("1,deposit,T{number},1,1,0.8\n");
    }
    let line = refusal("book.csv", &text);
    assert!(
        line.contains("line 259: ") && line.contains("at most 256"),
        "{line}"
    );
}

#[test]
fn sums_beyond_their_type_are_refused_and_do_not_panic() {
    // Each obligation owes 10^20 dollars; ten times that leaves 128 bits of 10^-18 dollars.
    let mut text = format!("{HEADER}\n");
    for number in 0..10 {
        text += &format!("{number},deposit,BIG,120000000000,1000000000,0.9\n");
        text += &format!("{number},borrow,USDX,100000000000,1000000000,\n");
    }
    let book = read_text("book.csv", &text).expect("each of them fits");
    for asset in ["BIG", "USDX"] {
        let asset = book.find_asset(asset).expect("the book has it");
        let error = Heatmap::new(&book, asset, &shown()).expect_err("it is too much");
        let line = format!("{error:#}");
        assert!(line.contains("does not fit its type"), "{line}");
    }
}

#[test]
fn what_a_file_holds_cannot_break_the_line_that_refuses_it() {
    for (name, text) in [
        (
            "book.csv",
            format!("{HEADER}\n1,deposit,\"S\nOL\",1,0,0.8\n"),
        ),
        (
            "book.csv",
            format!("{HEADER}\n1,\"de\nposit\",SOL,1,1,0.8\n"),
        ),
        (
            "book.csv",
            format!("{HEADER}\n1,deposit,SOL,\"1\n2\",1,0.8\n"),
        ),
        (
            "book.csv",
            format!("{HEADER}\n1,deposit,{},1,0,0.8\n", "X".repeat(9_999)),
        ),
        (
            "book.csv",
            format!("{HEADER}\n1,deposit,SOL,1,0.{},0.8\n", "0".repeat(9_999)),
        ),
        ("book.json", "{\"as\nsets\": []}".into()),
        ("book.json", "{\"as\\nsets\": []}".into()),
        ("book.json", format!("{{\"{}\": []}}", "x".repeat(9_999))),
        ("book.json", "[".repeat(100_000)),
        (
            "book.json",
            r#"{"assets": [{"name": "A\nB", "price_usd": 1}], "obligations": []}"#.into(),
        ),
    ] {
        refusal(name, &text);
    }
}

#[test]
fn a_number_of_json_that_is_not_kept_exactly_asks_for_quotes_and_an_id_twice_is_refused() {
    let book = |tokens: &str, id: &str| {
        format!(
            r#"{{"assets": [{{"name": "SOL", "price_usd": 150}}, {{"name": "USDC"}}], "obligations": [
            {{"id": "1", "borrows": [{{"asset": "USDC", "tokens": {tokens}}}]}},
            {{"id": "{id}", "borrows": [{{"asset": "USDC", "tokens": 1}}]}}]}}"#
        )
    };
    for tokens in [
        "12345678901",
        "1234567.12345678",
        "\"1234567890.12345678\"",
        "1e3",
    ] {
        read_text("book.json", &book(tokens, "2")).expect("it is exact");
    }
    let line = refusal("book.json", &book("1234567890.12345678", "2"));
    assert!(
        line.contains("obligation number 1") && line.contains("put it in quotes"),
        "{line}"
    );
    let line = refusal("book.json", &book("1", "1"));
    assert!(
        line.contains("obligation number 2: `1` is there twice"),
        "{line}"
    );
}

#[test]
fn a_price_for_what_no_line_names_is_refused() {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("book.csv");
    let rows = format!("{HEADER}\n1,deposit,SOL,10,150,0.8\n1,borrow,USDC,100,1,\n");
    std::fs::write(&path, rows).expect("it is written");
    read_book(&path, &options(&[("sol", "140"), ("USDC", "1")])).expect("both are there");
    for (prices, why) in [
        (&[("SLO", "140")][..], "--price SLO: no line names it"),
        (
            &[("SOL", "140"), ("sol", "1")],
            "--price sol is there twice",
        ),
    ] {
        let error = read_book(&path, &options(prices)).expect_err("it is refused");
        let line = format!("{error:#}");
        assert!(line.contains(why), "{line}");
    }
}

#[test]
fn odd_bytes_are_refused() {
    for (bytes, why) in [
        (&b"\0\0\0\0"[..], "unknown columns"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"\"", "line 1: there is no table"),
        (
            b"obligation,side,asset,tokens,price_usd,side\n1,deposit,SOL,1,1,borrow\n",
            "`side` is there twice",
        ),
        (
            b"obligation,side,asset,tokens,price_usd\n\"1,deposit,SOL,1,1\n",
            "line 2: as many cells",
        ),
        (
            b"obligation,side,asset,tokens,price_usd\n1,deposit,SOL,NaN,1\n",
            "line 2: tokens: `NaN` is no number",
        ),
        (
            b"obligation,side,asset,tokens,price_usd\n1,deposit,SOL,1,inf\n",
            "line 2: the price of SOL: `inf`",
        ),
    ] {
        let error = read_bytes("book.csv", bytes).expect_err("it is refused");
        let line = format!("{error:#}");
        assert!(line.contains(why) && line.contains("book.csv"), "{line}");
        assert!(!line.contains('\n'), "{line}");
    }
}
