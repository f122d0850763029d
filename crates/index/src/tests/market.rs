//! A random market, and what may happen to it.

use anchor_lang::prelude::Pubkey;
use bytemuck::Zeroable;
use levee::state::{LendingMarket, Limbs, MarketConfig, Obligation, Reserve, ThresholdRamp};
use levee_risk::fixed::{ScaledDebt, ScaledSupply};
use levee_risk::policy::Moment;
use levee_risk::price::Quote;
use levee_risk::rate::Rate;
use levee_risk::sheet::View;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::boxes::Motion;
use crate::world::FeedId;
use crate::Index;

const START_TS: i64 = 1_700_000_000;

/// Decimals, exponent, price in the oracle's units, rate in thousandths, feed: a coin with a staked twin, stables with six
/// decimals, a token with few atoms, and one whose price has few units.
const TOKENS: [(u8, i32, u64, u64, u8); 7] = [
    (9, -8, 14_523_000_001, 1_000, 1),
    (9, -8, 14_523_000_001, 1_237, 1),
    (8, -8, 6_412_345_678_901, 1_000, 2),
    (6, -8, 99_998_123, 1_000, 3),
    (6, -8, 100_012_345, 1_041, 4),
    (0, -2, 25_000, 1_000, 5),
    (9, -10, 37, 1_111, 6),
];

pub fn key(number: u8) -> Pubkey {
    Pubkey::new_from_array([number; 32])
}

fn reserve(at: usize) -> Reserve {
    let (decimals, exponent, price, rate, feed) = TOKENS[at];
    let mut reserve = Reserve::zeroed();
    reserve.config.oracle_feed = [feed; 32];
    reserve.config.curve_len = 2;
    reserve.config.curve[0].rate_bps = 200;
    reserve.config.curve[1].utilization_bps = 10_000;
    reserve.config.curve[1].rate_bps = 9_000;
    reserve.config.take_rate_bps = 1_000;
    reserve.config.threshold_bps = 7_000 + 300 * at as u32;
    reserve.config.borrow_factor_bps = 10_000 + 500 * (at as u32 % 3);
    reserve.config.elevation_groups = u32::from(at < 2);
    reserve.decimals = decimals;
    reserve.supply_index = Limbs([0, 1]);
    reserve.borrow_index = Limbs([1 << 62, 1]);
    reserve.last_accrual_ts = START_TS;
    reserve.available_atoms = 1_000_000_000_000;
    reserve.scaled_supply = Limbs::new(2_000_000_000_000 << 32);
    reserve.scaled_debt = Limbs::new(900_000_000_000 << 32);
    reserve.price.price = price;
    reserve.price.ema = price;
    reserve.price.exponent = exponent;
    reserve.price.publish_ts = START_TS;
    if rate != 1_000 {
        reserve.price.rate = Rate::ONE.0 / 1_000 * rate;
    }
    reserve
}

fn motion(_: &FeedId, reserve: &Reserve) -> Motion {
    if reserve.decimals == 6 {
        Motion::PEGGED
    } else {
        Motion::FREE
    }
}

/// A market, and what its changes are drawn with.
pub struct Market {
    pub index: Index,
    pub dice: ChaCha8Rng,
    known: Vec<Pubkey>,
    pub moment: Moment,
    slot: u64,
}

impl Market {
    pub fn new(seed: u64) -> Self {
        let mut market = LendingMarket::zeroed();
        market.config = MarketConfig::DEFAULT;
        market.groups[0].config.debt_reserve = key(1);
        market.groups[0].config.threshold_bps = 9_300;
        let moment = Moment {
            slot: 1,
            now_ts: START_TS,
        };
        let reserves = (0..TOKENS.len()).map(|at| (key(at as u8 + 1), reserve(at)));
        Self {
            index: Index::new(market, reserves, moment, motion),
            dice: ChaCha8Rng::seed_from_u64(seed),
            known: Vec::new(),
            moment,
            slot: 1,
        }
    }

