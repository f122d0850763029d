//! A book while a file is read.

use std::collections::HashMap;

use anyhow::{bail, ensure, Context, Result};
use levee_client::defaults::reserve_config;
use levee_risk::rate::Rate;
use levee_risk::sheet::{MAX_BORROWS, MAX_DEPOSITS};
use levee_risk::units::{Atoms, Bps};

use super::symbols::is_dollar_symbol;
use super::FileOptions;
use crate::decimal::{quoted, Decimal};
use crate::heatmap::book::{Asset, Line, Obligations, Rule, Token};

/// Decimals of all tokens and prices of files.
pub const DECIMALS: u8 = 8;

/// Of an asset's name: an address has 44.
const MOST_LETTERS: usize = 64;
/// Lines of one side of an obligation: more than any protocol lists. Each is looked for among those before it.
const MOST_LINES: usize = 256;

/// Which side of an obligation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Deposit,
    Borrow,
}

struct Listed {
    name: String,
    price: Option<u64>,
    follows: Option<String>,
}

#[derive(Default)]
struct Sides {
    deposits: Vec<Line>,
    borrows: Vec<Line>,
}

/// Collects assets and obligations by their names.
pub struct Shelf {
    book: Obligations,
    threshold: Bps,
    /// Names that `--price` gives.
    asked: Vec<String>,
    /// Prices by names in capitals: those, and what the file implies.
    given: HashMap<String, u64>,
    tokens: Vec<Listed>,
    token_of: HashMap<String, usize>,
    obligations: Vec<Sides>,
    obligation_of: HashMap<String, usize>,
}

impl Shelf {
    pub fn new(source: &str, options: &FileOptions) -> Result<Self> {
        let mut given = HashMap::new();
        for (name, price) in &options.prices {
            let price = price_of(price).with_context(|| format!("the price of {name}"))?;
            let twice = given.insert(name.to_uppercase(), price).is_some();
            ensure!(!twice, "--price {name} is there twice");
        }
        let mut book = Obligations::new(source, options.rule);
        // The auction of the design's volatile collateral, which closes the obligations of files under Levee's rule.
        book.auctions.push(reserve_config([0; 32]).auction());
        Ok(Self {
            book,
            threshold: options.threshold,
            asked: options
                .prices
                .iter()
                .map(|(name, _)| name.clone())
                .collect(),
            given,
            tokens: Vec::new(),
            token_of: HashMap::new(),
            obligations: Vec::new(),
            obligation_of: HashMap::new(),
        })
    }

    /// States something that had to be assumed, once.
    pub fn assume(&mut self, text: &str) {
        if !self.book.assumptions.iter().any(|known| known == text) {
            self.book.assumptions.push(text.into());
        }
    }

    /// The price that `--price` gives `name`.
    pub fn given_price(&self, name: &str) -> Option<u64> {
        self.given.get(&name.to_uppercase()).copied()
    }

    /// Gives a price that a file implies.
    pub fn give_price(&mut self, name: &str, price: u64) {
        self.given.insert(name.to_uppercase(), price);
    }

    /// Whether an asset that no line prices has a price.
    pub fn has_price(&self, name: &str) -> bool {
        self.given.contains_key(&name.to_uppercase()) || is_dollar_symbol(name)
    }

    /// The threshold of deposits for which the file gives none.
    pub fn threshold(&self) -> Bps {
        self.threshold
    }

    /// Lists an asset; an empty price is known from elsewhere, an empty `follows` means none.
    pub fn asset(&mut self, name: &str, price: &str, follows: &str) -> Result<usize> {
        ensure!(!name.is_empty(), "an asset has no name");
        for name in [name, follows] {
            // Names are printed, in one line.
            ensure!(
                name.chars().count() <= MOST_LETTERS && !name.contains(char::is_control),
                "{} is no name of an asset: write at most {MOST_LETTERS} letters in one line",
                quoted(name)
            );
        }
        let price = match price {
            "" => None,
            text => Some(price_of(text).with_context(|| format!("the price of {name}"))?),
        };
        let follows = (!follows.is_empty() && follows != name).then(|| follows.to_owned());
        let Some(at) = self.token_of.get(name).copied() else {
            self.tokens.push(Listed {
                name: name.into(),
                price,
                follows,
            });
            let at = self.tokens.len() - 1;
            self.token_of.insert(name.into(), at);
            return Ok(at);
        };
        let known = &mut self.tokens[at];
        match (known.price, price) {
            (Some(one), Some(other)) if one != other => {
                bail!("{name} has another price in a line before")
            }
            (None, Some(_)) => known.price = price,
            _ => {}
        }
        match (&known.follows, follows) {
            (Some(one), Some(other)) if *one != other => {
                bail!("{name} follows {one} in a line before")
            }
            (None, Some(other)) => known.follows = Some(other),
            _ => {}
        }
        Ok(at)
    }

    /// An asset that was listed.
    pub fn known(&self, name: &str) -> Result<usize> {
        let at = self.token_of.get(name).copied();
        at.with_context(|| format!("no asset is called {}", quoted(name)))
    }

