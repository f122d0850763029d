//! The liquidator: quotes by the program's own code on decoded accounts, then sends what it quoted.

use std::collections::BTreeMap;

use anyhow::{anyhow, Result};
use levee::engine::Fact;
use levee::state::Obligation;
use levee_client::offer::must_wait;
use levee_client::quote::Quote;
use levee_risk::valuation::Book;
use levee_testkit::{Chain, User};

use crate::book::Borrower;
use crate::invariants::{Invariants, Outcome};
use crate::market::{usd, Market, BASE, USDC};
use crate::offer::{describe, Offer};

/// In the liquidator's wallets at the start, as a multiple of what all borrowers owe.
const FUNDING: f64 = 4.0;
/// More liquidations than that of one obligation at one price mean that they lead nowhere.
const MOST_ROUNDS: usize = 32;
/// Obligations that are marked in one transaction: so many fit without a lookup table.
const MARKED_AT_ONCE: usize = 8;

/// One executed liquidation, in dollars at its prices.
#[derive(Clone, Copy, Debug)]
pub struct Liquidation {
    pub borrower: usize,
    pub slot: u64,
    /// Positions among the market's tokens.
    pub repay: usize,
    pub seize: usize,
    pub repaid_atoms: u64,
    pub seized_atoms: u64,
    pub insurance_atoms: u64,
    pub repaid_usd: f64,
    pub seized_usd: f64,
    /// All collateral of the borrower before.
    pub collateral_usd: f64,
    /// Written off, of the repaid debt and of all others.
    pub bad_debt_usd: f64,
    /// The part of the bad debt that the insurance paid.
    pub insured_usd: f64,
    pub compute_units: u64,
}

pub struct Liquidator {
    pub user: User,
    /// The borrowers that could not be healed at some price, each with the reason given last.
    pub refused: BTreeMap<usize, String>,
    /// Transactions that marked those who wait.
    pub marks: u64,
}

impl Liquidator {
    /// A liquidator whose wallets hold more than all borrowers owe.
    pub fn new(market: &mut Market) -> Result<Self> {
        let user = market.user();
        for index in [BASE, USDC] {
            let owed = market.reserves[index].debt_up();
            let owed = owed.map_err(|error| anyhow!("the debt of a reserve: {error}"))?;
            let token = market.tokens[index];
            let atoms = (owed.0 as f64 * FUNDING) as u64;
            market.world.fund(&user, &token, atoms);
        }
        Ok(Self {
            user,
            refused: BTreeMap::new(),
            marks: 0,
        })
    }

    /// Heals all of `unhealthy` as far as possible and marks those who must wait, which it returns.
    ///
    /// # Errors
    /// Where an account of the chain makes no sense or a mark is refused; refused liquidations are kept instead.
    pub fn heal_all(
        &mut self,
        market: &mut Market,
        borrowers: &mut [Borrower],
        unhealthy: &[usize],
        invariants: &mut Invariants,
        done: &mut Vec<Liquidation>,
    ) -> Result<Vec<usize>> {
        let mut waiting = Vec::new();
        for number in unhealthy {
            let borrower = (*number, &mut borrowers[*number]);
            if self.heal(market, borrower, invariants, done)? {
                waiting.push(*number);
            }
        }
        self.mark(market, borrowers, &waiting)?;
        Ok(waiting)
    }

    /// Liquidates a borrower until it is healthy, must wait, or nothing is possible any more. Whether it waits.
    fn heal(
        &mut self,
        market: &mut Market,
        (number, borrower): (usize, &mut Borrower),
        invariants: &mut Invariants,
        done: &mut Vec<Liquidation>,
    ) -> Result<bool> {
        for _ in 0..MOST_ROUNDS {
            let book = market.book(&borrower.obligation)?;
            if book.health.is_healthy() {
                return Ok(false);
            }
            let offer = match Offer::of(market, &self.user, borrower)? {
                Ok(offer) => offer,
                Err(refusal) if must_wait(refusal) => return Ok(true),
                Err(refusal) => {
                    self.refused.insert(number, describe(refusal));
                    return Ok(false);
                }
            };
            match self.send(market, (number, &mut *borrower), &book, &offer, invariants)? {
                Ok(liquidation) => done.push(liquidation),
                Err(refusal) => {
                    invariants.check(false, || {
                        format!("borrower {number}: the program refused what was quoted: {refusal}")
                    });
                    self.refused.insert(number, refusal);
                    return Ok(false);
                }
            }
        }
        let reason = format!("unhealthy after {MOST_ROUNDS} liquidations at one price");
        self.refused.insert(number, reason);
        Ok(false)
    }

