mod folders;

use std::fs;
use std::path::Path;

use clap::Parser;

use super::*;

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    arguments: SimulateArguments,
}

fn parse(arguments: &[&str]) -> SimulateArguments {
    Command::parse_from(std::iter::once(&"simulate").chain(arguments)).arguments
}

/// Sixty borrowers with six million dollars, and `more`.
fn small(prices: &str, more: &[&str]) -> SimulateArguments {
    let book = ["--borrowers", "60", "--collateral-usd", "6000000"];
    parse(&[&["--prices", prices], &book[..], more].concat())
}

/// Half an hour in which SOL loses a fifth.
fn crash(folder: &Path, file: &str, row: Option<(usize, &str)>) -> String {
    let mut rows = vec!["unix_timestamp,open,high,low,close,volume".to_string()];
    for minute in 0..30u32 {
        let open = 200.0 - 1.4 * f64::from(minute);
        let close = open - 1.4;
        rows.push(format!(
            "{},{open:.2},{open:.2},{close:.2},{close:.2},1",
            1_760_000_000 + minute * 60
        ));
    }
    match row {
        // A row without text is a row that is not there.
        Some((line, "")) => drop(rows.remove(line - 1)),
        Some((line, text)) => rows[line - 1] = text.into(),
        None => {}
    }
    fs::create_dir_all(folder).unwrap();
    let file = folder.join(file);
    fs::write(&file, rows.join("\n")).unwrap();
    file.display().to_string()
}

#[test]
fn the_result_is_the_same_for_any_number_of_threads() {
    let outcomes = |threads: &str, share: &str| {
        let arguments = parse(&[
            "--path",
            "gap",
            "--steps",
            "120",
            "--borrowers",
            "1500",
            "--collateral-usd",
            "200000000",
            "--seed",
            "5",
            "--lst-share",
            share,
            "--threads",
            threads,
        ]);
        let mut replayed = arguments.replay_all().unwrap();
        replayed.remove(0).outcomes
    };
    for share in ["0%", "25%"] {
        let one = outcomes("1", share);
        assert!(one[0].liquidations.len() > 100);
        assert_eq!(one, outcomes("2", share));
        assert_eq!(one, outcomes("5", share));
    }
    assert_ne!(outcomes("2", "0%"), outcomes("2", "25%"));
}

#[test]
fn a_folder_of_crashes_makes_one_table_and_one_list_with_an_object_per_engine() {
    let folder = tempfile::tempdir().unwrap();
    crash(&folder.path().join("first"), "SOLUSDT_1m.csv", None);
    crash(&folder.path().join("second"), "ETHUSDT_1m.csv", None);
    let folder = folder.path().display().to_string();
    let mut arguments = small(&folder, &[]);
    let replayed = arguments.replay_all().unwrap();
    assert_eq!(replayed.len(), 2);
    let text = arguments.text(&replayed).unwrap();
    assert!(
        text.contains("first/SOLUSDT_1m") && text.contains("all 2 paths"),
        "{text}"
    );
    arguments.json = true;
    let json: serde_json::Value =
        serde_json::from_str(&arguments.text(&replayed).unwrap()).unwrap();
    let rows = json.as_array().unwrap();
    assert_eq!(rows.len(), NAMES.len());
    for (row, name) in rows.iter().zip(NAMES) {
        assert_eq!(row["engine"], name);
        for field in [
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
            assert!(row[field].is_number(), "{name}: {field}");
        }
        assert!(row["debt_repaid_usd"].as_f64().unwrap() > 0.0, "{name}");
    }
}

