//! `update_reserve`: a reserve's configuration is replaced as a whole.
//!
//! What raises risk waits: the first call announces it, a second one with the same configuration after the
//! market's delay applies it. What lowers risk acts at once, but a lowered liquidation threshold arrives by a ramp.

use anchor_lang::prelude::*;

use crate::error::LeveeError;
use crate::events::{ReserveConfigured, RiskChangeAnnounced};
use crate::gate::{self, Action, State};
use crate::state::{
    LendingMarket, PriceCache, RateAnchor, Reserve, ReserveConfig, RATE_STAKE_POOL,
    STAKE_POOL_DECIMALS,
};

#[derive(Accounts)]
pub struct UpdateReserve<'info> {
    /// The market's owner or risk admin.
    pub authority: Signer<'info>,
    /// The lending market.
    pub market: AccountLoader<'info, LendingMarket>,
    /// The reserve.
    #[account(mut, has_one = market @ LeveeError::ForeignMarket)]
    pub reserve: AccountLoader<'info, Reserve>,
}

/// Replaces the configuration, or announces that it will be.
///
/// # Errors
/// [`LeveeError::NotRiskAdmin`], [`LeveeError::RiskChangeMustWait`] before an announced change is due,
/// [`LeveeError::WrongRateDecimals`], [`LeveeError::RateCapBelowObserved`], [`LeveeError::GroupMembershipFixed`],
/// [`LeveeError::GroupThresholdBelowOwn`], and those of [`ReserveConfig::validate`].
pub fn update_reserve(ctx: Context<UpdateReserve>, config: ReserveConfig) -> Result<()> {
    config.validate()?;
    let accounts = &ctx.accounts;
    let clock = Clock::get()?;
    let market = accounts.market.load()?;
    market.check_risk_admin(accounts.authority.key)?;
    let mut reserve = accounts.reserve.load_mut()?;
    let state = State::of_market(&market).with_reserve(&reserve);
    gate::check(Action::Configure, state)?;
    check_groups(&market, &reserve, &config, clock.unix_timestamp)?;

    let delay = i64::try_from(market.config.risk_delay_seconds).unwrap_or(i64::MAX);
    if delay > 0 && config.raises_risk_over(&reserve.config) {
        if reserve.pending_config_ts == 0 || reserve.pending_config != config {
            reserve.pending_config = config;
            reserve.pending_config_ts = clock.unix_timestamp.saturating_add(delay);
            emit!(RiskChangeAnnounced {
                reserve: accounts.reserve.key(),
                effective_ts: reserve.pending_config_ts,
            });
            return Ok(());
        }
        require!(
            clock.unix_timestamp >= reserve.pending_config_ts,
            LeveeError::RiskChangeMustWait
        );
    }

    require!(
        config.rate_kind != RATE_STAKE_POOL || reserve.decimals == STAKE_POOL_DECIMALS,
        LeveeError::WrongRateDecimals
    );
    // Interest until now is owed at the old curve.
    reserve.accrue(clock.unix_timestamp)?;
    if config.has_other_prices_than(&reserve.config) {
        reserve.price = PriceCache::default();
        reserve.rate_anchor = RateAnchor::default();
    }
    let thresholds = (reserve.config.threshold_bps, config.threshold_bps);
    let seconds = u64::from(market.config.threshold_ramp_seconds);
    reserve.threshold_ramp = reserve
        .threshold_ramp
        .next(thresholds, clock.unix_timestamp, seconds);
    // While an old threshold holds, it must not meet the new bonus.
    let threshold = reserve
        .threshold_ramp
        .at(config.threshold_bps, clock.unix_timestamp);
    config.auction.validate(threshold.0)?;
    let lowers_cap = config.max_rate_growth_bps < reserve.config.max_rate_growth_bps;
    reserve.config = config;
    // A rate that jumped above its cap must not keep the admins from lowering risk.
    if lowers_cap {
        check_rate_cap(&reserve, clock.unix_timestamp)?;
    }
    reserve.pending_config_ts = 0;
    emit!(ReserveConfigured {
        reserve: accounts.reserve.key(),
    });
    Ok(())
}

/// Refuses what would take weight from a deposit in a group at once, without the ramp of a lowered threshold.
fn check_groups(
    market: &LendingMarket,
    reserve: &Reserve,
    config: &ReserveConfig,
    now_ts: i64,
) -> Result<()> {
    let (old, new) = (reserve.config.elevation_groups, config.elevation_groups);
    require!(old & !new == 0, LeveeError::GroupMembershipFixed);
    let own = reserve
        .threshold_ramp
        .at(reserve.config.threshold_bps, now_ts);
    for (bit, group) in market.groups.iter().enumerate() {
        let joins = (new & !old) >> bit & 1 == 1;
        require!(
            !joins || !group.config.exists() || group.threshold(now_ts) >= own,
            LeveeError::GroupThresholdBelowOwn
        );
    }
    Ok(())
}

/// Refuses a cap on the rate's growth that would already bind: the observation from which it grows comes first.
fn check_rate_cap(reserve: &Reserve, now_ts: i64) -> Result<()> {
    if let Some(cap) = reserve.rate_cap() {
        require!(
            cap.at_down(now_ts) >= reserve.rate(),
            LeveeError::RateCapBelowObserved
        );
    }
    Ok(())
}
