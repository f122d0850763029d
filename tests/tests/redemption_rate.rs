//! A token that redeems at a rate which Pyth publishes.

use levee::error::LeveeError;
use levee::state::ReserveConfig;
use levee_tests::oracles::{accept_price, refuse_price};
use levee_tests::{
    exact, free, price_account, stable_config, Chain, Lending, PriceSpec, Token, User,
};
use solana_account::Account;
use solana_pubkey::Pubkey;

const DAY: i64 = 86_400;

/// A dollar that redeems for 1.25 USDC, and who holds 1,000 of it.
struct Redeemable {
    lending: Lending,
    token: Token,
    user: User,
}

impl Redeemable {
    fn new() -> Self {
        let mut lending = Lending::new();
        let usdc = lending.usdc;
        let world = &mut lending.world;
        let token = world.add_redeemable(&usdc, 6, 1.25, free(stable_config));
        let user = world.supplier(&token, token.atoms(1_000.0));
        world.fund(&user, &usdc, 0);
        lending.post(&usdc, 1.0);
        let mut redeemable = Self {
            lending,
            token,
            user,
        };
        redeemable.publish(125_000_000, -8, 0);
        redeemable
    }

    fn feed(&self) -> Pubkey {
        self.token.rate_account.expect("it has a feed")
    }

    /// Publishes `mantissa × 10^exponent` as of `age` seconds ago, after whatever is cached.
    fn publish(&mut self, mantissa: i64, exponent: i32, age: i64) {
        let observed = self.observation(mantissa, exponent, age);
        let published_ts = self.lending.world.now() - age;
        self.lending.world.outdate(&self.token, published_ts);
        self.put(observed);
    }

    fn observation(&self, mantissa: i64, exponent: i32, age: i64) -> Account {
        let feed = self.feed();
        let spec = PriceSpec {
            price: mantissa,
            ema: mantissa,
            exponent,
            confidence: 0,
            publish_ts: self.lending.world.now() - age,
        };
        price_account(feed.to_bytes(), &spec)
    }

    fn put(&mut self, account: Account) {
        let feed = self.feed();
        self.lending.world.chain.set_account(feed, account);
    }

    fn rate(&self) -> u64 {
        self.lending.world.reserve(&self.token).price.rate
    }

    /// Lets `seconds` pass without a clock jump, and posts the dollar's price again.
    fn wait(&mut self, seconds: i64) {
        self.lending.world.advance(seconds.unsigned_abs(), seconds);
        let usdc = self.lending.usdc;
        self.lending.post(&usdc, 1.0);
    }

    fn borrow(&mut self, dollars: f64) -> Result<(), LeveeError> {
        let usdc = self.lending.usdc;
        let world = &mut self.lending.world;
        let outcome = world.borrow(&self.user, &usdc, usdc.atoms(dollars));
        match outcome {
            Ok(_) => Ok(()),
            Err(failure) => {
                let all = [LeveeError::RateTooOld, LeveeError::LtvExceeded];
                let known = all.into_iter().find(|error| failure.is(*error));
                Err(known.unwrap_or_else(|| panic!("{failure}")))
            }
        }
    }
}

#[test]
fn a_refresh_caches_the_published_rate_rounded_down() {
    let rates = [
        (125_000_000, -8, 5 << 38),
        (1_140_000_000_000_000_000, -18, (114 << 40) / 100),
        (3, 0, 3 << 40),
        (1, -12, 1),
        (100_000_001, -8, (100_000_001_u128 << 40) / 100_000_000),
    ];
    for (mantissa, exponent, due) in rates {
        let mut redeemable = Redeemable::new();
        redeemable.publish(mantissa, exponent, 0);
        let token = redeemable.token;
        accept_price(&mut redeemable.lending.world, &token);
        assert_eq!(u128::from(redeemable.rate()), due);
    }
}

#[test]
fn the_token_carries_what_it_redeems_for() {
    // $1,250 at an LTV of 80 %.
    let mut redeemable = Redeemable::new();
    assert_eq!(
        redeemable.borrow(1_000.000_001),
        Err(LeveeError::LtvExceeded)
    );
    assert_eq!(redeemable.borrow(1_000.0), Ok(()));
}

#[test]
fn an_observation_counts_only_where_it_is_newer() {
    let mut redeemable = Redeemable::new();
    let token = redeemable.token;
    accept_price(&mut redeemable.lending.world, &token);
    for (mantissa, age, due) in [
        (2, 1, 5 << 38),
        (1, DAY, 5 << 38),
        (1, 0, 5 << 38),
        (1, -1, 1 << 40),
    ] {
        let observed = redeemable.observation(mantissa, 0, age);
        redeemable.put(observed);
        accept_price(&mut redeemable.lending.world, &token);
        assert_eq!(redeemable.rate(), due, "{age} s old");
    }
}

