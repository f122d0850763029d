//! Real books, where they are at hand: `LEVEE_DATA`, or `../shared/data` beside the workspace.

use std::path::PathBuf;

use levee_simulator::heatmap::{read_book, Heatmap, Obligations};

use crate::{heatmap_of, options};

/// A book; without its file a note is printed and the caller's test has nothing to prove.
fn book(name: &str, prices: &[(&str, &str)]) -> Option<Obligations> {
    let data = std::env::var_os("LEVEE_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    let path = data.join("loan_books").join(name);
    if !path.is_file() {
        println!("skipped: {} is not there", path.display());
        return None;
    }
    Some(read_book(&path, &options(prices)).expect("the book reads"))
}

/// The row of `column` of a book's text, as the file says it.
fn column_of(name: &str, column: &str) -> Vec<f64> {
    let data = std::env::var_os("LEVEE_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    let mut reader = csv::Reader::from_path(data.join("loan_books").join(name)).expect("it opens");
    let at = reader
        .headers()
        .expect("it has columns")
        .iter()
        .position(|name| name == column);
    let at = at.expect("it has that column");
    let rows = reader
        .records()
        .map(|row| row.expect("it reads")[at].parse().expect("a number"));
    rows.collect()
}

fn obligations(heatmap: &Heatmap) -> u64 {
    let long: u64 = heatmap
        .long
        .buckets
        .iter()
        .map(|bucket| bucket.obligations)
        .sum();
    let short: u64 = heatmap
        .short
        .buckets
        .iter()
        .map(|bucket| bucket.obligations)
        .sum();
    long + short + heatmap.unhealthy_now + heatmap.safe + heatmap.unexposed
}

#[test]
fn positions_in_ether_turn_where_their_own_health_factor_says() {
    for (name, prices) in [
        ("lido_b2.csv", &[][..]),
        ("lido_b21_debt_stables.csv", &[]),
        ("lido_steth_aave.csv", &[("ETH", "1723.50")]),
    ] {
        let Some(book) = book(name, prices) else {
            continue;
        };
        let heatmap = heatmap_of(&book, "ETH");
        assert_eq!(
            obligations(&heatmap),
            heatmap.obligations as u64,
            "{name}: each is counted once"
        );
        // The file's own health factors; a thousandth is left for its rounding.
        let healths = column_of(name, "healthf");
        let unhealthy =
            |limit: f64| healths.iter().filter(|health| **health < limit).count() as u64;
        assert!(
            (unhealthy(0.999)..=unhealthy(1.001)).contains(&heatmap.unhealthy_now),
            "{name}"
        );
        println!(
            "{name}: {} obligations owe ${:.0}; 20 % down, ${:.0} of debt is liquidatable",
            heatmap.obligations,
            heatmap.total_debt_usd,
            heatmap.long.buckets[3].cumulative_debt_usd
        );
    }
}

#[test]
fn debts_that_are_all_stable_turn_at_the_price_over_their_health_factor() {
    let name = "lido_b2.csv";
    let Some(book) = book(name, &[]) else {
        return;
    };
    let heatmap = heatmap_of(&book, "ETH");
    let healths = column_of(name, "healthf");
    let ether = column_of(name, "ethdebt");
    let stable = column_of(name, "collateral_stable_calc");
    // What has stable collateral holds out longer, and so does what owes ether: they are left out on both sides.
    let mixed = stable.iter().zip(&ether).map(|(held, owed)| held + owed);
    let bare: Vec<_> = healths
        .iter()
        .zip(mixed)
        .filter(|(_, mixed)| *mixed < 1e-9)
        .collect();
    assert!(
        bare.len() > healths.len() / 2,
        "most owe dollars against ether"
    );
    for bucket in heatmap.long.buckets.iter().take(12) {
        let turned = |slack: f64| {
            let limit = 1.0 / (1.0 - bucket.to_pct / 100.0) + slack;
            bare.iter().filter(|(health, _)| **health < limit).count() as u64
        };
        let so_far: u64 = {
            let until = heatmap
                .long
                .buckets
                .iter()
                .filter(|other| other.to_pct <= bucket.to_pct);
            until.map(|other| other.obligations).sum::<u64>() + heatmap.unhealthy_now
        };
        let rest = (healths.len() - bare.len()) as u64;
        assert!(turned(-0.002) <= so_far, "{} %", bucket.to_pct);
        assert!(so_far <= turned(0.002) + rest, "{} %", bucket.to_pct);
    }
}

#[test]
fn debts_with_liquidation_prices_turn_at_these() {
    let name = "aave_v3_12_whale_liquidation_triggers.csv";
    let Some(book) = book(name, &[("ETH", "3000"), ("BTC", "90000")]) else {
        return;
    };
    let heatmap = heatmap_of(&book, "ETH");
    let debts = column_of(name, "outstanding_debt_usdt");
    let prices = column_of(name, "eth_liquidation_price");
    for bucket in &heatmap.long.buckets {
        let above = |price: &f64| *price > bucket.to_price_usd && *price < 3_000.0;
        let expected: f64 = debts
            .iter()
            .zip(&prices)
            .filter(|(_, price)| above(price))
            .map(|(debt, _)| debt)
            .sum();
        assert!(
            (bucket.cumulative_debt_usd - expected).abs() < 1.0,
            "down to {}",
            bucket.to_price_usd
        );
    }
}

#[test]
fn accounts_with_bitcoin_are_read_and_what_is_left_out_is_said() {
    let name = "aave_btc_collateral_accounts_borrows.csv";
    let Some(book) = book(name, &[("BTC", "70000"), ("ETH", "2000")]) else {
        return;
    };
    let heatmap = heatmap_of(&book, "BTC");
    assert_eq!(obligations(&heatmap), heatmap.obligations as u64);
    assert!(heatmap.obligations > 2_000, "{}", heatmap.obligations);
    let said = |part: &str| heatmap.assumptions.iter().any(|text| text.contains(part));
    assert!(said("without bitcoin are left out") && said("no price here"));
}

#[test]
fn whales_with_several_collaterals_are_read_with_the_prices_of_their_file() {
    let name = "aave_v3_06_final_whale_solvency_parameters.csv";
    let Some(book) = book(name, &[]) else {
        return;
    };
    let heatmap = heatmap_of(&book, "ETH");
    assert_eq!(obligations(&heatmap), heatmap.obligations as u64);
    assert!((heatmap.price_usd - 3_000.0).abs() < 1e-3);
    assert!(heatmap.obligations > 8, "{}", heatmap.obligations);
}
