//! Summary and market as a table for people and as one JSON object for machines.
//!
//! Atoms are whole numbers. Dollars come twice: rounded for display, and exact in the text of `…_wad`, 10⁻¹⁸ dollars.

mod tables;

use levee_risk::units::Usd;
use serde::Serialize;

use super::interest::MarketState;
use super::store::Gaps;
use super::summary::{Summary, Window};
use crate::dollars::of_wad;

/// How the figures are defined; below `--help`.
pub const DEFINITIONS: &str = "\
Liquidated: debt that liquidators repaid, at the prices of the events. Long: of volatile collateral against a debt in dollars; \
short: of dollars against a volatile debt; a token is a dollar where it costs one, give or take a twentieth.
Borrowers: distinct owners; an obligation whose owner is not known counts as one.
Open interest: each debt, shared out over the obligation's deposits by their value.
Skew: annual borrow rate less that of the dollar with the most debt, as funding of a short position.
Database: finalized transactions only; --rebuild reads all of them again.";

/// Dollars for display.
fn dollars(value: Usd) -> f64 {
    of_wad(value.wad())
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Tokens {
    token: String,
    mint: String,
    repaid_atoms: u128,
    seized_atoms: u128,
    insurance_atoms: u128,
    bad_debt_atoms: u128,
    insured_atoms: u128,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct LargestRow {
    signature: String,
    obligation: String,
    repaid_usd: f64,
    repaid_usd_wad: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Pair {
    collateral: String,
    debt: String,
    owed_usd: f64,
    obligations: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct ReserveRow {
    token: String,
    reserve: String,
    owed_atoms: u64,
    available_atoms: u64,
    owed_usd: f64,
    utilization_bps: u32,
    borrow_rate_bps: u32,
    skew_bps: Option<i64>,
}

/// All of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    from_ts: i64,
    to_ts: i64,
    liquidations: u64,
    borrowers: u64,
    repaid_usd: f64,
    repaid_usd_wad: String,
    seized_usd: f64,
    seized_usd_wad: String,
    long_usd: f64,
    short_usd: f64,
    neither_usd: f64,
    long_short_ratio: Option<f64>,
    largest: Option<LargestRow>,
    tokens: Vec<Tokens>,
    open_interest: Vec<Pair>,
    reserves: Vec<ReserveRow>,
    unread_transactions: u64,
    cut_transactions: u64,
    undated_liquidations: u64,
    unknown_reserve_events: u64,
}

impl Report {
    /// Puts together what is known, and what is missing in it.
    pub fn new(
        window: Window,
        summary: &Summary,
        market: Option<&MarketState>,
        gaps: Gaps,
    ) -> Self {
        let name = |key: &anchor_lang::prelude::Pubkey| {
            let states = market.into_iter().flat_map(|market| &market.reserves);
            let found = states.into_iter().find(|state| state.reserve == *key);
            found.map_or_else(|| key.to_string(), |state| state.name.clone())
        };
        let pairs = market.into_iter().flat_map(|market| &market.pairs);
        let mut open_interest: Vec<_> = pairs
            .map(|pair| Pair {
                collateral: name(&pair.collateral),
                debt: name(&pair.debt),
                owed_usd: dollars(pair.owed),
                obligations: pair.obligations,
            })
            .collect();
        open_interest.sort_by(|a, b| b.owed_usd.total_cmp(&a.owed_usd));
        let states = market.into_iter().flat_map(|market| &market.reserves);
        Self {
            from_ts: window.from_ts,
            to_ts: window.to_ts,
            liquidations: summary.liquidations,
            borrowers: summary.borrowers,
            repaid_usd: dollars(summary.repaid),
            repaid_usd_wad: summary.repaid.wad().to_string(),
            seized_usd: dollars(summary.seized),
            seized_usd_wad: summary.seized.wad().to_string(),
            long_usd: dollars(summary.long),
            short_usd: dollars(summary.short),
            neither_usd: dollars(summary.neither),
            long_short_ratio: ratio(summary),
            largest: summary.largest.as_ref().map(|largest| LargestRow {
                signature: largest.signature.clone(),
                obligation: largest.obligation.clone(),
                repaid_usd: dollars(largest.repaid),
                repaid_usd_wad: largest.repaid.wad().to_string(),
            }),
            tokens: tokens(summary),
            open_interest,
            reserves: states
                .map(|state| ReserveRow {
                    token: state.name.clone(),
                    reserve: state.reserve.to_string(),
                    owed_atoms: state.owed_atoms,
                    available_atoms: state.available_atoms,
                    owed_usd: dollars(state.owed),
                    utilization_bps: state.utilization.0,
                    borrow_rate_bps: state.borrow_rate.0,
                    skew_bps: state.skew_bps,
                })
                .collect(),
            unread_transactions: gaps.unread,
            cut_transactions: gaps.cut,
            undated_liquidations: gaps.undated,
            unknown_reserve_events: summary.unknown,
        }
    }
}

fn tokens(summary: &Summary) -> Vec<Tokens> {
    let rows = summary.tokens.values().map(|token| Tokens {
        token: token.name.clone(),
        mint: token.mint.clone(),
        repaid_atoms: token.repaid_atoms,
        seized_atoms: token.seized_atoms,
        insurance_atoms: token.insurance_atoms,
        bad_debt_atoms: token.bad_debt_atoms,
        insured_atoms: token.insured_atoms,
    });
    rows.collect()
}

fn ratio(summary: &Summary) -> Option<f64> {
    let (long, short) = (summary.long.wad(), summary.short.wad());
    (short > 0).then(|| (long as f64 / short as f64 * 1e4).round() / 1e4)
}
