//! `refresh_reserves` with Pyth's pull accounts: what is cached, and every check.

use anchor_lang::{AccountDeserialize, AnchorSerialize, Discriminator};
use levee::error::LeveeError;
use levee::oracle::{MAX_CLOCK_LAG_SECONDS, PYTH_LEGACY_PROGRAMS, PYTH_RECEIVERS};
use levee::state::PriceCache;
use levee_tests::oracles::{accept_price, refuse_price, rewrite_price_account};
use levee_tests::{price_account, sol_config, world, BanksChain, Chain, PriceSpec, Token, World};
use pyth_solana_receiver_sdk::price_update::{PriceUpdateV2, VerificationLevel};
use solana_pubkey::Pubkey;

fn market() -> (World<BanksChain>, Token) {
    let mut world = world();
    let sol = world.add_token(9, 200.0, sol_config);
    (world, sol)
}

fn rewrite_update(
    world: &mut World<BanksChain>,
    token: &Token,
    change: impl FnOnce(&mut PriceUpdateV2),
) {
    rewrite_price_account(world, token, |account| {
        let length = account.data.len();
        let mut update = PriceUpdateV2::try_deserialize(&mut &account.data[..]).unwrap();
        change(&mut update);
        account.data = PriceUpdateV2::DISCRIMINATOR.to_vec();
        update.serialize(&mut account.data).unwrap();
        account.data.resize(length, 0);
    });
}

#[test]
fn all_that_the_oracle_said_is_cached_as_it_was_said() {
    let (mut world, sol) = market();
    world.advance(11, 5);
    let spec = PriceSpec {
        price: 19_876_543_210,
        confidence: 12_345_678,
        ema: 20_123_456_789,
        exponent: -8,
        publish_ts: world.now() - 3,
    };
    world.set_price(&sol, &spec);
    accept_price(&mut world, &sol);
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
    assert_eq!(world.reserve(&sol).price, due);
}

#[test]
fn accounts_of_both_receivers_are_accepted_and_of_nobody_else() {
    let (mut world, sol) = market();
    for owner in PYTH_RECEIVERS {
        rewrite_price_account(&mut world, &sol, |account| account.owner = owner);
        accept_price(&mut world, &sol);
    }
    let wrong = [
        Pubkey::default(),
        levee::ID,
        PYTH_LEGACY_PROGRAMS[0],
        PYTH_LEGACY_PROGRAMS[1],
        anchor_spl::token::ID,
    ];
    for owner in wrong {
        rewrite_price_account(&mut world, &sol, |account| account.owner = owner);
        refuse_price(&mut world, &sol, LeveeError::WrongPriceAccountOwner);
    }
}

#[test]
fn another_feed_is_refused_even_where_one_bit_differs() {
    let (mut world, sol) = market();
    for at in [0, 15, 31] {
        rewrite_update(&mut world, &sol, |u| u.price_message.feed_id[at] ^= 1);
        refuse_price(&mut world, &sol, LeveeError::WrongPriceFeed);
        rewrite_update(&mut world, &sol, |u| u.price_message.feed_id[at] ^= 1);
    }
    accept_price(&mut world, &sol);
}

#[test]
fn a_partially_verified_update_is_refused_however_many_signed_it() {
    let (mut world, sol) = market();
    for num_signatures in [0, 1, 12, 13, 255] {
        rewrite_update(&mut world, &sol, |update| {
            update.verification_level = VerificationLevel::Partial { num_signatures };
        });
        refuse_price(&mut world, &sol, LeveeError::PriceNotFullyVerified);
    }
}

#[test]
fn prices_and_averages_must_be_positive() {
    let (mut world, sol) = market();
    let calm = PriceSpec::usd(200.0, world.now());
    for value in [0, -1, i64::MIN] {
        let wrong = [
            PriceSpec {
                price: value,
                ..calm
            },
            PriceSpec { ema: value, ..calm },
        ];
        for spec in wrong {
            world.set_price(&sol, &spec);
            refuse_price(&mut world, &sol, LeveeError::PriceNotPositive);
        }
    }
    for value in [1, i64::MAX] {
        let spec = PriceSpec {
            price: value,
            ema: value,
            ..calm
        };
        world.set_price(&sol, &spec);
        accept_price(&mut world, &sol);
        assert_eq!(world.reserve(&sol).price.price, value as u64);
    }
}

#[test]
fn a_publish_time_may_lead_the_clusters_clock_by_its_lag_and_no_more() {
    let (mut world, sol) = market();
    let latest = world.now() + MAX_CLOCK_LAG_SECONDS;
    for late in [latest + 1, latest + 3_600, i64::MAX] {
        world.set_price(&sol, &PriceSpec::usd(200.0, late));
        refuse_price(&mut world, &sol, LeveeError::PriceFromFuture);
    }
    world.set_price(&sol, &PriceSpec::usd(200.0, latest));
    accept_price(&mut world, &sol);
    assert_eq!(world.reserve(&sol).price.publish_ts, latest);
}

