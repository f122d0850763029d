//! The market of the benchmark, and a round of it.

use anchor_lang::prelude::Pubkey;
use anyhow::{ensure, Result};
use bytemuck::Zeroable;
use levee::state::{LendingMarket, Limbs, MarketConfig, Obligation, Reserve};
use levee_index::boxes::Motion;
use levee_index::world::FeedId;
use levee_index::Index;
use levee_risk::fixed::{ScaledDebt, ScaledSupply};
use levee_risk::policy::Moment;
use levee_risk::price::Quote;
use levee_risk::rate::Rate;
use levee_risk::sheet::View;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::round::{cpu_time, Part, Round};

const START_TS: i64 = 1_700_000_000;
const SOL_FEED: u8 = 1;
const USDC_FEED: u8 = 4;
const DOLLAR: u64 = 100_000_000;

const SOL: u8 = 1;
const STAKED: u8 = 2;
const BTC: u8 = 3;
const ETH: u8 = 4;
const USDC: u8 = 5;
const USDT: u8 = 6;

/// Token, decimals, price in units of 10⁻⁸ dollars, rate in thousandths, feed, threshold.
const TOKENS: [(u8, u8, u64, u64, u8, u32); 6] = [
    (SOL, 9, 200 * DOLLAR, 1_000, SOL_FEED, 8_000),
    (STAKED, 9, 200 * DOLLAR, 1_300, SOL_FEED, 7_800),
    (BTC, 8, 110_000 * DOLLAR, 1_000, 2, 8_200),
    (ETH, 8, 4_000 * DOLLAR, 1_000, 3, 8_200),
    (USDC, 6, DOLLAR, 1_000, USDC_FEED, 9_000),
    (USDT, 6, DOLLAR, 1_000, 5, 8_800),
];

/// The widest margin: the logarithm of health.
const WIDEST: f64 = 0.5;
/// How far SOL falls in a tick. Margins are evenly spread, seventy of a hundred follow SOL, ten by half.
const TICK: f64 = 0.000_667;

/// A million obligations.
pub struct Market {
    /// The index.
    pub index: Index,
    dice: ChaCha8Rng,
    moment: Moment,
    slot: u64,
}

fn key(number: u8) -> Pubkey {
    Pubkey::new_from_array([number; 32])
}

fn motion(id: &FeedId, _: &Reserve) -> Motion {
    if id[0] >= USDC_FEED {
        Motion::PEGGED
    } else {
        Motion::FREE
    }
}

fn reserve(token: (u8, u8, u64, u64, u8, u32)) -> Reserve {
    let (_, decimals, price, rate, feed, threshold) = token;
    let mut reserve = Reserve::zeroed();
    reserve.config.oracle_feed = [feed; 32];
    reserve.config.threshold_bps = threshold;
    reserve.config.borrow_factor_bps = 10_000;
    reserve.config.curve_len = 2;
    reserve.config.curve[0].rate_bps = 500;
    reserve.config.curve[1].utilization_bps = 10_000;
    reserve.config.curve[1].rate_bps = 1_500;
    reserve.decimals = decimals;
    reserve.supply_index = Limbs([0, 1]);
    reserve.borrow_index = Limbs([0, 1]);
    reserve.last_accrual_ts = START_TS;
    reserve.available_atoms = 1 << 50;
    reserve.scaled_supply = Limbs::new(1 << 83);
    reserve.scaled_debt = Limbs::new(1 << 82);
    reserve.price.price = price;
    reserve.price.ema = price;
    reserve.price.exponent = -8;
    reserve.price.publish_ts = START_TS;
    if rate != 1_000 {
        reserve.price.rate = Rate::ONE.0 / 1_000 * rate;
    }
    reserve
}

impl Market {
    /// `count` obligations with evenly spread margins.
    pub fn new(count: u32) -> Self {
        let mut market = LendingMarket::zeroed();
        market.config = MarketConfig::DEFAULT;
        let moment = Moment {
            slot: 1,
            now_ts: START_TS,
        };
        let reserves = TOKENS.map(|token| (key(token.0), reserve(token)));
        let mut market = Self {
            index: Index::new(market, reserves, moment, motion),
            dice: ChaCha8Rng::seed_from_u64(1),
            moment,
            slot: 1,
        };
        for number in 0..count {
            let margin = WIDEST * f64::from(number) / f64::from(count) + 1e-6;
            let address = Pubkey::new_from_array(market.dice.random());
            let obligation = market.obligation(&address, margin);
            let put = market.index.put(&address, &obligation, 1);
            put.expect("all reserves are known");
        }
        market.index.settle();
        market
    }

    /// Ten hours of interest, so that boxes end at any time, and rounds until the boxes near the edge are as small as they
    /// will be.
    pub fn settle_in(&mut self) {
        for _ in 0..600 {
            self.moment.now_ts += 60;
            self.index.advance(self.moment);
            self.index.settle();
        }
        self.replace();
        for _ in 0..200 {
            self.round();
        }
    }

