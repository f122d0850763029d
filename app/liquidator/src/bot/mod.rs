//! The bot: it watches, decides, sends and keeps track, one round after the other.

mod act;
mod link;
mod once;
mod send;
mod sweep;
mod sync;
mod track;
mod upkeep;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use solana_keypair::Keypair;
use solana_message::AddressLookupTableAccount;
use solana_pubkey::Pubkey;
use solana_signer::Signer;
use tokio::sync::watch;

use crate::book::Book;
use crate::config::Config;
use crate::health::Health;
use crate::journal::Journal;
use crate::router::SwapRouter;
use crate::sender::Sender;
use crate::source::ChainSource;
use crate::wallet::Wallet;
use link::Link;
pub use once::Tally;
use sweep::Sweep;
use track::Tracked;

/// Longest wait for transactions that may still land, once the bot is to stop.
const FAREWELL: Duration = Duration::from_secs(15);
/// First wait after a failed synchronization; it doubles up to the last one.
const FIRST_BACKOFF: Duration = Duration::from_millis(250);
const LAST_BACKOFF: Duration = Duration::from_secs(4);

/// What a bot is made of.
pub struct Parts {
    /// What is known of the chain.
    pub source: Arc<dyn ChainSource>,
    /// How transactions reach it.
    pub sender: Arc<dyn Sender>,
    /// Where tokens are swapped.
    pub router: Arc<dyn SwapRouter>,
    /// The wallet.
    pub keypair: Keypair,
    /// The market.
    pub market: Pubkey,
    /// Price accounts that the configuration names.
    pub price_accounts: Vec<Pubkey>,
    /// Lookup tables.
    pub tables: Vec<AddressLookupTableAccount>,
    /// What was sent.
    pub journal: Journal,
    /// Everything else.
    pub config: Config,
    /// Whether decisions are only told.
    pub is_paper: bool,
}

/// What a round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Obligations that are unhealthy.
    pub unhealthy: usize,
    /// Liquidations and settlements that were sent, or would have been.
    pub sent: usize,
    /// Marks that were sent.
    pub marked: usize,
    /// Refreshes that were sent.
    pub refreshed: usize,
    /// Transactions that a last look kept from being sent.
    pub dropped: usize,
    /// Transactions that may still land.
    pub open: usize,
}

/// A liquidator.
pub struct Bot {
    parts: Parts,
    user: Pubkey,
    book: Option<Book>,
    wallet: Wallet,
    /// The wallet's token accounts of all reserves.
    wallets: HashSet<Pubkey>,
    link: Link,
    /// Whether what is known may have holes.
    is_gapped: bool,
    tracked: Vec<Tracked>,
    /// Nothing older than this is taken: what our own transactions did is in it.
    floor_slot: u64,
    retry_slot: HashMap<Pubkey, u64>,
    marked_slot: HashMap<Pubkey, u64>,
    /// When reserves were refreshed by a transaction of their own.
    refreshed_slot: HashMap<Pubkey, u64>,
    /// Obligations whose liquidation the program refused for now.
    refused: Vec<Pubkey>,
    /// How often in a row a transaction of an obligation, or of a reserve's refresh, did not land.
    unlanded: HashMap<Pubkey, u32>,
    tally: Tally,
    sweep: Sweep,
    polled: Option<Instant>,
    synced: Option<Instant>,
    retry_sync: Instant,
    backoff: Duration,
    health: Arc<Health>,
}

impl Bot {
    /// A bot that takes over what its journal says is open.
    ///
    /// # Errors
    /// Where the journal cannot be read.
    pub fn new(parts: Parts, health: Arc<Health>) -> Result<Self> {
        let mut bot = Self {
            user: parts.keypair.pubkey(),
            book: None,
            wallet: Wallet::default(),
            wallets: HashSet::new(),
            link: Link::new(),
            is_gapped: true,
            tracked: Vec::new(),
            floor_slot: 0,
            retry_slot: HashMap::new(),
            marked_slot: HashMap::new(),
            refreshed_slot: HashMap::new(),
            refused: Vec::new(),
            unlanded: HashMap::new(),
            tally: Tally::default(),
            sweep: Sweep::new(),
            polled: None,
            synced: None,
            retry_sync: Instant::now(),
            backoff: FIRST_BACKOFF,
            health,
            parts,
        };
        bot.take_over()?;
        Ok(bot)
    }

