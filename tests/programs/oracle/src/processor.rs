//! What the program does.

use anchor_lang::prelude::*;
use anchor_lang::solana_program::entrypoint::ProgramResult;
use anchor_lang::solana_program::program::{invoke, invoke_signed};
use anchor_lang::solana_program::{system_instruction, system_program};
use anchor_lang::Discriminator;
use pyth_solana_receiver_sdk::price_update::{PriceFeedMessage, PriceUpdateV2, VerificationLevel};

use crate::{Feed, Instruction, OracleError, FEED_SEED};

/// How far a time that nobody gave may run ahead of the clock.
const MAX_LEAD_SECONDS: i64 = 4;

/// The entrypoint. `program` is the address at which it runs, whichever that is.
///
/// # Errors
/// [`OracleError`], one a check, and the system program's where the authority lacks lamports.
pub fn process<'info>(
    program: &Pubkey,
    accounts: &'info [AccountInfo<'info>],
    data: &[u8],
) -> ProgramResult {
    let Instruction::Push(feeds) =
        Instruction::try_from_slice(data).map_err(|_| OracleError::MalformedInstruction)?;
    let [authority, _system_program, feed_accounts @ ..] = accounts else {
        return Err(OracleError::WrongNumberOfAccounts.into());
    };
    if !authority.is_signer {
        return Err(OracleError::AuthorityMustSign.into());
    }
    if feed_accounts.len() != feeds.len() {
        return Err(OracleError::WrongNumberOfAccounts.into());
    }
    let clock = Clock::get()?;
    for (feed, account) in feeds.iter().zip(feed_accounts) {
        push(program, authority, account, feed, &clock)?;
    }
    Ok(())
}

fn push<'info>(
    program: &Pubkey,
    authority: &AccountInfo<'info>,
    account: &AccountInfo<'info>,
    feed: &Feed,
    clock: &Clock,
) -> ProgramResult {
    let seeds: [&[u8]; 3] = [FEED_SEED, authority.key.as_ref(), &feed.id];
    let (address, bump) = Pubkey::find_program_address(&seeds, program);
    if *account.key != address {
        return Err(OracleError::WrongFeedAccount.into());
    }
    let known_ts = if account.owner == program {
        Some(published_ts(account)?)
    } else {
        create(
            program,
            authority,
            account,
            &[&seeds[..], &[&[bump]]].concat(),
        )?;
        None
    };
    let publish_ts = feed
        .publish_ts
        .unwrap_or_else(|| next_ts(known_ts, clock.unix_timestamp));
    let prev_publish_ts = known_ts.unwrap_or(publish_ts);
    if publish_ts < prev_publish_ts {
        return Err(OracleError::OlderThanPublished.into());
    }
    let update = PriceUpdateV2 {
        write_authority: *authority.key,
        verification_level: VerificationLevel::Full,
        price_message: PriceFeedMessage {
            feed_id: feed.id,
            price: feed.price,
            conf: feed.confidence,
            exponent: feed.exponent,
            publish_time: publish_ts,
            prev_publish_time: prev_publish_ts,
            ema_price: feed.ema_price,
            ema_conf: feed.confidence,
        },
        posted_slot: clock.slot,
    };
    let mut data = account.try_borrow_mut_data()?;
    let (discriminator, mut body) = data
        .split_at_mut_checked(PriceUpdateV2::DISCRIMINATOR.len())
        .ok_or(OracleError::MalformedFeedAccount)?;
    discriminator.copy_from_slice(PriceUpdateV2::DISCRIMINATOR);
    update
        .serialize(&mut body)
        .map_err(|_| OracleError::MalformedFeedAccount.into())
}

/// Now, or a second after `known_ts` where that is no earlier: readers take only what is newer. As far ahead of the clock as
/// they believe, beyond which the same second is written again.
fn next_ts(known_ts: Option<i64>, now_ts: i64) -> i64 {
    let next = known_ts.map_or(now_ts, |known| known.saturating_add(1));
    now_ts.max(next.min(now_ts.saturating_add(MAX_LEAD_SECONDS)))
}

/// When the feed was published last, in Unix time.
fn published_ts(account: &AccountInfo) -> std::result::Result<i64, ProgramError> {
    let data = account.try_borrow_data()?;
    let update = PriceUpdateV2::try_deserialize(&mut &data[..])
        .map_err(|_| OracleError::MalformedFeedAccount)?;
    Ok(update.price_message.publish_time)
}

/// Makes the feed's address an account of this program. Lamports that somebody sent ahead are no obstacle: space and owner
/// are given one by one.
fn create<'info>(
    program: &Pubkey,
    authority: &AccountInfo<'info>,
    account: &AccountInfo<'info>,
    seeds: &[&[u8]],
) -> ProgramResult {
    if *account.owner != system_program::ID {
        return Err(OracleError::MalformedFeedAccount.into());
    }
    let needed = Rent::get()?.minimum_balance(PriceUpdateV2::LEN);
    let missing = needed.saturating_sub(account.lamports());
    if missing > 0 {
        invoke(
            &system_instruction::transfer(authority.key, account.key, missing),
            &[authority.clone(), account.clone()],
        )?;
    }
    for instruction in [
        system_instruction::allocate(account.key, PriceUpdateV2::LEN as u64),
        system_instruction::assign(account.key, program),
    ] {
        invoke_signed(&instruction, std::slice::from_ref(account), &[seeds])?;
    }
    Ok(())
}
