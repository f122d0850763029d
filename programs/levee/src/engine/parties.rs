//! Who and what a liquidation is about: the rules, the balances it changes, and what it did.

use anchor_lang::prelude::*;
use levee_risk::clocks::Clocks;
use levee_risk::liquidation::{EngineParams, Plan};
use levee_risk::policy::{Moment, Tier};
use levee_risk::units::Atoms;
use levee_risk::valuation::Health;

use super::netting::Net;
use super::reserves::Held;
use crate::error::LeveeError;
use crate::events::BadDebtSettled;
use crate::state::{LendingMarket, Obligation, Restart};

/// The rules and the time of a liquidation.
pub struct Rules<'a> {
    /// The market.
    pub market: &'a LendingMarket,
    /// The same rules in the risk library's types.
    pub engine: EngineParams,
    /// Now.
    pub moment: Moment,
    /// The cluster's latest restart.
    pub restart: Restart,
}

impl<'a> Rules<'a> {
    /// Those of `market`.
    pub fn new(market: &'a LendingMarket, moment: Moment, restart: Restart) -> Self {
        Self {
            market,
            engine: market.engine(),
            moment,
            restart,
        }
    }
}

/// Whose balances a liquidation changes.
pub struct Parties<'a, 'b, Others> {
    /// The obligation's address, for events.
    pub key: &'a Pubkey,
    /// The obligation.
    pub obligation: &'a mut Obligation,
    /// Its reserves.
    pub reserves: &'a mut Held<'b, Others>,
    /// The liquidator's own obligation, for collateral that the vault cannot pay.
    pub receiver: Option<&'a mut Obligation>,
    /// Whether the token's issuer froze the collateral's vault, which then pays nothing; asked where there is a receiver.
    pub is_vault_frozen: bool,
    /// Collects what goes to the insurance, where [`close_books`] follows at the end of a batch.
    pub insurance: Option<&'a mut Atoms>,
}

/// What happened besides the plan, for events.
pub enum Fact {
    /// Before anybody was paid.
    Netted(Net),
    /// A debt other than the pair's was written off.
    Settled(BadDebtSettled),
}

/// What a liquidation did.
pub struct Done {
    /// What moved; `None` where netting was enough or there was less than an atom to take.
    pub plan: Option<Plan>,
    /// How far the price was trusted.
    pub tier: Tier,
    /// The clocks with which it was decided.
    pub clocks: Clocks,
    /// The health of the books that are planned on, with [`levee_risk::valuation::RATIO_BITS`] fractional bits; zero where it is
    /// to be computed again.
    pub ratio: u64,
    /// The health before anything.
    pub health_before: Health,
    /// The health of what remains.
    pub health_after: Health,
    /// Written off of the pair's debt.
    pub bad_debt: Atoms,
    /// The part of it that the insurance paid.
    pub insured: Atoms,
    /// Whether the collateral went to the receiver as a scaled deposit.
    pub as_deposit: bool,
    /// Dollars per whole token of the debt as the plan counts it, its rate included, in its oracle's units.
    pub repay_price: u64,
    /// The same of the collateral.
    pub seize_price: u64,
}

impl Done {
    /// Nothing yet: what a liquidation fills in.
    pub const NOTHING: Self = Self {
        plan: None,
        tier: Tier::Mild,
        clocks: Clocks {
            unhealthy_slots: 0,
            auction_slots: 0,
            last_seen_slot: 0,
            permitted: false,
        },
        ratio: 0,
        health_before: Health::NOTHING,
        health_after: Health::NOTHING,
        bad_debt: Atoms::ZERO,
        insured: Atoms::ZERO,
        as_deposit: false,
        repay_price: 0,
        seize_price: 0,
    };
}

/// Done, or the refusal that a batch passes over.
pub type Outcome = std::result::Result<(), LeveeError>;
