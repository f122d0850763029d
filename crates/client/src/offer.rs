//! The best that a liquidator can do with an obligation now.

use std::cmp::Reverse;

use anchor_lang::prelude::{Pubkey, Result};
use levee::error::{math, LeveeError};
use levee::state::{LendingMarket, Obligation};
use levee_risk::policy::Moment;
use levee_risk::units::{Atoms, Usd};

use crate::quote::{self, Copies, Quote, Request};

/// What an offer depends on besides the obligation.
#[derive(Clone, Copy)]
pub struct Situation<'a> {
    /// The market.
    pub market: &'a LendingMarket,
    /// Its reserves, as a refresh leaves them.
    pub reserves: &'a Copies,
    /// Now.
    pub moment: Moment,
    /// The slot of the cluster's latest restart, zero for never.
    pub restart_slot: u64,
}

/// A pair that the program accepts, and what it makes of it.
pub struct Offer {
    /// The reserve of the debt that is repaid.
    pub repay: Pubkey,
    /// The reserve of the collateral that is seized.
    pub seize: Pubkey,
    /// What happens.
    pub quote: Quote,
}

/// Pairs (debt, collateral) in the order in which the program wants them: the highest borrow factor with the lowest threshold
/// first, among equals the more valuable.
///
/// # Errors
/// As [`quote::sheet`].
pub fn pairs(situation: &Situation, obligation: &Obligation) -> Result<Vec<(Pubkey, Pubkey)>> {
    let find = |key: &Pubkey| situation.reserves.0.get(key);
    let sheet = quote::sheet(situation.market, obligation, find, situation.moment)?;
    let mut debts = Vec::new();
    for (at, position) in obligation.borrows().iter().enumerate() {
        let side = sheet.repaid_side(at).map_err(math)?;
        let value = side.price.value_up(side.owed).map_err(math)?;
        debts.push((
            Reverse(side.borrow_factor),
            Reverse(value),
            position.reserve,
        ));
    }
    let mut deposits = Vec::new();
    for (at, position) in obligation.deposits().iter().enumerate() {
        let side = sheet.seized_side(at).map_err(math)?;
        let value: Usd = side.price.value_down(side.deposited).map_err(math)?;
        deposits.push((side.threshold, Reverse(value), position.reserve));
    }
    debts.sort();
    deposits.sort();
    // A debt keeps its turn until all collaterals were tried: with a wrong collateral it says so.
    let each = |debt: Pubkey| deposits.iter().map(move |(_, _, deposit)| (debt, *deposit));
    Ok(debts.iter().flat_map(|(_, _, debt)| each(*debt)).collect())
}

/// The first pair that the program does not refuse, and its quote. `limit` says how much of a debt's token the liquidator
/// has; `has_receiver` whether it brings an obligation for collateral that a dry vault cannot pay.
///
/// # Errors
/// Inside, why the pair that comes first is refused: [`LeveeError::ObligationHealthy`] and those that mean waiting
/// among them. Outside, as [`quote::liquidation`].
pub fn offer(
    situation: &Situation,
    key: &Pubkey,
    obligation: &Obligation,
    limit: impl Fn(&Pubkey) -> Atoms,
    has_receiver: bool,
) -> Result<std::result::Result<Offer, LeveeError>> {
    let mut first_refusal = None;
    for (repay, seize) in pairs(situation, obligation)? {
        let request = Request {
            repay,
            seize,
            limit: limit(&repay),
            has_receiver,
        };
        let quoted = quote::liquidation(
            situation.market,
            key,
            obligation,
            situation.reserves,
            situation.moment,
            situation.restart_slot,
            &request,
        )?;
        match quoted {
            Ok(quote) => {
                return Ok(Ok(Offer {
                    repay,
                    seize,
                    quote,
                }))
            }
            Err(refusal) => first_refusal = first_refusal.or(Some(refusal)),
        }
    }
    let refusal = first_refusal.unwrap_or(LeveeError::EmptyPair);
    // The program refuses before it looks at health. Nobody should wait for what will be healthy then.
    let find = |key: &Pubkey| situation.reserves.0.get(key);
    let is_healthy = || {
        let book = quote::book(situation.market, obligation, find, situation.moment)?;
        Ok::<_, anchor_lang::error::Error>(book.health.is_healthy())
    };
    if refusal == LeveeError::CoolOff && is_healthy()? {
        return Ok(Err(LeveeError::ObligationHealthy));
    }
    Ok(Err(refusal))
}

/// Refusals that time, a mark or a fresh price may lift.
pub const WAITS: [LeveeError; 6] = [
    LeveeError::MildInRestartGrace,
    LeveeError::MildPriceTooOld,
    LeveeError::MildPriceDoubtful,
    LeveeError::MildHealthyAtAverage,
    LeveeError::LiquidationCeilingReached,
    LeveeError::CoolOff,
];

/// Whether a refusal is one of [`WAITS`].
pub fn must_wait(refusal: LeveeError) -> bool {
    WAITS.contains(&refusal)
}
