//! What must hold whatever the price does, checked on the chain's own accounts while the demo runs.

use std::collections::BTreeMap;

use anyhow::{anyhow, Result};
use levee_risk::liquidation::Plan;
use levee_risk::units::Ppm;
use levee_risk::valuation::{Book, Health};
use levee_testkit::User;

use crate::book::Users;
use crate::market::{usd, Market, TOKENS};

/// Of a health factor, besides the worth of an atom on each side: `f64` and the plan's own rounding.
const ROUNDING: f64 = 1e-9;
/// Sentences that are kept; further ones are only counted.
const KEPT: usize = 20;

/// Checks, and those that failed.
#[derive(Default)]
pub struct Invariants {
    pub checked: u64,
    pub broken: u64,
    /// The first failures.
    pub failures: Vec<String>,
    totals: [u128; TOKENS],
}

/// What a plan says of an execution.
#[derive(Clone, Copy, Debug)]
pub struct Quoted {
    /// Repaid, and given to the insurance.
    pub paid_atoms: u64,
    pub seized_atoms: u64,
    pub bonus: Ppm,
    pub insolvent: bool,
    pub closes_debt: bool,
}

impl From<&Plan> for Quoted {
    fn from(plan: &Plan) -> Self {
        Self {
            paid_atoms: plan.repay.0 + plan.insurance.0,
            seized_atoms: plan.seize.0,
            bonus: plan.bonus,
            insolvent: plan.insolvent,
            closes_debt: plan.closes_debt,
        }
    }
}

/// An executed liquidation. Holdings are (the liquidator's, the vault's) of the repaid and of the seized token.
pub struct Outcome<'a> {
    pub quoted: Quoted,
    pub repay: usize,
    pub seize: usize,
    pub before: [(u64, u64); 2],
    pub after: [(u64, u64); 2],
    pub book_before: &'a Book,
    pub book_after: &'a Book,
    /// Whether the borrower's positions and clocks are what the quote left of them.
    pub is_as_quoted: bool,
}

impl Invariants {
    /// Counts a check, and `failure` where it does not hold.
    pub fn check(&mut self, holds: bool, failure: impl FnOnce() -> String) {
        self.checked += 1;
        if !holds {
            self.broken += 1;
            if self.failures.len() < KEPT {
                self.failures.push(failure());
            }
        }
    }

    /// Remembers all tokens that exist.
    pub fn remember_totals(&mut self, market: &Market, users: &Users, liquidator: &User) {
        self.totals = totals(market, users, liquidator);
    }

    /// A liquidation did what was quoted, lost nothing on the way, and healed no less and no more than it may.
    ///
    /// # Errors
    /// Where a reserve's books cannot be added up.
    pub fn liquidation(&mut self, market: &Market, outcome: &Outcome) -> Result<()> {
        let plan = outcome.quoted;
        let [(paid_from, repay_vault), (received_in, seize_vault)] = outcome.before;
        let [(left, repay_vault_after), (held, seize_vault_after)] = outcome.after;
        let moved = [
            paid_from.checked_sub(left),
            repay_vault_after.checked_sub(repay_vault),
            held.checked_sub(received_in),
            seize_vault.checked_sub(seize_vault_after),
        ];
        let (paid, seized) = (plan.paid_atoms, plan.seized_atoms);
        let quoted = [paid, paid, seized, seized].map(Some);
        self.check(moved == quoted, || {
            format!("quoted {quoted:?} atoms from wallet to vault and back, moved {moved:?}")
        });
        self.check(outcome.is_as_quoted, || {
            "the obligation is not what the quote left of it".into()
        });
        if !plan.insolvent {
            self.health(market, outcome);
        }
        self.reserve(market, outcome.repay)?;
        self.reserve(market, outcome.seize)
    }

    fn health(&mut self, market: &Market, outcome: &Outcome) {
        let (before, after) = (&outcome.book_before.health, &outcome.book_after.health);
        self.check(after.compare(before).is_gt(), || {
            format!("health went from {} to {}", ratio(before), ratio(after))
        });
        // Dust is closed whole, which may well pass the target.
        if outcome.quoted.closes_debt {
            return;
        }
        let target = target(market, outcome);
        let atoms = market.usd(outcome.repay, 1) + market.usd(outcome.seize, 1);
        let debt = usd(outcome.book_after.debt);
        let rounding = ROUNDING + 2.0 * atoms / debt;
        self.check(ratio(after) <= target + rounding, || {
            format!("health {} passed its target {target}", ratio(after))
        });
    }

