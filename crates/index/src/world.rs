//! What all obligations of a market hang on: its reserves, with the newest price of every base.

use std::cell::Cell;
use std::collections::HashMap;

use anchor_lang::prelude::Pubkey;
use levee::state::{LendingMarket, Obligation, PriceCache, Reserve};
use levee_client::quote::{sheet, Copies};
use levee_risk::policy::Moment;
use levee_risk::price::Quote;
use levee_risk::sheet::Sheet;

use crate::boxes::Motion;

/// Identifies a base: what its oracle calls it.
pub type FeedId = [u8; 32];

/// A reserve with the index's numbers for it.
pub struct Listed {
    /// Its address.
    pub key: Pubkey,
    /// Its state, interest accrued and the base's newest price cached.
    pub reserve: Reserve,
    /// The number of its base.
    pub feed: u16,
}

/// A base.
pub struct Feed {
    /// What its oracle calls it.
    pub id: FeedId,
    /// Its newest price, in the oracle's units; zero before the first.
    pub price: u64,
    /// How much it moves.
    pub motion: Motion,
}

/// A market, its reserves and its bases.
pub struct World {
    /// The market.
    pub market: LendingMarket,
    /// The reserves, in the order in which they became known.
    pub reserves: Vec<Listed>,
    /// The bases, likewise.
    pub feeds: Vec<Feed>,
    /// When everything is looked at.
    pub moment: Moment,
    by_key: HashMap<Pubkey, u16>,
}

/// Replaces the base's price in `cache` by `quote`, as a refresh does; the rest stays.
pub fn cache_quote(cache: &mut PriceCache, quote: &Quote) {
    cache.price = quote.price;
    cache.confidence = quote.confidence;
    cache.ema = quote.ema;
    cache.exponent = quote.exponent;
    cache.publish_ts = quote.publish_ts;
}

impl World {
    /// A market without reserves.
    pub fn new(market: LendingMarket, moment: Moment) -> Self {
        Self {
            market,
            reserves: Vec::new(),
            feeds: Vec::new(),
            moment,
            by_key: HashMap::new(),
        }
    }

    /// The number of the reserve `key`.
    pub fn number(&self, key: &Pubkey) -> Option<u16> {
        self.by_key.get(key).copied()
    }

    /// The reserve `key`.
    pub fn reserve(&self, key: &Pubkey) -> Option<&Reserve> {
        self.listed(self.number(key)?).map(|listed| &listed.reserve)
    }

    /// The reserve with a number.
    pub fn listed(&self, number: u16) -> Option<&Listed> {
        self.reserves.get(usize::from(number))
    }

    /// Takes a new reserve in and returns its number; the base's newest price is shared among its reserves.
    pub(super) fn list(&mut self, key: Pubkey, reserve: Reserve, feed: u16) -> u16 {
        let number = u16::try_from(self.reserves.len()).expect("a market has fewer reserves");
        self.reserves.push(Listed { key, reserve, feed });
        self.by_key.insert(key, number);
        number
    }

    /// The number of the base `id`, known or new.
    pub(super) fn feed(&mut self, id: FeedId, motion: impl FnOnce() -> Motion) -> u16 {
        let known = self.feeds.iter().position(|feed| feed.id == id);
        let at = known.unwrap_or_else(|| {
            self.feeds.push(Feed {
                id,
                price: 0,
                motion: motion().clamped(),
            });
            self.feeds.len() - 1
        });
        u16::try_from(at).expect("a market has fewer bases than reserves")
    }

    /// The newest quote that any reserve of the base caches.
    pub(super) fn newest_quote(&self, feed: u16) -> Option<Quote> {
        let quotes = self
            .reserves
            .iter()
            .filter(|listed| listed.feed == feed)
            .map(|listed| listed.reserve.cached_source().quote);
        quotes.max_by_key(|quote| quote.publish_ts)
    }

    /// The sheet of `obligation`, by the program's own code, whose positions lie in the reserves `numbers`, in its own order.
    ///
    /// # Errors
    /// As [`sheet`].
    pub fn sheet(
        &self,
        obligation: &Obligation,
        numbers: &[u16],
    ) -> anchor_lang::prelude::Result<Sheet> {
        // The program asks for the reserves in the obligation's order: no need to search.
        let next = Cell::new(0);
        let find = |key: &Pubkey| {
            let at = next.replace(next.get() + 1);
            let expected = numbers.get(at).and_then(|number| self.listed(*number));
            match expected.filter(|listed| listed.key == *key) {
                Some(listed) => Some(&listed.reserve),
                None => self.reserve(key),
            }
        };
        sheet(&self.market, obligation, find, self.moment)
    }

    /// Copies of the reserves of `obligation`, for a quote.
    pub fn copies(&self, obligation: &Obligation) -> Copies {
        let positions = obligation.deposits().iter().chain(obligation.borrows());
        let found = positions.filter_map(|position| {
            let reserve = self.reserve(&position.reserve)?;
            Some((position.reserve, *reserve))
        });
        Copies(found.collect())
    }
}
