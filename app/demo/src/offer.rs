//! What the program would do with an unhealthy borrower, by its own code on decoded accounts.

use std::cmp::Reverse;

use anyhow::{anyhow, Context, Result};
use levee::error::LeveeError;
use levee_client::quote::{self, Quote, Request};
use levee_risk::liquidation::Plan;
use levee_risk::units::Atoms;
use levee_testkit::User;

use crate::book::Borrower;
use crate::market::Market;

/// What will be sent: the tokens to repay and to seize, and what the program must make of them.
pub struct Offer {
    pub repay: usize,
    pub seize: usize,
    pub plan: Plan,
    pub quote: Quote,
}

impl Offer {
    /// The first pair that is not refused, debts with the highest borrow factor and collaterals with the lowest
    /// threshold first: the program asks for these. Among equals, the more valuable one. The inner
    /// error is why there is none.
    ///
    /// # Errors
    /// Where an account of the chain makes no sense.
    pub fn of(
        market: &Market,
        liquidator: &User,
        borrower: &Borrower,
    ) -> Result<std::result::Result<Self, LeveeError>> {
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
                limit: Atoms(market.world.balance(liquidator, &repay_token)),
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
                    return Ok(Ok(Self {
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
}

fn pairs<'a>(
    debts: &'a [(usize, f64)],
    deposits: &'a [(usize, f64)],
) -> impl Iterator<Item = (usize, usize)> + 'a {
    let with = |debt: usize| deposits.iter().map(move |(deposit, _)| (debt, *deposit));
    debts.iter().flat_map(move |(debt, _)| with(*debt))
}

/// Whether time and marks are all that is missing.
pub fn must_wait(refusal: LeveeError) -> bool {
    matches!(
        refusal,
        LeveeError::MildInRestartGrace
            | LeveeError::MildPriceTooOld
            | LeveeError::MildPriceDoubtful
            | LeveeError::MildHealthyAtAverage
    )
}

/// Why there was no offer, for people.
pub fn describe(refusal: LeveeError) -> String {
    match refusal {
        LeveeError::EmptyPair => "debt without collateral".into(),
        LeveeError::PairCannotHeal => "no pair heals".into(),
        LeveeError::LimitLeavesDust => "the liquidator's funds would leave dust".into(),
        LeveeError::LiquidationTooSmall => "rounds to nothing".into(),
        LeveeError::VaultIsDry => "the vault cannot pay the collateral".into(),
        other => other.to_string(),
    }
}
