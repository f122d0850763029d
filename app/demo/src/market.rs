//! The market on its embedded chain, and the decoded copy of its accounts that quotes are made from.

use anyhow::{anyhow, Result};
use levee::state::{LendingMarket, Obligation, Reserve};
use levee_client::quote::{self, Copies};
use levee_risk::policy::Moment;
use levee_risk::units::{Atoms, MathError, Usd};
use levee_risk::valuation::Book;
use levee_testkit::{
    lst_config, sol_config, stable_config, Chain, LiteChain, PriceSpec, Receipt, Token, User, World,
};
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;

/// Positions of the tokens in [`Market::tokens`]. The liquid-staking token is priced at its rate times the base asset.
pub const BASE: usize = 0;
pub const LST: usize = 1;
pub const USDC: usize = 2;
pub const TOKENS: usize = 3;

/// What a token of liquid staking is worth in the base asset.
pub const STAKING_RATE: f64 = 1.2;
/// Half-width of the confidence interval that is posted with every price.
pub const CONFIDENCE: f64 = 0.001;
/// Time constant of the exponential average that is posted with every price, as in Pyth's feeds.
pub const EMA_SECONDS: f64 = 3_600.0;

const SLOT_MS: i64 = 400;
/// In which the market opens; the price path begins in the next one.
const OPENING_SLOT: u64 = 1_000;
const PRICE_EXPONENT: i32 = -10;
const USDC_DECIMALS: u8 = 6;
/// Of a stake pool's token, whatever it is worth.
const STAKE_POOL_DECIMALS: u8 = 9;
/// The tokens with a price account of their own.
const PRICED: [usize; 2] = [BASE, USDC];

/// A price and its exponential average.
#[derive(Clone, Copy)]
struct Feed {
    price: f64,
    average: f64,
}

pub struct Market {
    pub world: World<LiteChain>,
    pub tokens: [Token; TOKENS],
    pub rules: LendingMarket,
    /// As a refresh in this slot would leave them.
    pub reserves: [Reserve; TOKENS],
    /// As they lie on the chain.
    stored: [Reserve; TOKENS],
    base: Feed,
    opening_ts: i64,
    now_ms: i64,
    keeper: Keypair,
}

impl Market {
    /// A market without users, at the time and the base asset's price given.
    pub fn open(timestamp: i64, price: f64) -> Result<Self> {
        let mut world = World::starting_at(LiteChain::new(), OPENING_SLOT, timestamp);
        let decimals = decimals(price);
        let base = world.add_token(decimals, price, sol_config);
        let staked = if decimals == STAKE_POOL_DECIMALS {
            world.add_staked(&base, STAKING_RATE, lst_config)
        } else {
            // Nine decimals would not fit: a feed of its own says the rate instead of a stake pool.
            world.add_redeemable(&base, decimals, STAKING_RATE, lst_config)
        };
        let tokens = [
            base,
            staked,
            world.add_token(USDC_DECIMALS, 1.0, stable_config),
        ];
        let stored = tokens.map(|token| world.reserve(&token));
        let mut market = Self {
            rules: world.lending_market(),
            keeper: world.keypair(),
            world,
            tokens,
            reserves: stored,
            stored,
            base: Feed {
                price,
                average: price,
            },
            opening_ts: timestamp,
            now_ms: 0,
        };
        // The rate is known from the first refresh on.
        market.refresh()?;
        Ok(market)
    }

    /// Goes on to `milliseconds` after the opening, where the base asset costs `price`. Nothing reaches the chain
    /// before [`Market::post`].
    pub fn advance(&mut self, milliseconds: i64, price: f64) -> Result<()> {
        let seconds = (milliseconds - self.now_ms) as f64 / 1e3;
        let weight = 1.0 - (-seconds / EMA_SECONDS).exp();
        self.base.average += (price - self.base.average) * weight;
        self.base.price = price;
        self.now_ms = milliseconds;
        self.project()
    }

    /// Sets the chain's clock and writes the price accounts.
    pub fn post(&mut self) {
        let mut clock = self.world.chain.clock();
        clock.slot = self.slot();
        clock.unix_timestamp = self.now_ts();
        self.world.chain.set_clock(clock);
        for index in PRICED {
            let spec = self.spec(index);
            self.world.set_price(&self.tokens[index].clone(), &spec);
        }
    }

    /// Sends a `refresh_reserves` of all reserves.
    pub fn refresh(&mut self) -> Result<Receipt> {
        self.post();
        let refresh = self.world.refresh(&self.tokens);
        let receipt = self.world.chain.send(&[refresh], &[&self.keeper]);
        let receipt = receipt.map_err(|failure| anyhow!("refresh_reserves: {}", failure.error))?;
        self.reload()?;
        Ok(receipt)
    }

    /// Reads the reserves back from the chain.
    pub fn reload(&mut self) -> Result<()> {
        self.stored = self.tokens.map(|token| self.world.reserve(&token));
        self.project()
    }

