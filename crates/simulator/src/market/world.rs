//! Everything that one engine's run changes.

use std::cell::RefCell;
use std::sync::Arc;

use anyhow::Result;
use levee::engine::{value, Purpose};
use levee::state::Obligation;
use levee_risk::policy::Moment;
use levee_risk::sheet::{Sheet, View};
use levee_risk::units::{Atoms, Ppm, Usd};
use levee_risk::valuation::Book as Valued;

use super::exchange::Exchange;
use super::obligations::{Obligations, Pair, Read};
use super::oracle::{Feed, Print};
use super::pool::{broken, Pool};
use super::wallets::Wallets;
use crate::book::{Book, Opening};
use crate::prices::{Fault, FaultKind, PricePath, DOLLAR};
use crate::run::Settings;

/// Length of a slot.
pub const SLOT_MS: i64 = 400;
/// The path begins in the slot after the one in which everybody borrowed.
pub const FIRST_SLOT_MS: i64 = 400;

pub(super) const WAD_PER_MICRO: u128 = 1_000_000_000_000;
/// How often that can be halved.
const WAD_HALVINGS: u32 = WAD_PER_MICRO.trailing_zeros();

/// What a liquidator must earn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Costs {
    /// Fee of the exchange, in parts per million of what is sold.
    pub fee_ppm: u64,
    /// What the price may move before the sale is through, in parts per million.
    pub latency_ppm: u64,
    /// Whether liquidators act even at a loss.
    pub acts_at_a_loss: bool,
}

impl Default for Costs {
    /// Four basis points of fee and two for the latency: what Solana's exchanges charge for the large pairs, and a second's
    /// deviation at a daily volatility of 5 %.
    fn default() -> Self {
        Self {
            fee_ppm: 400,
            latency_ppm: 200,
            acts_at_a_loss: false,
        }
    }
}

impl Costs {
    /// Whether `bonus` pays for a sale that moves no price.
    pub fn may_be_worth_it(&self, bonus: Ppm) -> bool {
        self.acts_at_a_loss || u64::from(bonus.0) >= self.fee_ppm + self.latency_ppm
    }
}

thread_local! {
    static ROOM: RefCell<Sheet> = const { RefCell::new(Sheet::EMPTY) };
}

/// One engine's market while it runs.
pub struct World {
    /// The reserves.
    pub pool: Pool,
    /// Where collateral is sold, by feed.
    pub exchange: Exchange,
    /// Tokens outside the vaults.
    pub wallets: Wallets,
    /// What a liquidator must earn.
    pub costs: Costs,
    /// Changes of balances so far: each may round by an atom.
    pub operations: u64,
    obligations: Obligations,
    feeds: Vec<Feed>,
    faults: Vec<Fault>,
    /// The feed of each reserve.
    sources: Vec<usize>,
    opening: Moment,
    now_ms: i64,
}

impl World {
    /// The market as it opened, with the path's first prices.
    ///
    /// # Errors
    /// Where the opening makes no sense.
    pub fn new(opening: &Opening, path: &PricePath, settings: &Settings) -> Result<Self> {
        let first = path.row(0);
        let price = |feed: usize| first.get(feed).copied().unwrap_or(DOLLAR);
        let feeds = opening.depths.len();
        let pool = Pool::new(
            opening.market,
            opening.reserves.clone(),
            opening.stakes.clone(),
            opening.moment,
        );
        let mut world = Self {
            exchange: Exchange::new(settings.impact, opening.depths.iter().copied()),
            wallets: Wallets::new(opening.reserves.len()),
            costs: settings.costs,
            operations: 0,
            obligations: Obligations::new(&opening.book, pool.keys()),
            pool,
            feeds: (0..feeds)
                .map(|feed| Feed::new(price(feed), settings.oracle))
                .collect(),
            faults: path.faults.clone(),
            sources: opening.sources.clone(),
            opening: opening.moment,
            now_ms: 0,
        };
        world.advance(0, first)?;
        Ok(world)
    }

    /// Goes on to `now_ms` after the opening, where the path's prices are `prices`.
    ///
    /// # Errors
    /// Where interest cannot be accrued.
    pub fn advance(&mut self, now_ms: i64, prices: &[u64]) -> Result<()> {
        self.now_ms = now_ms;
        self.exchange.advance(now_ms);
        for feed in 0..self.feeds.len() {
            self.exchange
                .set_base(feed, prices.get(feed).copied().unwrap_or(DOLLAR));
            let fault = self.fault(feed);
            let price = self.exchange.price(feed);
            self.feeds[feed].advance(now_ms, price, fault);
        }
        let moment = Moment {
            slot: self.opening.slot + (now_ms / SLOT_MS).unsigned_abs(),
            now_ts: self.opening.now_ts + now_ms / 1_000,
        };
        let prints: Vec<Print> = self
            .sources
            .iter()
            .map(|feed| self.feeds[*feed].said())
            .collect();
        self.pool.advance(moment, self.opening.now_ts, &prints)
    }

