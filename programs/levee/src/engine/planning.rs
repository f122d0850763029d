//! From a permitted liquidation to a plan within all limits, and on to its execution.

use anchor_lang::prelude::*;
use levee_risk::liquidation::{plan_at_health, Plan};
use levee_risk::policy::{check_pair, Tier};
use levee_risk::sheet::Sheet;
use levee_risk::units::Atoms;

use super::desk::Desk;
use super::parties::{Done, Fact, Outcome, Parties, Rules};
use super::reserves::Reserves;
use crate::error::{math, refused, wrong_pair, LeveeError};
use crate::state::ALL;

impl<Others: Reserves> Parties<'_, '_, Others> {
    /// Plans and executes what [`Parties::look`] permitted. Without a sheet the pair is all there is.
    #[inline(always)]
    pub(super) fn proceed(
        &mut self,
        sheet: Option<&Sheet>,
        desk: &Desk,
        rules: &Rules,
        limit: Atoms,
        done: &mut Done,
        tell: &mut impl FnMut(Fact),
    ) -> Result<Outcome> {
        if desk.collateral.deposited == Atoms::ZERO {
            self.burn_fraction()?;
            done.health_after = desk.book.health;
            return Ok(Ok(()));
        }
        let plan = match self.plan(sheet, desk, rules, limit, done)? {
            Ok(plan) => plan,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if plan.insolvent {
            if let Err(refusal) = self.check_settlement(&plan, desk, rules) {
                return Ok(Err(refusal));
            }
        }
        let is_dry = plan.seize.0 > self.reserves.seize().available_atoms;
        done.as_deposit = is_dry | self.is_vault_frozen;
        if done.as_deposit && self.receiver.is_none() {
            return Ok(Err(LeveeError::VaultIsDry));
        }
        self.execute(&plan, desk, rules, done, tell)?;
        done.plan = Some(plan);
        Ok(Ok(()))
    }

    /// Burns a deposit of less than an atom, which pays for nothing and would keep the debts behind it from being settled.
    #[cold]
    fn burn_fraction(&mut self) -> Result<()> {
        let key = self.reserves.seize_key;
        let deposit = self.obligation.deposit_in(key);
        let burned = self.reserves.seize_mut().seize(deposit, ALL)?;
        self.obligation.set_deposit(key, burned.remaining)
    }

    /// Refuses a plan that writes off what is left of its debt and would leave another behind, because that one's reserve was
    /// passed read-only, beside collateral that is dust. `settle_bad_debt` takes what has no collateral at all: for any
    /// other it would forgive what nobody paid a deposit for. So the debt would grow until somebody bought the dust.
    fn check_settlement(
        &self,
        plan: &Plan,
        desk: &Desk,
        rules: &Rules,
    ) -> std::result::Result<(), LeveeError> {
        let deposits = self.obligation.deposits().len();
        let settles = plan.takes_all_collateral && desk.rest.collateral < rules.engine.dust;
        if deposits < 2 || !settles {
            return Ok(());
        }
        let mut debts = self.obligation.borrows().iter();
        match debts.all(|debt| self.reserves.is_writable(&debt.reserve)) {
            true => Ok(()),
            false => Err(LeveeError::UnsettledReserveReadOnly),
        }
    }

    /// The plan, within the collateral's ceiling for this slot.
    #[inline(always)]
    fn plan(
        &mut self,
        sheet: Option<&Sheet>,
        desk: &Desk,
        rules: &Rules,
        limit: Atoms,
        done: &Done,
    ) -> Result<std::result::Result<Plan, LeveeError>> {
        let slots = self.obligation.auction_slots;
        let ratio = match done.ratio {
            0 => desk.book.health.ratio_down().unwrap_or(0),
            ratio => ratio,
        };
        let planned = |limit| {
            plan_at_health(
                ratio,
                &desk.book,
                &desk.collateral,
                &desk.debt,
                desk.auction,
                &rules.engine,
                slots,
                limit,
            )
            .map_err(refused)
        };
        let mut plan = match planned(limit) {
            Ok(plan) => plan,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if let Some(sheet) = sheet {
            let weights = (desk.collateral.threshold, desk.debt.borrow_factor);
            let checked = check_pair(sheet, weights, &plan, rules.engine.dust);
            if let Err(wrong) = checked.map_err(math)? {
                return Ok(Err(wrong_pair(wrong)));
            }
        }
        let reserve = self.reserves.seize_mut();
        if done.tier == Tier::Severe || reserve.config.liquidation_ceiling_micro_usd == 0 {
            return Ok(Ok(plan));
        }
        let room = reserve.ceiling_room(rules.moment.slot);
        let room = desk.debt.price.atoms_down(room).unwrap_or(Atoms(u64::MAX));
        if plan.repay > room {
            plan = match planned(room.min(limit)) {
                Ok(plan) => plan,
                Err(_) => return Ok(Err(LeveeError::LiquidationCeilingReached)),
            };
        }
        Ok(Ok(plan))
    }
}