    /// The obligation at the prices of now.
    pub fn book(&self, obligation: &Obligation) -> Result<Book> {
        let find = |key: &Pubkey| self.index(key).map(|index| &self.reserves[index]);
        let book = quote::book(&self.rules, obligation, find, self.moment());
        book.map_err(|error| anyhow!("an obligation's value: {error}"))
    }

    /// All reserves, for quotes to change.
    pub fn copies(&self) -> Copies {
        let keys = self.tokens.iter().map(|token| token.keys.reserve);
        Copies(keys.zip(self.reserves).collect())
    }

    /// Now.
    pub fn moment(&self) -> Moment {
        Moment {
            slot: self.slot(),
            now_ts: self.now_ts(),
        }
    }

    /// How long so many slots take.
    pub fn milliseconds(slots: u64) -> i64 {
        i64::try_from(slots)
            .unwrap_or(i64::MAX)
            .saturating_mul(SLOT_MS)
    }

    /// What an obligation owes of a token.
    pub fn owed(&self, obligation: &Obligation, token: usize) -> Result<Atoms, MathError> {
        let debt = obligation.debt_in(&self.tokens[token].keys.reserve);
        debt.atoms_up(self.reserves[token].borrow_index())
    }

    /// The token behind a reserve's address.
    pub fn index(&self, reserve: &Pubkey) -> Option<usize> {
        let keys = self.tokens.iter().map(|token| token.keys.reserve);
        keys.into_iter().position(|key| key == *reserve)
    }

    /// What atoms are worth at the price of now, for displays.
    pub fn usd(&self, token: usize, atoms: u64) -> f64 {
        let decimals = i32::from(self.tokens[token].decimals);
        atoms as f64 / 10f64.powi(decimals) * self.price(token)
    }

    /// Atoms worth about so many dollars at the price of now.
    pub fn atoms(&self, token: usize, dollars: f64) -> u64 {
        self.tokens[token].atoms(dollars / self.price(token))
    }

    /// The reserve's insurance in dollars.
    pub fn insurance_usd(&self, token: usize) -> Result<f64> {
        Ok(self.usd(token, self.insurance(token)?.0))
    }

    /// The reserve's insurance.
    pub fn insurance(&self, token: usize) -> Result<Atoms> {
        let reserve = &self.reserves[token];
        let insurance = reserve
            .scaled_insurance()
            .atoms_down(reserve.supply_index());
        insurance.map_err(|error| anyhow!("the insurance: {error}"))
    }

    /// A new user with empty wallets for all tokens.
    pub fn user(&mut self) -> User {
        let user = self.world.user();
        for token in self.tokens {
            self.world.fund(&user, &token, 0);
        }
        user
    }

    fn project(&mut self) -> Result<()> {
        let (slot, now) = (self.slot(), self.now_ts());
        for index in 0..TOKENS {
            let spec = self.spec(index);
            let mut reserve = self.stored[index];
            reserve
                .accrue(now)
                .map_err(|error| anyhow!("the interest of a reserve: {error}"))?;
            reserve.price.price = spec.price.unsigned_abs();
            reserve.price.confidence = spec.confidence;
            reserve.price.ema = spec.ema.unsigned_abs();
            reserve.price.publish_ts = spec.publish_ts;
            reserve.price.refreshed_slot = slot;
            reserve.price.exponent = spec.exponent;
            self.reserves[index] = reserve;
        }
        Ok(())
    }

    fn slot(&self) -> u64 {
        OPENING_SLOT + (self.now_ms / SLOT_MS).unsigned_abs()
    }

    fn now_ts(&self) -> i64 {
        self.opening_ts + self.now_ms / 1_000
    }

    fn price(&self, token: usize) -> f64 {
        let rate = if token == LST { STAKING_RATE } else { 1.0 };
        self.feed(token).price * rate
    }

    /// What the token's oracle prints.
    fn feed(&self, token: usize) -> Feed {
        match token {
            BASE | LST => self.base,
            _ => Feed {
                price: 1.0,
                average: 1.0,
            },
        }
    }

    fn spec(&self, token: usize) -> PriceSpec {
        let feed = self.feed(token);
        let mantissa = |dollars: f64| (dollars * 10f64.powi(-PRICE_EXPONENT)).round() as i64;
        PriceSpec {
            price: mantissa(feed.price),
            confidence: mantissa(feed.price * CONFIDENCE).unsigned_abs(),
            ema: mantissa(feed.average),
            exponent: PRICE_EXPONENT,
            publish_ts: self.now_ts(),
        }
    }
}

/// Exact dollars, for displays and tolerances.
pub fn usd(exact: Usd) -> f64 {
    exact.wad() as f64 / 1e18
}

/// Nine as SOL has, and fewer for a token so cheap that a pool of it would not fit 64 bits of atoms.
fn decimals(price: f64) -> u8 {
    let cheaper = price.log10().floor().min(0.0);
    (9.0 + cheaper).max(0.0) as u8
}
