//! Changes of what all obligations hang on: prices, interest, rates, configuration, time.

use anchor_lang::prelude::Pubkey;
use levee::state::{LendingMarket, Reserve, MAX_GROUPS};
use levee_risk::policy::Moment;
use levee_risk::price::Quote;

use super::boxes::DRIFT_ONE;
use super::world::{cache_quote, FeedId};
use super::{Index, Queues};

/// A change of a slow factor beyond this concerns the obligations of one reserve at once, instead of moving the clock of all.
const LARGE_DRIFT: f64 = 1e-4;

/// What the value of one scaled atom follows, besides the base's price.
#[derive(Clone, Copy, PartialEq)]
struct Factors {
    deposit: f64,
    debt: f64,
}

/// What a box takes for constant. Any change of it makes boxes void.
#[derive(PartialEq)]
struct Constants {
    threshold: u32,
    borrow_factor: u32,
    groups: u32,
    decimals: u8,
    exponent: i32,
}

impl Factors {
    fn of(reserve: &Reserve) -> Self {
        let rate = reserve.rate().0 as f64;
        Self {
            deposit: reserve.supply_index.get() as f64 * rate,
            debt: reserve.borrow_index.get() as f64 * rate,
        }
    }

    /// The greater relative change, never less than it is.
    fn change(&self, next: &Self) -> f64 {
        let part = |before: f64, after: f64| match before == after {
            true => 0.0,
            false => (after / before - 1.0).abs() * (1.0 + 1e-9) + 4e-15,
        };
        let change = part(self.deposit, next.deposit).max(part(self.debt, next.debt));
        // Not a number where something was or became zero: as large as can be.
        if change.is_nan() {
            f64::INFINITY
        } else {
            change
        }
    }
}

impl Constants {
    fn of(reserve: &Reserve, now_ts: i64) -> Self {
        let config = &reserve.config;
        Self {
            threshold: reserve.threshold_ramp.at(config.threshold_bps, now_ts).0,
            borrow_factor: config.borrow_factor_bps,
            groups: config.elevation_groups,
            decimals: reserve.decimals,
            exponent: reserve.price.exponent,
        }
    }
}

/// Thresholds of the elevation groups; `None` for groups that do not exist.
type GroupThresholds = [Option<u32>; MAX_GROUPS];

fn group_thresholds(market: &LendingMarket, now_ts: i64) -> GroupThresholds {
    std::array::from_fn(|at| {
        let group = &market.groups[at];
        group.config.exists().then(|| group.threshold(now_ts).0)
    })
}

impl Index {
    /// Stores what `reserve` is, new or in place of what was known. A price older than one that is known of the same base is
    /// replaced by that.
    pub fn put_reserve(&mut self, key: Pubkey, mut reserve: Reserve) {
        // A reserve that nobody touched accrues until now as the others did; an overflow leaves it as it is.
        let now_ts = self.world.moment.now_ts;
        let _ = reserve.accrue(now_ts);
        let Some(number) = self.world.number(&key) else {
            let motion = self.motion;
            let id = reserve.config.oracle_feed;
            let feed = self.world.feed(id, || motion(&id, &reserve));
            self.queues
                .resize_with(self.world.feeds.len(), Queues::default);
            self.world.list(key, reserve, feed);
            self.share_newest(feed);
            return;
        };
        let listed = &mut self.world.reserves[usize::from(number)];
        let is_other_feed = listed.reserve.config.oracle_feed != reserve.config.oracle_feed;
        if is_other_feed {
            listed.reserve = reserve;
            self.rebase(number);
            return;
        }
        let known = listed.reserve.cached_source().quote;
        if known.publish_ts > reserve.price.publish_ts {
            cache_quote(&mut reserve.price, &known);
        }
        let feed = listed.feed;
        self.replace(number, reserve);
        self.share_newest(feed);
    }

    /// Takes a price of the base `feed` in, unless a newer one is known, and returns whether it did.
    pub fn put_price(&mut self, feed: &FeedId, quote: &Quote) -> bool {
        let Some(at) = self.world.feeds.iter().position(|known| known.id == *feed) else {
            return false;
        };
        let at = at as u16;
        let known = self.world.newest_quote(at);
        if known.is_some_and(|known| known.publish_ts > quote.publish_ts || known == *quote) {
            return false;
        }
        self.share(at, quote);
        true
    }

    /// Takes a rate of `reserve` in, as a refresh would cache it.
    pub fn put_rate(&mut self, reserve: &Pubkey, rate: u64, rate_ts: i64) {
        let Some(number) = self.world.number(reserve) else {
            return;
        };
        let mut changed = self.world.reserves[usize::from(number)].reserve;
        if changed.price.rate == 0 || rate_ts >= changed.price.rate_ts {
            changed.price.rate = rate;
            changed.price.rate_ts = rate_ts;
            self.replace(number, changed);
        }
    }

