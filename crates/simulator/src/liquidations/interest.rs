//! Open interest, utilization and rates of a market as it stands, by the program's own code.

use std::collections::{BTreeMap, HashMap};

use anchor_lang::prelude::Pubkey;
use anyhow::{Context, Result};
use levee::state::{Obligation, Reserve};
use levee_client::quote;
use levee_risk::interest::{borrow_rate_up, utilization_down};
use levee_risk::policy::Moment;
use levee_risk::sheet::Sheet;
use levee_risk::units::{Atoms, Bps, Usd};

use super::store::ReserveFacts;
use crate::dollars::is_peg;
use crate::heatmap::MarketAccounts;
use crate::names;

/// Debt in one token against collateral in another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairInterest {
    /// Reserve of the collateral.
    pub collateral: Pubkey,
    /// Reserve of the debt.
    pub debt: Pubkey,
    /// The debt: an obligation's debts are shared out over its deposits by their value, each part rounded down.
    pub owed: Usd,
    /// Obligations that have the pair.
    pub obligations: u64,
}

/// One reserve as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReserveState {
    /// Its address.
    pub reserve: Pubkey,
    /// What people call its token.
    pub name: String,
    /// Whether its token is a dollar.
    pub is_dollar: bool,
    /// All debts, rounded up.
    pub owed_atoms: u64,
    /// The same in dollars, rounded down.
    pub owed: Usd,
    /// Can be paid out.
    pub available_atoms: u64,
    /// The borrowed part, rounded down.
    pub utilization: Bps,
    /// Annual borrow rate without compounding.
    pub borrow_rate: Bps,
    /// Basis points that it pays more than the dollar with the most debt; `None` for dollars, and without one.
    pub skew_bps: Option<i64>,
}

/// A market as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarketState {
    /// By reserve.
    pub reserves: Vec<ReserveState>,
    /// By pair.
    pub pairs: Vec<PairInterest>,
}

impl ReserveFacts {
    /// What a reserve says of its token.
    pub fn of(key: &Pubkey, reserve: &Reserve) -> Self {
        Self {
            reserve: key.to_string(),
            market: reserve.market.to_string(),
            mint: reserve.mint.to_string(),
            decimals: reserve.decimals,
            exponent: reserve.price.exponent,
            is_dollar: is_dollar(reserve),
        }
    }
}

/// Whether a token costs a dollar.
fn is_dollar(reserve: &Reserve) -> bool {
    let price = reserve.rate().apply_down(reserve.price.price).unwrap_or(0);
    is_peg(price as f64 * 10f64.powi(reserve.price.exponent))
}

/// The market at `moment`: interest accrued to it, prices as cached.
///
/// # Errors
/// Where the accounts do not fit each other.
pub fn open_interest(accounts: &MarketAccounts, moment: Moment) -> Result<MarketState> {
    let mut reserves = accounts.reserves.clone();
    reserves.sort_by_key(|(key, _)| *key);
    for (key, reserve) in &mut reserves {
        reserve
            .accrue(moment.now_ts)
            .with_context(|| format!("reserve {key}: interest"))?;
    }
    let by_key: HashMap<Pubkey, &Reserve> = reserves
        .iter()
        .map(|(key, reserve)| (*key, reserve))
        .collect();
    let mut sums = Sums::default();
    for (key, obligation) in &accounts.obligations {
        let find = |at: &Pubkey| by_key.get(at).copied();
        let counted = quote::sheet(&accounts.market, obligation, find, moment)
            .map_err(Into::into)
            .and_then(|sheet| sums.count(obligation, &sheet));
        counted.with_context(|| format!("obligation {key}"))?;
    }
    let states = reserves.iter().map(|(key, reserve)| {
        let debt = sums.debts.get(key).copied().unwrap_or_default();
        state(key, reserve, debt).with_context(|| format!("reserve {key}"))
    });
    let mut states: Vec<_> = states.collect::<Result<_>>()?;
    set_skews(&mut states);
    Ok(MarketState {
        reserves: states,
        pairs: sums.pairs.into_values().collect(),
    })
}

