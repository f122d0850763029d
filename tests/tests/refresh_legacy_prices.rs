//! `refresh_reserves` with price accounts of Pyth's legacy program.

use levee::error::LeveeError;
use levee::oracle::{PYTH_LEGACY_PROGRAMS, PYTH_RECEIVERS};
use levee::state::{PriceCache, ReserveConfig, ORACLE_PYTH_LEGACY};
use levee_tests::oracles::{accept_price, refuse_price, rewrite_price_account};
use levee_tests::{
    legacy_price_account, price_account, sol_config, world, BanksChain, Chain, PriceSpec, Token,
    World,
};
use solana_pubkey::Pubkey;

/// Offset of the aggregate's status.
const STATUS: usize = 224;
const TRADING: u8 = 1;

/// A reserve that is priced by the legacy account at the address that its configuration names.
fn market() -> (World<BanksChain>, Token) {
    let mut world = world();
    let mut sol = world.add_token(9, 200.0, |feed| ReserveConfig {
        oracle_kind: ORACLE_PYTH_LEGACY,
        ..sol_config(feed)
    });
    sol.price_account = Pubkey::new_from_array(sol.feed);
    let spec = PriceSpec::usd(200.0, world.now());
    post(&mut world, &sol, &spec);
    (world, sol)
}

fn post(world: &mut World<BanksChain>, token: &Token, spec: &PriceSpec) {
    let account = legacy_price_account(spec);
    world.chain.set_account(token.price_account, account);
}

#[test]
fn both_layouts_of_the_same_statement_are_cached_alike() {
    let (mut world, legacy) = market();
    let pull = world.add_token(9, 200.0, sol_config);
    world.advance(11, 5);
    let spec = PriceSpec {
        price: 19_876_543_210,
        confidence: 12_345_678,
        ema: 20_123_456_789,
        exponent: -8,
        publish_ts: world.now() - 3,
    };
    post(&mut world, &legacy, &spec);
    world.set_price(&pull, &spec);
    accept_price(&mut world, &legacy);
    accept_price(&mut world, &pull);
    let due = PriceCache {
        price: 19_876_543_210,
        confidence: 12_345_678,
        ema: 20_123_456_789,
        publish_ts: spec.publish_ts,
        refreshed_slot: world.slot(),
        refreshed_ts: world.now(),
        exponent: -8,
        ..PriceCache::default()
    };
    assert_eq!(world.reserve(&legacy).price, due);
    assert_eq!(world.reserve(&pull).price, due);
}

#[test]
fn a_price_that_is_not_trading_is_refused() {
    let (mut world, sol) = market();
    // Unknown, halted, in auction, ignored.
    for status in [0, 2, 3, 4] {
        rewrite_price_account(&mut world, &sol, |account| account.data[STATUS] = status);
        refuse_price(&mut world, &sol, LeveeError::PriceNotTrading);
    }
    rewrite_price_account(&mut world, &sol, |account| account.data[STATUS] = TRADING);
    accept_price(&mut world, &sol);
}

#[test]
fn a_price_account_at_another_address_is_refused() {
    let (mut world, sol) = market();
    let mut other = sol;
    other.price_account = Pubkey::new_from_array([9; 32]);
    let spec = PriceSpec::usd(200.0, world.now());
    post(&mut world, &other, &spec);
    refuse_price(&mut world, &other, LeveeError::WrongPriceFeed);
}

#[test]
fn accounts_of_both_legacy_programs_are_accepted_and_of_nobody_else() {
    let (mut world, sol) = market();
    for owner in PYTH_LEGACY_PROGRAMS {
        rewrite_price_account(&mut world, &sol, |account| account.owner = owner);
        accept_price(&mut world, &sol);
    }
    for owner in [
        Pubkey::default(),
        levee::ID,
        PYTH_RECEIVERS[0],
        PYTH_RECEIVERS[1],
    ] {
        rewrite_price_account(&mut world, &sol, |account| account.owner = owner);
        refuse_price(&mut world, &sol, LeveeError::WrongPriceAccountOwner);
    }
}

#[test]
fn a_pull_account_is_no_legacy_account_and_the_other_way_round() {
    let (mut world, legacy) = market();
    let pull = world.add_token(9, 200.0, sol_config);
    let spec = PriceSpec::usd(200.0, world.now());
    let account = price_account(legacy.feed, &spec);
    world.chain.set_account(legacy.price_account, account);
    refuse_price(&mut world, &legacy, LeveeError::WrongPriceAccountOwner);
    post(&mut world, &pull, &spec);
    refuse_price(&mut world, &pull, LeveeError::WrongPriceAccountOwner);
    // Not even under the right owner.
    rewrite_price_account(&mut world, &legacy, |account| {
        account.owner = PYTH_LEGACY_PROGRAMS[0]
    });
    refuse_price(&mut world, &legacy, LeveeError::MalformedPriceAccount);
    rewrite_price_account(&mut world, &pull, |account| {
        account.owner = PYTH_RECEIVERS[0]
    });
    refuse_price(&mut world, &pull, LeveeError::MalformedPriceAccount);
}

#[test]
fn another_magic_number_version_or_account_type_is_refused() {
    let (mut world, sol) = market();
    for at in [0, 1, 2, 3, 4, 8] {
        rewrite_price_account(&mut world, &sol, |account| account.data[at] ^= 1);
        refuse_price(&mut world, &sol, LeveeError::MalformedPriceAccount);
        rewrite_price_account(&mut world, &sol, |account| account.data[at] ^= 1);
    }
    accept_price(&mut world, &sol);
}

#[test]
fn short_accounts_are_refused() {
    let (mut world, sol) = market();
    let whole = world.chain.account(&sol.price_account).unwrap().data;
    for length in [0, 1, 15, 16, 207, 208, 240, 1_000, 3_311] {
        rewrite_price_account(&mut world, &sol, |account| {
            account.data = whole[..length].to_vec();
        });
        refuse_price(&mut world, &sol, LeveeError::MalformedPriceAccount);
    }
}

#[test]
fn the_checks_of_every_oracle_hold_for_this_one() {
    let (mut world, sol) = market();
    let now = world.now();
    let calm = PriceSpec::usd(200.0, now);
    let wrong = [
        (PriceSpec { price: 0, ..calm }, LeveeError::PriceNotPositive),
        (
            PriceSpec { price: -1, ..calm },
            LeveeError::PriceNotPositive,
        ),
        (PriceSpec { ema: 0, ..calm }, LeveeError::PriceNotPositive),
        (PriceSpec::usd(200.0, now + 6), LeveeError::PriceFromFuture),
        (
            PriceSpec {
                exponent: 11,
                ..calm
            },
            LeveeError::PriceExponentOutOfRange,
        ),
    ];
    for (spec, error) in wrong {
        post(&mut world, &sol, &spec);
        refuse_price(&mut world, &sol, error);
    }
    post(&mut world, &sol, &calm);
    accept_price(&mut world, &sol);
    post(&mut world, &sol, &PriceSpec::usd(100.0, now - 1));
    accept_price(&mut world, &sol);
    assert_eq!(world.reserve(&sol).price.price, calm.price as u64);
}
