//! One liquidation of an obligation: by Levee's plan, or by a fixed part.

use levee_risk::liquidation::{plan_liquidation, plan_netting, EngineParams, Refusal};
use levee_risk::policy::check_pair;
use levee_risk::price::Quote;
use levee_risk::sheet::{Holding, Sheet, Source, MAX_BORROWS, MAX_DEPOSITS};
use levee_risk::units::{Atoms, Bps, MathError, Usd};
use levee_risk::valuation::{Book, Health, WeightedUsd};

use super::book::{FixedRule, Line, Rule};
use super::case::Case;

/// A fixed rule closes whole what is worth less, as Aave v3.3 does below two thousand dollars of debt or collateral.
const WHOLE_BELOW: Usd = Usd::from_whole(2_000);
const PPM: u64 = 1_000_000;

/// What a liquidation moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Closed {
    /// Debt that somebody repaid.
    pub repaid: Usd,
    /// Debt that nobody repays.
    pub bad_debt: Usd,
    /// Of the asset, what the liquidator received: it is sold. Billionths of its unit.
    pub sold: u128,
    /// Of the asset, what the liquidator repaid: it was bought. Billionths of its unit.
    pub bought: u128,
}

impl Closed {
    fn add(&mut self, other: Self) -> Result<(), MathError> {
        let sum = |a: u128, b: u128| a.checked_add(b).ok_or(MathError::Overflow);
        self.repaid = self.repaid.checked_add(other.repaid)?;
        self.bad_debt = self.bad_debt.checked_add(other.bad_debt)?;
        self.sold = sum(self.sold, other.sold)?;
        self.bought = sum(self.bought, other.bought)?;
        Ok(())
    }
}

/// More liquidations of one obligation at one price than any rule needs.
const MOST_CALLS: usize = 64;

/// Liquidates until the obligation is healthy while the asset costs `price`, or until nobody can go on; returns what moved
/// and what remains.
///
/// # Errors
/// [`MathError`].
pub(super) fn close_at(case: &mut Case, price: u64) -> Result<(Closed, Book), MathError> {
    let mut all = Closed::default();
    let mut book = case.value(price)?;
    for _ in 0..MOST_CALLS {
        if book.health.is_healthy() {
            break;
        }
        let closed = match case.axis.book.rule {
            Rule::Levee(engine) => by_plan(case, book, price, &engine)?,
            Rule::Fixed(rule) => by_part(case, &book, price, &rule)?,
        };
        match closed {
            Some(closed) => all.add(closed)?,
            None => break,
        }
        book = case.value(price)?;
    }
    Ok((all, book))
}

/// By the engine: netting first, then the pair that heals most and that the rules accept.
fn by_plan(
    case: &mut Case,
    mut book: Book,
    price: u64,
    engine: &EngineParams,
) -> Result<Option<Closed>, MathError> {
    if net(case, price, engine)? {
        book = case.value(price)?;
        if book.health.is_healthy() {
            return Ok(Some(Closed::default()));
        }
    }
    for (deposit, borrow) in pairs(case) {
        let collateral = case.collateral(deposit, price)?;
        let debt = case.debt(borrow, price)?;
        let auction = &case.axis.book.auctions[case.deposits[deposit].auction as usize];
        let limit = Atoms(u64::MAX);
        let planned = plan_liquidation(&book, &collateral, &debt, auction, engine, 0, limit);
        let plan = match planned {
            Ok(plan) => plan,
            Err(Refusal::Math(error)) => return Err(error),
            Err(_) => continue,
        };
        if case.deposits.len() + case.borrows.len() > 2 {
            let weights = (collateral.threshold, debt.borrow_factor);
            if check_pair(&sheet(case, price)?, weights, &plan, engine.dust)?.is_err() {
                continue;
            }
        }
        let mut closed = flows(case, (deposit, plan.seize), (borrow, plan.repay), price)?;
        case.apply((deposit, plan.seize), (borrow, plan.repay));
        if plan.insolvent && plan.takes_all_collateral {
            let left = case.value(price)?;
            if left.collateral < engine.dust {
                closed.bad_debt = left.debt;
                case.borrows.clear();
            }
        }
        return Ok(Some(closed));
    }
    Ok(None)
}

/// What is held and owed of one token cancels; whether anything did.
fn net(case: &mut Case, price: u64, engine: &EngineParams) -> Result<bool, MathError> {
    let mut has_netted = false;
    let mut at = 0;
    while at < case.deposits.len() {
        let token = case.deposits[at].token;
        let owed = case.borrows.iter().position(|line| line.token == token);
        let before = case.deposits.len();
        if let Some(borrow) = owed {
            let auction = &case.axis.book.auctions[case.deposits[at].auction as usize];
            let (collateral, debt) = (case.collateral(at, price)?, case.debt(borrow, price)?);
            match plan_netting(&case.value(price)?, &collateral, &debt, auction, engine) {
                Ok(atoms) => {
                    case.apply((at, atoms), (borrow, atoms));
                    has_netted |= atoms > Atoms::ZERO;
                }
                Err(Refusal::Math(error)) => return Err(error),
                Err(_) => {}
            }
        }
        // A deposit that is gone has made room for the next.
        at += usize::from(case.deposits.len() == before);
    }
    Ok(has_netted)
}

