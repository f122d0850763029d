//! What happened in a window of time. All sums are exact; only ratios are rounded.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::{Context, Result};
use levee_risk::price::{Price, Scale};
use levee_risk::units::{Atoms, MathError, Usd};

use super::store::{ReserveFacts, Store, StoredLiquidation, StoredWriteOff};
use crate::names;

/// Unix seconds, the end excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// First second.
    pub from_ts: i64,
    /// First second after it.
    pub to_ts: i64,
}

/// Of one token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Token {
    /// What people call it.
    pub name: String,
    /// Its address.
    pub mint: String,
    /// Debt in it that liquidators repaid.
    pub repaid_atoms: u128,
    /// Collateral in it that they received.
    pub seized_atoms: u128,
    /// What they paid to its reserve's insurance.
    pub insurance_atoms: u128,
    /// Debt in it that was written off.
    pub bad_debt_atoms: u128,
    /// The part of it that the insurance paid.
    pub insured_atoms: u128,
}

/// The liquidation with the most debt repaid; the first by its key where there are several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Largest {
    /// The transaction.
    pub signature: String,
    /// Whose.
    pub obligation: String,
    /// Debt repaid.
    pub repaid: Usd,
}

/// Dollars are at the events' own prices, which contain the tokens' rates, rounded down for each liquidation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// How many.
    pub liquidations: u64,
    /// Of how many owners; an obligation whose owner is unknown counts as one.
    pub borrowers: u64,
    /// Debt repaid.
    pub repaid: Usd,
    /// Collateral received for it.
    pub seized: Usd,
    /// Repaid debt of volatile collateral against dollars.
    pub long: Usd,
    /// Repaid debt of dollars against volatile debt.
    pub short: Usd,
    /// Repaid debt of all others.
    pub neither: Usd,
    /// The largest single one.
    pub largest: Option<Largest>,
    /// By reserve.
    pub tokens: BTreeMap<String, Token>,
    /// Liquidations and write-offs of reserves that the database does not know, which are in none of the sums: a transaction
    /// that names one market may liquidate in another, which anybody can make.
    pub unknown: u64,
}

/// Sums up what `store` knows of a window, of all markets or of one.
///
/// # Errors
/// The database's, and where a sum leaves its type.
pub fn summarize(store: &Store, window: Window, market: Option<&str>) -> Result<Summary> {
    let facts = store.reserves()?;
    let reserves: HashMap<&str, &ReserveFacts> = facts
        .iter()
        .map(|facts| (facts.reserve.as_str(), facts))
        .collect();
    let find = |reserve: &str| reserves.get(reserve).copied();
    let mut summary = Summary::default();
    let mut borrowers = BTreeSet::new();
    for stored in store.liquidations(window.from_ts, window.to_ts)? {
        let repay = find(&stored.liquidation.repay_reserve);
        let seize = find(&stored.liquidation.seize_reserve);
        let (Some(repay), Some(seize)) = (repay, seize) else {
            summary.unknown += 1;
            continue;
        };
        if market.is_some_and(|market| market != repay.market) {
            continue;
        }
        let obligation = &stored.liquidation.obligation;
        let owner = store.owner(obligation)?;
        borrowers.insert(owner.unwrap_or_else(|| obligation.clone()));
        summary
            .count(&stored, repay, seize)
            .with_context(|| format!("transaction {}", stored.signature))?;
    }
    for stored in store.write_offs(window.from_ts, window.to_ts)? {
        match find(&stored.write_off.reserve) {
            None => summary.unknown += 1,
            Some(reserve) if market.is_none_or(|market| market == reserve.market) => {
                summary.count_write_off(&stored, reserve);
            }
            Some(_) => {}
        }
    }
    summary.borrowers = borrowers.len() as u64;
    Ok(summary)
}

impl Summary {
    fn count(
        &mut self,
        stored: &StoredLiquidation,
        repay: &ReserveFacts,
        seize: &ReserveFacts,
    ) -> Result<(), MathError> {
        let one = &stored.liquidation;
        let repaid = value_down(one.repay_price, repay, one.repaid_atoms)?;
        let seized = value_down(one.seize_price, seize, one.seized_atoms)?;
        self.liquidations += 1;
        self.repaid = self.repaid.checked_add(repaid)?;
        self.seized = self.seized.checked_add(seized)?;
        let side = match (seize.is_dollar, repay.is_dollar) {
            (false, true) => &mut self.long,
            (true, false) => &mut self.short,
            _ => &mut self.neither,
        };
        *side = side.checked_add(repaid)?;
        if self
            .largest
            .as_ref()
            .is_none_or(|largest| repaid > largest.repaid)
        {
            self.largest = Some(Largest {
                signature: stored.signature.clone(),
                obligation: one.obligation.clone(),
                repaid,
            });
        }
        let token = self.token(repay);
        token.repaid_atoms += u128::from(one.repaid_atoms);
        token.insurance_atoms += u128::from(one.insurance_atoms);
        token.bad_debt_atoms += u128::from(one.bad_debt_atoms);
        token.insured_atoms += u128::from(one.insured_atoms);
        self.token(seize).seized_atoms += u128::from(one.seized_atoms);
        Ok(())
    }

    fn count_write_off(&mut self, stored: &StoredWriteOff, reserve: &ReserveFacts) {
        let token = self.token(reserve);
        token.bad_debt_atoms += u128::from(stored.write_off.loss_atoms);
        token.insured_atoms += u128::from(stored.write_off.insured_atoms);
    }

    fn token(&mut self, reserve: &ReserveFacts) -> &mut Token {
        self.tokens
            .entry(reserve.reserve.clone())
            .or_insert_with(|| Token {
                name: names::of_mint(&reserve.mint),
                mint: reserve.mint.clone(),
                ..Token::default()
            })
    }
}

fn value_down(mantissa: u64, reserve: &ReserveFacts, atoms: u64) -> Result<Usd, MathError> {
    let scale = Scale::new(reserve.decimals, reserve.exponent).ok_or(MathError::Overflow)?;
    Price::new(mantissa, scale).value_down(Atoms(atoms))
}