    /// The vault holds what the reserve says, and claims are backed.
    ///
    /// # Errors
    /// Where the reserve's books cannot be added up.
    pub fn reserve(&mut self, market: &Market, token: usize) -> Result<()> {
        let reserve = &market.reserves[token];
        let sum = |error| anyhow!("the books of a reserve: {error}");
        let vault = market.world.token_balance(&market.tokens[token].keys.vault);
        let available = reserve.available_atoms;
        self.check(vault >= available, || {
            format!("the vault of token {token} holds {vault} of {available} atoms")
        });
        let fees = reserve.protocol_fees().atoms_down().0;
        let claims = u128::from(reserve.supply_down().map_err(sum)?.0) + u128::from(fees);
        let backing = u128::from(available) + u128::from(reserve.debt_up().map_err(sum)?.0);
        self.check(claims <= backing, || {
            format!("claims of {claims} atoms of token {token} on {backing}")
        });
        Ok(())
    }

    /// No token came from nowhere or went there, and everybody's claims and debts add up to the reserves' totals.
    ///
    /// # Errors
    /// Where a reserve's books cannot be added up.
    pub fn whole_market(
        &mut self,
        market: &Market,
        users: &Users,
        liquidator: &User,
    ) -> Result<()> {
        let (were, are) = (self.totals, totals(market, users, liquidator));
        self.check(were == are, || format!("{were:?} atoms became {are:?}"));
        let obligations = users.borrowers.iter().map(|borrower| borrower.obligation);
        let lenders = users
            .lenders
            .iter()
            .map(|user| market.world.obligation(user));
        let mut sums: BTreeMap<_, (u128, u128)> = BTreeMap::new();
        for obligation in obligations.chain(lenders) {
            for deposit in obligation.deposits() {
                sums.entry(deposit.reserve).or_default().0 += wide(deposit.scaled.0);
            }
            for debt in obligation.borrows() {
                sums.entry(debt.reserve).or_default().1 += wide(debt.scaled.0);
            }
        }
        for (index, token) in market.tokens.iter().enumerate() {
            self.reserve(market, index)?;
            let reserve = &market.reserves[index];
            let (supply, debt) = sums.get(&token.keys.reserve).copied().unwrap_or_default();
            let supply = supply + wide(reserve.scaled_insurance.0);
            let totals = (wide(reserve.scaled_supply.0), wide(reserve.scaled_debt.0));
            self.check((supply, debt) == totals, || {
                format!("token {index}: positions of {supply} and {debt} in totals of {totals:?}")
            });
        }
        Ok(())
    }
}

/// The health factor, for displays and tolerances.
pub fn ratio(health: &Health) -> f64 {
    health.collateral.raw() as f64 / health.debt.raw() as f64
}

/// `max(T_min, 1 + κ·(1 − l·(1 + b)))`, in floating point: a second opinion on the plan's integers.
fn target(market: &Market, outcome: &Outcome) -> f64 {
    let config = &market.reserves[outcome.seize].config;
    let bonus = f64::from(outcome.quoted.bonus.0) / 1e6;
    let healing = f64::from(config.threshold_bps) / 1e4 * (1.0 + bonus);
    let kappa = f64::from(market.rules.config.kappa_bps) / 1e4;
    let least = f64::from(config.auction.min_target_bps) / 1e4;
    (1.0 + kappa * (1.0 - healing)).max(least)
}

fn totals(market: &Market, users: &Users, liquidator: &User) -> [u128; TOKENS] {
    market.tokens.map(|token| {
        let borrowers = users.borrowers.iter().map(|borrower| &borrower.user);
        let everybody = users.lenders.iter().chain(borrowers).chain([liquidator]);
        let wallets: u128 = everybody
            .map(|user| u128::from(market.world.balance(user, &token)))
            .sum();
        wallets + u128::from(market.world.token_balance(&token.keys.vault))
    })
}

fn wide([low, high]: [u64; 2]) -> u128 {
    u128::from(high) << 64 | u128::from(low)
}

#[cfg(test)]
#[path = "invariants_tests.rs"]
mod tests;
