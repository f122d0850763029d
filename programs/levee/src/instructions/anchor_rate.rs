//! `anchor_rate`: the cap on a rate's growth starts anew from the rate that a refresh of this slot observed.

use anchor_lang::prelude::*;

use crate::error::LeveeError;
use crate::events::RateAnchored;
use crate::gate::{self, Action, State};
use crate::state::{LendingMarket, RateAnchor, Reserve, RATE_NONE};

#[derive(Accounts)]
pub struct AnchorRate<'info> {
    /// The market's owner or risk admin.
    pub authority: Signer<'info>,
    /// The lending market.
    pub market: AccountLoader<'info, LendingMarket>,
    /// The reserve.
    #[account(mut, has_one = market @ LeveeError::ForeignMarket)]
    pub reserve: AccountLoader<'info, Reserve>,
}

/// Makes rate and time of this slot's refresh the observation from which the cap grows. A rate above the cap cannot become
/// the new beginning: what new risk does not believe, an admin cannot make it believe.
///
/// # Errors
/// [`LeveeError::NotRiskAdmin`], [`LeveeError::NoRate`], [`LeveeError::ReserveNotRefreshed`],
/// [`LeveeError::RateCapBelowObserved`].
pub fn anchor_rate(ctx: Context<AnchorRate>) -> Result<()> {
    let accounts = &ctx.accounts;
    let clock = Clock::get()?;
    let market = accounts.market.load()?;
    market.check_risk_admin(accounts.authority.key)?;
    let mut reserve = accounts.reserve.load_mut()?;
    let state = State::of_market(&market).with_reserve(&reserve);
    gate::check(Action::Configure, state)?;
    require!(reserve.config.rate_kind != RATE_NONE, LeveeError::NoRate);
    require!(
        reserve.price.refreshed_slot == clock.slot && reserve.price.rate > 0,
        LeveeError::ReserveNotRefreshed
    );
    require!(
        reserve.price.capped_rate == reserve.price.rate,
        LeveeError::RateCapBelowObserved
    );
    reserve.rate_anchor = RateAnchor {
        rate: reserve.price.rate,
        observed_ts: clock.unix_timestamp,
    };
    emit!(RateAnchored {
        reserve: accounts.reserve.key(),
        rate: reserve.price.rate,
    });
    Ok(())
}
