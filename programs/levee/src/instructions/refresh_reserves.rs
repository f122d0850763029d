//! `refresh_reserves`: interest and prices of any number of reserves, by anybody.

use anchor_lang::prelude::*;

use crate::error::LeveeError;
use crate::gate::{self, Action, State};
use crate::oracle;
use crate::state::Reserve;

/// No accounts of its own: pairs of a writable reserve and its price account follow.
#[derive(Accounts)]
pub struct RefreshReserves {}

/// Accrues interest and caches the price of every reserve given.
///
/// # Errors
/// [`LeveeError::UnpairedPriceAccounts`], and those of [`oracle::refresh`].
pub fn refresh_reserves<'info>(ctx: Context<'info, RefreshReserves>) -> Result<()> {
    gate::check(Action::Refresh, State::OPEN)?;
    let (pairs, rest) = ctx.remaining_accounts.as_chunks::<2>();
    require!(
        !pairs.is_empty() && rest.is_empty(),
        LeveeError::UnpairedPriceAccounts
    );
    let clock = Clock::get()?;
    for [reserve_info, price_account] in pairs {
        let loader = AccountLoader::<Reserve>::try_from(reserve_info)
            .map_err(|_| error!(LeveeError::NotAReserve))?;
        require!(reserve_info.is_writable, LeveeError::UnpairedPriceAccounts);
        let mut reserve = loader.load_mut()?;
        reserve.accrue(clock.unix_timestamp)?;
        oracle::refresh(&mut reserve, price_account, &clock)?;
    }
    Ok(())
}
