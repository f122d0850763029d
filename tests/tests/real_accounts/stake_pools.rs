//! Real stake pools, and a staking program's state that is none.

use levee::error::LeveeError;
use levee::state::{PriceCache, RateAnchor, Reserve, RATE_STAKE_POOL};
use levee_testkit::{sol_config, Chain, Failure, LiteChain, Receipt, Token, World};
use solana_pubkey::Pubkey;

use crate::recorded::{recorded, Recorded};

/// Where a stake pool names its token.
const MINT: std::ops::Range<usize> = 162..194;

/// A market whose only token is a share of `pool`, in the epoch in which that was updated last.
fn market(pool: &Recorded) -> (World<LiteChain>, Token) {
    let mut world = World::new(LiteChain::new());
    let mut token = world.add_token(9, 200.0, sol_config);
    token.rate_account = Some(pool.key);
    world.chain.set_account(pool.key, pool.account.clone());
    let mint = Pubkey::try_from(&pool.account.data[MINT]).expect("32 bytes");
    world.rewrite::<Reserve>(&token.keys.reserve, |reserve| {
        reserve.mint = mint;
        reserve.config.rate_kind = RATE_STAKE_POOL;
        reserve.config.rate_source = pool.key.to_bytes();
        reserve.price = PriceCache::default();
        reserve.rate_anchor = RateAnchor::default();
    });
    let mut clock = world.chain.clock();
    let epoch = pool.field("last_epoch");
    clock.epoch = epoch.map_or(0, |epoch| epoch.parse().expect("a number"));
    world.chain.set_clock(clock);
    (world, token)
}

fn refresh(world: &mut World<LiteChain>, token: &Token) -> Result<Receipt, Failure> {
    let refresh = world.refresh(&[*token]);
    let payer = world.owner.insecure_clone();
    world.chain.send(&[refresh], &[&payer])
}

#[test]
fn a_real_stake_pools_rate_is_what_the_index_says_it_is() {
    let pools = recorded(&["stake_pool"]);
    let mut read = Vec::new();
    for pool in &pools {
        let Some(printed) = pool.field("rate") else {
            continue;
        };
        let (mut world, token) = market(pool);
        refresh(&mut world, &token).unwrap_or_else(|failure| panic!("{}: {failure}", pool.file));
        let cache = world.reserve(&token).price;
        let rate = cache.rate as f64 / (1u64 << 40) as f64;
        assert_eq!(format!("{rate:.6}"), printed, "{}", pool.file);
        let epoch = pool.field("last_epoch").expect("a pool has an epoch");
        assert_eq!(cache.rate_ts.to_string(), epoch, "{}", pool.file);
        assert_eq!(cache.rate_is_stale, 0, "{}", pool.file);
        read.push(cache.rate);
    }
    // The newborn pool is worth its lamports exactly.
    assert!(pools.is_empty() || (read.len() == 3 && read.contains(&(1 << 40))));
}

#[test]
fn a_real_stake_pool_that_missed_two_epochs_is_stale() {
    for pool in recorded(&["stake_pool"]) {
        if pool.field("rate").is_none() {
            continue;
        }
        for (missed, is_stale) in [(1, 0), (2, 1)] {
            let (mut world, token) = market(&pool);
            let mut clock = world.chain.clock();
            clock.epoch += missed;
            world.chain.set_clock(clock);
            refresh(&mut world, &token).expect("it is read all the same");
            let cache = world.reserve(&token).price;
            assert_eq!(cache.rate_is_stale, is_stale, "{}", pool.file);
        }
    }
}

#[test]
fn another_staking_programs_state_is_no_stake_pool() {
    let all = recorded(&["stake_pool"]);
    let others: Vec<_> = all
        .iter()
        .filter(|pool| pool.field("rate").is_none())
        .collect();
    for other in &others {
        let (mut world, token) = market(other);
        let failure = refresh(&mut world, &token).expect_err("it is no pool");
        assert!(failure.is(LeveeError::WrongRateAccount), "{failure}");
    }
    assert!(all.is_empty() || others.len() == 1);
}
