//! How a plan changes the balances, and what must have come of it.

use anchor_lang::prelude::*;
use levee_risk::clocks::Clocks;
use levee_risk::fixed::{ScaledDebt, ScaledSupply};
use levee_risk::liquidation::Plan;
use levee_risk::policy::Tier;
use levee_risk::units::{Atoms, Usd};
use levee_risk::valuation::Book;

use super::desk::Desk;
use super::parties::{Done, Fact, Parties, Rules};
use super::reserves::Reserves;
use super::settlement::{write_off, write_off_others};
use crate::error::{math, LeveeError};
use crate::state::{Reserve, ALL};

impl<Others: Reserves> Parties<'_, '_, Others> {
    /// Moves the balances, then checks what must have come of it.
    #[inline(always)]
    pub(super) fn execute(
        &mut self,
        plan: &Plan,
        desk: &Desk,
        rules: &Rules,
        done: &mut Done,
        tell: &mut impl FnMut(Fact),
    ) -> Result<()> {
        let left = self.move_balances(plan, desk, done)?;
        // The ledger's rounding takes at most an atom of each side. What is healthy in spite of both needs no exact look, and
        // is healthier than before.
        let mut book = desk.after_at_least(plan)?;
        if !book.health.is_healthy() {
            book = self.exact_book(desk, left)?;
            require!(
                plan.insolvent || book.health.compare(&done.health_before).is_gt(),
                LeveeError::HealthNotImproved
            );
        }
        self.close_look(&book);
        done.health_after = book.health;

        // Only what took a whole deposit may forgive: or a token repayment would clear a debt.
        if plan.insolvent && plan.takes_all_collateral && book.collateral < rules.engine.dust {
            self.settle(&book, done, tell)?;
        }
        // The seized reserve needs no look: what a seizure burns is worth at least what it pays, so its claims fell by no
        // less than what backs them.
        if self.insurance.is_none() {
            self.reserves.repay.check_backing()?;
        }
        Ok(())
    }

    /// Repays, insures and seizes; returns what remains of the pair.
    #[inline(always)]
    fn move_balances(
        &mut self,
        plan: &Plan,
        desk: &Desk,
        done: &Done,
    ) -> Result<(ScaledSupply, ScaledDebt)> {
        let seize_key = self.reserves.seize_key;
        let (held, owing) = self.obligation.pair_at(desk.at)?;
        let repay_reserve = &mut *self.reserves.repay;
        let debt = repay_reserve
            .repay_owed(owing, desk.debt.owed, plan.repay.0, desk.borrow_divisor)?
            .remaining;
        match &mut self.insurance {
            Some(later) => **later = later.checked_add(plan.insurance).map_err(math)?,
            None => repay_reserve.insure(plan.insurance)?,
        }
        let atoms = if plan.takes_all_collateral {
            ALL
        } else {
            plan.seize.0
        };
        let seize_reserve = self.reserves.seize_mut();
        if done.tier != Tier::Severe && seize_reserve.config.liquidation_ceiling_micro_usd != 0 {
            let value = desk.debt.price.value_up(plan.repay).map_err(math)?;
            seize_reserve.count_liquidated(value);
        }
        let burn =
            seize_reserve.burn_up(held, desk.collateral.deposited, atoms, desk.supply_divisor)?;
        match &mut self.receiver {
            Some(receiver) if done.as_deposit => {
                let held = receiver.deposit_in(seize_key);
                let held = held.checked_add(burn.burned).map_err(math)?;
                receiver.set_deposit(seize_key, held)?;
            }
            _ => seize_reserve.pay_out(&burn)?,
        }
        self.obligation.set_pair_at(desk.at, burn.remaining, debt)?;
        Ok((burn.remaining, debt))
    }

    /// The books with `held` and `owing` left of the pair.
    #[inline(always)]
    fn exact_book(&self, desk: &Desk, (held, owing): (ScaledSupply, ScaledDebt)) -> Result<Book> {
        let (supply_index, borrow_index) = (
            self.reserves.seize().supply_index(),
            self.reserves.repay.borrow_index(),
        );
        let held = held.atoms_down(supply_index).map_err(math)?;
        desk.after(held, owing.atoms_up(borrow_index).map_err(math)?)
    }

    /// Writes off what no collateral worth more than dust stands behind.
    fn settle(&mut self, book: &Book, done: &mut Done, tell: &mut impl FnMut(Fact)) -> Result<()> {
        if book.debt == Usd::ZERO {
            return Ok(());
        }
        let repay_key = self.reserves.repay_key;
        // The insurance pays first, so what it is due comes before.
        if let Some(later) = &mut self.insurance {
            self.reserves.repay.insure(**later)?;
            **later = Atoms::ZERO;
        }
        if !self.obligation.debt_in(repay_key).is_zero() {
            let written = write_off(self.obligation, self.reserves, repay_key)?;
            (done.bad_debt, done.insured) = written.unwrap_or_default();
        }
        write_off_others(
            self.key,
            self.obligation,
            self.reserves,
            repay_key,
            &mut |settled| tell(Fact::Settled(settled)),
        )
    }

    /// A healthy end clears the clocks.
    pub(super) fn close_look(&mut self, book: &Book) {
        if book.health.is_healthy() {
            self.obligation.set_clocks(Clocks::default());
        }
    }
}

/// Ends a batch: insures what was collected, and checks what must hold for the repaid reserve.
///
/// # Errors
/// [`LeveeError::InvariantBroken`], [`LeveeError::MathOverflow`].
pub fn close_books(repay: &mut Reserve, insurance: Atoms) -> Result<()> {
    repay.insure(insurance)?;
    repay.check_backing()
}
