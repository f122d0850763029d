//! The tokens of a market's file, as they are on the cluster or will be.

use std::collections::BTreeSet;

use anyhow::{anyhow, bail, ensure, Context, Result};
use levee::state::{ReserveConfig, MAX_GROUPS, RATE_PYTH_REDEMPTION};
use levee_client::defaults::reserve_config;
use levee_client::rpc::sponsored_feed;
use levee_client::tokens::{decimals, mint_address, MINT_BYTES, TOKEN_PROGRAM};
use levee_client::ReserveKeys;
use levee_test_oracle::feed_address;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use super::{refuse_value, Bootstrap};
use crate::file::{FeedId, MarketFile, ReserveEntry};

/// SPL's second token program.
const TOKEN_2022: Pubkey = Pubkey::from_str_const("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb");

/// A token of the file.
pub struct Token<'a> {
    /// What the file says.
    pub entry: &'a ReserveEntry,
    /// Its addresses.
    pub keys: ReserveKeys,
    /// Of the mint.
    pub decimals: u8,
    /// Whether the mint still has to be made.
    pub must_be_made: bool,
    /// Pyth's feed; none for a legacy price account.
    pub feed: Option<[u8; 32]>,
    /// Where the price is posted.
    pub price_account: Pubkey,
    /// The feed of the rate at which it redeems, and where that is posted.
    pub redemption: Option<([u8; 32], Pubkey)>,
    /// What the reserve is to be.
    pub config: ReserveConfig,
}

/// Refuses names that are given twice, and groups of what is not there.
///
/// # Errors
/// One line that names the entry.
pub fn check_names(file: &MarketFile) -> Result<()> {
    let mut names = BTreeSet::new();
    for entry in &file.reserves {
        ensure!(
            names.insert(&*entry.name),
            "two reserves are named {}",
            entry.name
        );
    }
    let mut numbers = BTreeSet::new();
    for group in &file.groups {
        let number = group.number;
        ensure!(
            (1..=MAX_GROUPS).contains(&usize::from(number)),
            "elevation group {number}: numbers go from 1 to {MAX_GROUPS}"
        );
        ensure!(
            numbers.insert(number),
            "two elevation groups have the number {number}"
        );
        for name in group.members.iter().chain([&group.debt]) {
            ensure!(
                names.contains(&**name),
                "elevation group {number}: no reserve is named {name}"
            );
        }
    }
    Ok(())
}

/// Finds out about all of them.
///
/// # Errors
/// What cannot be, one line with the reserve's name; the cluster's.
pub async fn all<'a>(bootstrap: &Bootstrap<'a>, market: &Pubkey) -> Result<Vec<Token<'a>>> {
    let mut tokens = Vec::with_capacity(bootstrap.file.reserves.len());
    for entry in &bootstrap.file.reserves {
        let token = one(bootstrap, market, entry).await;
        tokens.push(token.with_context(|| format!("reserve {}", entry.name))?);
    }
    Ok(tokens)
}

async fn one<'a>(
    bootstrap: &Bootstrap<'a>,
    market: &Pubkey,
    entry: &'a ReserveEntry,
) -> Result<Token<'a>> {
    let wallet = bootstrap.wallet.pubkey();
    let mint = match &entry.mint {
        Some(mint) => mint.0,
        None => mint_address(&wallet, &entry.name).map_err(|error| anyhow!(error))?,
    };
    let account = bootstrap.connection.account(&mint).await?;
    let (token_program, digits) = match &account {
        Some(account) => {
            ensure!(
                [TOKEN_PROGRAM, TOKEN_2022].contains(&account.owner)
                    && account.data.len() >= MINT_BYTES,
                "{mint} is no token"
            );
            let digits = decimals(&account.data).context("the mint cannot be read")?;
            (account.owner, digits)
        }
        None if entry.mint.is_some() => {
            bail!(
                "there is no token {mint} on {}",
                bootstrap.connection.cluster.name()
            )
        }
        None => {
            refuse_value(bootstrap.connection, "a token without a mint").await?;
            let digits = entry.decimals;
            (
                TOKEN_PROGRAM,
                digits.context("a test token needs decimals")?,
            )
        }
    };
    if let Some(said) = entry.decimals {
        ensure!(
            said == digits,
            "{mint} has {digits} decimals, the file says {said}"
        );
    }
    let (config, feed) = config(bootstrap, entry, digits)?;
    let redemption = (config.rate_kind == RATE_PYTH_REDEMPTION).then_some(config.rate_source);
    ensure!(
        entry.test_rate.is_none() || redemption.is_some(),
        "test_rate needs a redemption_feed"
    );
    let posted = |feed: &[u8; 32]| match bootstrap.oracle {
        Some(oracle) => feed_address(&oracle, &wallet, feed),
        None => sponsored_feed(feed),
    };
    Ok(Token {
        entry,
        keys: ReserveKeys::new(*market, mint, token_program),
        decimals: digits,
        must_be_made: account.is_none(),
        feed,
        price_account: match &feed {
            None => Pubkey::from(config.oracle_feed),
            Some(feed) => posted(feed),
        },
        redemption: redemption.map(|feed| (feed, posted(&feed))),
        config,
    })
}

/// What the reserve is to be, and its feed.
fn config(
    bootstrap: &Bootstrap,
    entry: &ReserveEntry,
    decimals: u8,
) -> Result<(ReserveConfig, Option<[u8; 32]>)> {
    let terms = &entry.terms;
    let feed = match (terms.feed, terms.legacy_price_account) {
        (_, Some(_)) => None,
        (Some(feed), None) => Some(feed.0),
        (None, None) if bootstrap.oracle.is_some() => Some(FeedId::of_name(&entry.name).0),
        (None, None) => bail!("there are no test feeds here: name the feed of the price"),
    };
    let mut config = reserve_config(feed.unwrap_or_default());
    let applied = terms.apply(&mut config, decimals);
    applied.map_err(|error| anyhow!(error))?;
    for group in &bootstrap.file.groups {
        if group.members.contains(&entry.name) {
            config.elevation_groups |= 1 << group.number.saturating_sub(1);
        }
    }
    // What the program would say, before anything is sent.
    config.validate().map_err(|error| anyhow!(said(&error)))?;
    Ok((config, feed))
}

/// Anchor's error as the program's message alone.
pub fn said(error: &anchor_lang::error::Error) -> String {
    match error {
        anchor_lang::error::Error::AnchorError(error) => error.error_msg.clone(),
        anchor_lang::error::Error::ProgramError(error) => error.program_error.to_string(),
    }
}
