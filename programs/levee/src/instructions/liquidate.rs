//! `liquidate`: anybody repays a part of an unhealthy obligation's debt and takes collateral at a bonus.
//!
//! The part is what brings health back to its target, see [`levee_risk::liquidation`]. A position that no longer
//! covers its debt is closed, and what cannot be repaid is settled in the same instruction.

use anchor_lang::prelude::*;
use levee_risk::fixed::ScaledDebt;
use levee_risk::liquidation::{plan_liquidation, Plan, Refusal, RepaidSide, SeizedSide};
use levee_risk::units::{Atoms, Usd};
use levee_risk::valuation::{ratio_ppm_down, Health};

use crate::error::{math, LeveeError};
use crate::events::Liquidated;
use crate::gate::{self, Action, State};
use crate::health::{self, Pair, PairedBook};
use crate::state::{LendingMarket, Obligation, Reserve, ALL};
use crate::token::{Transfer, VaultAuthority};

/// Followed by the obligation's reserves in its own order: all deposits, then all borrows, read-only.
#[derive(Accounts)]
pub struct Liquidate<'info> {
    pub liquidator: Signer<'info>,
    pub market: AccountLoader<'info, LendingMarket>,
    #[account(mut)]
    pub obligation: AccountLoader<'info, Obligation>,
    #[account(mut)]
    pub repay_reserve: AccountLoader<'info, Reserve>,
    #[account(mut)]
    pub seize_reserve: AccountLoader<'info, Reserve>,
    /// CHECK: must be the repaid reserve's.
    #[account(mut)]
    pub repay_vault: UncheckedAccount<'info>,
    /// CHECK: must be the seized reserve's.
    #[account(mut)]
    pub seize_vault: UncheckedAccount<'info>,
    /// CHECK: the token program checks its mint and authority.
    #[account(mut)]
    pub source: UncheckedAccount<'info>,
    /// CHECK: the token program checks its mint.
    #[account(mut)]
    pub destination: UncheckedAccount<'info>,
    /// CHECK: must be the repaid reserve's.
    pub repay_mint: UncheckedAccount<'info>,
    /// CHECK: must be the seized reserve's.
    pub seize_mint: UncheckedAccount<'info>,
    /// CHECK: must be the repaid reserve's.
    pub repay_token_program: UncheckedAccount<'info>,
    /// CHECK: must be the seized reserve's.
    pub seize_token_program: UncheckedAccount<'info>,
}

/// What an executed plan leaves behind.
struct Outcome {
    health_after: Health,
    bad_debt: Atoms,
    insured: Atoms,
}

/// Repays at most `max_repay_atoms` (the insurance's part of the bonus included) and takes at least
/// `min_seized_atoms`.
///
/// # Errors
/// [`LeveeError::ObligationHealthy`], [`LeveeError::CoolOff`], [`LeveeError::EmptyPair`],
/// [`LeveeError::PairCannotHeal`], [`LeveeError::LimitLeavesDust`], [`LeveeError::LiquidationTooSmall`],
/// [`LeveeError::SlippageExceeded`], [`LeveeError::HealthNotImproved`],
/// [`LeveeError::InsufficientLiquidity`], those of [`Reserve::check_accounts`] and of [`health::liquidation_book`].
pub fn liquidate<'info>(
    ctx: Context<'info, Liquidate<'info>>,
    max_repay_atoms: u64,
    min_seized_atoms: u64,
) -> Result<()> {
    let accounts = &ctx.accounts;
    require!(max_repay_atoms > 0, LeveeError::ZeroAmount);
    require!(
        accounts.repay_reserve.as_ref().key != accounts.seize_reserve.as_ref().key,
        LeveeError::DuplicateReserve
    );
    let clock = Clock::get()?;
    let market = accounts.market.load()?;
    let (plan, event, repay_decimals, authority) = {
        let mut parties = Parties {
            repay_key: accounts.repay_reserve.as_ref().key,
            seize_key: accounts.seize_reserve.as_ref().key,
            obligation: &mut *accounts.obligation.load_mut()?,
            repay_reserve: &mut *accounts.repay_reserve.load_mut()?,
            seize_reserve: &mut *accounts.seize_reserve.load_mut()?,
        };
        accounts.enter(&market, &parties, &clock)?;

        // This demands that every reserve was refreshed in this slot, so all of them are accrued.
        let books = health::liquidation_book(
            parties.obligation,
            ctx.remaining_accounts,
            &clock,
            &parties.pair(),
        )?;
        let mut book = books.rest;
        books.collateral.count(&mut book).map_err(math)?;
        books.debt.count(&mut book).map_err(math)?;
        let plan = plan_liquidation(
            &book,
            &books.collateral,
            &books.debt,
            &parties.seize_reserve.config.auction(),
            &market.engine(),
            parties.obligation.auction_slots,
            Atoms(max_repay_atoms),
        )
        .map_err(refused)?;
        require!(
            plan.seize.0 >= min_seized_atoms,
            LeveeError::SlippageExceeded
        );

        let outcome = parties.execute(&plan, &books, &book.health, market.dust())?;
        let event = parties.event(accounts.obligation.as_ref().key, &plan, &outcome);
        let authority = VaultAuthority::new(accounts.seize_reserve.as_ref(), parties.seize_reserve);
        (plan, event, parties.repay_reserve.decimals, authority)
    };

    accounts.transfer_in().receive(
        &accounts.liquidator,
        repay_decimals,
        plan.repay.checked_add(plan.insurance).map_err(math)?,
    )?;
    accounts.transfer_out().pay(&authority, plan.seize)?;
    emit!(event);
    Ok(())
}

