//! crvUSD: soft liquidation by LLAMMA, a market maker whose price falls faster than the oracle's.
//!
//! - The collateral of a loan lies in `N` bands (10 here) of a width of one part in `A` (100): band `k` reaches from
//!   `p↑ = p₀·((A−1)/A)^k` down to `p↓ = p↑·(A−1)/A`. With `x` borrowed tokens, `y` collateral and the oracle's price `p`,
//!
//!   ```text
//!   (f + x)·(g + y) = p·A²·y₀²,   f = p²/p↑·A·y₀,   g = p↑/p·(A−1)·y₀
//!   p·A·y₀² − y₀·(p↑/p·(A−1)·x + p²/p↑·A·y) − x·y = 0
//!   ```
//!
//! so that the maker's own price `(f + x)/(g + y)` moves like `p³`: as the oracle falls through a band, arbitrage converts
//! its collateral into the borrowed token, and back when it rises. Each way costs the borrower what arbitrageurs earn, less
//! the fee (0.6 %) that they leave in the band.
//! - Here `p₀` is the price at which the book's liquidation threshold is reached, so that all engines begin at the same
//!   health.
//! - The oracle is an exponential average over ten minutes, so that nobody trades against a price that is about to jump.
//! - Hard liquidation where what the loan holds, less the liquidation discount of 6 %, is worth less than the debt.
//! - Amounts are whole atoms; the equations are solved in whole numbers, the maker never gets the worse of a rounding.
//!
//! Sources. Formulas: crvUSD whitepaper (M. Egorov, 2022), and "LLAMMA", docs.curve.finance/crvUSD/amm. Ten bands as the
//! default: docs.curve.finance, "Opening a Loan with Custom Bands". The liquidation discount of 6 %: all 179 hard
//! liquidations of the ETH market from July 2024 to September 2025 on the chain, as
//! github.com/nikcrv/curve-liquidations-dashboard lists them. `A` of 100, the fee of 0.6 % and the average of 600 seconds
//! were not found in Curve's documentation: they are chosen as in deployment scripts of the same contracts (`market_A = 100`,
//! `market_fee = 6 * 10**15`, `oracle_ema = 600`).

use std::collections::btree_map::Entry;
use std::collections::BTreeMap;

use anyhow::Result;

use super::{Engine, Look, Seen, Settled};
use crate::market::World;

mod arbitrage;
mod band;
mod hard;
mod loan;
mod prices;

use arbitrage::arbitrage;
use hard::hard;
use loan::{enter, Loan};
use prices::Averages;

/// The maker's fee in parts per million.
const FEE_PPM: u128 = 6_000;
const PPM: u128 = 1_000_000;

/// LLAMMA.
#[derive(Default)]
pub struct CrvUsd {
    loans: BTreeMap<u32, Vec<Loan>>,
    averages: Averages,
}

impl Engine for CrvUsd {
    fn name(&self) -> &'static str {
        "crvusd"
    }

    fn is_engaged(&self, who: u32) -> bool {
        self.loans.contains_key(&who)
    }

    fn engaged(&self) -> Vec<u32> {
        self.loans.keys().copied().collect()
    }

    fn take_due(&mut self, world: &World, due: &mut Vec<u32>) -> Result<()> {
        for (who, loans) in &self.loans {
            for loan in loans {
                let (market, oracle) = self.averages.noted_ratios(world, loan.held, loan.owed)?;
                if loan.is_due(market, oracle) {
                    due.push(*who);
                    break;
                }
            }
        }
        Ok(())
    }

    fn settle(&mut self, world: &mut World) -> Result<Settled> {
        self.averages.advance(world);
        Ok(Settled::default())
    }

    fn look(&mut self, world: &mut World, seen: &Seen) -> Result<Look> {
        let (who, obligation) = (seen.who, seen.obligation);
        if obligation.borrow_count == 0 {
            self.loans.remove(&who);
            return Ok(Look::Healthy);
        }
        if let Entry::Vacant(new) = self.loans.entry(who) {
            let Some(loans) = enter(world, seen)? else {
                return Ok(Look::Healthy);
            };
            new.insert(loans);
        }
        if let Some(deal) = hard(world, seen)? {
            self.loans.remove(&who);
            return Ok(Look::Acted(Box::new(deal)));
        }
        let mut loans = self.loans.remove(&who).unwrap_or_default();
        for at in 0..loans.len() {
            let oracle = self.averages.ratio(world, loans[at].held, loans[at].owed)?;
            if let Some(deal) = arbitrage(world, who, &mut loans[at], oracle)? {
                self.loans.insert(who, loans);
                return Ok(Look::Converted(Box::new(deal)));
            }
        }
        if loans.iter().all(Loan::is_above) && seen.book.health.is_healthy() {
            return Ok(Look::Healthy);
        }
        self.loans.insert(who, loans);
        Ok(Look::Stuck)
    }
}