    /// An obligation with a health close to one: by a part between 10⁻⁹ and a third.
    pub fn obligation(&mut self) -> Obligation {
        let dice = &mut self.dice;
        let mut obligation = Obligation::zeroed();
        obligation.elevation_group = u8::from(dice.random_bool(0.2));
        let mut tokens: Vec<u8> = (1..=TOKENS.len() as u8).collect();
        for _ in 0..dice.random_range(1..=3) {
            let at = tokens.swap_remove(dice.random_range(0..tokens.len()));
            let scaled = ScaledSupply::from_limbs([dice.random(), dice.random_range(1..500)]);
            obligation.set_deposit(&key(at), scaled).unwrap();
        }
        let worth = self.weighted(&obligation).0;
        let debts = self.dice.random_range(0..=2);
        for _ in 0..debts {
            let token = key(self.dice.random_range(1..=TOKENS.len() as u8));
            let mut one = obligation;
            let unit = 1u128 << 72;
            one.set_debt(&token, ScaledDebt::from_limbs(Limbs::new(unit).0))
                .unwrap();
            let (_, all) = self.weighted(&one);
            let (_, before) = self.weighted(&obligation);
            let edge = 10f64.powf(-self.dice.random_range(0.5..9.0));
            let health = if self.dice.random_bool(0.5) {
                1.0 - edge
            } else {
                1.0 + edge
            };
            let part = worth * health / debts as f64 / (all - before).max(1.0);
            // Below 2⁶³ atoms, also of a token that is worth next to nothing.
            let scaled = ((unit as f64 * part) as u128).min(1 << 93);
            obligation
                .set_debt(&token, ScaledDebt::from_limbs(Limbs::new(scaled).0))
                .unwrap();
        }
        obligation
    }

    fn weighted(&self, obligation: &Obligation) -> (f64, f64) {
        let sheet = self.index.world().sheet(obligation, &[]).unwrap();
        let health = sheet.book(View::Plain).unwrap().health;
        (health.collateral.raw() as f64, health.debt.raw() as f64)
    }

    pub fn put(&mut self) {
        let obligation = self.obligation();
        let address = match self.known.choose(&mut self.dice) {
            Some(known) if self.dice.random_bool(0.3) => *known,
            _ => Pubkey::new_from_array(self.dice.random()),
        };
        self.slot += 1;
        self.index.put(&address, &obligation, self.slot).unwrap();
        if !self.known.contains(&address) {
            self.known.push(address);
        }
    }

    pub fn tick(&mut self) {
        let feed = self.dice.random_range(1..=6u8);
        let size = 10f64.powf(-self.dice.random_range(0.3..7.0));
        let part = 1.0
            + if self.dice.random_bool(0.5) {
                size
            } else {
                -size
            };
        let base = &self.index.world().feeds;
        let price = base.iter().find(|f| f.id == [feed; 32]).unwrap().price;
        let (_, exponent, ..) = TOKENS[TOKENS.iter().position(|t| t.4 == feed).unwrap()];
        let price = ((price as f64 * part) as u64).max(1);
        let quote = Quote {
            price,
            ema: price,
            confidence: 0,
            exponent,
            publish_ts: self.moment.now_ts,
        };
        self.index.put_price(&[feed; 32], &quote);
    }

    pub fn wait(&mut self) {
        let seconds = 10f64.powf(self.dice.random_range(0.0..6.5)) as i64;
        self.moment.now_ts += seconds;
        self.moment.slot += 1;
        self.index.advance(self.moment);
    }

    fn change_reserve(&mut self) {
        let at = self.dice.random_range(0..TOKENS.len());
        let address = key(at as u8 + 1);
        let mut reserve = *self.index.world().reserve(&address).unwrap();
        match self.dice.random_range(0..5) {
            0 => {
                let kept = self.dice.random_range(9_000..10_000u128);
                reserve.supply_index = Limbs::new(reserve.supply_index.get() / 10_000 * kept);
            }
            1 => reserve.config.threshold_bps -= 5,
            2 => {
                reserve.threshold_ramp = ThresholdRamp {
                    start_ts: self.moment.now_ts,
                    end_ts: self.moment.now_ts + 86_400,
                    from_bps: reserve.config.threshold_bps,
                    unused: 0,
                };
                reserve.config.threshold_bps -= 200;
            }
            3 => {
                reserve.borrow_index = Limbs::new(reserve.borrow_index.get() / 100_000 * 100_003);
            }
            _ => {
                let rate = reserve.rate().0;
                let size = 10f64.powf(-self.dice.random_range(1.0..8.0));
                let part = 1.0
                    + if self.dice.random_bool(0.7) {
                        size
                    } else {
                        -size
                    };
                let rate = (rate as f64 * part) as u64;
                self.index.put_rate(&address, rate, self.moment.now_ts);
                return;
            }
        }
        self.index.put_reserve(address, reserve);
    }

    fn change_group(&mut self) {
        let mut market = self.index.world().market;
        market.groups[0].config.threshold_bps -= 10;
        self.index.put_market(market);
    }

    pub fn act(&mut self) {
        match self.dice.random_range(0..100) {
            0..60 => self.tick(),
            60..75 => self.wait(),
            75..82 => self.change_reserve(),
            82..84 => self.change_group(),
            84..88 if !self.known.is_empty() => {
                let at = self.dice.random_range(0..self.known.len());
                self.index.remove(&self.known.swap_remove(at));
            }
            _ => self.put(),
        }
    }
}
