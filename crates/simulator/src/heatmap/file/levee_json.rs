//! The JSON of [`FORMATS`](super::FORMATS).

use std::collections::HashSet;

use anyhow::{anyhow, ensure, Context, Result};
use serde::Deserialize;

use super::shelf::{Kind, Shelf};
use crate::decimal::{quoted, Decimal};

/// A binary fraction keeps so many digits of a decimal number, whichever it is.
const EXACT_DIGITS: usize = 15;
/// Letters of an explanation.
const MOST_SAID: usize = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    assets: Vec<Asset>,
    obligations: Vec<Obligation>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asset {
    name: String,
    #[serde(default)]
    price_usd: Number,
    #[serde(default)]
    follows: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Obligation {
    id: String,
    #[serde(default)]
    deposits: Vec<Line>,
    #[serde(default)]
    borrows: Vec<Line>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    asset: String,
    tokens: Number,
    #[serde(default)]
    weight: Number,
}

/// A number, or one in quotes so that no reader takes it for a binary fraction.
#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Text(String),
    Number(serde_json::Number),
}

impl Default for Number {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

impl Number {
    /// As the file writes it.
    fn text(&self) -> Result<String> {
        let number = match self {
            Self::Text(text) => return Ok(text.trim().into()),
            Self::Number(number) => number.to_string(),
        };
        let mantissa = number.split(['e', 'E']).next().unwrap_or_default();
        let digits = mantissa.bytes().filter(u8::is_ascii_digit).count();
        ensure!(
            digits <= EXACT_DIGITS || !mantissa.contains('.') && !number.contains('e'),
            "{number} has more digits than a number of JSON keeps: put it in quotes"
        );
        Ok(number)
    }
}

pub fn read(text: &str, shelf: &mut Shelf) -> Result<()> {
    let file: File = serde_json::from_str(text).map_err(|error| {
        let said = error.to_string();
        // It may quote the file, whatever that holds.
        let said: String = said.chars().take(MOST_SAID).collect();
        let said = said.replace(char::is_control, " ");
        anyhow!("line {}: not the JSON of a book: {said}", error.line())
    })?;
    for asset in &file.assets {
        let price = asset.price_usd.text();
        let price = price.with_context(|| format!("the price of {}", quoted(&asset.name)))?;
        shelf.asset(&asset.name, &price, &asset.follows)?;
    }
    let mut ids = HashSet::new();
    for (at, obligation) in file.obligations.iter().enumerate() {
        ensure!(
            ids.insert(&obligation.id),
            "obligation number {}: {} is there twice",
            at + 1,
            quoted(&obligation.id)
        );
        let deposits = obligation.deposits.iter().map(|line| (Kind::Deposit, line));
        let borrows = obligation.borrows.iter().map(|line| (Kind::Borrow, line));
        for (kind, line) in deposits.chain(borrows) {
            add(shelf, &obligation.id, kind, line)
                .with_context(|| format!("obligation number {}", at + 1))?;
        }
    }
    Ok(())
}

fn add(shelf: &mut Shelf, id: &str, kind: Kind, line: &Line) -> Result<()> {
    let asset = shelf.known(&line.asset)?;
    let tokens = Decimal::parse(&line.tokens.text()?).context("tokens")?;
    shelf.line(id, kind, asset, tokens, &line.weight.text()?)
}
