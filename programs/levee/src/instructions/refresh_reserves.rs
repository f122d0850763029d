//! `refresh_reserves`: interest and prices of any number of reserves, by anybody.

use anchor_lang::prelude::*;

use crate::error::LeveeError;
use crate::gate::{self, Action, State};
use crate::state::Reserve;
use crate::{oracle, rate};

/// No accounts of its own: for each reserve follow the writable reserve, its price account, and, where it has a rate, the
/// stake pool or the redemption feed.
#[derive(Accounts)]
pub struct RefreshReserves {}

/// Accrues interest and caches the price of every reserve given.
///
/// # Errors
/// [`LeveeError::UnpairedPriceAccounts`], and those of [`oracle::refresh`] and [`rate::refresh`].
pub fn refresh_reserves<'info>(ctx: Context<'info, RefreshReserves>) -> Result<()> {
    gate::check(Action::Refresh, State::OPEN)?;
    let mut rest = ctx.remaining_accounts;
    require!(!rest.is_empty(), LeveeError::UnpairedPriceAccounts);
    let clock = Clock::get()?;
    while !rest.is_empty() {
        let Some(([reserve_info, price_account], tail)) = rest.split_first_chunk::<2>() else {
            return err!(LeveeError::UnpairedPriceAccounts);
        };
        rest = tail;
        let loader = AccountLoader::<Reserve>::try_from(reserve_info)
            .map_err(|_| error!(LeveeError::NotAReserve))?;
        require!(reserve_info.is_writable, LeveeError::UnpairedPriceAccounts);
        let mut reserve = loader.load_mut()?;
        reserve.accrue(clock.unix_timestamp)?;
        oracle::refresh(&mut reserve, price_account, &clock)?;
        if rate::is_needed(&reserve) {
            let (account, tail) = rest
                .split_first()
                .ok_or(LeveeError::UnpairedPriceAccounts)?;
            rate::refresh(&mut reserve, account, &clock)?;
            rest = tail;
        }
    }
    Ok(())
}
