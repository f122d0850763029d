//! `update_elevation_group`: an elevation group of a market is created or replaced.
//!
//! As with reserves, what raises risk is announced first and waits for the market's delay; a lowered threshold arrives
//! by a ramp.

use anchor_lang::prelude::*;

use crate::error::LeveeError;
use crate::events::{GroupChangeAnnounced, GroupConfigured};
use crate::gate::{self, Action, State};
use crate::state::{ElevationGroupConfig, LendingMarket};

#[derive(Accounts)]
pub struct UpdateElevationGroup<'info> {
    /// The market's owner or risk admin.
    pub authority: Signer<'info>,
    /// The lending market.
    #[account(mut)]
    pub market: AccountLoader<'info, LendingMarket>,
}

/// Replaces group `number` (from 1), or announces that it will be.
///
/// # Errors
/// [`LeveeError::NotRiskAdmin`], [`LeveeError::UnknownElevationGroup`] for a number out of range,
/// [`LeveeError::GroupDebtReserveFixed`], [`LeveeError::RiskChangeMustWait`], and those of
/// [`ElevationGroupConfig::validate`].
pub fn update_elevation_group(
    ctx: Context<UpdateElevationGroup>,
    number: u8,
    config: ElevationGroupConfig,
) -> Result<()> {
    config.validate()?;
    let now_ts = Clock::get()?.unix_timestamp;
    let market_key = ctx.accounts.market.key();
    let market = &mut *ctx.accounts.market.load_mut()?;
    market.check_risk_admin(ctx.accounts.authority.key)?;
    gate::check(Action::Configure, State::of_market(market))?;
    let index = usize::from(number).checked_sub(1);
    let group = index
        .and_then(|index| market.groups.get_mut(index))
        .ok_or(LeveeError::UnknownElevationGroup)?;
    require!(
        !group.config.exists() || group.config.debt_reserve == config.debt_reserve,
        LeveeError::GroupDebtReserveFixed
    );

    let delay = i64::try_from(market.config.risk_delay_seconds).unwrap_or(i64::MAX);
    if delay > 0 && config.raises_risk_over(&group.config) {
        let is_announced = market.pending_group_ts != 0
            && market.pending_group_number == number
            && market.pending_group == config;
        if !is_announced {
            market.pending_group = config;
            market.pending_group_number = number;
            market.pending_group_ts = now_ts.saturating_add(delay);
            emit!(GroupChangeAnnounced {
                market: market_key,
                group: number,
                effective_ts: market.pending_group_ts,
            });
            return Ok(());
        }
        require!(
            now_ts >= market.pending_group_ts,
            LeveeError::RiskChangeMustWait
        );
    }
    let thresholds = (group.config.threshold_bps, config.threshold_bps);
    let seconds = u64::from(market.config.threshold_ramp_seconds);
    group.ramp = group.ramp.next(thresholds, now_ts, seconds);
    // While an old threshold holds, it must not meet the new bonus.
    let threshold = group.ramp.at(config.threshold_bps, now_ts);
    config.auction.validate(threshold.0)?;
    group.config = config;
    if market.pending_group_number == number {
        market.pending_group_ts = 0;
    }
    emit!(GroupConfigured {
        market: market_key,
        group: number,
    });
    Ok(())
}
