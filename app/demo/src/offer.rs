//! What the program would do with an unhealthy borrower, by its own code on decoded accounts.

use anyhow::{anyhow, Context, Result};
use levee::error::LeveeError;
use levee_client::offer::{offer, Situation};
use levee_client::quote::Quote;
use levee_risk::liquidation::Plan;
use levee_risk::units::Atoms;
use levee_testkit::User;
use solana_pubkey::Pubkey;

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
    /// The first pair that is not refused. The inner error is why there is none.
    ///
    /// # Errors
    /// Where an account of the chain makes no sense.
    pub fn of(
        market: &Market,
        liquidator: &User,
        borrower: &Borrower,
    ) -> Result<std::result::Result<Self, LeveeError>> {
        let situation = Situation {
            market: &market.rules,
            reserves: &market.copies(),
            moment: market.moment(),
            restart_slot: 0,
        };
        let held = |reserve: &Pubkey| {
            let token = market.index(reserve).map(|token| market.tokens[token]);
            Atoms(token.map_or(0, |token| market.world.balance(liquidator, &token)))
        };
        let (key, obligation) = (&borrower.user.obligation, &borrower.obligation);
        let offered = offer(&situation, key, obligation, held, false);
        let offered = match offered.map_err(|error| anyhow!("a quote: {error}"))? {
            Ok(offered) => offered,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let listed = |reserve: &Pubkey| {
            let index = market.index(reserve);
            index.with_context(|| format!("the market has no reserve {reserve}"))
        };
        let plan = offered.quote.done.plan;
        Ok(Ok(Self {
            repay: listed(&offered.repay)?,
            seize: listed(&offered.seize)?,
            plan: plan.context("nobody here owes what they hold, to be netted")?,
            quote: offered.quote,
        }))
    }
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