#[test]
fn exponents_are_accepted_as_far_as_values_can_be_computed() {
    let (mut world, sol) = market();
    let calm = PriceSpec::usd(200.0, world.now());
    // 18 less 9 decimals, plus the exponent, within 19 either way.
    for exponent in [-28, -8, 0, 10] {
        world.set_price(&sol, &PriceSpec { exponent, ..calm });
        accept_price(&mut world, &sol);
        assert_eq!(world.reserve(&sol).price.exponent, exponent);
    }
    for exponent in [-29, 11, i32::MIN, i32::MAX] {
        world.set_price(&sol, &PriceSpec { exponent, ..calm });
        refuse_price(&mut world, &sol, LeveeError::PriceExponentOutOfRange);
    }
}

#[test]
fn an_older_update_keeps_the_newer_price_and_counts_as_a_refresh() {
    let (mut world, sol) = market();
    let now = world.now();
    world.set_price(&sol, &PriceSpec::usd(210.0, now));
    accept_price(&mut world, &sol);
    let newer = world.reserve(&sol).price;
    world.advance(1, 1);
    world.set_price(&sol, &PriceSpec::usd(190.0, now - 1));
    accept_price(&mut world, &sol);
    let due = PriceCache {
        refreshed_slot: world.slot(),
        refreshed_ts: world.now(),
        ..newer
    };
    assert_eq!(world.reserve(&sol).price, due);
}

#[test]
fn of_two_updates_of_one_second_the_first_stays_and_the_other_counts_as_a_refresh() {
    let (mut world, sol) = market();
    let now = world.now();
    world.set_price(&sol, &PriceSpec::usd(210.0, now));
    accept_price(&mut world, &sol);
    let first = world.reserve(&sol).price;
    world.advance(1, 1);
    let other = price_account(sol.feed, &PriceSpec::usd(190.0, now));
    world.chain.set_account(sol.price_account, other);
    accept_price(&mut world, &sol);
    let due = PriceCache {
        refreshed_slot: world.slot(),
        refreshed_ts: world.now(),
        ..first
    };
    assert_eq!(world.reserve(&sol).price, due);
}

#[test]
fn an_older_update_must_pass_every_check_all_the_same() {
    let (mut world, sol) = market();
    accept_price(&mut world, &sol);
    let older = PriceSpec {
        price: 0,
        ..PriceSpec::usd(200.0, world.now() - 10)
    };
    world.set_price(&sol, &older);
    refuse_price(&mut world, &sol, LeveeError::PriceNotPositive);
}

#[test]
fn a_publish_time_before_1970_never_becomes_a_price() {
    let (mut world, sol) = market();
    for publish_ts in [-1, i64::MIN + 1] {
        world.set_price(&sol, &PriceSpec::usd(200.0, publish_ts));
        accept_price(&mut world, &sol);
        let due = PriceCache {
            refreshed_slot: world.slot(),
            refreshed_ts: world.now(),
            ..PriceCache::default()
        };
        assert_eq!(world.reserve(&sol).price, due);
    }
}

#[test]
fn short_accounts_are_refused() {
    let (mut world, sol) = market();
    let whole = world.chain.account(&sol.price_account).unwrap();
    // Discriminator, authority, one byte of verification, message and slot.
    let used = 8 + 32 + 1 + 84 + 8;
    for length in 0..used {
        rewrite_price_account(&mut world, &sol, |account| {
            account.data = whole.data[..length].to_vec();
        });
        refuse_price(&mut world, &sol, LeveeError::MalformedPriceAccount);
    }
    rewrite_price_account(&mut world, &sol, |account| {
        account.data = whole.data[..used].to_vec();
    });
    accept_price(&mut world, &sol);
}

#[test]
fn other_accounts_of_the_receiver_are_refused() {
    let (mut world, sol) = market();
    for at in 0..8 {
        rewrite_price_account(&mut world, &sol, |account| account.data[at] ^= 1);
        refuse_price(&mut world, &sol, LeveeError::MalformedPriceAccount);
        rewrite_price_account(&mut world, &sol, |account| account.data[at] ^= 1);
    }
    // No such level of verification.
    rewrite_price_account(&mut world, &sol, |account| account.data[40] = 2);
    refuse_price(&mut world, &sol, LeveeError::MalformedPriceAccount);
    rewrite_price_account(&mut world, &sol, |account| account.data.fill(0xff));
    refuse_price(&mut world, &sol, LeveeError::MalformedPriceAccount);
}