/// All pairs, the heaviest debts and the lightest collaterals first.
fn pairs(case: &Case) -> Vec<(usize, usize)> {
    if case.deposits.len() == 1 && case.borrows.len() == 1 {
        return vec![(0, 0)];
    }
    let mut all: Vec<_> = (0..case.borrows.len())
        .flat_map(|borrow| (0..case.deposits.len()).map(move |deposit| (deposit, borrow)))
        .collect();
    all.sort_by_key(|(deposit, borrow)| {
        let heaviest = u32::MAX - case.borrows[*borrow].weight.0;
        (heaviest, case.deposits[*deposit].weight)
    });
    all
}

/// The case as the rules about pairs read it.
fn sheet(case: &Case, price: u64) -> Result<Sheet, MathError> {
    let book = case.axis.book;
    let part = |line: &Line| {
        let token = &book.tokens[line.token as usize];
        let asset = &book.assets[token.asset];
        let now = match case.axis.follows(line) {
            true => price,
            false => asset.price,
        };
        let source = Source {
            feed: [token.asset as u64, 0, 0, 0],
            quote: Quote {
                price: now,
                confidence: 0,
                ema: now,
                exponent: asset.exponent,
                publish_ts: 0,
            },
            ..Source::default()
        };
        let holding = Holding {
            atoms: line.atoms,
            rate: token.rate,
            weight: line.weight,
            decimals: token.decimals,
        };
        (holding, source)
    };
    debug_assert!(case.deposits.len() <= MAX_DEPOSITS && case.borrows.len() <= MAX_BORROWS);
    let mut sheet = Sheet::default();
    for line in &case.deposits {
        let (holding, source) = part(line);
        sheet.add_deposit(holding, &source)?;
    }
    for line in &case.borrows {
        let (holding, source) = part(line);
        sheet.add_borrow(holding, &source)?;
    }
    Ok(sheet)
}

/// A fixed part of the largest debt against the largest collateral.
fn by_part(
    case: &mut Case,
    book: &Book,
    price: u64,
    rule: &FixedRule,
) -> Result<Option<Closed>, MathError> {
    let (Some(deposit), Some(borrow)) = (largest_deposit(case, price)?, largest_debt(case, price)?)
    else {
        let bad_debt = book.debt;
        let is_bare = case.deposits.is_empty() && !case.borrows.is_empty();
        case.borrows.clear();
        return Ok(is_bare.then_some(Closed {
            bad_debt,
            ..Closed::default()
        }));
    };
    let (collateral, debt) = (case.collateral(deposit, price)?, case.debt(borrow, price)?);
    let limit = Health {
        collateral: WeightedUsd::of(Usd::from_whole(1), rule.full_below)?,
        debt: WeightedUsd::of(Usd::from_whole(1), Bps::ONE)?,
    };
    let is_whole = book.health.compare(&limit).is_lt()
        || book.debt < WHOLE_BELOW
        || book.collateral < WHOLE_BELOW;
    let part = match is_whole {
        true => Bps::ONE.0,
        false => rule.close_factor.0,
    };
    let wanted = u128::from(debt.owed.0) * u128::from(part) / u128::from(Bps::ONE.0);
    let repay = Atoms(wanted as u64).max(Atoms(1));
    let gross = u128::from(PPM) + u128::from(rule.bonus.0);
    let paid = debt.price.value_down(repay)?.wad() / u128::from(PPM);
    let seized = Usd::from_wad(paid.checked_mul(gross).ok_or(MathError::Overflow)?);
    let held = collateral.price.value_down(collateral.deposited)?;
    let (repay, seize) = if seized < held {
        (repay, collateral.price.atoms_down(seized)?)
    } else {
        // All of it, for as much debt as pays for it with the bonus.
        let paid = Usd::from_wad(held.wad() / gross * u128::from(PPM));
        (debt.price.atoms_up(paid)?.min(repay), collateral.deposited)
    };
    let closed = flows(case, (deposit, seize), (borrow, repay), price)?;
    case.apply((deposit, seize), (borrow, repay));
    Ok(Some(closed))
}

fn largest_deposit(case: &Case, price: u64) -> Result<Option<usize>, MathError> {
    let mut largest = None;
    for at in 0..case.deposits.len() {
        let side = case.collateral(at, price)?;
        let value = side.price.value_down(side.deposited)?;
        if largest.is_none_or(|(most, _)| value > most) {
            largest = Some((value, at));
        }
    }
    Ok(largest.map(|(_, at)| at))
}

fn largest_debt(case: &Case, price: u64) -> Result<Option<usize>, MathError> {
    let mut largest = None;
    for at in 0..case.borrows.len() {
        let side = case.debt(at, price)?;
        let value = side.price.value_up(side.owed)?;
        if largest.is_none_or(|(most, _)| value > most) {
            largest = Some((value, at));
        }
    }
    Ok(largest.map(|(_, at)| at))
}

/// What `seize` of a deposit and `repay` of a borrow mean for the debt and for the asset.
fn flows(
    case: &Case,
    (deposit, seize): (usize, Atoms),
    (borrow, repay): (usize, Atoms),
    price: u64,
) -> Result<Closed, MathError> {
    let seized = case.collateral(deposit, price)?.price.value_down(seize)?;
    let repaid = case.debt(borrow, price)?.price.value_down(repay)?;
    let of_asset = |line: &Line, value: Usd| match case.axis.follows(line) {
        true => case.axis.nano_units_down(value, price),
        false => 0,
    };
    Ok(Closed {
        repaid,
        bad_debt: Usd::ZERO,
        sold: of_asset(&case.deposits[deposit], seized),
        bought: of_asset(&case.borrows[borrow], repaid),
    })
}
