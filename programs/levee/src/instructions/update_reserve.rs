//! `update_reserve`: a reserve's configuration is replaced as a whole.
//!
//! What raises risk waits: the first call announces it, a second one with the same configuration after the
//! market's delay applies it. What lowers risk acts at once.

use anchor_lang::prelude::*;

use crate::error::LeveeError;
use crate::events::{ReserveConfigured, RiskChangeAnnounced};
use crate::gate::{self, Action, State};
use crate::state::{LendingMarket, PriceCache, Reserve, ReserveConfig};

#[derive(Accounts)]
pub struct UpdateReserve<'info> {
    /// The market's owner or risk admin.
    pub authority: Signer<'info>,
    pub market: AccountLoader<'info, LendingMarket>,
    #[account(mut, has_one = market @ LeveeError::ForeignMarket)]
    pub reserve: AccountLoader<'info, Reserve>,
}

/// Replaces the configuration, or announces that it will be.
///
/// # Errors
/// [`LeveeError::NotRiskAdmin`], [`LeveeError::RiskChangeMustWait`] before an announced change is due, and
/// those of [`ReserveConfig::validate`].
pub fn update_reserve(ctx: Context<UpdateReserve>, config: ReserveConfig) -> Result<()> {
    config.validate()?;
    let accounts = &ctx.accounts;
    let clock = Clock::get()?;
    let market = accounts.market.load()?;
    let authority = accounts.authority.key;
    require!(
        *authority == market.owner || *authority == market.risk_admin,
        LeveeError::NotRiskAdmin
    );
    let mut reserve = accounts.reserve.load_mut()?;
    let state = State::of_market(&market, clock.slot).with_reserve(&reserve);
    gate::check(Action::Configure, state)?;

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

    // Interest until now is owed at the old curve.
    reserve.accrue(clock.unix_timestamp)?;
    let same_oracle = reserve.config.oracle_kind == config.oracle_kind
        && reserve.config.oracle_feed == config.oracle_feed;
    if !same_oracle {
        reserve.price = PriceCache::default();
    }
    reserve.config = config;
    reserve.pending_config_ts = 0;
    emit!(ReserveConfigured {
        reserve: accounts.reserve.key(),
    });
    Ok(())
}