/// What all obligations owe.
#[derive(Default)]
struct Sums {
    /// By (collateral, debt).
    pairs: BTreeMap<(Pubkey, Pubkey), PairInterest>,
    /// By reserve.
    debts: HashMap<Pubkey, Usd>,
}

impl Sums {
    /// Counts the debts of `obligation`, each shared out over its deposits.
    fn count(&mut self, obligation: &Obligation, sheet: &Sheet) -> Result<()> {
        let held: Vec<_> = (0..obligation.deposits().len())
            .map(|at| {
                let side = sheet.seized_side(at)?;
                Ok(side.price.value_down(side.deposited)?)
            })
            .collect::<Result<_>>()?;
        let total = held
            .iter()
            .try_fold(Usd::ZERO, |sum, one| sum.checked_add(*one))?;
        for (at, borrow) in obligation.borrows().iter().enumerate() {
            let side = sheet.repaid_side(at)?;
            let debt = side.price.value_down(side.owed)?;
            let sum = self.debts.entry(borrow.reserve).or_default();
            *sum = sum.checked_add(debt)?;
            for (deposit, value) in obligation.deposits().iter().zip(&held) {
                let key = (deposit.reserve, borrow.reserve);
                let pair = self.pairs.entry(key).or_insert(PairInterest {
                    collateral: deposit.reserve,
                    debt: borrow.reserve,
                    owed: Usd::ZERO,
                    obligations: 0,
                });
                pair.owed = pair.owed.checked_add(part_down(debt, *value, total)?)?;
                pair.obligations += 1;
            }
        }
        Ok(())
    }
}

/// Compares each rate with that of the dollar with the most debt.
fn set_skews(states: &mut [ReserveState]) {
    let dollars = states.iter().filter(|state| state.is_dollar);
    let dollar = dollars
        .max_by_key(|state| state.owed)
        .map(|state| state.borrow_rate);
    for state in states.iter_mut().filter(|state| !state.is_dollar) {
        state.skew_bps = dollar.map(|dollar| i64::from(state.borrow_rate.0) - i64::from(dollar.0));
    }
}

/// `debt × value / total`, rounded down: by the upper 64 bits of value and total where they have more.
fn part_down(debt: Usd, value: Usd, total: Usd) -> Result<Usd> {
    if total == Usd::ZERO {
        return Ok(Usd::ZERO);
    }
    let shift = (128 - total.wad().leading_zeros()).saturating_sub(64);
    let narrow = |usd: Usd| u64::try_from(usd.wad() >> shift);
    let (value, total) = (u128::from(narrow(value)?), u128::from(narrow(total)?));
    // A value is at most the total, so no product leaves 128 bits.
    let (whole, rest) = (debt.wad() / total, debt.wad() % total);
    Ok(Usd::from_wad(whole * value + rest * value / total))
}

fn state(key: &Pubkey, reserve: &Reserve, debt: Usd) -> Result<ReserveState> {
    // As interest accrues: fees that wait to be claimed are nobody's supply.
    let fees = reserve.protocol_fees().atoms_down().0;
    let available = Atoms(reserve.available_atoms.saturating_sub(fees));
    let owed = reserve.scaled_debt().atoms_down(reserve.borrow_index())?;
    let utilization = utilization_down(owed, available);
    let bps = (u128::from(utilization.bits()) * 10_000) >> 64;
    Ok(ReserveState {
        reserve: *key,
        name: names::of_mint(&reserve.mint.to_string()),
        is_dollar: is_dollar(reserve),
        owed_atoms: reserve.debt_up()?.0,
        owed: debt,
        available_atoms: reserve.available_atoms,
        utilization: Bps(u32::try_from(bps)?),
        borrow_rate: borrow_rate_up(reserve.config.curve(), utilization).annual_bps(),
        skew_bps: None,
    })
}
