//! A book from a CSV file: `obligation,side,asset,amount`, one row per position, amounts in tokens.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use anyhow::{bail, ensure, Context, Result};
use levee_risk::sheet::{MAX_BORROWS, MAX_DEPOSITS};

use super::Draft;
use crate::decimal::{quoted, Decimal};
use crate::market::Asset;
use crate::text_file::{self, column, normal, Rows};

const COLUMNS: [&str; 4] = ["obligation", "side", "asset", "amount"];

/// Reads the obligations of `file`, in the order in which their names first appear.
///
/// # Errors
/// One line that names the file, the line and the column.
pub fn read_drafts(file: &Path, assets: &[Asset]) -> Result<Vec<Draft>> {
    let text = text_file::read(file)?;
    parse_drafts(&text, assets).with_context(|| file.display().to_string())
}

fn parse_drafts(text: &str, assets: &[Asset]) -> Result<Vec<Draft>> {
    let mut rows = Rows::of(text);
    let first = rows.next_row()?;
    let (line, header) = first.context("line 1: the file is empty")?;
    let titles: Vec<String> = header.iter().map(normal).collect();
    let mut columns = [0; COLUMNS.len()];
    for (place, name) in columns.iter_mut().zip(COLUMNS) {
        let found = column(&titles, &[name]).with_context(|| format!("line {line}"))?;
        *place = found.with_context(|| format!("line {line}: column `{name}` is missing"))?;
    }
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut drafts: Vec<Draft> = Vec::new();
    while let Some((line, row)) = rows.next_row()? {
        ensure!(
            row.len() == titles.len(),
            "line {line}: not a row of {} columns",
            titles.len()
        );
        let cells = columns.map(|column| row.get(column).unwrap_or_default());
        let place = *places.entry(cells[0].into()).or_insert_with(|| {
            drafts.push(Draft::default());
            drafts.len() - 1
        });
        add(&mut drafts[place], cells, assets).with_context(|| format!("line {line}"))?;
    }
    ensure!(!drafts.is_empty(), "line 2: the book is empty");
    Ok(drafts)
}

/// Adds the position in a row's `cells`.
fn add(draft: &mut Draft, [_, side, name, amount]: [&str; 4], assets: &[Asset]) -> Result<()> {
    let asset = assets.iter().position(|asset| asset.name == name);
    let asset = asset.with_context(|| {
        let known: Vec<_> = assets.iter().map(|asset| asset.name.as_str()).collect();
        format!(
            "column `asset`: {} is none of {}",
            quoted(name),
            known.join(", ")
        )
    })?;
    let number = Decimal::parse(amount).ok();
    let atoms = number.and_then(|number| number.units_half_up(assets[asset].decimals));
    let atoms = atoms.filter(|atoms| *atoms > 0).with_context(|| {
        format!(
            "column `amount`: {} is no positive number of tokens",
            quoted(amount)
        )
    })?;
    let (positions, most) = match side {
        "deposit" => (&mut draft.deposits, MAX_DEPOSITS),
        "borrow" => (&mut draft.borrows, MAX_BORROWS),
        other => bail!(
            "column `side`: {} is neither deposit nor borrow",
            quoted(other)
        ),
    };
    ensure!(
        positions
            .iter()
            .all(|(known, _)| usize::from(*known) != asset),
        "column `asset`: the obligation has {name} twice on this side"
    );
    ensure!(
        positions.len() < most,
        "column `side`: at most {most} of one side"
    );
    positions.push((asset as u8, atoms));
    Ok(())
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
        let text = String::from_utf8(text).unwrap();
        assert_eq!(parse_drafts(&text, &assets()).unwrap(), drafts);
        let windows = text.replace(',', ";").replace("side", "Side");
        assert_eq!(parse_drafts(&windows, &assets()).unwrap(), drafts);
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
            let error = format!("{:#}", parse_drafts(&text, &assets()).unwrap_err());
            assert!(error.starts_with(why), "{error}");
        }
    }
}
