use levee_simulator::heatmap::{Heatmap, Options};

use crate::{heatmap_of, read_bytes, read_text, shown};

const CSV: &str = "\
obligation,side,asset,tokens,price_usd,weight,follows
1,deposit,SOL,100,150,0.8,
1,borrow,USDC,9000,1,,
2,deposit,JitoSOL,50.5,180,0.75,SOL
2,borrow,USDC,2000,,1.1,
3,deposit,USDC,2e4,1,0.85,
3,borrow,SOL,60,,,
4,deposit,SOL,1,150,,
";

const JSON: &str = r#"{
  "assets": [
    {"name": "SOL", "price_usd": 150},
    {"name": "USDC", "price_usd": "1"},
    {"name": "JitoSOL", "price_usd": "180.0", "follows": "SOL"}
  ],
  "obligations": [
    {"id": "1", "deposits": [{"asset": "SOL", "tokens": 100, "weight": 0.8}], "borrows": [{"asset": "USDC", "tokens": "9000"}]},
    {"id": "2", "deposits": [{"asset": "JitoSOL", "tokens": "50.5", "weight": "0.75"}],
     "borrows": [{"asset": "USDC", "tokens": 2000, "weight": "1.1"}]},
    {"id": "3", "deposits": [{"asset": "USDC", "tokens": 20000, "weight": 0.85}], "borrows": [{"asset": "SOL", "tokens": 60}]},
    {"id": "4", "deposits": [{"asset": "SOL", "tokens": 1}]}
  ]
}"#;

#[test]
fn csv_and_json_of_one_book_have_one_heatmap() {
    let csv = heatmap_of(&read_text("book.csv", CSV).expect("it reads"), "sol");
    let json = heatmap_of(&read_text("book.json", JSON).expect("it reads"), "SOL");
    assert_eq!(csv.long, json.long);
    assert_eq!(csv.short, json.short);
    assert_eq!((csv.obligations, csv.unhealthy_now), (3, 0));
    // 9,000 and 2,000 dollars, and 60 SOL at 150.
    assert_eq!(csv.total_debt_usd, 20_000.0);
    let first = |heatmap: &Heatmap, is_long: bool| {
        let side = if is_long {
            &heatmap.long
        } else {
            &heatmap.short
        };
        let busy = side
            .buckets
            .iter()
            .find(|bucket| bucket.obligations > 0)
            .expect("one turns");
        (busy.from_pct, busy.debt_usd)
    };
    // 9,000 / (100 × 0.8) are 112.50: a fourth below. 20,000 × 0.85 / 60 are 283.33.
    assert_eq!(first(&csv, true), (25.0, 9_000.0));
    assert_eq!(first(&csv, false).0, 85.0);
}

#[test]
fn a_token_that_follows_another_moves_with_it() {
    let text = "obligation,side,asset,tokens,price_usd,weight,follows\n\
                1,deposit,JitoSOL,10,180,0.8,SOL\n1,borrow,USDC,1080,1,,\n2,deposit,SOL,1,150,,\n2,borrow,USDC,1,1,,\n";
    let heatmap = heatmap_of(&read_text("book.csv", text).expect("it reads"), "SOL");
    // 1,080 / (12 × 0.8) are 112.50 for a SOL; the ratio of 1.2 is rounded down to 40 bits.
    let bucket = heatmap
        .long
        .buckets
        .iter()
        .find(|bucket| bucket.debt_usd == 1_080.0);
    let from = bucket.expect("it turns").from_pct;
    assert!(from == 20.0 || from == 25.0, "{from}");
    assert_eq!(heatmap.unexposed, 0);
}

#[test]
fn what_is_wrong_is_said_in_one_line_with_its_row() {
    let row = |row: &str| {
        format!("obligation,side,asset,tokens,price_usd,weight\n1,deposit,SOL,1,150,0.8\n{row}\n")
    };
    let cases = [
        ("book.csv", String::new(), "is empty"),
        (
            "book.csv",
            "obligation,side,asset,tokens,price_usd\n".into(),
            "no obligation owes anything",
        ),
        (
            "book.csv",
            "one,two\n1,2\n".into(),
            "line 1: unknown columns",
        ),
        (
            "book.csv",
            row("1,borrow,USDC,-5,1,"),
            "line 3: tokens: `-5` is negative",
        ),
        (
            "book.csv",
            row("1,borrow,USDC,many,1,"),
            "line 3: tokens: `many` is no number",
        ),
        (
            "book.csv",
            row("1,borrow,USDC,5,0,"),
            "line 3: the price of USDC: `0` is below",
        ),
        (
            "book.csv",
            row("1,owes,USDC,5,1,"),
            "line 3: the side is deposit or borrow, not `owes`",
        ),
        ("book.csv", row("1,borrow,USDC,5"), "line 3: as many cells"),
        (
            "book.csv",
            row("1,borrow,SOL,5,151,"),
            "line 3: SOL has another price in a line before",
        ),
        (
            "book.csv",
            row("1,deposit,SOL,5,150,1"),
            "line 3: a liquidation threshold is below 1",
        ),
        (
            "book.csv",
            row("1,borrow,SOL,5,150,0.5"),
            "line 3: a borrow factor is from 1 to 10",
        ),
        (
            "book.csv",
            row(",borrow,SOL,5,150,"),
            "line 3: the obligation has no name",
        ),
        (
            "book.csv",
            row("1,borrow,SOL,1e30,150,"),
            "line 3: too many tokens",
        ),
        (
            "book.csv",
            row("1,borrow,BONK,5,,"),
            "the price of BONK is unknown: give it with --price BONK=USD",
        ),
        ("book.json", "{".into(), "not the JSON of a book"),
        (
            "book.json",
            JSON.replace("\"asset\": \"JitoSOL\"", "\"asset\": \"Jito\""),
            "obligation number 2: no asset is called `Jito`",
        ),
        (
            "book.json",
            JSON.replace("\"tokens\": 60", "\"tokens\": -60"),
            "obligation number 3: tokens: `-60` is negative",
        ),
        (
            "book.json",
            JSON.replace("\"follows\": \"SOL\"", "\"follows\": \"ETH\""),
            "JitoSOL follows ETH, which no line names",
        ),
    ];
    for (name, text, part) in cases {
        let error = read_text(name, &text).expect_err("it is wrong");
        let line = format!("{error:#}");
        assert!(
            line.contains(part) && line.contains(name),
            "{line}, where {part:?} was due"
        );
        assert!(!line.contains('\n'), "{line}");
    }
}

