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

use std::collections::hash_map::Entry;
use std::collections::HashMap;

use anyhow::Result;

use super::{Engine, Look, Seen, Settled};
use crate::market::World;

mod arbitrage;
mod band;
mod hard;
mod loan;
mod prices;
mod watch;

use arbitrage::arbitrage;
use hard::{hard, slack};
use loan::{enter, Loan};
use prices::Averages;
use watch::Watch;

/// The maker's fee in parts per million.
const FEE_PPM: u128 = 6_000;
const PPM: u128 = 1_000_000;

/// What one borrower has in bands.
struct Borrower {
    /// One for each collateral.
    loans: Vec<Loan>,
    /// When it is looked at whatever prices do.
    next_ms: i64,
}

/// LLAMMA.
#[derive(Default)]
pub struct CrvUsd {
    borrowers: HashMap<u32, Borrower>,
    watch: Watch,
    averages: Averages,
}

impl Engine for CrvUsd {
    fn name(&self) -> &'static str {
        "crvusd"
    }

    fn is_engaged(&self, who: u32) -> bool {
        self.borrowers.contains_key(&who)
    }

    fn engaged(&self) -> Vec<u32> {
        self.borrowers.keys().copied().collect()
    }

    fn take_due(&mut self, world: &World, due: &mut Vec<u32>) -> Result<()> {
        for pair in self.watch.pairs() {
            let prices = self.averages.noted_ratios(world, pair.0, pair.1)?;
            for (who, at, watched) in self.watch.take(pair, prices) {
                let borrower = self.borrowers.get_mut(&who);
                let loan = borrower.and_then(|one| one.loans.get_mut(at as usize));
                let Some(loan) = loan.filter(|loan| loan.watched == watched) else {
                    continue;
                };
                if loan.is_due(prices.0, prices.1) {
                    due.push(who);
                } else if let Some(done) = loan.done_at(prices.0, prices.1) {
                    self.watch.set_done(who, at as usize, loan, done);
                } else {
                    self.watch.set(who, at as usize, loan);
                }
            }
        }
        let borrowers = &self.borrowers;
        self.watch.tidy(borrowers.len(), |(who, at, watched)| {
            let loan = borrowers
                .get(who)
                .and_then(|one| one.loans.get(*at as usize));
            loan.is_some_and(|loan| loan.watched == *watched)
        });
        self.watch.take_times(world.now_ms(), |at_ms, who| {
            if borrowers.get(&who).is_some_and(|one| one.next_ms == at_ms) {
                due.push(who);
            }
        });
        Ok(())
    }

    fn settle(&mut self, world: &mut World) -> Result<Settled> {
        self.averages.advance(world);
        Ok(Settled::default())
    }

    fn look(&mut self, world: &mut World, seen: &Seen) -> Result<Look> {
        let who = seen.who;
        if seen.obligation.borrow_count == 0 {
            self.borrowers.remove(&who);
            return Ok(Look::Healthy);
        }
        if let Entry::Vacant(new) = self.borrowers.entry(who) {
            let Some(loans) = enter(world, seen)? else {
                return Ok(Look::Healthy);
            };
            new.insert(Borrower { loans, next_ms: 0 });
        }
        let slack = slack(seen.book);
        if slack < 0.0 {
            if let Some(deal) = hard(world, seen)? {
                self.borrowers.remove(&who);
                return Ok(Look::Acted(Box::new(deal)));
            }
        }
        let Some(borrower) = self.borrowers.get_mut(&who) else {
            return Ok(Look::Healthy);
        };
        let mut converted = None;
        for loan in &mut borrower.loans {
            let (_, oracle) = self.averages.noted_ratios(world, loan.held, loan.owed)?;
            converted = arbitrage(world, who, loan, oracle)?;
            if converted.is_some() {
                break;
            }
        }
        let is_above = borrower.loans.iter().all(Loan::is_above);
        if converted.is_none() && is_above && seen.book.health.is_healthy() {
            self.borrowers.remove(&who);
            return Ok(Look::Healthy);
        }
        for (at, loan) in borrower.loans.iter_mut().enumerate() {
            self.watch.set(who, at, loan);
        }
        let now_ms = world.now_ms();
        borrower.next_ms = self.watch.schedule(who, now_ms, slack, borrower.next_ms);
        Ok(match converted {
            Some(deal) => Look::Converted(Box::new(deal)),
            // A hard liquidation that does not pay yet may do so in a moment.
            None if slack < 0.0 => Look::Waits,
            None => Look::Stuck,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::one_borrower::{fall, look, nine_million_against, BORROWER};
    use crate::prices::DOLLAR;

    const MONTH_MS: i64 = 30 * 86_400_000;

    /// The price stands still, and the loan is never due for its sake.
    #[test]
    fn interest_alone_leads_to_hard_liquidation() {
        let mut world = nine_million_against(5_000_000);
        let mut engine = CrvUsd::default();
        let price = 9 * DOLLAR;
        let mut percent = 0.0;
        let mut seen = Look::Healthy;
        while seen == Look::Healthy {
            percent += 1.0;
            fall(&mut world, percent);
            engine.settle(&mut world).unwrap();
            seen = match world.value_of(BORROWER).unwrap().health.is_healthy() {
                true => Look::Healthy,
                false => look(&mut engine, &mut world),
            };
        }
        assert!(engine.is_engaged(BORROWER));
        let price = price - (price as f64 * percent / 100.0) as u64;
        let mut months = 0;
        let mut looks = 0;
        while engine.is_engaged(BORROWER) {
            months += 1;
            assert!(months < 600, "it is never liquidated");
            world.advance(months * MONTH_MS, &[price, DOLLAR]).unwrap();
            let mut due = Vec::new();
            engine.take_due(&world, &mut due).unwrap();
            if !due.is_empty() {
                looks += 1;
                look(&mut engine, &mut world);
            }
            engine.settle(&mut world).unwrap();
        }
        assert_eq!(world.obligation(BORROWER).borrow_count, 0);
        assert!(looks > 1 && months > 1, "{looks} {months}");
    }

    /// All loans that were looked at are found again, and no others, when prices have moved by half of the fee.
    #[test]
    fn a_loan_is_due_when_a_price_has_moved_by_half_of_the_fee_and_not_before() {
        let mut world = nine_million_against(5_000_000);
        let mut engine = CrvUsd::default();
        let mut percent = 20.0;
        while !engine.is_engaged(BORROWER) {
            percent += 0.5;
            fall(&mut world, percent);
            engine.settle(&mut world).unwrap();
            if !world.value_of(BORROWER).unwrap().health.is_healthy() {
                look(&mut engine, &mut world);
            }
        }
        let (mut found, mut all) = (0, 0);
        for step in 0..400 {
            // Up and down around the bands, in steps that are no multiples of the bound.
            percent += if step % 97 < 49 { 0.07 } else { -0.11 };
            fall(&mut world, percent);
            let scanned = {
                let loans = &engine.borrowers[&BORROWER].loans;
                let prices = engine
                    .averages
                    .noted_ratios(&world, loans[0].held, loans[0].owed);
                let (market, oracle) = prices.unwrap();
                loans.iter().any(|loan| loan.is_due(market, oracle))
            };
            let mut due = Vec::new();
            engine.take_due(&world, &mut due).unwrap();
            assert_eq!(due.contains(&BORROWER), scanned, "{step}: {percent}");
            all += 1;
            if scanned {
                found += 1;
                look(&mut engine, &mut world);
            }
            engine.settle(&mut world).unwrap();
            if !engine.is_engaged(BORROWER) {
                break;
            }
        }
        assert!(found > 20 && all - found > 20, "{found} of {all}");
    }
}
