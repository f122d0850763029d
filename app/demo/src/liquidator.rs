//! The liquidator: quotes by the program's own code on decoded accounts, then sends what it quoted.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use anyhow::{anyhow, Context, Result};
use levee::engine::Fact;
use levee::error::LeveeError;
use levee::state::Obligation;
use levee_client::quote::{self, Quote, Request};
use levee_risk::liquidation::Plan;
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
/// Obligations that are marked in one transaction: so many fit without a lookup table.
const MARKED_AT_ONCE: usize = 8;

/// One executed liquidation, in dollars at its prices.
#[derive(Clone, Copy, Debug)]
pub struct Liquidation {
    pub borrower: usize,
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

/// What will be sent: the tokens to repay and to seize, and what the program must make of them.
struct Offer {
    repay: usize,
    seize: usize,
    plan: Plan,
    quote: Quote,
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
            let offer = match self.offer(market, borrower)? {
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

    /// The first pair that is not refused, debts with the highest borrow factor and collaterals with the lowest
    /// threshold first: the program asks for these. Among equals, the more valuable one.
    fn offer(
        &self,
        market: &Market,
        borrower: &Borrower,
    ) -> Result<std::result::Result<Offer, LeveeError>> {
        let (mut debts, mut deposits) = market.positions(&borrower.obligation)?;
        let config = |token: usize| &market.reserves[token].config;
        let cents = |usd: f64| Reverse((usd * 100.0) as u64);
        debts.sort_by_key(|(token, usd)| (Reverse(config(*token).borrow_factor_bps), cents(*usd)));
        deposits.sort_by_key(|(token, usd)| (config(*token).threshold_bps, cents(*usd)));

        let copies = market.copies();
        let mut first_refusal = LeveeError::EmptyPair;
        for (attempt, (repay, seize)) in pairs(&debts, &deposits).enumerate() {
            let [repay_token, seize_token] = [repay, seize].map(|token| market.tokens[token]);
            let request = Request {
                repay: repay_token.keys.reserve,
                seize: seize_token.keys.reserve,
                limit: Atoms(market.world.balance(&self.user, &repay_token)),
                has_receiver: false,
            };
            let quote = quote::liquidation(
                &market.rules,
                &borrower.user.obligation,
                &borrower.obligation,
                &copies,
                market.moment(),
                0,
                &request,
            );
            match quote.map_err(|error| anyhow!("a quote: {error}"))? {
                Ok(quote) => {
                    let plan = quote.done.plan;
                    return Ok(Ok(Offer {
                        repay,
                        seize,
                        plan: plan.context("nobody here owes what they hold, to be netted")?,
                        quote,
                    }));
                }
                Err(refusal) if attempt == 0 => first_refusal = refusal,
                Err(_) => {}
            }
        }
        Ok(Err(first_refusal))
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

fn pairs<'a>(
    debts: &'a [(usize, f64)],
    deposits: &'a [(usize, f64)],
) -> impl Iterator<Item = (usize, usize)> + 'a {
    let with = |debt: usize| deposits.iter().map(move |(deposit, _)| (debt, *deposit));
    debts.iter().flat_map(move |(debt, _)| with(*debt))
}

/// Whether time and marks are all that is missing.
fn must_wait(refusal: LeveeError) -> bool {
    matches!(
        refusal,
        LeveeError::MildInRestartGrace
            | LeveeError::MildPriceTooOld
            | LeveeError::MildPriceDoubtful
            | LeveeError::MildHealthyAtAverage
    )
}

fn describe(refusal: LeveeError) -> String {
    match refusal {
        LeveeError::EmptyPair => "debt without collateral".into(),
        LeveeError::PairCannotHeal => "no pair heals".into(),
        LeveeError::LimitLeavesDust => "the liquidator's funds would leave dust".into(),
        LeveeError::LiquidationTooSmall => "rounds to nothing".into(),
        LeveeError::VaultIsDry => "the vault cannot pay the collateral".into(),
        other => other.to_string(),
    }
}