impl<'info> Liquidate<'info> {
    fn enter(&self, market: &LendingMarket, parties: &Parties, clock: &Clock) -> Result<()> {
        let market_key = self.market.as_ref().key;
        let obligation = &parties.obligation;
        require!(obligation.market == *market_key, LeveeError::ForeignMarket);
        require!(
            obligation.last_risk_increase_slot != clock.slot,
            LeveeError::CoolOff
        );
        parties.repay_reserve.check_accounts(
            market_key,
            self.repay_vault.key,
            self.repay_mint.key,
            self.repay_token_program.key,
        )?;
        parties.seize_reserve.check_accounts(
            market_key,
            self.seize_vault.key,
            self.seize_mint.key,
            self.seize_token_program.key,
        )?;
        let state = State::of_market(market, clock.slot)
            .with_reserve(parties.repay_reserve)
            .with_reserve(parties.seize_reserve)
            .with_obligation(obligation);
        gate::check(Action::Liquidate, state)
    }

    fn transfer_in(&self) -> Transfer<'_, 'info> {
        Transfer {
            token_program: &self.repay_token_program,
            mint: &self.repay_mint,
            vault: &self.repay_vault,
            user: &self.source,
        }
    }

    fn transfer_out(&self) -> Transfer<'_, 'info> {
        Transfer {
            token_program: &self.seize_token_program,
            mint: &self.seize_mint,
            vault: &self.seize_vault,
            user: &self.destination,
        }
    }
}

/// Whose balances change.
struct Parties<'a> {
    repay_key: &'a Pubkey,
    seize_key: &'a Pubkey,
    obligation: &'a mut Obligation,
    repay_reserve: &'a mut Reserve,
    seize_reserve: &'a mut Reserve,
}

impl Parties<'_> {
    fn pair(&self) -> Pair<'_> {
        Pair {
            repay: (self.repay_key, self.repay_reserve),
            seize: (self.seize_key, self.seize_reserve),
        }
    }

    /// Moves the balances, then checks what must have come of it.
    fn execute(
        &mut self,
        plan: &Plan,
        books: &PairedBook,
        before: &Health,
        dust: Usd,
    ) -> Result<Outcome> {
        let debt = self.obligation.debt_in(self.repay_key);
        let debt = self.repay_reserve.repay(debt, plan.repay.0)?.remaining;
        self.repay_reserve.insure(plan.insurance)?;
        let seize = if plan.takes_all_collateral {
            ALL
        } else {
            plan.seize.0
        };
        let deposit = self.obligation.deposit_in(self.seize_key);
        let deposit = self.seize_reserve.seize(deposit, seize)?.remaining;
        self.obligation.set_debt(self.repay_key, debt)?;
        self.obligation.set_deposit(self.seize_key, deposit)?;

        let mut book = books.rest;
        let repay_index = self.repay_reserve.borrow_index();
        let remaining = RepaidSide {
            owed: debt.atoms_up(repay_index).map_err(math)?,
            ..books.debt
        };
        remaining.count(&mut book).map_err(math)?;
        let seize_index = self.seize_reserve.supply_index();
        let remaining = SeizedSide {
            deposited: deposit.atoms_down(seize_index).map_err(math)?,
            ..books.collateral
        };
        remaining.count(&mut book).map_err(math)?;
        require!(
            plan.insolvent || book.health.compare(before).is_gt(),
            LeveeError::HealthNotImproved
        );

        // Only what took a whole deposit may forgive: or a token repayment would clear a debt.
        let forgives = plan.insolvent
            && plan.takes_all_collateral
            && book.collateral < dust
            && !debt.is_zero();
        let (bad_debt, insured) = if forgives {
            self.obligation.set_debt(self.repay_key, ScaledDebt::ZERO)?;
            self.repay_reserve.write_off(debt)?
        } else {
            (Atoms(0), Atoms(0))
        };
        self.repay_reserve.check_backing()?;
        self.seize_reserve.check_backing()?;
        Ok(Outcome {
            health_after: book.health,
            bad_debt,
            insured,
        })
    }

    fn event(&self, obligation: &Pubkey, plan: &Plan, outcome: &Outcome) -> Liquidated {
        Liquidated {
            obligation: *obligation,
            repay_reserve: *self.repay_key,
            seize_reserve: *self.seize_key,
            repaid_atoms: plan.repay.0,
            seized_atoms: plan.seize.0,
            insurance_atoms: plan.insurance.0,
            repay_price: self.repay_reserve.price.price,
            seize_price: self.seize_reserve.price.price,
            health_before_ppm: ratio_ppm_down(plan.health),
            health_after_ppm: outcome.health_after.ppm_down(),
            bonus_ppm: plan.bonus.0,
            unhealthy_slots: self.obligation.unhealthy_slots,
            bad_debt_atoms: outcome.bad_debt.0,
            insured_atoms: outcome.insured.0,
        }
    }
}

fn refused(refusal: Refusal) -> Error {
    match refusal {
        Refusal::Healthy => error!(LeveeError::ObligationHealthy),
        Refusal::EmptyPair => error!(LeveeError::EmptyPair),
        Refusal::PairCannotHeal => error!(LeveeError::PairCannotHeal),
        Refusal::LimitLeavesDust => error!(LeveeError::LimitLeavesDust),
        Refusal::TooSmall => error!(LeveeError::LiquidationTooSmall),
        Refusal::Math(error) => math(error),
    }
}