#[test]
fn a_book_is_the_same_with_other_separators_ends_of_lines_titles_and_compressed() {
    let plain = heatmap_of(&read_text("book.csv", CSV).expect("it reads"), "SOL");
    let windows = format!("\u{feff}{}", CSV.replace(',', ";").replace('\n', "\r\n"));
    let titled = CSV
        .replace("obligation,side", "Obligation,SIDE")
        .replace("price_usd", "Price USD");
    let blank = format!("\n{CSV}\n,,,,,,\n  \n");
    for text in [windows, titled, blank] {
        let book = read_text("book.csv", &text).expect("it reads");
        assert_eq!(heatmap_of(&book, "SOL").long, plain.long, "{text}");
    }
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut packed, CSV.as_bytes()).unwrap();
    let book = read_bytes("book.csv.gz", &packed.finish().unwrap()).expect("it reads");
    assert_eq!(heatmap_of(&book, "SOL").short, plain.short);
    // JSON is known by what it is.
    let json = read_text("book.txt", JSON).expect("it reads");
    assert_eq!(heatmap_of(&json, "SOL").long, plain.long);
}

#[test]
fn a_row_for_each_collateral_of_a_borrower_with_one_debt_is_one_obligation() {
    let text = "whale_nickname,asset_name,liquidation_threshold,collateral_amount,collateral_usd_estimate,debt_amount_usdt,\
                original_user_address\n\
                A,WETH,0.8,100.0,300000.0,120000.0,a\nA,wstETH,0.8,50.0,150000.0,120000.0,a\nA,USDC,0.75,1000.0,1000.0,120000.0,a\n\
                B,Other,0.5,7.0,100000.0,10000.0,b\n";
    let book = read_text("whales.csv", text).expect("it reads");
    let heatmap = heatmap_of(&book, "ETH");
    assert_eq!((heatmap.obligations, heatmap.unexposed), (2, 1));
    assert_eq!(
        (heatmap.total_debt_usd, heatmap.price_usd),
        (130_000.0, 3_000.0)
    );
    // (120,000 − 750) / (150 × 0.8) are 993.75: 66.9 % below.
    let bucket = heatmap
        .long
        .buckets
        .iter()
        .find(|bucket| bucket.obligations > 0);
    assert_eq!(bucket.expect("it turns").from_pct, 65.0);
    let error = read_text(
        "whales.csv",
        &text.replace("50.0,150000.0,120000.0", "50.0,150000.0,120001.0"),
    );
    let error = format!("{:#}", error.expect_err("it contradicts itself"));
    assert!(error.contains("line 3: debt_amount_usdt"), "{error}");
}

#[test]
fn a_borrower_who_has_one_row_is_refused_with_two() {
    let text = "user_address,outstanding_debt_usdt,eth_liquidation_price,btc_liquidation_price\na,10,1500,0\na,10,1500,0\n";
    let error = format!(
        "{:#}",
        read_text("triggers.csv", text).expect_err("it is there twice")
    );
    assert!(error.contains("line 3: `a` is there twice"), "{error}");
}

#[test]
fn an_unknown_asset_and_a_senseless_market_are_refused() {
    let book = read_text("book.csv", CSV).expect("it reads");
    let error = book.find_asset("BTC").expect_err("nobody has it");
    assert_eq!(
        error.to_string(),
        "no obligation has BTC: choose one of SOL, USDC"
    );
    let options = Options {
        daily_volume_usd: 0.0,
        ..shown()
    };
    let error = Heatmap::new(&book, 0, &options).expect_err("nothing can be sold");
    assert!(
        error
            .to_string()
            .contains("the daily volume (--daily-volume-usd) must be above zero"),
        "{error}"
    );
}

#[test]
fn a_heatmap_is_the_same_in_every_order_of_its_obligations() {
    let mut rows: Vec<_> = CSV.lines().skip(1).collect();
    rows.reverse();
    let reversed = [CSV.lines().next().unwrap(), &rows.join("\n"), ""].join("\n");
    let one = heatmap_of(&read_text("book.csv", CSV).expect("it reads"), "SOL");
    let other = heatmap_of(&read_text("book.csv", &reversed).expect("it reads"), "SOL");
    assert_eq!((one.long, one.short), (other.long, other.short));
}
