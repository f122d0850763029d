//! Layouts in which real books were published. What they leave out is assumed, and said.

use std::collections::{BTreeSet, HashSet};

use anyhow::{ensure, Context, Result};

use super::by_asset;
use super::shelf::{Kind, Shelf, DECIMALS};
use super::{Columns, Rows};
use crate::decimal::{quoted, Decimal};

pub(super) const UNIT: u128 = 100_000_000;
const WEI: u128 = 1_000_000_000_000_000_000;
const FULL_BPS: u128 = 10_000;
/// What such files write where no price liquidates.
const NEVER: u64 = 999_999 * UNIT as u64;

/// How the rows of a layout are put on the shelf.
pub(super) type Layout = fn(&mut Rows, &Columns, &mut Shelf) -> Result<()>;

/// How to read a file with these columns; `None` for an unknown one.
pub fn layout(columns: &Columns) -> Option<Layout> {
    let has = |names: &[&str]| names.iter().all(|name| columns.has(name));
    if has(&["user", "collateral", "debt", "threshold", "ethdebt"]) {
        Some(in_ether)
    } else if has(&[
        "account",
        "version",
        "borrowed_symbol",
        "borrow_balance_tokens",
        "btc_collateral_tokens",
    ]) {
        Some(of_bitcoin)
    } else if has(&[
        "user_address",
        "outstanding_debt_usdt",
        "eth_liquidation_price",
        "btc_liquidation_price",
    ]) {
        Some(by_trigger)
    } else if has(&by_asset::COLUMNS) {
        Some(by_asset::read)
    } else {
        None
    }
}

pub(super) fn units(columns: &Columns, row: &csv::StringRecord, name: &str) -> Result<u64> {
    let value = Decimal::parse(columns.cell(row, name)).with_context(|| name.to_owned())?;
    value
        .units_down(DECIMALS)
        .with_context(|| format!("{name} is too large"))
}

/// `user`, whose only row this is.
fn once<'a>(seen: &mut HashSet<String>, user: &'a str) -> Result<&'a str> {
    ensure!(
        seen.insert(user.to_owned()),
        "{} is there twice",
        quoted(user)
    );
    Ok(user)
}

/// Positions in ether: all collateral and all debt, the debt in ether itself, the mean threshold in basis points.
fn in_ether(rows: &mut Rows, columns: &Columns, shelf: &mut Shelf) -> Result<()> {
    shelf.assume("collateral that is no stablecoin follows ether, as stETH does");
    shelf.assume("debt that is not in ether is in dollars");
    let ether = shelf.asset("ETH", "", "")?;
    let dollar = shelf.asset("USD", "", "")?;
    let mut known = shelf.given_price("ETH");
    let mut seen = HashSet::new();
    columns.for_each_row(rows, |row| {
        let price = match known {
            Some(price) => price,
            None => {
                let wei = Decimal::parse(columns.cell(row, "usdc_price")).ok();
                let wei = wei.and_then(|wei| wei.units_down(0)).filter(|wei| *wei > 0);
                let wei =
                    wei.context("the price of ETH is unknown: give it with --price ETH=USD")?;
                let price = u64::try_from(WEI * UNIT / u128::from(wei)).context("usdc_price")?;
                shelf.give_price("ETH", price);
                *known.insert(price)
            }
        };
        let value = |name| units(columns, row, name);
        let stable = match columns.has("collateral_stable_calc") {
            true => value("collateral_stable_calc")?,
            false => 0,
        };
        let (collateral, debt, ether_debt) =
            (value("collateral")?, value("debt")?, value("ethdebt")?);
        let dollars = |ether: u64| {
            let dollars = u128::from(ether) * u128::from(price) / UNIT;
            Decimal::of(dollars, DECIMALS)
        };
        let user = once(&mut seen, columns.cell(row, "user"))?;
        let bps = Decimal::parse(columns.cell(row, "threshold")).context("threshold")?;
        let bps = bps.units_down(0).context("the threshold is too large")?;
        ensure!(
            bps <= 9_999,
            "the threshold is {bps} basis points, not below 10000"
        );
        // Without collateral the file gives no threshold.
        let weight = format!("{}.{:04}", 0, bps);
        let ether_held = Decimal::of(u128::from(collateral.saturating_sub(stable)), DECIMALS);
        shelf.line(user, Kind::Deposit, ether, ether_held, &weight)?;
        shelf.line(user, Kind::Deposit, dollar, dollars(stable), &weight)?;
        let ether_owed = Decimal::of(u128::from(ether_debt.min(debt)), DECIMALS);
        shelf.line(user, Kind::Borrow, ether, ether_owed, "")?;
        shelf.line(
            user,
            Kind::Borrow,
            dollar,
            dollars(debt.saturating_sub(ether_debt)),
            "",
        )
    })
}

