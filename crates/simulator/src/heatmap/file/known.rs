//! Layouts in which real books were published. What they leave out is assumed, and said.

use std::collections::HashSet;

use anyhow::{ensure, Context, Result};

use super::shelf::{Kind, Shelf, DECIMALS};
use super::{by_asset, of_bitcoin, Columns, Rows};
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
    } else if has(&of_bitcoin::COLUMNS) {
        Some(of_bitcoin::read)
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
