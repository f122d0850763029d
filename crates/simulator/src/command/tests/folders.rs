//! Folders of price files: what makes one path, and what is refused.

use std::fs;

use super::{crash, parse};

#[test]
fn a_folder_is_refused_for_one_bad_file_and_several_assets_of_any_notation_are_one_path() {
    let folder = tempfile::tempdir().unwrap();
    let good = crash(folder.path(), "SOLUSDT_1m.csv", None);
    let text = fs::read_to_string(&good).unwrap();
    let other = text
        .replace("unix_timestamp,open", "Date;Open")
        .replace(',', ";");
    let other = other.replace('\n', "\r\n");
    fs::write(
        folder.path().join("Binance_ETHUSDT_1m.csv"),
        format!("\u{feff}{other}\r\n"),
    )
    .unwrap();
    let path = folder.path().display().to_string();
    let arguments = parse(&[
        "--prices",
        &path,
        "--borrowers",
        "20",
        "--collateral-usd",
        "100000",
        "--engines",
        "levee",
    ]);
    let replayed = arguments.replay_all().unwrap();
    assert_eq!(replayed[0].path.assets, ["ETH", "SOL"]);
    fs::write(
        folder.path().join("BTC.csv"),
        "unix_timestamp,open,high,low,close\n",
    )
    .unwrap();
    let error = format!("{:#}", arguments.replay_all().err().unwrap());
    assert!(
        error.contains("BTC.csv: line 2: there is no price below the header"),
        "{error}"
    );
}

#[test]
fn a_folder_of_more_assets_than_a_market_holds_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..40 {
        crash(folder.path(), &format!("TOKEN{number}_1m.csv"), None);
    }
    let path = folder.path().display().to_string();
    let error = parse(&["--prices", &path]).replay_all().err().unwrap();
    let error = format!("{error:#}");
    assert!(
        error.contains("40 assets: a market has at most 32"),
        "{error}"
    );
}

#[test]
fn a_single_bar_is_a_path_and_so_is_a_market_that_is_full() {
    let folder = tempfile::tempdir().unwrap();
    let bar = "1760129400,200,200,150,150\n";
    for number in 0..31 {
        fs::write(folder.path().join(format!("TOKEN{number}.csv")), bar).unwrap();
    }
    let path = folder.path().display().to_string();
    let arguments = parse(&[
        "--prices",
        &path,
        "--borrowers",
        "300",
        "--collateral-usd",
        "30000000",
    ]);
    let replayed = arguments.replay_all().unwrap();
    assert_eq!(replayed[0].path.len(), 4);
    assert!(replayed[0]
        .outcomes
        .iter()
        .all(|one| !one.liquidations.is_empty()));
}
