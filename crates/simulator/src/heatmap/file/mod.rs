//! Books in files: Levee's own format as CSV or JSON, and the layouts in which real books were published.

mod by_asset;
mod known;
mod levee_csv;
mod levee_json;
mod of_bitcoin;
mod shelf;
mod symbols;

use std::path::Path;

use anyhow::{bail, ensure, Context, Result};
use levee_risk::units::Bps;

use super::book::{Obligations, Rule};
use crate::text_file::{self, column, normal, Rows};
use shelf::Shelf;

/// What a file does not say.
#[derive(Clone, Debug)]
pub struct FileOptions {
    /// How its obligations are closed.
    pub rule: Rule,
    /// The liquidation threshold of deposits for which the file gives none.
    pub threshold: Bps,
    /// Prices in dollars as decimal numbers; they replace those of the file.
    pub prices: Vec<(String, String)>,
}

/// The formats, for `--help`.
pub const FORMATS: &str = "\
CSV, a row for every deposit and every borrow:
  obligation,side,asset,tokens,price_usd,weight,follows
  obligation   any text; rows with the same text are one obligation
  side         deposit or borrow
  tokens       a decimal number of whole tokens; eight decimals count
  price_usd    of a token, eight decimals count; the same in all rows of an asset; may be empty where --price gives it
  weight       liquidation threshold (0.8) of a deposit, borrow factor (1.0) of a borrow, four decimals count; may be empty
  follows      the asset whose price this one follows at a constant ratio; may be empty or missing
JSON, the same:
  {\"assets\": [{\"name\": \"SOL\", \"price_usd\": \"150\"}, {\"name\": \"JitoSOL\", \"price_usd\": \"180\", \"follows\": \"SOL\"}],
   \"obligations\": [{\"id\": \"1\", \"deposits\": [{\"asset\": \"SOL\", \"tokens\": \"10\", \"weight\": \"0.8\"}],
                     \"borrows\": [{\"asset\": \"USDC\", \"tokens\": \"900\"}]}]}
Also read: the published books of Aave positions whose columns include (user, collateral, debt, threshold, ethdebt),
(account, version, borrowed_symbol, borrow_balance_tokens, btc_collateral_tokens),
(user_address, outstanding_debt_usdt, eth_liquidation_price, btc_liquidation_price), or
(original_user_address, asset_name, liquidation_threshold, collateral_amount, collateral_usd_estimate, debt_amount_usdt).
Columns may stand in any order, cells be separated by commas, semicolons or tabs, and files be compressed with gzip.";

/// Reads the book in `path`.
///
/// # Errors
/// One line with the row where something is missing, negative, unknown or contradicts itself, and where no obligation owes
/// anything.
pub fn read_book(path: &Path, options: &FileOptions) -> Result<Obligations> {
    let shown = path.display();
    let text = text_file::read(path)?;
    ensure!(!text.trim().is_empty(), "{shown} is empty");
    let mut shelf = Shelf::new(&shown.to_string(), options)?;
    // By what it is: no table begins with a bracket.
    let is_json = text.trim_start().starts_with(['{', '[']);
    let read = if is_json {
        levee_json::read(&text, &mut shelf)
    } else {
        read_csv(&text, &mut shelf)
    };
    read.with_context(|| shown.to_string())?;
    shelf.finish().with_context(|| shown.to_string())
}

fn read_csv(text: &str, shelf: &mut Shelf) -> Result<()> {
    let mut rows = Rows::of(text);
    let (line, first) = rows.next_row()?.context("line 1: there is no table")?;
    let columns = Columns(first.iter().map(normal).collect());
    let is_levees = levee_csv::COLUMNS.iter().all(|name| columns.has(name));
    let layout = if is_levees {
        Some(levee_csv::read as known::Layout)
    } else {
        known::layout(&columns)
    };
    let Some(layout) = layout else {
        bail!(
            "line {line}: unknown columns; a book has at least {}",
            levee_csv::COLUMNS.join(",")
        )
    };
    columns
        .check_titles()
        .with_context(|| format!("line {line}"))?;
    layout(&mut rows, &columns, shelf)
}

/// Where the columns of a CSV are.
struct Columns(Vec<String>);

impl Columns {
    /// Refuses two columns of one title.
    fn check_titles(&self) -> Result<()> {
        for title in self.0.iter().filter(|title| !title.is_empty()) {
            column(&self.0, &[title])?;
        }
        Ok(())
    }

    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|column| column == name)
    }

    /// The cell of `name`, empty where there is no such column.
    fn cell<'a>(&self, row: &'a csv::StringRecord, name: &str) -> &'a str {
        let at = self.0.iter().position(|column| column == name);
        at.and_then(|at| row.get(at)).unwrap_or("")
    }

    /// Calls `each` with every row; its errors name the line.
    fn for_each_row(
        &self,
        rows: &mut Rows,
        mut each: impl FnMut(&csv::StringRecord) -> Result<()>,
    ) -> Result<()> {
        while let Some((line, row)) = rows.next_row()? {
            ensure!(
                row.len() == self.0.len(),
                "line {line}: as many cells as the first line has are wanted"
            );
            each(row).with_context(|| format!("line {line}"))?;
        }
        Ok(())
    }
}