    /// Adds a deposit or a borrow of an asset that is listed.
    pub fn line(
        &mut self,
        obligation: &str,
        kind: Kind,
        token: usize,
        tokens: Decimal,
        weight: &str,
    ) -> Result<()> {
        ensure!(!obligation.is_empty(), "the obligation has no name");
        let atoms = tokens.units_down(DECIMALS).context("too many tokens")?;
        let weight = match (kind, weight) {
            (Kind::Deposit, "") => self.threshold,
            (Kind::Borrow, "") => Bps::ONE,
            (_, text) => weight_of(text)?,
        };
        match kind {
            Kind::Deposit => ensure!(weight < Bps::ONE, "a liquidation threshold is below 1"),
            Kind::Borrow => ensure!(
                (Bps::ONE..=Bps(100_000)).contains(&weight),
                "a borrow factor is from 1 to 10"
            ),
        }
        let at = match self.obligation_of.get(obligation) {
            Some(at) => *at,
            None => {
                self.obligations.push(Sides::default());
                let at = self.obligations.len() - 1;
                self.obligation_of.insert(obligation.into(), at);
                at
            }
        };
        if atoms == 0 {
            return Ok(());
        }
        let line = Line {
            token: token as u32,
            auction: 0,
            weight,
            atoms: Atoms(atoms),
        };
        let sides = &mut self.obligations[at];
        let (lines, most) = match kind {
            Kind::Deposit => (&mut sides.deposits, MAX_DEPOSITS),
            Kind::Borrow => (&mut sides.borrows, MAX_BORROWS),
        };
        let is_levee = matches!(self.book.rule, Rule::Levee(_));
        // One position per token, as in an account.
        let same = |known: &&mut Line| known.token == line.token && known.weight == line.weight;
        if let Some(known) = lines.iter_mut().find(same) {
            let sum = known.atoms.checked_add(line.atoms);
            known.atoms = sum.ok().context("too many tokens")?;
            return Ok(());
        }
        ensure!(
            !is_levee || lines.len() < most,
            "Levee's obligations have at most {MAX_DEPOSITS} deposits and {MAX_BORROWS} borrows: choose --rule fixed"
        );
        ensure!(
            lines.len() < MOST_LINES,
            "an obligation has at most {MOST_LINES} lines of one side that differ in asset or weight: split it"
        );
        lines.push(line);
        Ok(())
    }

    /// The book; obligations without debt are left out.
    pub fn finish(mut self) -> Result<Obligations> {
        for name in &self.asked {
            let is_same = |token: &Listed| token.name.eq_ignore_ascii_case(name);
            ensure!(
                self.tokens.iter().any(is_same),
                "--price {name}: no line names it: leave it out, or write it as the file does"
            );
        }
        let mut prices = Vec::with_capacity(self.tokens.len());
        for token in &self.tokens {
            prices.push(self.price(token)?);
        }
        let mut asset_of: Vec<Option<usize>> = vec![None; self.tokens.len()];
        for (at, token) in self.tokens.iter().enumerate() {
            if token.follows.is_none() {
                asset_of[at] = Some(self.book.assets.len());
                self.book.assets.push(Asset {
                    name: token.name.clone(),
                    price: prices[at],
                    exponent: -i32::from(DECIMALS),
                });
            }
        }
        for (at, token) in self.tokens.iter().enumerate() {
            let (base, rate) = match &token.follows {
                None => (at, Rate::ONE),
                Some(name) => {
                    let base = self.token_of.get(name).copied();
                    let base = base.with_context(|| {
                        format!("{} follows {name}, which no line names", token.name)
                    })?;
                    let rate = Rate::of_down(prices[at], prices[base]);
                    let rate = rate.ok().filter(|rate| rate.0 > 0);
                    (
                        base,
                        rate.with_context(|| format!("{} over {name} is no ratio", token.name))?,
                    )
                }
            };
            self.book.tokens.push(Token {
                name: token.name.clone(),
                mint: None,
                asset: asset_of[base]
                    .with_context(|| format!("{} follows what follows another", token.name))?,
                rate,
                decimals: DECIMALS,
            });
        }
        for sides in &self.obligations {
            if !sides.borrows.is_empty() {
                self.book.push(&sides.deposits, &sides.borrows);
            }
        }
        ensure!(!self.book.is_empty(), "no obligation owes anything");
        Ok(self.book)
    }

    fn price(&self, token: &Listed) -> Result<u64> {
        let name = token.name.to_uppercase();
        let given = self.given.get(&name).copied().or(token.price);
        let dollar = is_dollar_symbol(&name).then(|| 10u64.pow(u32::from(DECIMALS)));
        given.or(dollar).with_context(|| {
            format!(
                "the price of {0} is unknown: give it with --price {0}=USD",
                token.name
            )
        })
    }
}

fn price_of(text: &str) -> Result<u64> {
    let price = Decimal::parse(text)?.units_down(DECIMALS);
    let price = price.context("too large")?;
    ensure!(
        price > 0,
        "{} is below a hundred-millionth of a dollar",
        quoted(text)
    );
    Ok(price)
}

fn weight_of(text: &str) -> Result<Bps> {
    let weight = Decimal::parse(text)?.units_down(4);
    let weight = weight.and_then(|weight| u32::try_from(weight).ok());
    Ok(Bps(weight.context("the weight is too large")?))
}