    /// Stores what the market is.
    pub fn put_market(&mut self, market: LendingMarket) {
        let now_ts = self.world.moment.now_ts;
        let before = group_thresholds(&self.world.market, now_ts);
        self.world.market = market;
        let after = group_thresholds(&self.world.market, now_ts);
        self.turn_groups(&before, &after);
    }

    /// Time goes on to `moment`: interest accrues on every reserve, thresholds go along their ramps.
    pub fn advance(&mut self, moment: Moment) {
        let before = self.world.moment;
        if moment.now_ts <= before.now_ts {
            self.world.moment.slot = moment.slot.max(before.slot);
            return;
        }
        self.world.moment = moment;
        let mut largest: f64 = 0.0;
        let mut ramped = Vec::new();
        for (number, listed) in self.world.reserves.iter_mut().enumerate() {
            let reserve = &mut listed.reserve;
            let factors = Factors::of(reserve);
            let constants = Constants::of(reserve, before.now_ts);
            // An overflow leaves the reserve as it is, and so would the program's refresh.
            let _ = reserve.accrue(moment.now_ts);
            largest = largest.max(factors.change(&Factors::of(reserve)));
            if constants != Constants::of(reserve, moment.now_ts) {
                ramped.push(number as u16);
            }
        }
        // All reserves in one step: the clock goes as far as the fastest of them.
        self.drift_by(largest);
        for number in ramped {
            self.void(number);
        }
        let groups = |now_ts| group_thresholds(&self.world.market, now_ts);
        let (before, after) = (groups(before.now_ts), groups(moment.now_ts));
        self.turn_groups(&before, &after);
        self.tidy();
    }

    /// Moves the drift clock, rounded up.
    fn drift_by(&mut self, change: f64) {
        if change > 0.0 {
            // At the end of what keys hold everything is looked at, and the clock set back.
            let next = self
                .drift
                .saturating_add((change * DRIFT_ONE).ceil() as u64);
            self.drift = next.min(u64::from(u32::MAX));
            self.is_touched = true;
        }
    }

    fn replace(&mut self, number: u16, reserve: Reserve) {
        let now_ts = self.world.moment.now_ts;
        let listed = &mut self.world.reserves[usize::from(number)];
        let before = std::mem::replace(&mut listed.reserve, reserve);
        let change = Factors::of(&before).change(&Factors::of(&reserve));
        let is_void = Constants::of(&before, now_ts) != Constants::of(&reserve, now_ts);
        self.is_touched = true;
        if is_void || change > LARGE_DRIFT {
            self.void(number);
        } else {
            self.drift_by(change);
        }
    }

    /// Gives all reserves of a base the newest price that any of them caches.
    fn share_newest(&mut self, feed: u16) {
        if let Some(quote) = self.world.newest_quote(feed) {
            self.share(feed, &quote);
        }
    }

    fn share(&mut self, feed: u16, quote: &Quote) {
        let mut other_exponent = Vec::new();
        let reserves = self.world.reserves.iter_mut().enumerate();
        for (number, listed) in reserves.filter(|(_, listed)| listed.feed == feed) {
            let cache = &mut listed.reserve.price;
            if cache.exponent != quote.exponent {
                other_exponent.push(number as u16);
            }
            cache_quote(cache, quote);
        }
        let base = &mut self.world.feeds[usize::from(feed)];
        if base.price != quote.price {
            base.price = quote.price;
            self.moved.push(feed);
            self.is_touched = true;
        }
        for number in other_exponent {
            self.void(number);
        }
    }

    /// Looks at every obligation that has a position in a reserve.
    fn void(&mut self, number: u16) {
        self.value_all(|index, id| {
            let positions = index.store.positions(id);
            positions.iter().any(|packed| packed.reserve == number)
        });
    }

    fn turn_groups(&mut self, before: &GroupThresholds, after: &GroupThresholds) {
        if before == after {
            return;
        }
        let is_other: [bool; MAX_GROUPS] = std::array::from_fn(|at| before[at] != after[at]);
        self.value_all(|index, id| {
            let group = usize::from(index.store.head(id).group).checked_sub(1);
            group.is_some_and(|at| is_other.get(at).copied().unwrap_or(false))
        });
    }

    /// A reserve with another base: rare enough to begin anew.
    fn rebase(&mut self, number: u16) {
        let motion = self.motion;
        let reserve = self.world.reserves[usize::from(number)].reserve;
        let id = reserve.config.oracle_feed;
        let feed = self.world.feed(id, || motion(&id, &reserve));
        self.world.reserves[usize::from(number)].feed = feed;
        self.queues = Vec::new();
        self.queues
            .resize_with(self.world.feeds.len(), Queues::default);
        for id in 0..self.store.end() {
            for packed in self.store.positions_mut(id) {
                packed.trigger = super::Trigger::NONE;
            }
        }
        self.share_newest(feed);
        self.value_all(|_, _| true);
    }
}