    /// Proves to the chain that those who wait are unhealthy now, so that they need not wait for long.
    fn mark(
        &mut self,
        market: &mut Market,
        borrowers: &mut [Borrower],
        waiting: &[usize],
    ) -> Result<()> {
        if waiting.is_empty() {
            return Ok(());
        }
        market.post();
        for some in waiting.chunks(MARKED_AT_ONCE) {
            let users: Vec<_> = some.iter().map(|number| &borrowers[*number].user).collect();
            let marked = market.world.mark(&self.user, &users);
            marked.map_err(|failure| anyhow!("mark_unhealthy: {}", failure.error))?;
            self.marks += 1;
        }
        market.reload()?;
        for number in waiting {
            let borrower = &mut borrowers[*number];
            borrower.obligation = market.world.obligation(&borrower.user);
        }
        Ok(())
    }

    /// Sends a refresh and the liquidation, and compares what happened with the quote. The inner error is the
    /// program's refusal.
    fn send(
        &self,
        market: &mut Market,
        (number, borrower): (usize, &mut Borrower),
        book: &Book,
        offer: &Offer,
        invariants: &mut Invariants,
    ) -> Result<std::result::Result<Liquidation, String>> {
        let Offer {
            repay, seize, plan, ..
        } = offer;
        let tokens = [market.tokens[*repay], market.tokens[*seize]];
        market.post();
        let paid = plan.repay.checked_add(plan.insurance)?;
        let instructions = market.world.liquidation(
            &self.user,
            &borrower.user,
            &tokens[0],
            &tokens[1],
            paid.0,
            plan.seize.0,
        );
        let holdings = |market: &Market| {
            tokens.map(|token| {
                let vault = market.world.token_balance(&token.keys.vault);
                (market.world.balance(&self.user, &token), vault)
            })
        };
        let before = holdings(market);
        let signers = [&self.user.keypair];
        let receipt = match market.world.chain.send(&instructions, &signers) {
            Ok(receipt) => receipt,
            Err(failure) => return Ok(Err(failure.error.to_string())),
        };
        let after = holdings(market);
        market.reload()?;
        borrower.obligation = market.world.obligation(&borrower.user);

        invariants.liquidation(
            market,
            &Outcome {
                quoted: plan.into(),
                repay: *repay,
                seize: *seize,
                before,
                after,
                book_before: book,
                book_after: &market.book(&borrower.obligation)?,
                is_as_quoted: is_same(&borrower.obligation, &offer.quote.obligation),
            },
        )?;
        let (bad_debt_usd, insured_usd) = losses(market, *repay, &offer.quote);
        Ok(Ok(Liquidation {
            borrower: number,
            slot: market.moment().slot,
            repay: *repay,
            seize: *seize,
            repaid_atoms: plan.repay.0,
            seized_atoms: plan.seize.0,
            insurance_atoms: plan.insurance.0,
            repaid_usd: market.usd(*repay, plan.repay.0),
            seized_usd: market.usd(*seize, plan.seize.0),
            collateral_usd: usd(book.collateral),
            bad_debt_usd,
            insured_usd,
            compute_units: receipt.compute_units,
        }))
    }
}

/// What is written off, of the repaid debt and of all others, and the insurance's part of it, in dollars.
fn losses(market: &Market, repay: usize, quote: &Quote) -> (f64, f64) {
    let mut bad_debt = market.usd(repay, quote.done.bad_debt.0);
    let mut insured = market.usd(repay, quote.done.insured.0);
    for fact in &quote.facts {
        if let Fact::Settled(settled) = fact {
            if let Some(token) = market.index(&settled.reserve) {
                bad_debt += market.usd(token, settled.loss_atoms);
                insured += market.usd(token, settled.insured_atoms);
            }
        }
    }
    (bad_debt, insured)
}

/// The same positions and clocks, to the last bit.
fn is_same(one: &Obligation, other: &Obligation) -> bool {
    bytemuck::bytes_of(one) == bytemuck::bytes_of(other)
}