#[test]
fn a_rate_of_a_day_serves_new_risk_and_one_second_more_does_not() {
    let mut redeemable = Redeemable::new();
    let token = redeemable.token;
    accept_price(&mut redeemable.lending.world, &token);
    redeemable.wait(DAY);
    assert_eq!(redeemable.borrow(100.0), Ok(()));
    redeemable.wait(1);
    assert_eq!(redeemable.borrow(100.0), Err(LeveeError::RateTooOld));
    redeemable.publish(125_000_000, -8, 0);
    assert_eq!(redeemable.borrow(100.0), Ok(()));
}

#[test]
fn an_account_older_than_the_cached_one_does_not_keep_the_rate_young() {
    let mut redeemable = Redeemable::new();
    let token = redeemable.token;
    accept_price(&mut redeemable.lending.world, &token);
    redeemable.wait(2 * DAY);
    // Ignored for what it says, but two days have passed all the same.
    redeemable.publish(125_000_000, -8, 2 * DAY + 1);
    assert_eq!(redeemable.borrow(100.0), Err(LeveeError::RateTooOld));
}

#[test]
fn an_old_rate_stops_no_liquidation() {
    let mut redeemable = Redeemable::new();
    assert_eq!(redeemable.borrow(1_000.0), Ok(()));
    redeemable.wait(2 * DAY);
    // $1,100 at a threshold of 85 %.
    redeemable.publish(110_000_000, -8, DAY + 1);
    let (lending, token) = (&mut redeemable.lending, redeemable.token);
    let (usdc, by) = (lending.usdc, &lending.liquidator);
    let world = &mut lending.world;
    world
        .liquidate(by, &redeemable.user, &usdc, &token, u64::MAX)
        .unwrap();
    assert!(world.balance(by, &token) > 0);
    assert_eq!(redeemable.borrow(100.0), Err(LeveeError::RateTooOld));
}

#[test]
fn a_rate_that_makes_no_sense_is_refused() {
    let mut redeemable = Redeemable::new();
    let token = redeemable.token;
    let error = LeveeError::RateOutOfRange;
    let absurd = [
        (0, 0),
        (-1, 0),
        (i64::MIN, -8),
        // Less than the least that 40 bits tell.
        (1, -13),
        (1 << 24, 0),
        (i64::MAX, -8),
        (1, 1),
        (1, -19),
        (1, i32::MIN),
        (1, i32::MAX),
    ];
    for (mantissa, exponent) in absurd {
        redeemable.publish(mantissa, exponent, 0);
        refuse_price(&mut redeemable.lending.world, &token, error);
    }
    redeemable.publish((1 << 24) - 1, 0, 0);
    accept_price(&mut redeemable.lending.world, &token);
}

#[test]
fn a_rate_from_the_future_is_refused() {
    let mut redeemable = Redeemable::new();
    let token = redeemable.token;
    redeemable.publish(125_000_000, -8, -6);
    let error = LeveeError::PriceFromFuture;
    refuse_price(&mut redeemable.lending.world, &token, error);
    redeemable.publish(125_000_000, -8, -5);
    accept_price(&mut redeemable.lending.world, &token);
}

#[test]
fn only_a_verified_update_of_the_named_feed_by_pyth_tells_the_rate() {
    let mut redeemable = Redeemable::new();
    let (token, feed) = (redeemable.token, redeemable.feed());
    let spec = exact(&redeemable.lending.world, 1.25);
    let genuine = price_account(feed.to_bytes(), &spec);
    let mut foreign = genuine.clone();
    foreign.owner = levee::ID;
    let mut partial = genuine.clone();
    // Partial { 12 }, and the message moves up by that byte.
    partial.data[40] = 0;
    partial.data.insert(41, 12);
    let mut short = genuine.clone();
    short.data.truncate(60);
    let wrong = [
        (foreign, LeveeError::WrongPriceAccountOwner),
        (price_account(token.feed, &spec), LeveeError::WrongPriceFeed),
        (partial, LeveeError::PriceNotFullyVerified),
        (short, LeveeError::MalformedPriceAccount),
    ];
    for (account, error) in wrong {
        redeemable.put(account);
        refuse_price(&mut redeemable.lending.world, &token, error);
    }
    redeemable.put(genuine);
    accept_price(&mut redeemable.lending.world, &token);
}

#[test]
fn a_reserve_that_lost_its_rate_kind_is_worth_its_base_again() {
    let mut redeemable = Redeemable::new();
    let token = redeemable.token;
    let world = &mut redeemable.lending.world;
    let owner = world.owner.insecure_clone();
    let config = ReserveConfig {
        rate_kind: levee::state::RATE_NONE,
        rate_source: [0; 32],
        max_rate_growth_bps: 0,
        ..world.reserve(&token).config
    };
    let key = solana_signer::Signer::pubkey(&owner);
    let update = levee_client::instructions::update_reserve(key, &token.keys, config);
    world.must(&[update], &[&owner]);
    redeemable.token.rate_account = None;
    let at = redeemable.lending.world.tokens.len() - 1;
    redeemable.lending.world.tokens[at].rate_account = None;
    assert_eq!(redeemable.borrow(800.000_001), Err(LeveeError::LtvExceeded));
    assert_eq!(redeemable.borrow(800.0), Ok(()));
}
