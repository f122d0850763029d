//! `set_status`: pauses and freezes a market or one of its reserves.

use anchor_lang::prelude::*;

use crate::error::LeveeError;
use crate::events::StatusChanged;
use crate::gate::{self, Action, State};
use crate::state::{LendingMarket, Reserve};

#[derive(Accounts)]
pub struct SetStatus<'info> {
    /// The market's owner, risk admin or guardian.
    pub authority: Signer<'info>,
    /// The lending market.
    #[account(mut)]
    pub market: AccountLoader<'info, LendingMarket>,
    /// Where given, its status is set and the market's is left alone.
    #[account(mut, has_one = market @ LeveeError::ForeignMarket)]
    pub reserve: Option<AccountLoader<'info, Reserve>>,
}

/// Replaces the status bits: 1 deposits paused, 2 borrows paused, 4 frozen. The guardian can add bits, not remove any.
///
/// # Errors
/// [`LeveeError::InvalidStatus`], [`LeveeError::NotGuardian`], [`LeveeError::GuardianCannotLift`].
pub fn set_status(ctx: Context<SetStatus>, status: u8) -> Result<()> {
    require!(status & !State::SETTABLE == 0, LeveeError::InvalidStatus);
    let accounts = &ctx.accounts;
    let mut market = accounts.market.load_mut()?;
    gate::check(Action::Configure, State::of_market(&market))?;
    let authority = *accounts.authority.key;
    let may_lift = authority == market.owner || authority == market.risk_admin;
    require!(
        may_lift || authority == market.guardian,
        LeveeError::NotGuardian
    );
    let lifts = |current: u8| current & !status != 0;
    let account = match &accounts.reserve {
        Some(loader) => {
            let mut reserve = loader.load_mut()?;
            require!(
                may_lift || !lifts(reserve.status),
                LeveeError::GuardianCannotLift
            );
            reserve.status = status;
            loader.key()
        }
        None => {
            require!(
                may_lift || !lifts(market.status),
                LeveeError::GuardianCannotLift
            );
            market.status = status;
            accounts.market.key()
        }
    };
    emit!(StatusChanged { account, status });
    Ok(())
}