/// Accounts with wrapped bitcoin: a row for each borrow.
fn of_bitcoin(rows: &mut Rows, columns: &Columns, shelf: &mut Shelf) -> Result<()> {
    shelf.assume("the only collateral is wrapped bitcoin; other collateral is not in the file");
    let bitcoin = shelf.asset("BTC", "", "")?;
    ensure!(
        shelf.given_price("BTC").is_some(),
        "the price of BTC is unknown: give it with --price BTC=USD"
    );
    let mut borrows = Vec::new();
    let (mut unpriced, mut left_out) = (BTreeSet::new(), HashSet::new());
    columns.for_each_row(rows, |row| {
        let cell = |name| columns.cell(row, name);
        let id = format!("{} {}", cell("account"), cell("version"));
        let collateral = units(columns, row, "btc_collateral_tokens")?;
        let owed = units(columns, row, "borrow_balance_tokens")?;
        let symbol = match cell("borrowed_symbol").to_uppercase().as_str() {
            "WBTC" | "CBBTC" | "TBTC" | "FBTC" => "BTC".to_owned(),
            "WETH" => "ETH".to_owned(),
            other => other.to_owned(),
        };
        if !shelf.has_price(&symbol) && collateral > 0 {
            unpriced.insert(symbol.clone());
            left_out.insert(id.clone());
        }
        let kept = cell("collateral_symbol").to_owned();
        let row = (
            id,
            kept,
            collateral,
            cell("borrowed_symbol").to_owned(),
            symbol,
            owed,
        );
        borrows.push(row);
        Ok(())
    })?;
    let (mut bare, mut seen) = (HashSet::new(), HashSet::new());
    let mut collateral_of = std::collections::HashMap::new();
    for (id, _, collateral, ..) in &borrows {
        *collateral_of.entry(id.clone()).or_insert(0u64) |= *collateral;
    }
    for (id, held_symbol, collateral, owed_symbol, asset, owed) in borrows {
        if collateral_of[&id] == 0 {
            bare.insert(id);
            continue;
        }
        if left_out.contains(&id) {
            continue;
        }
        // Accounts with two kinds of bitcoin list their borrows twice.
        if seen.insert((id.clone(), true, held_symbol)) {
            let held = Decimal::of(u128::from(collateral), DECIMALS);
            shelf.line(&id, Kind::Deposit, bitcoin, held, "")?;
        }
        if seen.insert((id.clone(), false, owed_symbol)) {
            let asset = shelf.asset(&asset, "", "")?;
            shelf.line(
                &id,
                Kind::Borrow,
                asset,
                Decimal::of(u128::from(owed), DECIMALS),
                "",
            )?;
        }
    }
    if !bare.is_empty() {
        shelf.assume(&format!(
            "{} accounts without bitcoin are left out",
            bare.len()
        ));
    }
    if !left_out.is_empty() {
        let names: Vec<_> = unpriced.into_iter().collect();
        shelf.assume(&format!(
            "{} accounts are left out because they owe what has no price here (--price): {}",
            left_out.len(),
            names.join(", ")
        ));
    }
    Ok(())
}

/// Debts with the prices that liquidate them.
fn by_trigger(rows: &mut Rows, columns: &Columns, shelf: &mut Shelf) -> Result<()> {
    shelf.assume("the collateral of each debt is one asset, as much as its liquidation price says");
    let mut assets = Vec::new();
    for (name, column) in [
        ("ETH", "eth_liquidation_price"),
        ("BTC", "btc_liquidation_price"),
    ] {
        assets.push((shelf.asset(name, "", "")?, column));
    }
    let dollar = shelf.asset("USD", "", "")?;
    let mut seen = HashSet::new();
    columns.for_each_row(rows, |row| {
        let debt = units(columns, row, "outstanding_debt_usdt")?;
        let threshold = u128::from(shelf.threshold().0);
        let user = once(&mut seen, columns.cell(row, "user_address"))?;
        for (asset, column) in &assets {
            let price = units(columns, row, column)?;
            if price == 0 || price >= NEVER {
                continue;
            }
            let worth = u128::from(debt) * FULL_BPS * UNIT / threshold.max(1);
            let held = worth.div_ceil(u128::from(price));
            shelf.line(user, Kind::Deposit, *asset, Decimal::of(held, DECIMALS), "")?;
            shelf.line(
                user,
                Kind::Borrow,
                dollar,
                Decimal::of(u128::from(debt), DECIMALS),
                "",
            )?;
        }
        Ok(())
    })
}
