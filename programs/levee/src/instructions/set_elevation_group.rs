//! `set_elevation_group`: an obligation joins an elevation group, or leaves it.

use anchor_lang::prelude::*;

use crate::engine::{check_new_risk, moment};
use crate::error::LeveeError;
use crate::events::ElevationGroupSet;
use crate::gate::{self, Action, State};
use crate::state::{LendingMarket, Obligation};

/// Followed by the obligation's reserves in its own order: all deposits, then all borrows, read-only. They are only looked
/// at where there is debt.
#[derive(Accounts)]
pub struct SetElevationGroup<'info> {
    /// The obligation's owner.
    pub owner: Signer<'info>,
    /// The lending market.
    pub market: AccountLoader<'info, LendingMarket>,
    /// The obligation.
    #[account(
        mut,
        has_one = market @ LeveeError::ForeignMarket,
        has_one = owner @ LeveeError::NotObligationOwner
    )]
    pub obligation: AccountLoader<'info, Obligation>,
}

/// Puts the obligation into group `number`, zero for none. Members among its deposits take the group's weights and auction;
/// all that it owes must be the group's debt, and its debt must stay within what the new LTVs allow.
///
/// # Errors
/// [`LeveeError::UnknownElevationGroup`], [`LeveeError::NotTheGroupsDebt`], [`LeveeError::LtvExceeded`], and those of
/// [`check_new_risk`] and the gate.
pub fn set_elevation_group<'info>(
    ctx: Context<'info, SetElevationGroup<'info>>,
    number: u8,
) -> Result<()> {
    let accounts = &ctx.accounts;
    let clock = Clock::get()?;
    let market = accounts.market.load()?;
    let mut obligation = accounts.obligation.load_mut()?;
    let state = State::of_market(&market)
        .with_obligation(&obligation)
        .with_grace(&market, clock.slot, 0)?;
    gate::check(Action::ChangeGroup, state)?;
    if let Some(group) = market.group(number)? {
        let is_groups = |reserve: &Pubkey| group.config.debt_reserve == *reserve;
        require!(
            obligation.borrows().iter().all(|p| is_groups(&p.reserve)),
            LeveeError::NotTheGroupsDebt
        );
    }
    obligation.elevation_group = number;
    obligation.raise_risk(clock.slot);
    if obligation.borrow_count > 0 {
        let valued = check_new_risk(&obligation, ctx.remaining_accounts, &market, moment(&clock))?;
        valued.check_clock(&market, clock.slot)?;
    }
    emit!(ElevationGroupSet {
        obligation: *accounts.obligation.as_ref().key,
        group: number,
    });
    Ok(())
}
