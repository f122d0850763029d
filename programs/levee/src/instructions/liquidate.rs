//! `liquidate`: anybody repays a part of an unhealthy obligation's debt and takes collateral at a bonus.
//!
//! The part is what brings health back to its target, see [`levee_risk::liquidation`]. A position that no longer
//! covers its debt is closed, and what cannot be repaid is settled in the same instruction.

use anchor_lang::prelude::*;
use levee_risk::liquidation::{plan_liquidation, Plan, Refusal, RepaidSide, SeizedSide};
use levee_risk::units::{Atoms, Bps, Usd};
use levee_risk::valuation::{Book, Health};

use crate::error::{math, LeveeError};
use crate::events::Liquidated;
use crate::gate::{self, Action, State};
use crate::health::{self, Valuation};
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
/// [`LeveeError::InsufficientLiquidity`], those of [`Reserve::check_accounts`] and of [`health::book`].
pub fn liquidate<'info>(
    ctx: Context<'info, Liquidate<'info>>,
    max_repay_atoms: u64,
    min_seized_atoms: u64,
) -> Result<()> {
    let accounts = &ctx.accounts;
    require!(max_repay_atoms > 0, LeveeError::ZeroAmount);
    let clock = Clock::get()?;
    let market = accounts.market.load()?;
    accounts.enter(&market, &clock)?;

    let mut obligation = accounts.obligation.load_mut()?;
    // This demands that every reserve was refreshed in this slot, so all of them are accrued.
    let mut book = health::book(
        &obligation,
        ctx.remaining_accounts,
        &clock,
        Valuation::Liquidation,
    )?;
    let mut repay_reserve = accounts.repay_reserve.load_mut()?;
    let mut seize_reserve = accounts.seize_reserve.load_mut()?;

    let debt = repaid_side(
        &obligation,
        accounts.repay_reserve.as_ref(),
        &repay_reserve,
        &clock,
    )?;
    let collateral = seized_side(
        &obligation,
        accounts.seize_reserve.as_ref(),
        &seize_reserve,
        &clock,
    )?;
    let plan = plan_liquidation(
        &book,
        &collateral,
        &debt,
        &seize_reserve.config.auction(),
        &market.engine(),
        obligation.auction_slots,
        Atoms(max_repay_atoms),
    )
    .map_err(refused)?;
    require!(
        plan.seize.0 >= min_seized_atoms,
        LeveeError::SlippageExceeded
    );

    let health_before = book.health;
    let outcome = execute(
        &plan,
        accounts,
        &mut obligation,
        &mut repay_reserve,
        &mut seize_reserve,
        (&collateral, &debt),
        &mut book,
        market.dust(),
    )?;

    let event = Liquidated {
        obligation: *accounts.obligation.as_ref().key,
        liquidator: *accounts.liquidator.key,
        repay_reserve: *accounts.repay_reserve.as_ref().key,
        seize_reserve: *accounts.seize_reserve.as_ref().key,
        repaid_atoms: plan.repay.0,
        seized_atoms: plan.seize.0,
        insurance_atoms: plan.insurance.0,
        repay_price: repay_reserve.price.price,
        seize_price: seize_reserve.price.price,
        health_before_ppm: health_before.ppm_down(),
        health_after_ppm: outcome.health_after.ppm_down(),
        bonus_ppm: plan.bonus.0,
        unhealthy_slots: obligation.unhealthy_slots,
        bad_debt_atoms: outcome.bad_debt.0,
        insured_atoms: outcome.insured.0,
    };
    let repay_decimals = repay_reserve.decimals;
    let authority = VaultAuthority::new(accounts.seize_reserve.as_ref(), &seize_reserve);
    drop((obligation, repay_reserve, seize_reserve, market));

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
    fn enter(&self, market: &LendingMarket, clock: &Clock) -> Result<()> {
        let market_key = self.market.as_ref().key;
        require!(
            self.repay_reserve.as_ref().key != self.seize_reserve.as_ref().key,
            LeveeError::DuplicateReserve
        );
        let obligation = self.obligation.load()?;
        require!(obligation.market == *market_key, LeveeError::ForeignMarket);
        require!(
            obligation.last_risk_increase_slot != clock.slot,
            LeveeError::CoolOff
        );
        let repay_reserve = self.repay_reserve.load()?;
        repay_reserve.check_accounts(
            market_key,
            self.repay_vault.key,
            self.repay_mint.key,
            self.repay_token_program.key,
        )?;
        let seize_reserve = self.seize_reserve.load()?;
        seize_reserve.check_accounts(
            market_key,
            self.seize_vault.key,
            self.seize_mint.key,
            self.seize_token_program.key,
        )?;
        let state = State::of_market(market, clock.slot)
            .with_reserve(&repay_reserve)
            .with_reserve(&seize_reserve)
            .with_obligation(&obligation);
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

fn repaid_side(
    obligation: &Obligation,
    info: &AccountInfo,
    reserve: &Reserve,
    clock: &Clock,
) -> Result<RepaidSide> {
    let owed = obligation
        .debt_in(info.key)
        .atoms_up(reserve.borrow_index())
        .map_err(math)?;
    Ok(RepaidSide {
        owed,
        price: health::plain_price(reserve, clock)?,
        borrow_factor: Bps(reserve.config.borrow_factor_bps),
    })
}

fn seized_side(
    obligation: &Obligation,
    info: &AccountInfo,
    reserve: &Reserve,
    clock: &Clock,
) -> Result<SeizedSide> {
    let deposited = obligation
        .deposit_in(info.key)
        .atoms_down(reserve.supply_index())
        .map_err(math)?;
    Ok(SeizedSide {
        deposited,
        price: health::plain_price(reserve, clock)?,
        threshold: Bps(reserve.config.threshold_bps),
    })
}

/// Moves the balances, then checks what must have come of it.
#[allow(clippy::too_many_arguments)]
fn execute(
    plan: &Plan,
    accounts: &Liquidate,
    obligation: &mut Obligation,
    repay_reserve: &mut Reserve,
    seize_reserve: &mut Reserve,
    (collateral, debt): (&SeizedSide, &RepaidSide),
    book: &mut Book,
    dust: Usd,
) -> Result<Outcome> {
    let repay_key = accounts.repay_reserve.as_ref().key;
    let seize_key = accounts.seize_reserve.as_ref().key;
    let before = book.health;

    let repaid = repay_reserve.repay(obligation.debt_in(repay_key), plan.repay.0)?;
    repay_reserve.insure(plan.insurance)?;
    let seize = if plan.takes_all_collateral {
        ALL
    } else {
        plan.seize.0
    };
    let seized = seize_reserve.seize(obligation.deposit_in(seize_key), seize)?;
    obligation.set_debt(repay_key, repaid.remaining)?;
    obligation.set_deposit(seize_key, seized.remaining)?;

    let owed = repaid
        .remaining
        .atoms_up(repay_reserve.borrow_index())
        .map_err(math)?;
    let held = seized
        .remaining
        .atoms_down(seize_reserve.supply_index())
        .map_err(math)?;
    let value = |price: levee_risk::price::Price, atoms| price.value_up(atoms).map_err(math);
    book.revalue_debt(
        value(debt.price, debt.owed)?,
        value(debt.price, owed)?,
        debt.borrow_factor,
    )
    .map_err(math)?;
    let value = |price: levee_risk::price::Price, atoms| price.value_down(atoms).map_err(math);
    book.revalue_collateral(
        value(collateral.price, collateral.deposited)?,
        value(collateral.price, held)?,
        collateral.threshold,
    )
    .map_err(math)?;
    if !plan.insolvent {
        require!(
            book.health.compare(&before).is_gt(),
            LeveeError::HealthNotImproved
        );
    }

    // Only what took a whole deposit may forgive: or a token repayment would clear a debt.
    let forgives = plan.insolvent && plan.takes_all_collateral && book.collateral < dust;
    let (bad_debt, insured) = if forgives && !repaid.remaining.is_zero() {
        obligation.set_debt(repay_key, levee_risk::fixed::ScaledDebt::ZERO)?;
        repay_reserve.write_off(repaid.remaining)?
    } else {
        (Atoms(0), Atoms(0))
    };
    repay_reserve.check_backing()?;
    seize_reserve.check_backing()?;
    Ok(Outcome {
        health_after: book.health,
        bad_debt,
        insured,
    })
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
