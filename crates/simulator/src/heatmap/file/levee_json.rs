//! The JSON of [`FORMATS`](super::FORMATS).

use anyhow::{Context, Result};
use serde::Deserialize;

use super::shelf::{Kind, Shelf};
use crate::decimal::Decimal;

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
    fn text(&self) -> String {
        match self {
            Self::Text(text) => text.trim().into(),
            Self::Number(number) => number.to_string(),
        }
    }
}

pub fn read(text: &str, shelf: &mut Shelf) -> Result<()> {
    let file: File = serde_json::from_str(text).context("not the JSON of a book")?;
    for asset in &file.assets {
        shelf.asset(&asset.name, &asset.price_usd.text(), &asset.follows)?;
    }
    for (at, obligation) in file.obligations.iter().enumerate() {
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
    let tokens = Decimal::parse(&line.tokens.text()).context("tokens")?;
    shelf.line(id, kind, asset, tokens, &line.weight.text())
}
