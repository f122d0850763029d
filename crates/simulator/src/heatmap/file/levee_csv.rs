//! The CSV of [`FORMATS`](super::FORMATS).

use anyhow::{bail, Context, Result};

use super::shelf::{Kind, Shelf};
use super::{Columns, Rows};
use crate::decimal::{quoted, Decimal};

/// What a book must have.
pub const COLUMNS: [&str; 5] = ["obligation", "side", "asset", "tokens", "price_usd"];

pub fn read(rows: &mut Rows, columns: &Columns, shelf: &mut Shelf) -> Result<()> {
    columns.for_each_row(rows, |row| {
        let cell = |name| columns.cell(row, name);
        let kind = match cell("side") {
            "deposit" => Kind::Deposit,
            "borrow" => Kind::Borrow,
            other => bail!("the side is deposit or borrow, not {}", quoted(other)),
        };
        let asset = shelf.asset(cell("asset"), cell("price_usd"), cell("follows"))?;
        let tokens = Decimal::parse(cell("tokens")).context("tokens")?;
        shelf.line(cell("obligation"), kind, asset, tokens, cell("weight"))
    })
}
