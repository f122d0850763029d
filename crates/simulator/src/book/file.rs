//! A book from a CSV file: `obligation,side,asset,amount`, one row per position, amounts in tokens.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{anyhow, ensure, Context, Result};
use csv::{ReaderBuilder, Trim};
use levee_risk::sheet::{MAX_BORROWS, MAX_DEPOSITS};

use super::Draft;
use crate::market::Asset;
use crate::prices::parse_decimal;

const COLUMNS: [&str; 4] = ["obligation", "side", "asset", "amount"];

/// Reads the obligations of `file`, in the order in which their names first appear.
///
/// # Errors
/// One line that names the file, the line and the column.
pub fn read_drafts(file: &Path, assets: &[Asset]) -> Result<Vec<Draft>> {
    let bytes =
        fs::read(file).map_err(|error| anyhow!("cannot read {}: {error}", file.display()))?;
    parse_drafts(&bytes, assets).with_context(|| file.display().to_string())
}

fn parse_drafts(bytes: &[u8], assets: &[Asset]) -> Result<Vec<Draft>> {
    ensure!(!bytes.trim_ascii().is_empty(), "line 1: the file is empty");
    let mut reader = ReaderBuilder::new().trim(Trim::All).from_reader(bytes);
    let header = reader.headers()?.clone();
    let mut columns = [0; COLUMNS.len()];
    for (column, name) in columns.iter_mut().zip(COLUMNS) {
        *column = header
            .iter()
            .position(|title| title == name)
            .with_context(|| format!("line 1: column `{name}` is missing"))?;
    }
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut drafts: Vec<Draft> = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| {
            let line = error.position().map_or(1, csv::Position::line);
            anyhow!("line {line}: not a row of {} columns", header.len())
        })?;
        let line = record.position().map_or(0, csv::Position::line);
        let field = |index: usize| record.get(columns[index]).unwrap_or_default();
        let place = *places.entry(field(0).into()).or_insert_with(|| {
            drafts.push(Draft::default());
            drafts.len() - 1
        });
        let add = || -> Result<()> {
            let asset = assets.iter().position(|asset| asset.name == field(2));
            let asset = asset.with_context(|| {
                let known: Vec<_> = assets.iter().map(|asset| asset.name.as_str()).collect();
                format!(
                    "column `asset`: `{}` is none of {}",
                    field(2),
                    known.join(", ")
                )
            })?;
            let decimals = usize::from(assets[asset].decimals);
            let atoms =
                parse_decimal(field(3), decimals).and_then(|atoms| u64::try_from(atoms).ok());
            let atoms = atoms.filter(|atoms| *atoms > 0).with_context(|| {
                format!(
                    "column `amount`: `{}` is no positive number of tokens",
                    field(3)
                )
            })?;
            let draft = &mut drafts[place];
            let (side, most) = match field(1) {
                "deposit" => (&mut draft.deposits, MAX_DEPOSITS),
                "borrow" => (&mut draft.borrows, MAX_BORROWS),
                other => anyhow::bail!("column `side`: `{other}` is neither deposit nor borrow"),
            };
            ensure!(
                side.iter().all(|(known, _)| usize::from(*known) != asset),
                "column `asset`: the obligation has {} twice on this side",
                field(2)
            );
            ensure!(
                side.len() < most,
                "column `side`: at most {most} of one side"
            );
            side.push((asset as u8, atoms));
            Ok(())
        };
        let mut add = add;
        add().with_context(|| format!("line {line}"))?;
    }
    ensure!(!drafts.is_empty(), "line 2: the book is empty");
    Ok(drafts)
}

/// Writes a book as [`read_drafts`] reads it.
///
/// # Errors
/// Where nothing can be written.
pub fn write_drafts(to: &mut impl Write, drafts: &[Draft], assets: &[Asset]) -> Result<()> {
    writeln!(to, "{}", COLUMNS.join(","))?;
    for (number, draft) in drafts.iter().enumerate() {
        let deposits = draft.deposits.iter().map(|one| (one, "deposit"));
        let borrows = draft.borrows.iter().map(|one| (one, "borrow"));
        for ((asset, atoms), side) in deposits.chain(borrows) {
            let asset = &assets[usize::from(*asset)];
            let unit = 10u64.pow(u32::from(asset.decimals));
            writeln!(
                to,
                "{},{side},{},{}.{:0width$}",
                number + 1,
                asset.name,
                atoms / unit,
                atoms % unit,
                width = usize::from(asset.decimals)
            )?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::USDC;
    use crate::prices::DOLLAR;

    fn assets() -> Vec<Asset> {
        vec![
            Asset::new("SOL", 0, 200 * DOLLAR),
            Asset::new(USDC, 1, DOLLAR),
        ]
    }

    #[test]
    fn a_book_that_was_written_is_read_back_to_the_atom() {
        let drafts = vec![
            Draft {
                deposits: vec![(0, 1_234_567_890_123)],
                borrows: vec![(1, 100_000_001)],
            },
            Draft {
                deposits: vec![(1, 5)],
                borrows: vec![(0, 1)],
            },
        ];
        let mut text = Vec::new();
        write_drafts(&mut text, &drafts, &assets()).unwrap();
        assert_eq!(parse_drafts(&text, &assets()).unwrap(), drafts);
    }

    #[test]
    fn every_bad_row_is_named_with_its_line_and_column() {
        for (rows, why) in [
            ("", "line 2: the book is empty"),
            ("a,deposit,SOL,-1\n", "line 2: column `amount`"),
            ("a,deposit,SOL,0\n", "line 2: column `amount`"),
            (
                "a,deposit,DOGE,1\n",
                "line 2: column `asset`: `DOGE` is none of SOL, USDC",
            ),
            ("a,lend,SOL,1\n", "line 2: column `side`"),
            (
                "a,deposit,SOL,1\na,deposit,SOL,1\n",
                "line 3: column `asset`",
            ),
            ("a,deposit,SOL\n", "line 2: not a row"),
        ] {
            let text = format!("obligation,side,asset,amount\n{rows}");
            let error = format!(
                "{:#}",
                parse_drafts(text.as_bytes(), &assets()).unwrap_err()
            );
            assert!(error.starts_with(why), "{error}");
        }
    }
}
