//! What a token is worth in its base asset: read from a stake pool or from a redemption feed.
//!
//! The cap on its growth is a matter of new risk. A liquidation always takes the rate as it is.

use anchor_lang::prelude::*;
use levee_risk::rate::Rate;

use crate::error::LeveeError;
use crate::oracle;
use crate::state::{RateAnchor, Reserve, RATE_NONE, RATE_PYTH_REDEMPTION, RATE_STAKE_POOL};

/// `AccountType::StakePool` of the SPL stake pool program, the first byte.
const STAKE_POOL: u8 = 1;
/// Offsets in `spl_stake_pool::state::StakePool`.
const POOL_MINT: usize = 162;
const TOTAL_LAMPORTS: usize = 258;
const POOL_TOKEN_SUPPLY: usize = 266;
const LAST_UPDATE_EPOCH: usize = 274;

/// A pool that was not updated in this epoch or the last one has rewards that its rate does not show.
const MAX_STALE_EPOCHS: i64 = 1;
/// Redemption feeds move slowly and are posted rarely.
const MAX_STALE_SECONDS: i64 = 86_400;

/// Whether a refresh of `reserve` takes a rate account too.
pub fn is_needed(reserve: &Reserve) -> bool {
    reserve.config.rate_kind != RATE_NONE
}

/// A rate and when it was true.
struct Observation {
    rate: Rate,
    /// In the source's own time.
    ts: i64,
    /// Whether it replaces a cached one of the same time. A feed publishes several in a second, of which the first stays; a
    /// stake pool is one account, which changes within its epoch.
    replaces_same_time: bool,
}

/// Caches the rate that `account` says, and what new risk believes of it. The first observation anchors the cap. An
/// observation that is not newer than the cached one is ignored, or whoever refreshes could choose between two.
///
/// # Errors
/// [`LeveeError::WrongRateAccount`], [`LeveeError::RateOutOfRange`], and those of a redemption feed's oracle.
pub fn refresh(reserve: &mut Reserve, account: &AccountInfo, clock: &Clock) -> Result<()> {
    let seen = match reserve.config.rate_kind {
        RATE_STAKE_POOL => read_stake_pool(reserve, account)?,
        RATE_PYTH_REDEMPTION => read_redemption(reserve, account, clock)?,
        _ => return err!(LeveeError::NoRate),
    };
    require!(seen.rate.0 > 0, LeveeError::RateOutOfRange);
    let cache = &mut reserve.price;
    let is_newer = seen.ts > cache.rate_ts || (seen.replaces_same_time && seen.ts == cache.rate_ts);
    if cache.rate == 0 || is_newer {
        cache.rate = seen.rate.0;
        cache.rate_ts = seen.ts;
    }
    // The cached one ages also while older ones are shown, or showing those would keep it young.
    let is_stale = match reserve.config.rate_kind {
        RATE_STAKE_POOL => is_older(clock.epoch.cast_signed(), cache.rate_ts, MAX_STALE_EPOCHS),
        _ => is_older(clock.unix_timestamp, cache.rate_ts, MAX_STALE_SECONDS),
    };
    cache.rate_is_stale = u32::from(is_stale);
    let rate = Rate(cache.rate);
    let cap = match reserve.rate_cap() {
        Some(cap) => cap.at_down(clock.unix_timestamp),
        None => {
            reserve.rate_anchor = RateAnchor {
                rate: rate.0,
                observed_ts: clock.unix_timestamp,
            };
            rate
        }
    };
    reserve.price.capped_rate = rate.min(cap).0;
    Ok(())
}

fn is_older(now: i64, then: i64, most: i64) -> bool {
    now.saturating_sub(then) > most
}

/// Lamports per pool token. The address is the one that the market's admin chose, so its program needs no list.
fn read_stake_pool(reserve: &Reserve, account: &AccountInfo) -> Result<Observation> {
    let wrong = || error!(LeveeError::WrongRateAccount);
    require!(
        account.key.to_bytes() == reserve.config.rate_source,
        LeveeError::WrongRateAccount
    );
    let data = account.try_borrow_data()?;
    let number = |at: usize| {
        let bytes = data.get(at..).and_then(|tail| tail.first_chunk::<8>());
        bytes
            .map(|bytes| u64::from_le_bytes(*bytes))
            .ok_or_else(wrong)
    };
    let mint = data
        .get(POOL_MINT..)
        .and_then(|tail| tail.first_chunk::<32>());
    require!(
        data.first() == Some(&STAKE_POOL) && mint == Some(&reserve.mint.to_bytes()),
        LeveeError::WrongRateAccount
    );
    let rate = Rate::of_down(number(TOTAL_LAMPORTS)?, number(POOL_TOKEN_SUPPLY)?)
        .map_err(|_| error!(LeveeError::RateOutOfRange))?;
    let epoch = number(LAST_UPDATE_EPOCH)?;
    Ok(Observation {
        rate,
        ts: i64::try_from(epoch).map_err(|_| wrong())?,
        replaces_same_time: true,
    })
}

fn read_redemption(reserve: &Reserve, account: &AccountInfo, clock: &Clock) -> Result<Observation> {
    let said = oracle::read_pull(&reserve.config.rate_source, account)?;
    let mantissa = u64::try_from(said.price).map_err(|_| error!(LeveeError::RateOutOfRange))?;
    let latest = clock
        .unix_timestamp
        .saturating_add(oracle::MAX_CLOCK_LAG_SECONDS);
    require!(said.publish_ts <= latest, LeveeError::PriceFromFuture);
    let rate = Rate::of_decimal_down(mantissa, said.exponent)
        .map_err(|_| error!(LeveeError::RateOutOfRange))?;
    Ok(Observation {
        rate,
        ts: said.publish_ts,
        replaces_same_time: false,
    })
}
