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
//! - Arbitrageurs consider a loan when the exchange's price or the oracle's is half of the fee away from what it was when they
//!   last did. Whether a trade pays, after costs and with five dollars or more to take, they see at the prices with which the
//!   moment begins; the trade itself is at the exchange's price of its turn, after those that come before it, if it still pays.
//! - Hard liquidation where what the loan holds, less the liquidation discount of 6 %, is worth less than the debt.
//! - Amounts are whole atoms; the equations are solved in whole numbers, the maker never gets the worse of a rounding.
//!
//! Sources. Formulas: crvUSD whitepaper (M. Egorov, 2022), and "LLAMMA", docs.curve.finance/crvUSD/amm. Ten bands as the
//! default: docs.curve.finance, "Opening a Loan with Custom Bands". The liquidation discount of 6 %: all 179 hard
//! liquidations of the ETH market from July 2024 to September 2025 on the chain, as
//! github.com/nikcrv/curve-liquidations-dashboard lists them. `A` of 100, the fee of 0.6 % and the average of 600 seconds
//! were not found in Curve's documentation: they are chosen as in deployment scripts of the same contracts (`market_A = 100`,
//! `market_fee = 6 * 10**15`, `oracle_ema = 600`).

use anyhow::Result;

use super::{Engine, Look, Seen, Settled};
use crate::market::World;

mod arbitrage;
mod band;
mod considered;
mod hard;
mod loan;
mod loans;
mod moments;
mod prices;
mod rest;
mod watch;

use arbitrage::arbitrage;
use hard::{hard, slack};
use loan::enter;
use loans::Loans;
use moments::Moments;
use prices::Averages;
use watch::Watch;

/// The maker's fee in parts per million.
const FEE_PPM: u128 = 6_000;
const PPM: u128 = 1_000_000;

/// LLAMMA.
#[derive(Default)]
pub struct CrvUsd {
    loans: Loans,
    watch: Watch,
    averages: Averages,
    moments: Moments,
    /// Whether whoever is reached is looked at, whatever bounds say.
    #[cfg(test)]
    looks_at_all: bool,
}

impl Engine for CrvUsd {
    fn name(&self) -> &'static str {
        "crvusd"
    }

    fn touch(&self, who: u32) -> u64 {
        let first = self.loans.first(who);
        first.map_or(0, |slot| self.loans[slot].touch())
    }

    fn is_engaged(&self, who: u32) -> bool {
        self.loans.first(who).is_some()
    }

    fn engaged(&self) -> Vec<u32> {
        self.loans.borrowers()
    }

    fn take_due(&mut self, world: &World, due: &mut Vec<u32>) -> Result<()> {
        self.take_moved(world, due)?;
        let loans = &self.loans;
        self.watch.take_times(world.now_ms(), |at_ms, who| {
            let first = loans.first(who);
            if first.is_some_and(|slot| loans[slot].next_ms == at_ms) {
                due.push(who);
            }
        });
        Ok(())
    }

    fn changed(&mut self, who: u32) {
        self.loans.change(who);
    }

    fn settle(&mut self, world: &mut World) -> Result<Settled> {
        self.averages.advance(world);
        Ok(Settled::default())
    }

    fn look(&mut self, world: &mut World, seen: &Seen) -> Result<Look> {
        let who = seen.who;
        if seen.obligation.borrow_count == 0 {
            self.loans.remove(who);
            return Ok(Look::Healthy);
        }
        if !self.is_engaged(who) {
            for loan in enter(world, seen)?.unwrap_or_default() {
                self.loans.add(loan);
            }
        }
        let Some(first) = self.loans.first(who) else {
            return Ok(Look::Healthy);
        };
        let slack = slack(seen.book);
        if slack < 0.0 {
            if let Some(deal) = hard(world, seen)? {
                self.loans.remove(who);
                return Ok(Look::Acted(Box::new(deal)));
            }
        }
        let is_healthy = seen.book.health.is_healthy();
        let (mut converted, mut is_above, mut turned) = (None, true, false);
        let mut at = Some(first);
        while let Some(slot) = at {
            at = self.loans.next(slot);
            let loan = &mut self.loans[slot];
            let (held, owed) = loan.pair();
            let now = self.averages.noted_ratios(world, held, owed)?;
            turned |= std::mem::replace(&mut loan.is_healthy, is_healthy) != is_healthy;
            // One trade at a time: after it, the others see another price.
            if loan.is_due && converted.is_none() {
                loan.is_due = false;
                converted = arbitrage(world, seen, loan, now.1)?;
            }
            is_above &= loan.is_above();
            // Whoever is listed saw no new price.
            if !self.loans.is_listed(slot) {
                self.list(slot, now);
            }
        }
        // Bounds on the value of what was, or of somebody who stays healthy or unhealthy, hold no longer.
        if converted.is_some() || turned {
            self.loans.change(who);
        }
        if converted.is_none() && is_above && is_healthy {
            self.loans.remove(who);
            return Ok(Look::Healthy);
        }
        let loan = &mut self.loans[first];
        loan.next_ms = self
            .watch
            .schedule(who, world.now_ms(), slack, loan.next_ms);
        Ok(match converted {
            Some(deal) => Look::Converted(Box::new(deal)),
            // A hard liquidation that does not pay yet may do so in a moment.
            None if slack < 0.0 => Look::Waits,
            None => Look::Stuck,
        })
    }
}

#[cfg(test)]
mod tests;
