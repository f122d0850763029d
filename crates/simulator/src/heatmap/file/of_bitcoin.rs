//! Books of accounts with wrapped bitcoin: a row for each borrow.

use std::collections::{BTreeSet, HashSet};

use anyhow::{ensure, Result};

use super::known::units;
use super::shelf::{Kind, Shelf, DECIMALS};
use super::{Columns, Rows};
use crate::decimal::Decimal;

/// The columns of such a file.
pub const COLUMNS: [&str; 5] = [
    "account",
    "version",
    "borrowed_symbol",
    "borrow_balance_tokens",
    "btc_collateral_tokens",
];

struct Row {
    /// The account and the protocol's version.
    account: String,
    held_symbol: String,
    held: u64,
    owed_symbol: String,
    owed: u64,
    /// What the owed token follows.
    asset: String,
}

pub fn read(rows: &mut Rows, columns: &Columns, shelf: &mut Shelf) -> Result<()> {
    shelf.assume("the only collateral is wrapped bitcoin; other collateral is not in the file");
    let bitcoin = shelf.asset("BTC", "", "")?;
    ensure!(
        shelf.given_price("BTC").is_some(),
        "the price of BTC is unknown: give it with --price BTC=USD"
    );
    let rows = read_rows(rows, columns)?;
    let holds = rows.iter().filter(|row| row.held > 0);
    let holders: HashSet<&str> = holds.map(|row| row.account.as_str()).collect();
    let is_holder = |row: &&Row| holders.contains(row.account.as_str());
    let unpriced: Vec<&Row> = rows
        .iter()
        .filter(is_holder)
        .filter(|row| !shelf.has_price(&row.asset))
        .collect();
    let left_out: HashSet<&str> = unpriced.iter().map(|row| row.account.as_str()).collect();
    let mut seen = HashSet::new();
    let is_kept = |row: &&Row| is_holder(row) && !left_out.contains(row.account.as_str());
    for row in rows.iter().filter(is_kept) {
        // Accounts with two kinds of bitcoin list their borrows twice.
        if seen.insert((&row.account, Kind::Deposit, &row.held_symbol)) {
            let held = Decimal::of(u128::from(row.held), DECIMALS);
            shelf.line(&row.account, Kind::Deposit, bitcoin, held, "")?;
        }
        if seen.insert((&row.account, Kind::Borrow, &row.owed_symbol)) {
            let asset = shelf.asset(&row.asset, "", "")?;
            let owed = Decimal::of(u128::from(row.owed), DECIMALS);
            shelf.line(&row.account, Kind::Borrow, asset, owed, "")?;
        }
    }
    let bare = rows.iter().filter(|row| !is_holder(row));
    let bare: HashSet<&str> = bare.map(|row| row.account.as_str()).collect();
    if !bare.is_empty() {
        shelf.assume(&format!(
            "{} accounts without bitcoin are left out",
            bare.len()
        ));
    }
    if !left_out.is_empty() {
        let names: BTreeSet<&str> = unpriced.iter().map(|row| row.asset.as_str()).collect();
        let names: Vec<&str> = names.into_iter().collect();
        shelf.assume(&format!(
            "{} accounts are left out because they owe what has no price here (--price): {}",
            left_out.len(),
            names.join(", ")
        ));
    }
    Ok(())
}

fn read_rows(rows: &mut Rows, columns: &Columns) -> Result<Vec<Row>> {
    let mut all = Vec::new();
    columns.for_each_row(rows, |row| {
        let cell = |name| columns.cell(row, name);
        all.push(Row {
            account: format!("{} {}", cell("account"), cell("version")),
            held_symbol: cell("collateral_symbol").into(),
            held: units(columns, row, "btc_collateral_tokens")?,
            owed_symbol: cell("borrowed_symbol").into(),
            owed: units(columns, row, "borrow_balance_tokens")?,
            asset: followed(cell("borrowed_symbol")),
        });
        Ok(())
    })?;
    Ok(all)
}

/// What a token follows, by its symbol.
fn followed(symbol: &str) -> String {
    match symbol.to_uppercase().as_str() {
        "WBTC" | "CBBTC" | "TBTC" | "FBTC" => "BTC".into(),
        "WETH" => "ETH".into(),
        other => other.into(),
    }
}