    /// A second of the market.
    pub fn round(&mut self) -> Round {
        let mut round = Round::default();
        self.moment.now_ts += 1;
        self.moment.slot += 2;
        self.timed(&mut round, Part::Interest, |market| {
            market.index.advance(market.moment);
            market.index.settle().valued
        });
        // Whom interest made unhealthy belongs to no tick.
        self.replace();
        let stable = DOLLAR + self.dice.random_range(0..=10_000) - 5_000;
        self.timed(&mut round, Part::Stable, |market| {
            market.tick(USDC_FEED, stable);
            market.index.settle().valued
        });
        self.replace();
        let sol = self.price(SOL_FEED);
        let fallen = (sol as f64 * (1.0 - TICK)) as u64;
        let mut liquidatable = 0;
        self.timed(&mut round, Part::Tick, |market| {
            market.tick(SOL_FEED, fallen);
            let settled = market.index.settle();
            liquidatable = settled.unhealthy.len();
            settled.valued
        });
        round.liquidatable = liquidatable;
        let healed = self.healed();
        self.timed(&mut round, Part::Updates, |market| {
            for (address, obligation) in &healed {
                let put = market.index.put(address, obligation, market.slot);
                put.expect("all reserves are known");
            }
            market.index.settle().valued
        });
        round
    }

    /// Whether the index is right.
    pub fn check(&mut self) -> Result<()> {
        let fallen = (self.price(SOL_FEED) as f64 * (1.0 - 10.0 * TICK)) as u64;
        self.tick(SOL_FEED, fallen);
        self.index.settle();
        let mut found: Vec<u32> = self.index.unhealthy().collect();
        found.sort_unstable();
        ensure!(
            found == self.index.full_scan() && found.len() > 1_000,
            "the index and a full scan find different obligations"
        );
        Ok(())
    }

    fn timed(&mut self, round: &mut Round, part: Part, run: impl FnOnce(&mut Self) -> usize) {
        let (time, valued) = cpu_time(|| run(self));
        round.times[part as usize] = time;
        round.valued[part as usize] = valued;
    }

    fn price(&self, feed: u8) -> u64 {
        let feeds = &self.index.world().feeds;
        let found = feeds.iter().find(|known| known.id == [feed; 32]);
        found.expect("every token has a feed").price
    }

    fn tick(&mut self, feed: u8, price: u64) {
        let quote = Quote {
            price,
            confidence: 0,
            ema: price,
            exponent: -8,
            publish_ts: self.moment.now_ts,
        };
        self.index.put_price(&[feed; 32], &quote);
    }

    /// The unhealthy ones as they come back: with the widest margin.
    fn healed(&mut self) -> Vec<(Pubkey, Obligation)> {
        self.slot += 1;
        let ids: Vec<u32> = self.index.unhealthy().collect();
        ids.into_iter()
            .map(|id| {
                let address = *self.index.obligations().key(id);
                // Spread over what the next tick reaches, so that the density stays even.
                let margin = WIDEST + TICK * self.dice.random::<f64>();
                (address, self.obligation(&address, margin))
            })
            .collect()
    }

    fn replace(&mut self) {
        for (address, obligation) in self.healed() {
            let put = self.index.put(&address, &obligation, self.slot);
            put.expect("all reserves are known");
        }
        self.index.settle();
    }

    /// The obligation at `address`, always of the same tokens, with this margin.
    fn obligation(&mut self, address: &Pubkey, margin: f64) -> Obligation {
        let kind = u16::from_le_bytes([address.as_ref()[0], address.as_ref()[1]]) % 100;
        let (deposits, debts): (&[u8], &[u8]) = match kind {
            0..55 => (&[SOL], &[USDC]),
            55..70 => (&[STAKED], &[USDC]),
            70..75 => (&[STAKED], &[SOL]),
            75..82 => (&[BTC], &[USDC]),
            82..90 => (&[ETH], &[USDT]),
            _ => (&[SOL, BTC], &[USDC, USDT]),
        };
        let dollars = 10f64.powf(self.dice.random_range(2.0..5.5));
        let mut obligation = Obligation::zeroed();
        for token in deposits {
            let scaled = self.scaled(*token, dollars / deposits.len() as f64);
            let limbs = Limbs::new(scaled).0;
            obligation
                .set_deposit(&key(*token), ScaledSupply::from_limbs(limbs))
                .expect("few deposits");
        }
        let sheet = self.index.world().sheet(&obligation, &[]);
        let book = sheet.map(|sheet| sheet.book(View::Plain));
        let health = book.expect("a sheet").expect("a book").health;
        // Weighted dollars are wads times basis points.
        let owed = health.collateral.raw() as f64 / 1e22 * (-margin).exp();
        for token in debts {
            let scaled = self.scaled(*token, owed / debts.len() as f64);
            let limbs = Limbs::new(scaled).0;
            obligation
                .set_debt(&key(*token), ScaledDebt::from_limbs(limbs))
                .expect("few debts");
        }
        obligation
    }

    /// So many dollars of a token as a scaled balance, by the borrow index where the indexes differ.
    fn scaled(&self, token: u8, dollars: f64) -> u128 {
        let reserve = self.index.world().reserve(&key(token));
        let reserve = reserve.expect("all reserves are known");
        let price = reserve.price.price as f64 / 1e8 * reserve.rate().0 as f64 / Rate::ONE.0 as f64;
        let atoms = dollars / price * 10f64.powi(i32::from(reserve.decimals));
        let index = reserve.borrow_index.get() as f64 / 2f64.powi(64);
        (atoms / index * 2f64.powi(32)) as u128
    }
}
