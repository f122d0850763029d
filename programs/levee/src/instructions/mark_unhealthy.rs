//! `mark_unhealthy`: anybody proves that obligations are unhealthy now, so that their clocks go on.

use anchor_lang::prelude::*;
use levee_risk::sheet::{Sheet, View};

use crate::engine::{look_at_all, moment, value, Listed, Purpose, Rules};
use crate::error::{math, LeveeError};
use crate::events::SeenUnhealthy;
use crate::gate::{self, Action, State};
use crate::state::{LendingMarket, Obligation, Restart};

/// Followed, for each obligation, by itself, writable, and all its reserves in its own order, read-only.
#[derive(Accounts)]
pub struct MarkUnhealthy<'info> {
    /// The lending market.
    pub market: AccountLoader<'info, LendingMarket>,
}

/// Looks at every obligation given: an unhealthy one ages by the slots since it was last seen, a healthy one forgets that
/// it ever was unhealthy. Severity is asked with the lowest threshold among its deposits.
///
/// # Errors
/// [`LeveeError::NotAnObligation`], [`LeveeError::ForeignMarket`], and those of [`value`].
// A stack frame of its own, apart from that of the accounts: the sheet is large.
#[inline(never)]
pub fn mark_unhealthy<'info>(ctx: Context<'info, MarkUnhealthy<'info>>) -> Result<()> {
    let market_key = ctx.accounts.market.as_ref().key;
    let market = ctx.accounts.market.load()?;
    gate::check(Action::MarkUnhealthy, State::of_market(&market))?;
    // Asked once for all.
    let restart = Restart::At(Restart::Ask.slot()?);
    let rules = Rules::new(&market, moment(&Clock::get()?), restart);
    let mut room = Sheet::EMPTY;
    let sheet = &mut room;
    let mut rest = ctx.remaining_accounts;
    require!(!rest.is_empty(), LeveeError::NotAnObligation);
    while let Some((info, tail)) = rest.split_first() {
        let loader = AccountLoader::<Obligation>::try_from(info)
            .map_err(|_| error!(LeveeError::NotAnObligation))?;
        let mut obligation = loader
            .load_mut()
            .map_err(|_| error!(LeveeError::NotAnObligation))?;
        require!(obligation.market == *market_key, LeveeError::ForeignMarket);
        let valued = value(
            sheet,
            &obligation,
            &Listed(tail),
            &market,
            rules.moment,
            Purpose::Liquidation(None),
        )?;
        rest = tail.get(valued.used..).unwrap_or(&[]);
        let book = sheet.book(View::Plain).map_err(math)?;
        let clocks = obligation.clocks();
        let look = look_at_all(sheet, &book, clocks, valued.clock_jump_slot, &rules)?;
        obligation.set_clocks(look.clocks);
        if look.tier.is_some() {
            emit!(SeenUnhealthy {
                obligation: *info.key,
                health_ppm: book.health.ppm_down(),
                unhealthy_slots: look.clocks.unhealthy_slots,
                auction_slots: look.clocks.auction_slots,
                is_permitted: look.is_permitted(),
            });
        }
    }
    Ok(())
}
