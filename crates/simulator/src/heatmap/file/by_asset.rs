//! Books with a row for each collateral of each borrower, who owes one sum of dollars.

use std::collections::{HashMap, HashSet};

use anyhow::{ensure, Context, Result};

use super::known::{units, UNIT};
use super::shelf::{Kind, Shelf, DECIMALS};
use super::symbols::is_dollar_symbol;
use super::{Columns, Rows};
use crate::decimal::Decimal;

/// The columns of such a file.
pub const COLUMNS: [&str; 6] = [
    "original_user_address",
    "asset_name",
    "liquidation_threshold",
    "collateral_amount",
    "collateral_usd_estimate",
    "debt_amount_usdt",
];

/// Tokens that are what they wrap.
const WRAPPED: [&str; 2] = ["WETH", "WBTC"];

#[derive(Clone, PartialEq, Eq, Hash)]
struct Row {
    user: String,
    token: String,
    /// What it follows: `ETH`, `BTC`, or a dollar.
    asset: &'static str,
    weight: String,
    amount: u64,
    usd: u64,
}

/// A collateral is as many units of what it follows as its dollars say.
pub fn read(rows: &mut Rows, columns: &Columns, shelf: &mut Shelf) -> Result<()> {
    shelf.assume("collateral is worth what the file says; wrapped and staked tokens follow what they are claims on");
    let (mut all, mut seen) = (Vec::new(), HashSet::new());
    let mut debts: HashMap<String, u64> = HashMap::new();
    columns.for_each_row(rows, |row| {
        let [user, token, weight, ..] = COLUMNS.map(|name| columns.cell(row, name));
        let value = |name| units(columns, row, name);
        let debt = value("debt_amount_usdt")?;
        let known = debts.entry(user.into()).or_insert(debt);
        ensure!(
            *known == debt,
            "debt_amount_usdt: the same borrower owes another sum in a line before"
        );
        let row = Row {
            user: user.into(),
            asset: followed(token),
            token: token.to_uppercase(),
            weight: weight.into(),
            amount: value("collateral_amount")?,
            usd: value("collateral_usd_estimate")?,
        };
        ensure!(
            row.usd == 0 || seen.insert(row.clone()),
            "the same collateral of the same borrower is there twice"
        );
        all.push(row);
        Ok(())
    })?;
    if all
        .iter()
        .any(|row| row.asset == "USD" && !is_dollar_symbol(&row.token))
    {
        shelf.assume("collateral without a known name keeps its dollars");
    }
    for asset in ["ETH", "BTC"] {
        if shelf.given_price(asset).is_none() {
            if let Some(price) = implied_price(&all, asset) {
                shelf.give_price(asset, price);
            }
        }
    }
    let dollar = shelf.asset("USD", "", "")?;
    for row in all {
        let (asset, price) = match row.asset {
            "USD" => (dollar, UNIT),
            name => {
                let price = shelf.given_price(name);
                let price = price.with_context(|| {
                    format!("the price of {name} is unknown: give it with --price {name}=USD")
                })?;
                (shelf.asset(name, "", "")?, u128::from(price))
            }
        };
        let held = Decimal::of(u128::from(row.usd) * UNIT / price, DECIMALS);
        shelf.line(&row.user, Kind::Deposit, asset, held, &row.weight)?;
        if let Some(debt) = debts.remove(&row.user) {
            let owed = Decimal::of(u128::from(debt), DECIMALS);
            shelf.line(&row.user, Kind::Borrow, dollar, owed, "")?;
        }
    }
    Ok(())
}

/// What a token follows, by how it is called.
fn followed(token: &str) -> &'static str {
    let name = token.to_uppercase();
    if name.ends_with("ETH") {
        "ETH"
    } else if name.ends_with("BTC") {
        "BTC"
    } else {
        "USD"
    }
}

/// Dollars over tokens where there are most of them, of the wrapped asset itself if it is there; rounded down.
fn implied_price(rows: &[Row], asset: &str) -> Option<u64> {
    let of = rows
        .iter()
        .filter(|row| row.asset == asset && row.amount > 0);
    let largest = of.max_by_key(|row| (WRAPPED.contains(&row.token.as_str()), row.usd))?;
    let price = u128::from(largest.usd) * UNIT / u128::from(largest.amount);
    u64::try_from(price).ok().filter(|price| *price > 0)
}
