//! What an oracle account says, read and checked. Verdicts on its age or confidence belong to actions.

use anchor_lang::prelude::*;
use levee_risk::price::Scale;
use pyth_sdk_solana::state::{load_price_account, PriceStatus, SolanaPriceAccount};
use pyth_solana_receiver_sdk::price_update::{PriceUpdateV2, VerificationLevel};

use crate::error::LeveeError;
use crate::state::{Reserve, ORACLE_PYTH_LEGACY, ORACLE_PYTH_PULL};

/// Owners of `PriceUpdateV2` accounts: Pyth's receiver, and its successor of August 2026.
///
/// Builds with the feature `test-feeds`, which are for devnet alone, believe the test oracle too: it says what anybody tells
/// it, so that prices can be tried out where Pyth does not serve a token.
pub use receivers::{PYTH_RECEIVERS, TEST_FEEDS_NOTICE, TEST_ORACLE};

/// Owners of legacy price accounts: Pyth's oracle on mainnet and on devnet.
pub const PYTH_LEGACY_PROGRAMS: [Pubkey; 2] = [
    pubkey!("FsJ3A3u2vn5cTVofAjvy6y5kwABJAqYWpe4975bi2epH"),
    pubkey!("gSbePebfvPy7tRqimPoVecS2UsBvYv46ynrzWocc92s"),
];

/// How far a publish time may lie ahead of the cluster's clock, which lags behind real time.
pub const MAX_CLOCK_LAG_SECONDS: i64 = 5;

/// How far the clock may run ahead of its slots between two refreshes, a second being the longest that a slot takes.
pub const MAX_CLOCK_JUMP_SECONDS: u64 = 60;

/// Replaces the cached price of `reserve` by what `account` says, where that is newer; either way the
/// reserve counts as refreshed in this slot.
///
/// An older update is no error: whoever refreshes with the newest one would otherwise make everybody else's
/// transaction of the same slot fail. Nor is one of the same second, of which an oracle publishes several: the first that was
/// shown stays, or anybody could turn the cache from one to the other and back. Where the clock jumped since the last refresh, the slot is noted.
///
/// # Errors
/// One per check, see [`LeveeError`]'s prices.
pub fn refresh(reserve: &mut Reserve, account: &AccountInfo, clock: &Clock) -> Result<()> {
    let said = read(reserve, account)?;
    require!(said.price > 0 && said.ema > 0, LeveeError::PriceNotPositive);
    let latest = clock.unix_timestamp.saturating_add(MAX_CLOCK_LAG_SECONDS);
    require!(said.publish_ts <= latest, LeveeError::PriceFromFuture);
    require!(
        Scale::new(reserve.decimals, said.exponent).is_some(),
        LeveeError::PriceExponentOutOfRange
    );
    watch_clock(reserve, clock);
    let cache = &mut reserve.price;
    // The first one may be without a time: then it is too old for everything, which says more than that there is none.
    let is_first = cache.price == 0 && said.publish_ts == cache.publish_ts;
    if is_first || said.publish_ts > cache.publish_ts {
        cache.price = said.price.unsigned_abs();
        cache.confidence = said.confidence;
        cache.ema = said.ema.unsigned_abs();
        cache.publish_ts = said.publish_ts;
        cache.exponent = said.exponent;
    }
    cache.refreshed_slot = clock.slot;
    cache.refreshed_ts = clock.unix_timestamp;
    Ok(())
}

/// Notes the slot where more time passed since the last refresh than its slots can have taken. The watch lies in the
/// reserves, which a refresh writes anyway: in the market it would make all transactions write one account.
fn watch_clock(reserve: &mut Reserve, clock: &Clock) {
    let cache = &reserve.price;
    if cache.refreshed_slot == 0 {
        return;
    }
    let slots = clock.slot.saturating_sub(cache.refreshed_slot);
    let seconds = clock.unix_timestamp.saturating_sub(cache.refreshed_ts);
    let most = slots.saturating_add(MAX_CLOCK_JUMP_SECONDS);
    if seconds > i64::try_from(most).unwrap_or(i64::MAX) {
        reserve.clock_jump_slot = clock.slot;
    }
}

/// An oracle's statement in its own units.
pub(crate) struct Statement {
    pub price: i64,
    pub confidence: u64,
    pub ema: i64,
    pub exponent: i32,
    pub publish_ts: i64,
}

fn read(reserve: &Reserve, account: &AccountInfo) -> Result<Statement> {
    match reserve.config.oracle_kind {
        ORACLE_PYTH_PULL => read_pull(&reserve.config.oracle_feed, account),
        ORACLE_PYTH_LEGACY => read_legacy(&reserve.config.oracle_feed, account),
        _ => err!(LeveeError::InvalidOracleConfig),
    }
}

/// Reads a fully verified update of `feed`.
///
/// # Errors
/// One per check, see [`LeveeError`]'s prices.
pub(crate) fn read_pull(feed: &[u8; 32], account: &AccountInfo) -> Result<Statement> {
    require!(
        PYTH_RECEIVERS.contains(account.owner),
        LeveeError::WrongPriceAccountOwner
    );
    let data = account.try_borrow_data()?;
    let update = PriceUpdateV2::try_deserialize(&mut &data[..])
        .map_err(|_| error!(LeveeError::MalformedPriceAccount))?;
    require!(
        update.verification_level == VerificationLevel::Full,
        LeveeError::PriceNotFullyVerified
    );
    let message = &update.price_message;
    require!(message.feed_id == *feed, LeveeError::WrongPriceFeed);
    Ok(Statement {
        price: message.price,
        confidence: message.conf,
        ema: message.ema_price,
        exponent: message.exponent,
        publish_ts: message.publish_time,
    })
}

fn read_legacy(feed: &[u8; 32], account: &AccountInfo) -> Result<Statement> {
    require!(
        PYTH_LEGACY_PROGRAMS.contains(account.owner),
        LeveeError::WrongPriceAccountOwner
    );
    require!(account.key.to_bytes() == *feed, LeveeError::WrongPriceFeed);
    let data = account.try_borrow_data()?;
    let price: &SolanaPriceAccount =
        load_price_account(&data).map_err(|_| error!(LeveeError::MalformedPriceAccount))?;
    require!(
        price.agg.status == PriceStatus::Trading,
        LeveeError::PriceNotTrading
    );
    Ok(Statement {
        price: price.agg.price,
        confidence: price.agg.conf,
        ema: price.ema_price.val,
        exponent: price.expo,
        publish_ts: price.timestamp,
    })
}

mod receivers;