    /// What is known of the market; nothing before the first synchronization.
    pub fn book(&self) -> Option<&Book> {
        self.book.as_ref()
    }

    /// One round: takes in what was pushed, asks for what is due, tracks what was sent, and acts unless it `is_closing`.
    ///
    /// # Errors
    /// Where the journal fails: then nothing may be sent. What the cluster fails with is logged and tried again.
    pub async fn round(&mut self, is_closing: bool) -> Result<Round> {
        self.take_pushes();
        self.keep_in_sync().await;
        self.track().await?;
        let mut round = Round {
            open: self.open(),
            ..Round::default()
        };
        if let Some(book) = &mut self.book {
            let start = Instant::now();
            let settled = book.settle();
            metrics::histogram!("levee_liquidator_settle_seconds")
                .record(start.elapsed().as_secs_f64());
            metrics::counter!("levee_liquidator_valued_total").increment(settled.valued as u64);
            round.unhealthy = book.index().unhealthy().count();
            metrics::gauge!("levee_liquidator_unhealthy").set(round.unhealthy as f64);
            metrics::gauge!("levee_liquidator_obligations")
                .set(book.index().obligations().len() as f64);
            metrics::gauge!("levee_liquidator_slot").set(book.newest_slot() as f64);
            if !settled.unhealthy.is_empty() {
                tracing::info!(
                    became_unhealthy = settled.unhealthy.len(),
                    unhealthy = round.unhealthy,
                    slot = book.newest_slot(),
                    "prices moved"
                );
            }
        }
        if !is_closing && round.unhealthy > 0 && !self.is_stale() {
            self.act(&mut round).await?;
            round.open = self.open();
        }
        metrics::gauge!("levee_liquidator_open").set(round.open as f64);
        Ok(round)
    }

    /// What was done since the bot was made.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Rounds until `stop` says so; then waits a while for what may still land.
    ///
    /// # Errors
    /// As [`Bot::round`].
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) -> Result<()> {
        while !*stop.borrow() {
            self.round(false).await?;
            tokio::select! {
                () = self.wait() => {}
                changed = stop.changed() => if changed.is_err() { break },
            }
        }
        let started = Instant::now();
        while self.open() > 0 && started.elapsed() < FAREWELL {
            self.round(true).await?;
            self.wait().await;
        }
        tracing::info!(
            open = self.open(),
            "stopped; what is open is in the journal"
        );
        Ok(())
    }

    /// Until something is pushed, or the next poll is due.
    async fn wait(&self) {
        let poll = Duration::from_millis(self.parts.config.watch.poll_millis);
        let left = self.polled.map_or(FIRST_BACKOFF, |polled| {
            poll.saturating_sub(polled.elapsed())
        });
        // Either way it is time for a round.
        let _ = tokio::time::timeout(left, self.link.arrival()).await;
    }

    /// Whether the chain was silent for so long that nothing may be decided on what is known.
    fn is_stale(&self) -> bool {
        let most = Duration::from_secs(self.parts.config.watch.stale_seconds);
        self.is_gapped || self.health.silent_for() > most
    }

    fn is_locked(&self, obligation: &Pubkey) -> bool {
        let slot = self.book.as_ref().map_or(0, Book::newest_slot);
        let waits = self
            .retry_slot
            .get(obligation)
            .is_some_and(|until| slot < *until);
        waits || self.tracked.iter().any(|tracked| tracked.locks(obligation))
    }
}