#[test]
fn bad_input_is_one_line_with_the_file_and_the_row() {
    let folder = tempfile::tempdir().unwrap();
    let refusal = |row: Option<(usize, &str)>, more: &[&str]| {
        let file = crash(folder.path(), "SOLUSDT_1m.csv", row);
        let mut arguments = vec![
            "--prices",
            &file,
            "--borrowers",
            "10",
            "--collateral-usd",
            "100000",
        ];
        arguments.extend(more);
        let error = parse(&arguments).replay_all().err().expect("it is refused");
        format!("{error:#}")
    };
    let gap = refusal(Some((9, "")), &[]);
    assert!(
        gap.contains("SOLUSDT_1m.csv: line 9") && gap.contains("--allow-gaps"),
        "{gap}"
    );
    let negative = refusal(Some((5, "1760000180,1,1,-1,1,1")), &[]);
    assert!(negative.contains("line 5: column `low`"), "{negative}");
    for (name, value, why) in [
        ("--lst-share", "120%", "between 0% and 100%"),
        ("--lst-share", "some", "between 0% and 100%"),
        ("--borrowers", "4000000000", "is not in 0..=10000000"),
        ("--collateral-usd", "18446744073709551615", "is not in 0..="),
    ] {
        let refused = Command::try_parse_from(["simulate", name, value]);
        let refused = refused.err().expect("it is refused").to_string();
        assert!(refused.contains(why), "{refused}");
    }
    let engine = refusal(None, &["--engines", "levee,nonsense"]);
    assert!(engine.contains("no engine `nonsense`"), "{engine}");
    let volume = refusal(None, &["--daily-volume-usd", "SOL=none"]);
    assert!(volume.contains("ASSET=DOLLARS"), "{volume}");
    let unknown = refusal(None, &["--daily-volume-usd", "SLO=1000000"]);
    assert_eq!(
        unknown,
        "--daily-volume-usd SLO: no path has it: choose one of SOL, USDC"
    );
    let picture = refusal(None, &["--picture", "x.gif"]);
    assert!(picture.contains(".svg or .png"), "{picture}");
    for error in [gap, negative, engine, volume, picture] {
        assert!(!error.contains('\n'), "{error}");
    }

    let error = |arguments: &[&str]| {
        format!(
            "{:#}",
            parse(arguments).replay_all().err().expect("it is refused")
        )
    };
    assert!(error(&["--prices", "/nowhere.csv"]).contains("no such file"));
    assert!(error(&["--path", "jump", "--steps", "3"]).contains("--steps 3"));
    assert!(error(&["--path", "jump", "--borrowers", "0"]).contains("empty"));
    let book = folder.path().join("book.csv");
    fs::write(&book, "obligation,side,asset,amount\n").unwrap();
    let book = book.display().to_string();
    assert!(error(&["--path", "jump", "--book", &book]).contains("line 2: the book is empty"));
    fs::write(&book, "obligation,side,asset,amount\na,deposit,SOL,1\n").unwrap();
    assert!(error(&["--path", "jump", "--book", &book]).contains("nobody owes"));
    let much =
        "a,deposit,SOL,1\na,borrow,USDC,1\nb,deposit,SOL,18446744073\nc,deposit,SOL,18446744073\n";
    fs::write(&book, format!("obligation,side,asset,amount\n{much}")).unwrap();
    let error = error(&["--path", "jump", "--book", &book]);
    let said = "book.csv: obligation number 2: the ledger refuses it: A number left its range";
    assert!(error.contains(said), "{error}");
}

#[test]
fn a_volume_is_that_of_its_asset_in_any_case() {
    let overshoot = |volume: &str| {
        let folder = tempfile::tempdir().unwrap();
        let file = crash(folder.path(), "SOLUSDT_1m.csv", None);
        let arguments = small(&file, &["--engines", "levee", "--daily-volume-usd", volume]);
        let mut replayed = arguments.replay_all().unwrap();
        replayed.remove(0).outcomes.remove(0).deepest_ppb
    };
    let thin = overshoot("SOL=10000000");
    assert_eq!(overshoot("sol=10000000"), thin);
    assert!(overshoot("SOL=1000000000") < thin);
}

#[test]
fn a_picture_is_drawn_as_svg_and_as_png() {
    let folder = tempfile::tempdir().unwrap();
    let file = crash(folder.path(), "SOLUSDT_1m.csv", None);
    let arguments = small(&file, &[]);
    let replayed = arguments.replay_all().unwrap();
    let one = &replayed[0];
    let svg = folder.path().join("crash.svg");
    assert_eq!(
        picture::draw(&svg, &one.path, &one.outcomes, false).unwrap(),
        svg
    );
    let text = fs::read_to_string(&svg).unwrap();
    assert!(
        text.starts_with("<svg") && text.contains("Depth of the cascade"),
        "{}",
        &text[..200]
    );
    let png = folder.path().join("crash.png");
    let drawn = picture::draw(&png, &one.path, &one.outcomes, true).unwrap();
    assert!(
        drawn
            .file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .starts_with("crash-"),
        "{drawn:?}"
    );
    let bytes = fs::read(drawn).unwrap();
    assert_eq!(&bytes[1..4], b"PNG");
    // Text takes ink: without a font the picture would be much smaller.
    assert!(bytes.len() > 40_000, "{} bytes", bytes.len());
}

#[test]
fn a_book_in_a_file_may_hold_the_staking_tokens_of_the_paths_assets() {
    let folder = tempfile::tempdir().unwrap();
    let file = crash(folder.path(), "SOLUSDT_1m.csv", None);
    let book = folder.path().join("book.csv");
    let rows = "obligation,side,asset,amount\n1,deposit,JitoSOL,100\n1,borrow,USDC,18000\n\
                2,deposit,JitoSOL,100\n2,borrow,SOL,112\n3,deposit,SOL,1\n3,borrow,USDC,1\n";
    fs::write(&book, rows).unwrap();
    let book = book.display().to_string();
    let arguments = parse(&["--prices", &file, "--book", &book, "--top-up-pct", "0"]);
    let replayed = arguments.replay_all().unwrap();
    for outcome in &replayed[0].outcomes {
        let who: Vec<u32> = outcome.liquidations.iter().map(|one| one.who).collect();
        // Three lenders come first: the first borrower owes dollars, the second the base itself.
        assert!(
            !who.is_empty() && who.iter().all(|who| *who == 3),
            "{}: {who:?}",
            outcome.engine
        );
    }
}