    fn fault(&self, feed: usize) -> Option<FaultKind> {
        let at = self.now_ms - FIRST_SLOT_MS;
        let fault = self
            .faults
            .iter()
            .find(|fault| fault.asset == feed && (fault.from_ms..fault.until_ms).contains(&at));
        fault.map(|fault| fault.kind)
    }

    /// Milliseconds after the opening.
    pub fn now_ms(&self) -> i64 {
        self.now_ms
    }

    /// The feed of reserve `asset`.
    pub fn source(&self, asset: usize) -> usize {
        self.sources[asset]
    }

    /// The obligations as they opened.
    pub fn book(&self) -> &Arc<Book> {
        self.obligations.book()
    }

    /// Obligation `who` as it is now.
    pub fn obligation(&self, who: u32) -> Obligation {
        self.obligations.get(who, self.pool.keys())
    }

    /// Waits for memory once for all these, who are used next.
    pub fn fetch(&self, who: impl Iterator<Item = u32>) {
        self.obligations.fetch(who);
    }

    /// Reads all these into `room`, for [`World::unpacked`].
    pub fn read(&self, who: &[u32], room: &mut Vec<Read>) {
        self.obligations.read(who, room);
    }

    /// An obligation that was read.
    pub fn unpacked(&self, read: &Read) -> Obligation {
        self.obligations.of(read, self.pool.keys())
    }

    /// Replaces a debt and a deposit of obligation `who`.
    pub fn set_pair(&mut self, who: u32, pair: &Pair) {
        self.obligations.set_pair(who, pair, self.pool.keys());
    }

    /// Replaces obligation `who`.
    pub fn set_obligation(&mut self, who: u32, obligation: Obligation) {
        self.obligations.set(who, &obligation, self.pool.keys());
    }

    /// The value of obligation `who` as it is now.
    ///
    /// # Errors
    /// As [`World::see`].
    pub fn value_of(&self, who: u32) -> Result<Valued> {
        self.value(&self.obligation(who))
    }

    /// Values `obligation` at what the oracles say, with `sheet` as room.
    ///
    /// # Errors
    /// Where the program's code fails on it.
    pub fn see(&self, sheet: &mut Sheet, obligation: &Obligation) -> Result<Valued> {
        let seen = self.pool.seen();
        let (market, moment) = (&self.pool.market, self.pool.moment());
        value(sheet, obligation, &seen, market, moment, Purpose::Watch).map_err(broken)?;
        Ok(sheet.book(View::Plain)?)
    }

    /// The sheet of `obligation` at what the oracles say.
    ///
    /// # Errors
    /// As [`World::see`].
    pub fn sheet(&self, obligation: &Obligation) -> Result<Sheet> {
        let mut sheet = Sheet::EMPTY;
        self.see(&mut sheet, obligation)?;
        Ok(sheet)
    }

    /// The value of `obligation` at what the oracles say.
    ///
    /// # Errors
    /// As [`World::see`].
    pub fn value(&self, obligation: &Obligation) -> Result<Valued> {
        // A sheet is large: its room is used again.
        ROOM.with_borrow_mut(|sheet| self.see(sheet, obligation))
    }

    /// What `atoms` of a token are worth on the exchange, in millionths of a dollar, rounded down.
    ///
    /// # Errors
    /// Where that is out of range.
    pub fn micro_usd(&self, asset: usize, atoms: u64) -> Result<i64> {
        let price = self.exchange.price(self.sources[asset]);
        let price = self.pool.token_price(asset, price)?;
        Ok(micro_usd(price.value_down(Atoms(atoms))?))
    }
}

/// Dollars in millionths, rounded down; saturating.
pub fn micro_usd(value: Usd) -> i64 {
    // Halves first, so that all but the largest amounts take a division of words.
    let (halves, rest) = (value.wad() >> WAD_HALVINGS, WAD_PER_MICRO >> WAD_HALVINGS);
    let micro_usd = match u64::try_from(halves) {
        Ok(halves) => u128::from(halves / rest as u64),
        Err(_) => halves / rest,
    };
    i64::try_from(micro_usd).unwrap_or(i64::MAX)
}

impl World {
    /// Shows every position of every obligation: (reserve, whether it is a debt, the scaled balance).
    pub(crate) fn for_each_position(&self, show: impl FnMut(usize, bool, u128)) {
        self.obligations.for_each_position(self.pool.keys(), show);
    }
}
