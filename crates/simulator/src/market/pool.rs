//! The reserves of a market, as they lie on the chain and as a refresh of this moment would leave them.

use anchor_lang::prelude::{Error, Pubkey};
use anyhow::{anyhow, Result};
use levee::engine::Reserves;
use levee::error::LeveeError;
use levee::state::{LendingMarket, Limbs, Obligation, Reserve};
use levee_risk::fixed::{BorrowDivisor, SupplyDivisor};
use levee_risk::policy::Moment;
use levee_risk::price::{Price, Scale};
use levee_risk::rate::Rate;

use super::oracle::Print;
use super::stake::Stake;
use crate::prices::PRICE_EXPONENT;

/// An error of the program's code on accounts that make no sense, for people.
pub(crate) fn broken(error: Error) -> anyhow::Error {
    anyhow!("the program's own code failed on the book: {}", said(error))
}

/// What the program says with an error.
pub(crate) fn said(error: Error) -> String {
    match error {
        Error::AnchorError(error) => error.error_msg,
        Error::ProgramError(error) => error.program_error.to_string(),
    }
}

/// Where `key` is among `keys`. Asked for at every step of every valuation, so most others are told apart by their first bytes.
pub(super) fn position(keys: &[Pubkey], key: &Pubkey) -> Option<usize> {
    let first = |key: &Pubkey| key.as_array().first_chunk::<8>().copied();
    let wanted = first(key);
    keys.iter()
        .position(|known| first(known) == wanted && known == key)
}

/// Reserves by their addresses, only to be looked at.
#[derive(Clone, Copy)]
pub(crate) struct Seen<'a> {
    keys: &'a [Pubkey],
    reserves: &'a [Reserve],
}

impl Reserves for Seen<'_> {
    fn read<T>(
        &self,
        _: &mut usize,
        key: &Pubkey,
        look: impl FnOnce(&Reserve) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let at = position(self.keys, key);
        look(&self.reserves[at.ok_or(LeveeError::WrongReserveList)?])
    }

    fn write<T>(
        &mut self,
        _: &Pubkey,
        _: impl FnOnce(&mut Reserve) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        Ok(None)
    }

    fn is_writable(&self, _: &Pubkey) -> bool {
        false
    }
}

/// The same to be changed.
pub(crate) struct Changed<'a> {
    pub(crate) keys: &'a [Pubkey],
    pub(crate) reserves: &'a mut [Reserve],
}

impl Reserves for Changed<'_> {
    fn read<T>(
        &self,
        cursor: &mut usize,
        key: &Pubkey,
        look: impl FnOnce(&Reserve) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let seen = Seen {
            keys: self.keys,
            reserves: self.reserves,
        };
        seen.read(cursor, key, look)
    }

    fn write<T>(
        &mut self,
        key: &Pubkey,
        change: impl FnOnce(&mut Reserve) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        let at = position(self.keys, key);
        at.map(|at| change(&mut self.reserves[at])).transpose()
    }

    fn is_writable(&self, key: &Pubkey) -> bool {
        self.keys.contains(key)
    }
}

/// What saves divisions by a reserve's indices.
#[derive(Clone, Copy, Debug, Default)]
pub struct Divisors {
    /// By the supply index.
    pub supply: Option<SupplyDivisor>,
    /// By the borrow index.
    pub borrow: Option<BorrowDivisor>,
}

impl Divisors {
    fn of(reserve: &Reserve) -> Self {
        Self {
            supply: SupplyDivisor::new(reserve.supply_index()),
            borrow: BorrowDivisor::new(reserve.borrow_index()),
        }
    }
}

/// The lending market's accounts apart from the obligations.
#[derive(Clone, Debug)]
pub struct Pool {
    /// The rules.
    pub market: LendingMarket,
    keys: Vec<Pubkey>,
    stored: Vec<Reserve>,
    now: Vec<Reserve>,
    /// Dividing by each one's indices of now. Where a loss lowers an index since, its divisor knows and is passed over.
    divisors: Vec<Divisors>,
    /// Those that are to be stored as they are now, one bit each.
    changed: u32,
    /// What the tokens are claims on.
    stakes: Vec<Option<Stake>>,
    opened_ts: i64,
    moment: Moment,
    /// Accruals so far: each may round.
    pub(crate) accruals: u64,
}

impl Pool {
    /// Reserves that were refreshed at `moment`, and what their tokens are claims on.
    pub fn new(
        market: LendingMarket,
        reserves: Vec<(Pubkey, Reserve)>,
        stakes: Vec<Option<Stake>>,
        moment: Moment,
    ) -> Self {
        let (keys, stored): (Vec<_>, Vec<_>) = reserves.into_iter().unzip();
        Self {
            market,
            keys,
            divisors: stored.iter().map(Divisors::of).collect(),
            now: stored.clone(),
            stored,
            changed: 0,
            stakes,
            opened_ts: moment.now_ts,
            moment,
            accruals: 0,
        }
    }

