//! Knowing the chain: snapshots, and what is asked for all the time.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use anchor_lang::prelude::Clock;
use anyhow::{bail, Context, Result};
use levee_client::rpc::told;
use levee_client::tokens::associated_account;
use solana_pubkey::Pubkey;
use solana_sdk_ids::sysvar::{clock, last_restart_slot};

use super::{Bot, FIRST_BACKOFF, LAST_BACKOFF};
use crate::book::Book;
use crate::source::AccountState;

fn number(data: &[u8], at: usize) -> Option<u64> {
    let bytes = data.get(at..at + 8)?.try_into().ok()?;
    Some(u64::from_le_bytes(bytes))
}

/// The clock sysvar: five numbers of eight bytes.
fn read_clock(account: &AccountState) -> Option<Clock> {
    let signed = |at| number(&account.data, at).map(u64::cast_signed);
    Some(Clock {
        slot: number(&account.data, 0)?,
        epoch_start_timestamp: signed(8)?,
        epoch: number(&account.data, 16)?,
        leader_schedule_epoch: number(&account.data, 24)?,
        unix_timestamp: signed(32)?,
    })
}

impl Bot {
    /// Loads everything where that is due or something may have been missed, and polls what changes all the time.
    pub(super) async fn keep_in_sync(&mut self) {
        self.keep_subscribed().await;
        let resync = Duration::from_secs(self.parts.config.watch.resync_seconds);
        let is_due = self.synced.is_none_or(|synced| synced.elapsed() >= resync);
        if (self.is_gapped || is_due) && Instant::now() >= self.retry_sync {
            match self.sync().await {
                Ok(()) => self.backoff = FIRST_BACKOFF,
                Err(why) => {
                    tracing::warn!(why = told(&why), "cannot load the market");
                    self.retry_sync = Instant::now() + self.backoff;
                    self.backoff = (self.backoff * 2).min(LAST_BACKOFF);
                }
            }
        }
        self.sweep().await;
        let poll = Duration::from_millis(self.parts.config.watch.poll_millis);
        if self.polled.is_none_or(|polled| polled.elapsed() >= poll) {
            self.polled = Some(Instant::now());
            if let Err(why) = self.poll().await {
                tracing::debug!(why = told(&why), "cannot poll");
            }
        }
        self.health.set_synced(!self.is_gapped);
    }

    async fn sync(&mut self) -> Result<()> {
        let newest = self.book.as_ref().map_or(0, Book::newest_slot);
        self.load(newest.max(self.floor_slot)).await?;
        metrics::counter!("levee_liquidator_syncs_total").increment(1);
        self.is_gapped = false;
        self.synced = Some(Instant::now());
        self.sweep.restart();
        if let Some(book) = &self.book {
            tracing::info!(
                slot = book.newest_slot(),
                reserves = book.index().world().reserves.len(),
                obligations = book.index().obligations().len(),
                "loaded"
            );
        }
        Ok(())
    }

    /// Replaces the book by a snapshot that is as of `min_slot` or later.
    async fn load(&mut self, min_slot: u64) -> Result<()> {
        let source = self.parts.source.clone();
        let (_, sysvars) = source
            .accounts(&[clock::ID, last_restart_slot::ID], min_slot)
            .await?;
        let [clock, restart] = sysvars.as_slice() else {
            bail!("the node does not answer as asked");
        };
        let clock = read_clock(clock).context("the clock cannot be read")?;
        let snapshot = source.snapshot(&self.parts.market, min_slot).await?;
        let restart = number(&restart.data, 0).unwrap_or(0);
        let mut book = Book::load(self.parts.market, &snapshot, clock, restart)?;
        let named = self.parts.price_accounts.clone();
        let (_, accounts) = source.accounts(&named, min_slot).await?;
        for feed in book.pull_feeds() {
            let is_of_feed =
                |account: &&AccountState| account.data.get(41..73).is_some_and(|id| id == feed);
            let mut found: Vec<Pubkey> = accounts
                .iter()
                .filter(is_of_feed)
                .map(|account| account.key)
                .collect();
            if found.is_empty() {
                let known = source.price_accounts(&feed).await?;
                found = known.into_iter().map(|account| account.key).collect();
            }
            if found.is_empty() {
                tracing::warn!(feed = ?Pubkey::new_from_array(feed), "there is no price account");
            }
            for key in found {
                book.know_price_account(feed, key);
            }
        }
        let reserves = &book.index().world().reserves;
        self.wallets = reserves
            .iter()
            .map(|r| associated_account(&self.user, &r.reserve.mint, &r.reserve.token_program))
            .collect::<HashSet<_>>();
        if let Some(before) = self.book.take() {
            book.succeed(before, snapshot.slot);
        }
        self.book = Some(book);
        self.poll().await?;
        self.promise_open();
        Ok(())
    }

    /// What is polled and pushed besides the market's own accounts.
    pub(super) fn watched(&self) -> Vec<Pubkey> {
        let mut keys = self.book.as_ref().map(Book::watched).unwrap_or_default();
        keys.extend(self.wallets.iter().copied());
        keys.extend(self.parts.router.watched());
        keys.push(clock::ID);
        keys
    }

    async fn poll(&mut self) -> Result<()> {
        if self.book.is_none() {
            return Ok(());
        }
        let mut keys = self.watched();
        keys.push(last_restart_slot::ID);
        if !self.link.is_up() {
            keys.push(self.parts.market);
            let reserves = self.book.iter().flat_map(|b| &b.index().world().reserves);
            keys.extend(reserves.map(|listed| listed.key));
        }
        let source = self.parts.source.clone();
        let (slot, accounts) = source.accounts(&keys, self.floor_slot).await?;
        // The clock first: prices are judged by it.
        let (clocks, others): (Vec<_>, Vec<_>) = accounts
            .iter()
            .partition(|account| account.key == clock::ID);
        for account in clocks.into_iter().chain(others) {
            self.apply(slot, account);
        }
        Ok(())
    }

    /// Takes in one account, whatever it is.
    pub(super) fn apply(&mut self, slot: u64, account: &AccountState) {
        let Some(book) = &mut self.book else {
            return;
        };
        if account.key == clock::ID {
            if let Some(clock) = read_clock(account) {
                self.health.heard(clock.slot);
                book.advance(clock);
            }
        } else if account.key == last_restart_slot::ID {
            book.set_restart_slot(number(&account.data, 0).unwrap_or(0));
        } else if self.wallets.contains(&account.key) {
            self.wallet.update(account);
        } else if book.apply(slot, account) {
            self.gap("a reserve is new");
        }
        self.parts.router.update(account);
    }
}
