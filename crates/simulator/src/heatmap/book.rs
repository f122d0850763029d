//! A book of obligations, laid out for asking each of them what it does at many prices.

use anyhow::{bail, Context, Result};
use levee_risk::liquidation::{AuctionParams, EngineParams};
use levee_risk::price::{Price, Scale};
use levee_risk::rate::Rate;
use levee_risk::units::{Atoms, Bps, MathError, Ppm};

use crate::dollars::is_peg;

/// What an oracle prices.
#[derive(Clone, Debug)]
pub struct Asset {
    /// What people call it.
    pub name: String,
    /// Its price now, in units of `10^exponent` dollars.
    pub price: u64,
    /// Of the price.
    pub exponent: i32,
}

impl Asset {
    /// Dollars, for display.
    pub fn dollars(&self, price: u64) -> f64 {
        price as f64 * 10f64.powi(self.exponent)
    }

    /// Whether its price of now is that of a dollar.
    fn is_dollar(&self) -> bool {
        is_peg(self.dollars(self.price))
    }
}

/// What is held and owed: a number of its asset per token.
#[derive(Clone, Debug)]
pub struct Token {
    /// What people call it.
    pub name: String,
    /// Its address, where it has one.
    pub mint: Option<String>,
    /// Which of [`Obligations::assets`] it follows.
    pub asset: usize,
    /// Units of the asset per token.
    pub rate: Rate,
    /// Of the token.
    pub decimals: u8,
}

/// A deposit or a borrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Which of [`Obligations::tokens`].
    pub token: u32,
    /// Which of [`Obligations::auctions`], of a deposit under Levee's rule.
    pub auction: u32,
    /// Liquidation threshold of a deposit, borrow factor of a borrow.
    pub weight: Bps,
    /// The amount.
    pub atoms: Atoms,
}

/// How an unhealthy obligation is closed.
#[derive(Clone, Copy, Debug)]
pub enum Rule {
    /// As Levee's engine plans it, at the start of the auction.
    Levee(EngineParams),
    /// A fixed part of the debt at a fixed bonus.
    Fixed(FixedRule),
}

/// The rule of pools that close a fixed part: Aave v3's is a half at a health of 0.95 and above, and all below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FixedRule {
    /// The part of the largest debt that one liquidation repays.
    pub close_factor: Bps,
    /// What the liquidator receives beyond the repaid value.
    pub bonus: Ppm,
    /// Below this health one liquidation may repay the whole debt.
    pub full_below: Bps,
}

/// Where an obligation's lines are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub start: u32,
    pub deposits: u16,
    pub borrows: u16,
}

/// Many obligations and what they are made of.
#[derive(Clone, Debug)]
pub struct Obligations {
    /// Where they come from.
    pub source: String,
    /// What had to be assumed about them.
    pub assumptions: Vec<String>,
    /// What moves.
    pub assets: Vec<Asset>,
    /// What is held and owed.
    pub tokens: Vec<Token>,
    /// The auctions of collateral.
    pub auctions: Vec<AuctionParams>,
    /// How they are closed.
    pub rule: Rule,
    lines: Vec<Line>,
    spans: Vec<Span>,
}

impl Obligations {
    /// An empty book.
    pub fn new(source: impl Into<String>, rule: Rule) -> Self {
        Self {
            source: source.into(),
            assumptions: Vec::new(),
            assets: Vec::new(),
            tokens: Vec::new(),
            auctions: Vec::new(),
            rule,
            lines: Vec::new(),
            spans: Vec::new(),
        }
    }

    /// Adds an obligation.
    ///
    /// # Panics
    /// Above four billion lines, or 65,535 of one side of an obligation: files are refused long before.
    pub fn push(&mut self, deposits: &[Line], borrows: &[Line]) {
        self.spans.push(Span {
            start: u32::try_from(self.lines.len()).expect("lines fit memory"),
            deposits: u16::try_from(deposits.len()).expect("an obligation has few deposits"),
            borrows: u16::try_from(borrows.len()).expect("an obligation has few borrows"),
        });
        self.lines.extend_from_slice(deposits);
        self.lines.extend_from_slice(borrows);
    }

    /// How many obligations.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    pub(super) fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// Deposits and borrows of one obligation.
    pub(super) fn lines(&self, span: Span) -> (&[Line], &[Line]) {
        let start = span.start as usize;
        let middle = start + usize::from(span.deposits);
        let end = middle + usize::from(span.borrows);
        (&self.lines[start..middle], &self.lines[middle..end])
    }

    /// Why nothing can be shown of a book without assets.
    fn nothing(&self) -> String {
        format!(
            "{} has no reserve yet: add some and borrow, then ask again",
            self.source
        )
    }

    /// The asset that `name` means: its own name, that of a token that follows it, or such a token's mint.
    ///
    /// # Errors
    /// Where there is none, with those that there are.
    pub fn find_asset(&self, name: &str) -> Result<usize> {
        let same = |other: &str| other.eq_ignore_ascii_case(name);
        let token = |token: &&Token| same(&token.name) || token.mint.as_deref() == Some(name);
        let found = self.assets.iter().position(|asset| same(&asset.name));
        match found.or_else(|| self.tokens.iter().find(token).map(|token| token.asset)) {
            Some(asset) => Ok(asset),
            None if self.assets.is_empty() => bail!(self.nothing()),
            None => {
                let known: Vec<_> = self
                    .assets
                    .iter()
                    .map(|asset| asset.name.as_str())
                    .collect();
                bail!(
                    "no obligation has {name}: choose one of {}",
                    known.join(", ")
                )
            }
        }
    }

    /// The asset that most obligations hold and that is no dollar; the first of equals.
    ///
    /// # Errors
    /// Where there is no asset at all.
    pub fn most_held_asset(&self) -> Result<usize> {
        let mut held = vec![0u64; self.assets.len()];
        for span in &self.spans {
            for line in self.lines(*span).0 {
                let asset = self.tokens[line.token as usize].asset;
                held[asset] += u64::from(!self.assets[asset].is_dollar());
            }
        }
        let most = (0..held.len()).rev().max_by_key(|at| held[*at]);
        most.with_context(|| self.nothing())
    }
}

/// What a token is worth while its asset costs `price`: held, rounded down, and owed, rounded up.
///
/// # Errors
/// [`MathError::Overflow`] where the price leaves its type or the exponent is not sane.
pub(super) fn token_prices(
    token: &Token,
    asset: &Asset,
    price: u64,
) -> Result<(Price, Price), MathError> {
    let scale = Scale::new(token.decimals, asset.exponent).ok_or(MathError::Overflow)?;
    Ok((
        Price::new(token.rate.apply_down(price)?, scale),
        Price::new(token.rate.apply_up(price)?, scale),
    ))
}