    /// Goes on to `moment`, when the oracles say `prints`, one per reserve.
    ///
    /// # Errors
    /// Where interest cannot be accrued.
    pub fn advance(&mut self, moment: Moment, start_ts: i64, prints: &[Print]) -> Result<()> {
        self.store();
        self.moment = moment;
        for (at, (now, print)) in self.now.iter_mut().zip(prints).enumerate() {
            *now = self.stored[at];
            now.accrue(moment.now_ts).map_err(broken)?;
            self.divisors[at] = Divisors::of(now);
            now.price.price = print.price;
            now.price.confidence = print.confidence;
            now.price.ema = print.ema;
            now.price.publish_ts = start_ts + print.published_ms / 1_000;
            now.price.refreshed_slot = moment.slot;
            now.price.exponent = PRICE_EXPONENT;
            if let Some(stake) = &self.stakes[at] {
                let rate = stake.rate_at_down(self.opened_ts, moment.now_ts);
                let cap = now.rate_cap().map(|cap| cap.at_down(moment.now_ts));
                now.price.rate = rate.0;
                now.price.capped_rate = cap.map_or(rate, |cap| cap.min(rate)).0;
                now.price.rate_ts = moment.now_ts;
            }
        }
        Ok(())
    }

    /// Replaces the reserves by what a transaction made of them. Its refresh reached those that `obligation` uses.
    pub fn apply(&mut self, reserves: &[Reserve], obligation: &Obligation) {
        self.now.copy_from_slice(reserves);
        self.refresh(obligation);
    }

    /// The reserves that `obligation` uses stay as they are now.
    pub fn refresh(&mut self, obligation: &Obligation) {
        let positions = obligation.deposits().iter().chain(obligation.borrows());
        let uses = positions.filter_map(|position| self.index(&position.reserve));
        self.refresh_some(uses.fold(0, |bits, at| bits | 1 << at));
    }

    /// The reserves in `bits`, one each, stay as they are now.
    pub fn refresh_some(&mut self, bits: u32) {
        self.changed |= bits;
        self.accruals += u64::from(bits.count_ones());
    }

    /// All reserves stay as they are now.
    pub fn refresh_all(&mut self) {
        self.accruals += self.now.len() as u64;
        self.stored.copy_from_slice(&self.now);
        self.changed = 0;
    }

    /// Accounts are large, so they are copied once for all that was done at a moment.
    fn store(&mut self) {
        for (at, (stored, now)) in self.stored.iter_mut().zip(&self.now).enumerate() {
            if self.changed >> at & 1 == 1 {
                *stored = *now;
            }
        }
        self.changed = 0;
    }

    /// The reserves now.
    pub fn reserves(&self) -> &[Reserve] {
        &self.now
    }

    /// The reserves now, for a ledger entry outside the program's instructions. [`Pool::refresh`] stores it.
    pub fn reserves_mut(&mut self) -> &mut [Reserve] {
        &mut self.now
    }

    /// What a scaled unit of a deposit and of a debt in each reserve is worth by its oracle, in any unit: for bounds.
    pub fn unit_worths(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.now.iter().map(|reserve| {
            // A token without a base has a rate of exactly one.
            let rate = reserve.rate().0 as f64 / Rate::ONE.0 as f64;
            let price = reserve.price.price as f64 * rate;
            let index = |limbs: Limbs| (limbs.get() as f64).max(1.0);
            (
                price * index(reserve.supply_index),
                price * index(reserve.borrow_index),
            )
        })
    }

    /// What saves divisions by the indices of reserve `at`.
    pub fn divisors(&self, at: usize) -> Divisors {
        self.divisors[at]
    }

    /// Their addresses.
    pub fn keys(&self) -> &[Pubkey] {
        &self.keys
    }

    /// Now.
    pub fn moment(&self) -> Moment {
        self.moment
    }

    /// The reserve with this address.
    pub fn index(&self, key: &Pubkey) -> Option<usize> {
        position(&self.keys, key)
    }

    pub(crate) fn seen(&self) -> Seen<'_> {
        Seen {
            keys: &self.keys,
            reserves: &self.now,
        }
    }

    /// The price of reserve `at`'s token where its base costs `price`.
    ///
    /// # Errors
    /// Where that is out of range.
    pub fn token_price(&self, at: usize, price: u64) -> Result<Price> {
        let reserve = &self.now[at];
        let scale = Scale::new(reserve.decimals, PRICE_EXPONENT);
        let scale = scale.ok_or_else(|| anyhow!("a token's decimals are out of range"))?;
        let rate = reserve.rate();
        let price = if rate == Rate::ONE {
            price
        } else {
            rate.apply_down(price)?
        };
        Ok(Price::new(price.max(1), scale))
    }
}
