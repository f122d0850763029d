//! The liquidation of one obligation: look, net, plan, apply, check. No transfer happens here.

use anchor_lang::prelude::*;
use levee_risk::policy::{BasketEvidence, MildEvidence, PairEvidence};
use levee_risk::sheet::{Sheet, View};
use levee_risk::units::Atoms;

use super::desk::{look, Desk, PairAt, Prepared};
use super::netting::net_one;
use super::parties::{Done, Fact, Outcome, Parties, Rules};
use super::reserves::Reserves;
use super::valuation::{auction, value, Purpose};
use crate::error::{math, waiting, LeveeError};

impl<Others: Reserves> Parties<'_, '_, Others> {
    /// Liquidates for a caller who pays at most `limit`, and writes what happened to `done`.
    ///
    /// # Errors
    /// Inside, the refusals: [`LeveeError::ObligationHealthy`], [`LeveeError::CoolOff`], [`LeveeError::EmptyPair`],
    /// [`LeveeError::WrongReserveList`], those of [`waiting`], [`refused`](crate::error::refused) and
    /// [`wrong_pair`](crate::error::wrong_pair), [`LeveeError::LiquidationCeilingReached`],
    /// [`LeveeError::UnsettledReserveReadOnly`], [`LeveeError::VaultIsDry`]. Outside, whatever makes no sense: the other
    /// errors of [`value`], [`LeveeError::HealthNotImproved`], [`LeveeError::InvariantBroken`].
    // A stack frame of its own: the instruction's holds the sheet.
    #[inline(never)]
    pub fn liquidate(
        &mut self,
        sheet: &mut Sheet,
        rules: &Rules,
        limit: Atoms,
        done: &mut Done,
        tell: &mut impl FnMut(Fact),
    ) -> Result<Outcome> {
        let market = rules.market;
        let valued = value(
            sheet,
            self.obligation,
            self.reserves,
            market,
            rules.moment,
            Purpose::Liquidation(Some(self.reserves.seize_key)),
        );
        let clock_jump_slot = match valued {
            Ok(valued) => valued.clock_jump_slot,
            Err(error) => return changed_list(error),
        };
        let Some(pair) = self.pair_at() else {
            return Ok(Err(LeveeError::EmptyPair));
        };
        let auction = auction(self.reserves.seize(), self.obligation, market)?;
        let mut desk = Desk::open(sheet, pair, &auction)?;
        let evidence = BasketEvidence {
            sheet,
            seized: Some(pair.0),
            dust: rules.engine.dust,
        };
        if let Err(refusal) = self.look(&evidence, &desk, rules, clock_jump_slot, done)? {
            return Ok(Err(refusal));
        }

        let mut is_netted = false;
        while let Some(net) = net_one(self.obligation, self.reserves, sheet, market, &rules.engine)?
        {
            is_netted = true;
            tell(Fact::Netted(net));
        }
        if is_netted {
            let book = sheet.book(View::Plain).map_err(math)?;
            match self.pair_at() {
                Some(pair) if !book.health.is_healthy() => {
                    desk = Desk::open(sheet, pair, &auction)?;
                    done.ratio = 0;
                }
                _ => {
                    self.close_look(&book);
                    done.health_after = book.health;
                    return Ok(Ok(()));
                }
            }
        }
        done.repay_price = desk.debt.price.mantissa();
        done.seize_price = desk.collateral.price.mantissa();
        self.proceed(Some(sheet), &desk, rules, limit, done, tell)
    }

    /// The same for an obligation that has nothing but the pair, priced by `prepared` for a whole batch.
    ///
    /// # Errors
    /// As [`Parties::liquidate`].
    #[inline(never)]
    pub fn liquidate_prepared(
        &mut self,
        prepared: &Prepared,
        rules: &Rules,
        limit: Atoms,
        done: &mut Done,
        tell: &mut impl FnMut(Fact),
    ) -> Result<Outcome> {
        let desk = prepared.desk(self.obligation, self.reserves)?;
        let evidence = PairEvidence {
            prices: &prepared.prices,
            collateral: &desk.collateral,
            debt: &desk.debt,
        };
        match self.look(&evidence, &desk, rules, prepared.clock_jump_slot, done)? {
            Ok(()) => self.proceed(None, &desk, rules, limit, done, tell),
            Err(refusal) => Ok(Err(refusal)),
        }
    }

    /// Looks at the obligation, keeps its clocks, and refuses where it may not be liquidated.
    #[inline(always)]
    fn look(
        &mut self,
        evidence: &impl MildEvidence,
        desk: &Desk,
        rules: &Rules,
        clock_jump_slot: u64,
        done: &mut Done,
    ) -> Result<Outcome> {
        if self.obligation.last_risk_increase_slot == rules.moment.slot {
            return Ok(Err(LeveeError::CoolOff));
        }
        let look = look(
            evidence,
            &desk.book,
            self.obligation.clocks(),
            clock_jump_slot,
            rules,
            desk.border(),
        )?;
        self.obligation.set_clocks(look.clocks);
        done.plan = None;
        done.tier = match (look.tier, look.wait) {
            (Some(tier), None) => tier,
            (Some(_), Some(wait)) => return Ok(Err(waiting(wait))),
            (None, _) => return Ok(Err(LeveeError::ObligationHealthy)),
        };
        done.clocks = look.clocks;
        done.ratio = look.ratio;
        done.health_before = desk.book.health;
        done.bad_debt = Atoms::ZERO;
        done.insured = Atoms::ZERO;
        Ok(Ok(()))
    }

    /// Where the pair stands among the obligation's positions.
    fn pair_at(&self) -> Option<PairAt> {
        let deposits = self.obligation.deposits();
        let borrows = self.obligation.borrows();
        let seize = deposits
            .iter()
            .position(|p| p.reserve == *self.reserves.seize_key)?;
        let repay = borrows
            .iter()
            .position(|p| p.reserve == *self.reserves.repay_key)?;
        Some((seize, repay))
    }
}

/// Another list than the obligation's own is a refusal: its owner or a rival can change it after a batch was made.
#[cold]
fn changed_list(error: Error) -> Result<Outcome> {
    let wrong_list = u32::from(LeveeError::WrongReserveList);
    match &error {
        Error::AnchorError(known) if known.error_code_number == wrong_list => {
            Ok(Err(LeveeError::WrongReserveList))
        }
        _ => Err(error),
    }
}
