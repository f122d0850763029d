//! The liquidator: quotes by the program's own plan on decoded accounts, then sends what it quoted.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use anyhow::{anyhow, Result};
use levee::state::Obligation;
use levee_client::quote::{self, Pair};
use levee_risk::liquidation::{Plan, Refusal};
use levee_risk::units::Atoms;
use levee_risk::valuation::Book;
use levee_testkit::{Chain, User};

use crate::book::Borrower;
use crate::invariants::{Invariants, Outcome};
use crate::market::{usd, Market, BASE, USDC};

/// In the liquidator's wallets at the start, as a multiple of what all borrowers owe.
const FUNDING: f64 = 4.0;
/// More liquidations than that of one obligation at one price mean that they lead nowhere.
const MOST_ROUNDS: usize = 32;

/// One executed liquidation, in dollars at its prices.
#[derive(Clone, Copy, Debug)]
pub struct Liquidation {
    pub borrower: usize,
    pub repaid_usd: f64,
    pub seized_usd: f64,
    /// All collateral of the borrower before.
    pub collateral_usd: f64,
    pub bad_debt_usd: f64,
    /// The part of the bad debt that the insurance paid.
    pub insured_usd: f64,
    pub compute_units: u64,
}

/// What will be sent: the tokens to repay and to seize, and what the program must make of them.
struct Quote {
    repay: usize,
    seize: usize,
    plan: Plan,
}

pub struct Liquidator {
    pub user: User,
    /// The borrowers that could not be healed at some price, each with the reason given last.
    pub refused: BTreeMap<usize, String>,
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
        })
    }

    /// Liquidates `borrower` until it is healthy or nothing is possible any more.
    ///
    /// # Errors
    /// Where an account of the chain makes no sense; refusals are kept instead.
    pub fn heal(
        &mut self,
        market: &mut Market,
        number: usize,
        borrower: &mut Borrower,
        invariants: &mut Invariants,
    ) -> Result<Vec<Liquidation>> {
        let mut done = Vec::new();
        for _ in 0..MOST_ROUNDS {
            let book = market.book(&borrower.obligation)?;
            if book.health.is_healthy() {
                return Ok(done);
            }
            let quote = match self.quote(market, &borrower.obligation, &book) {
                Ok(quote) => quote,
                Err(refusal) => {
                    self.refused.insert(number, describe(&refusal));
                    return Ok(done);
                }
            };
            match self.send(market, (number, &mut *borrower), &book, &quote, invariants)? {
                Ok(liquidation) => done.push(liquidation),
                Err(refusal) => {
                    invariants.check(false, || {
                        format!("borrower {number}: the program refused what was quoted: {refusal}")
                    });
                    self.refused.insert(number, refusal);
                    return Ok(done);
                }
            }
        }
        let reason = format!("unhealthy after {MOST_ROUNDS} liquidations at one price");
        self.refused.insert(number, reason);
        Ok(done)
    }

    /// The first pair that is not refused, debts with the highest borrow factor and collaterals with the lowest
    /// threshold first: they heal most per dollar. Among equals, the more valuable one.
    fn quote(
        &self,
        market: &Market,
        obligation: &Obligation,
        book: &Book,
    ) -> Result<Quote, Refusal> {
        let (mut debts, mut deposits) = market.positions(obligation)?;
        let config = |token: usize| &market.reserves[token].config;
        let cents = |usd: f64| Reverse((usd * 100.0) as u64);
        debts.sort_by_key(|(token, usd)| (Reverse(config(*token).borrow_factor_bps), cents(*usd)));
        deposits.sort_by_key(|(token, usd)| (config(*token).threshold_bps, cents(*usd)));

        let side = |token: usize| (market.tokens[token].keys.reserve, &market.reserves[token]);
        let mut first_refusal = Refusal::EmptyPair;
        for (attempt, (repay, seize)) in pairs(&debts, &deposits).enumerate() {
            let pair = Pair {
                repay: side(repay),
                seize: side(seize),
            };
            let funds = market.world.balance(&self.user, &market.tokens[repay]);
            let limit = Atoms(funds);
            match quote::liquidation(&market.rules, obligation, book, &pair, limit) {
                Ok(plan) => return Ok(Quote { repay, seize, plan }),
                Err(refusal) if attempt == 0 => first_refusal = refusal,
                Err(_) => {}
            }
        }
        Err(first_refusal)
    }

    /// Sends a refresh and the liquidation, and compares what happened with the quote. The inner error is the
    /// program's refusal.
    fn send(
        &self,
        market: &mut Market,
        (number, borrower): (usize, &mut Borrower),
        book: &Book,
        quote: &Quote,
        invariants: &mut Invariants,
    ) -> Result<Result<Liquidation, String>> {
        let Quote { repay, seize, plan } = quote;
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

        let reserve = tokens[0].keys.reserve;
        let owed = market.owed(&borrower.obligation, *repay)?;
        let insurance = market.insurance(*repay)?;
        market.reload()?;
        borrower.obligation = market.world.obligation(&borrower.user);
        let remaining = market.owed(&borrower.obligation, *repay)?;
        // A debt that is gone though it was not repaid was written off.
        let forgiven = remaining.0 == 0 && !plan.closes_debt;
        let bad_debt = if forgiven { owed.0 - plan.repay.0 } else { 0 };
        let insured = (insurance.0 + plan.insurance.0).saturating_sub(market.insurance(*repay)?.0);
        let insured = if forgiven { insured } else { 0 };

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
                debt_is_gone: borrower.obligation.debt_in(&reserve).is_zero(),
            },
        )?;
        Ok(Ok(Liquidation {
            borrower: number,
            repaid_usd: market.usd(*repay, plan.repay.0),
            seized_usd: market.usd(*seize, plan.seize.0),
            collateral_usd: usd(book.collateral),
            bad_debt_usd: market.usd(*repay, bad_debt),
            insured_usd: market.usd(*repay, insured),
            compute_units: receipt.compute_units,
        }))
    }
}

fn pairs<'a>(
    debts: &'a [(usize, f64)],
    deposits: &'a [(usize, f64)],
) -> impl Iterator<Item = (usize, usize)> + 'a {
    let with = |debt: usize| deposits.iter().map(move |(deposit, _)| (debt, *deposit));
    debts.iter().flat_map(move |(debt, _)| with(*debt))
}

fn describe(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Healthy => "healthy",
        Refusal::EmptyPair => "debt without collateral",
        Refusal::PairCannotHeal => "no pair heals",
        Refusal::LimitLeavesDust => "the liquidator's funds would leave dust",
        Refusal::TooSmall => "rounds to nothing",
        Refusal::Math(_) => "arithmetic out of range",
    }
    .into()
}
