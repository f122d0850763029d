//! One obligation while one asset's price is asked for and everything else stays: valued by the risk library.

use levee_risk::liquidation::{RepaidSide, SeizedSide};
use levee_risk::price::Price;
use levee_risk::units::{Atoms, MathError, Usd};
use levee_risk::valuation::Book;

use super::book::{token_prices, Asset, Line, Obligations, Span};

/// A book seen along the price of one of its assets.
pub(super) struct Axis<'a> {
    pub book: &'a Obligations,
    /// Whose price is asked for.
    pub asset: usize,
    /// All tokens at the prices of now: held and owed.
    now: Vec<(Price, Price)>,
}

impl<'a> Axis<'a> {
    /// # Errors
    /// [`MathError`] where a price of now leaves its type.
    pub fn new(book: &'a Obligations, asset: usize) -> Result<Self, MathError> {
        let now = book.tokens.iter().map(|token| {
            let asset = &book.assets[token.asset];
            token_prices(token, asset, asset.price)
        });
        Ok(Self {
            book,
            asset,
            now: now.collect::<Result<_, _>>()?,
        })
    }

    /// What is priced.
    pub fn priced(&self) -> &Asset {
        &self.book.assets[self.asset]
    }

    pub fn follows(&self, line: &Line) -> bool {
        self.book.tokens[line.token as usize].asset == self.asset
    }

    /// Held and owed prices of a line's token while the asset costs `price`.
    fn prices(&self, line: &Line, price: u64) -> Result<(Price, Price), MathError> {
        if self.follows(line) {
            let token = &self.book.tokens[line.token as usize];
            token_prices(token, self.priced(), price)
        } else {
            Ok(self.now[line.token as usize])
        }
    }

    /// `value` as billionths of the asset that costs `price`, rounded down.
    pub fn nano_units_down(&self, value: Usd, price: u64) -> u128 {
        // Wad dollars over a billion are billionths of a dollar.
        let nano_usd = value.wad() / 1_000_000_000;
        let power = 10u128.saturating_pow(self.priced().exponent.unsigned_abs());
        let price = u128::from(price.max(1));
        if self.priced().exponent > 0 {
            return nano_usd / price.saturating_mul(power);
        }
        match nano_usd.checked_mul(power) {
            Some(product) => product / price,
            None => (nano_usd / price).saturating_mul(power),
        }
    }
}

/// What is left of one obligation.
pub(super) struct Case<'a> {
    pub axis: &'a Axis<'a>,
    pub deposits: Vec<Line>,
    pub borrows: Vec<Line>,
}

impl<'a> Case<'a> {
    pub fn new(axis: &'a Axis<'a>) -> Self {
        Self {
            axis,
            deposits: Vec::new(),
            borrows: Vec::new(),
        }
    }

    /// Takes up another obligation.
    pub fn load(&mut self, span: Span) {
        let (deposits, borrows) = self.axis.book.lines(span);
        self.deposits.clear();
        self.deposits.extend_from_slice(deposits);
        self.borrows.clear();
        self.borrows.extend_from_slice(borrows);
    }

    /// Whether the price of the asset matters to it at all.
    pub fn is_exposed(&self) -> bool {
        let mut lines = self.deposits.iter().chain(&self.borrows);
        lines.any(|line| self.axis.follows(line))
    }

    pub fn collateral(&self, at: usize, price: u64) -> Result<SeizedSide, MathError> {
        let line = &self.deposits[at];
        Ok(SeizedSide {
            deposited: line.atoms,
            price: self.axis.prices(line, price)?.0,
            threshold: line.weight,
        })
    }

    pub fn debt(&self, at: usize, price: u64) -> Result<RepaidSide, MathError> {
        let line = &self.borrows[at];
        Ok(RepaidSide {
            owed: line.atoms,
            price: self.axis.prices(line, price)?.1,
            borrow_factor: line.weight,
        })
    }

    /// All of it while the asset costs `price`.
    pub fn value(&self, price: u64) -> Result<Book, MathError> {
        let mut book = Book::default();
        for at in 0..self.deposits.len() {
            self.collateral(at, price)?.count(&mut book)?;
        }
        for at in 0..self.borrows.len() {
            self.debt(at, price)?.count(&mut book)?;
        }
        Ok(book)
    }

    /// [`shortfall`] while the asset costs `price`.
    pub fn shortfall(&self, price: u64) -> Result<i128, MathError> {
        shortfall(&self.value(price)?)
    }

    /// Takes `seized` of a deposit and `repaid` of a borrow away; what becomes empty leaves.
    pub fn apply(&mut self, (deposit, seized): (usize, Atoms), (borrow, repaid): (usize, Atoms)) {
        take(&mut self.deposits, deposit, seized);
        take(&mut self.borrows, borrow, repaid);
    }
}

/// `B − W`: above zero for an unhealthy obligation. Exact.
pub(super) fn shortfall(book: &Book) -> Result<i128, MathError> {
    let signed = |n: u128| i128::try_from(n).map_err(|_| MathError::Overflow);
    Ok(signed(book.health.debt.raw())? - signed(book.health.collateral.raw())?)
}

fn take(lines: &mut Vec<Line>, at: usize, atoms: Atoms) {
    let left = lines[at].atoms.0.saturating_sub(atoms.0);
    lines[at].atoms = Atoms(left);
    if left == 0 {
        lines.remove(at);
    }
}

/// The price at which an obligation turns: `unhealthy` and `healthy` on its two sides are brought next to each other.
///
/// Both sides of the comparison are linear in the price, so that the straight line through two shortfalls meets zero within
/// a few units of the price; each guess is then decided by the exact comparison. Where rounding makes the
/// comparison waver, one of the turns is found.
///
/// # Errors
/// [`MathError`].
pub(super) fn turning_price(
    case: &Case,
    (mut unhealthy, mut above): (u64, i128),
    (mut healthy, mut below): (u64, i128),
) -> Result<u64, MathError> {
    let mut guesses = 0u32;
    while unhealthy.abs_diff(healthy) > 1 {
        let width = healthy as f64 - unhealthy as f64;
        let guess = match guesses {
            // Two straight lines, then the neighbours of the last guess, then halves.
            0 | 1 => unhealthy as f64 + width * (above as f64 / (above as f64 - below as f64)),
            2 => unhealthy as f64 + width.signum(),
            3 => healthy as f64 - width.signum(),
            _ => unhealthy as f64 + width / 2.0,
        };
        let (low, high) = (unhealthy.min(healthy), unhealthy.max(healthy));
        let guess = (guess as u64).clamp(low + 1, high - 1);
        let shortfall = case.shortfall(guess)?;
        if shortfall > 0 {
            (unhealthy, above) = (guess, shortfall);
        } else {
            (healthy, below) = (guess, shortfall);
        }
        guesses += 1;
    }
    Ok(unhealthy)
}
