//! Books in files: Levee's own format as CSV or JSON, and the layouts in which real books were published.

mod decimal;
mod known;
mod levee_csv;
mod levee_json;
mod shelf;

use std::fs;
use std::path::Path;

use anyhow::{bail, ensure, Context, Result};
use levee_risk::units::Bps;

use super::book::{Obligations, Rule};
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
  price_usd    of a token; the same in all rows of an asset; may be empty where --price gives it
  weight       liquidation threshold (0.8) of a deposit, borrow factor (1.0) of a borrow; may be empty or missing
  follows      the asset whose price this one follows at a constant ratio; may be empty or missing
JSON, the same:
  {\"assets\": [{\"name\": \"SOL\", \"price_usd\": \"150\"}, {\"name\": \"JitoSOL\", \"price_usd\": \"180\", \"follows\": \"SOL\"}],
   \"obligations\": [{\"id\": \"1\", \"deposits\": [{\"asset\": \"SOL\", \"tokens\": \"10\", \"weight\": \"0.8\"}],
                     \"borrows\": [{\"asset\": \"USDC\", \"tokens\": \"900\"}]}]}
Also read: the published books of Aave positions whose columns include (user, collateral, debt, threshold, ethdebt),
(account, collateral_symbol, borrowed_symbol, btc_collateral_tokens), or
(user_address, outstanding_debt_usdt, eth_liquidation_price, btc_liquidation_price).";

/// Reads the book in `path`.
///
/// # Errors
/// One line with the row where something is missing, negative, unknown or contradicts itself, and where no obligation owes
/// anything.
pub fn read_book(path: &Path, options: &FileOptions) -> Result<Obligations> {
    let shown = path.display();
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {shown}"))?;
    ensure!(!text.trim().is_empty(), "{shown} is empty");
    let mut shelf = Shelf::new(&shown.to_string(), options)?;
    let is_json = path.extension().is_some_and(|ending| ending == "json");
    let read = if is_json {
        levee_json::read(&text, &mut shelf)
    } else {
        read_csv(&text, &mut shelf)
    };
    read.with_context(|| shown.to_string())?;
    shelf.finish().with_context(|| shown.to_string())
}

fn read_csv(text: &str, shelf: &mut Shelf) -> Result<()> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let columns = Columns::of(reader.headers().context("the first line")?);
    if levee_csv::COLUMNS.iter().all(|name| columns.has(name)) {
        return levee_csv::read(&mut reader, &columns, shelf);
    }
    match known::layout(&columns) {
        Some(layout) => layout(&mut reader, &columns, shelf),
        None => bail!(
            "line 1: unknown columns; a book has at least {}",
            levee_csv::COLUMNS.join(",")
        ),
    }
}

/// Where the columns of a CSV are.
struct Columns(Vec<String>);

impl Columns {
    fn of(header: &csv::StringRecord) -> Self {
        Self(header.iter().map(str::to_owned).collect())
    }

    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|column| column == name)
    }

    /// The cell of `name`, empty where there is no such column.
    fn cell<'a>(&self, row: &'a csv::StringRecord, name: &str) -> &'a str {
        let at = self.0.iter().position(|column| column == name);
        at.and_then(|at| row.get(at)).unwrap_or("")
    }
}

type Csv<'a> = csv::Reader<&'a [u8]>;

/// Calls `each` with every row; its errors name the line.
fn for_each_row(
    reader: &mut Csv,
    mut each: impl FnMut(&csv::StringRecord) -> Result<()>,
) -> Result<()> {
    let mut row = csv::StringRecord::new();
    loop {
        let line = reader.position().line();
        match reader.read_record(&mut row) {
            Ok(false) => return Ok(()),
            Ok(true) => {
                let line = row.position().map_or(line, csv::Position::line);
                each(&row).with_context(|| format!("line {line}"))?;
            }
            Err(error) => {
                let line = error.position().map_or(line, csv::Position::line);
                bail!("line {line}: as many cells as the first line has are wanted, in UTF-8");
            }
        }
    }
}
