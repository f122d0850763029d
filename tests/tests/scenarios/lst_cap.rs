//! The cap misconfiguration of 10 March 2026: Aave's oracle held a liquid-staking ratio at 1.1939 while everybody saw 1.2282,
//! and borrowers who were healthy lost $26 million. Here the cap binds new risk only.

use levee::error::LeveeError;
use levee::state::{AuctionConfig, ElevationGroupConfig, RateAnchor, Reserve, ReserveConfig};
use levee_client::instructions::{self as ix, Limits};
use levee_risk::rate::RATE_BITS;
use levee_tests::{assert_refused, free, lst_config, sol_config, LiteChain, Token, User, World};
use solana_instruction::Instruction;
use solana_signer::Signer;

use crate::replay::{Replay, HELD, SOL_PRICE};

const OBSERVED: f64 = 1.2282;
const CAPPED: f64 = 1.1939;
/// Of the group in which shares borrow SOL.
const LTV: f64 = 0.935;
const THRESHOLD: f64 = 0.955;
/// Growth that the cap allows in a year, and the week by which its observation is too old.
const GROWTH_BPS: u32 = 968;
const WEEK: i64 = 7 * 86_400;
const YEAR: i64 = 365 * 86_400;

fn group(debt_reserve: solana_pubkey::Pubkey) -> ElevationGroupConfig {
    ElevationGroupConfig {
        debt_reserve,
        auction: AuctionConfig {
            start_ppm: 500,
            slope_ppm_per_slot: 5,
            width_ppm: 22_500,
            max_ppm: 20_000,
            insolvent_ppm: 20_000,
            margin_ppm: 500,
            min_target_bps: 10_030,
        },
        ltv_bps: (LTV * 1e4) as u32,
        threshold_bps: (THRESHOLD * 1e4) as u32,
        unused: 0,
    }
}

/// SOL owed against shares in a group of their own, by borrowers of 90 % to 93.4 % at the observed ratio.
fn book() -> (Replay, Vec<f64>) {
    let mut world = World::new(LiteChain::new());
    let sol = world.add_token(9, SOL_PRICE, free(sol_config));
    let member = |feed| ReserveConfig {
        elevation_groups: 1,
        ..free(lst_config)(feed)
    };
    let share = world.add_staked(&sol, OBSERVED, member);
    let owner = world.owner.insecure_clone();
    let group = group(sol.keys.reserve);
    let create = ix::update_elevation_group(owner.pubkey(), world.market, 1, group);
    world.must(&[create], &[&owner]);
    let mut replay = Replay::new(world, share, sol, &[(sol, SOL_PRICE)]);
    let ltvs: Vec<_> = (0..18).map(|n| 0.90 + 0.002 * f64::from(n)).collect();
    for ltv in &ltvs {
        let user = newcomer(&mut replay);
        let atoms = sol.atoms(ltv * HELD * OBSERVED);
        replay.world.borrow(&user, &sol, atoms).unwrap();
        replay.borrowers.push(user);
    }
    replay.tick(1);
    update(&mut replay, |config| {
        config.max_rate_growth_bps = GROWTH_BPS
    });
    (replay, ltvs)
}

/// Somebody in the group with [`HELD`] shares.
fn newcomer(replay: &mut Replay) -> User {
    let (share, sol) = (replay.collateral, replay.debt);
    let world = &mut replay.world;
    let user = world.supplier(&share, share.atoms(HELD));
    world.fund(&user, &sol, 0);
    let list = world.reserve_list(&user);
    let join = ix::set_elevation_group(user.key(), world.market, user.obligation, &list, 1);
    let refresh = world.refresh(&[share]);
    world.must(&[refresh, join], &[&user.keypair]);
    user
}

fn configure(replay: &Replay, change: impl FnOnce(&mut ReserveConfig)) -> Instruction {
    let share = &replay.collateral;
    let mut config = replay.config(share);
    change(&mut config);
    ix::update_reserve(replay.world.owner.pubkey(), &share.keys, config)
}

fn update(replay: &mut Replay, change: impl FnOnce(&mut ReserveConfig)) {
    let owner = replay.world.owner.insecure_clone();
    let update = configure(replay, change);
    replay.world.must(&[update], &[&owner]);
}

fn rate(ratio: f64) -> u64 {
    (ratio * (1u64 << RATE_BITS) as f64) as u64
}

/// The misconfiguration, which no instruction can bring about: an observation from which the cap reaches only 1.1939 today.
fn misconfigure(replay: &mut Replay) {
    let now = replay.world.now();
    let grown = 1.0 + f64::from(GROWTH_BPS) / 1e4 * WEEK as f64 / YEAR as f64;
    let anchor = RateAnchor {
        rate: rate(CAPPED / grown),
        observed_ts: now - WEEK,
    };
    let key = replay.collateral.keys.reserve;
    let rewrite = |reserve: &mut Reserve| reserve.rate_anchor = anchor;
    replay.world.rewrite(&key, rewrite);
    replay.tick(1);
    // Caches the rate and what new risk believes of it.
    replay.health(0);
    let cached = replay.world.reserve(&replay.collateral).price;
    let of = |raw: u64| raw as f64 / (1u64 << RATE_BITS) as f64;
    assert!((of(cached.rate) - OBSERVED).abs() < 1e-6);
    assert!((of(cached.capped_rate) - CAPPED).abs() < 1e-6);
}

#[test]
fn a_cap_below_the_observed_ratio_liquidates_nobody() {
    let (mut replay, ltvs) = book();
    misconfigure(&mut replay);
    // At the capped ratio those above 92.8 % would be unhealthy.
    let at_cap = ltvs.iter().map(|ltv| THRESHOLD * CAPPED / (ltv * OBSERVED));
    let victims = at_cap.filter(|health| *health < 1.0).count();
    assert_eq!(victims, 3);
    for _ in 0..60 {
        replay.mark(&replay.all());
        for n in replay.all() {
            replay.refuse(n, LeveeError::ObligationHealthy);
        }
        let of: Vec<_> = replay.borrowers.iter().collect();
        let (by, debt, share) = (&replay.bot, replay.debt, replay.collateral);
        let batch = replay
            .world
            .liquidate_batch(by, &of, &debt, &share, Limits::NONE);
        let refused = batch.unwrap_err();
        assert!(refused.is(LeveeError::NothingLiquidated), "{refused}");
        replay.tick(1);
    }
    for n in replay.all() {
        let obligation = replay.world.obligation(&replay.borrowers[n]);
        assert_eq!(obligation.clocks(), Default::default());
    }
    replay.check_books();
}

#[test]
fn were_the_ratio_itself_that_low_they_would_be_liquidated() {
    let (mut replay, _) = book();
    let share = replay.collateral;
    replay.world.set_stake_rate(&share, CAPPED);
    replay.tick(1);
    let mut landed = replay.all();
    landed.retain(|n| replay.try_liquidate(*n).is_ok());
    assert_eq!(landed, [15, 16, 17]);
}

#[test]
fn new_borrows_count_on_the_capped_ratio_only() {
    let most = |ratio: f64| LTV * HELD * ratio;
    for (is_capped, ratio) in [(false, OBSERVED), (true, CAPPED)] {
        let (mut replay, _) = book();
        if is_capped {
            misconfigure(&mut replay);
        }
        let user = newcomer(&mut replay);
        let sol: Token = replay.debt;
        let (world, above) = (&mut replay.world, sol.atoms(most(ratio) + 0.001));
        let refused = world.borrow(&user, &sol, above).unwrap_err();
        assert!(refused.is(LeveeError::LtvExceeded), "{refused}");
        let below = sol.atoms(most(ratio) - 0.001);
        world.borrow(&user, &sol, below).unwrap();
    }
}

#[test]
fn an_update_whose_cap_would_fall_below_the_observed_ratio_is_refused() {
    let (mut replay, _) = book();
    let share = replay.collateral;
    // The ratio grows by 3 % a year for a month, as the pool earns; 2 % would leave it above its cap.
    let month = 30 * 86_400;
    replay.world.advance(month as u64, month);
    let grown = OBSERVED * (1.0 + 0.03 * month as f64 / YEAR as f64);
    replay.world.set_stake_rate(&share, grown);
    replay.tick(1);
    replay.health(0);
    let owner = replay.world.owner.insecure_clone();
    let too_low = configure(&replay, |config| config.max_rate_growth_bps = 200);
    let error = LeveeError::RateCapBelowObserved;
    assert_refused(&mut replay.world, &[too_low], &[&owner], error);
    update(&mut replay, |config| config.max_rate_growth_bps = 400);

    // Nor can a misconfigured one be lowered further.
    update(&mut replay, |config| {
        config.max_rate_growth_bps = GROWTH_BPS
    });
    replay.world.set_stake_rate(&share, OBSERVED);
    misconfigure(&mut replay);
    let lower = configure(&replay, |config| config.max_rate_growth_bps -= 1);
    assert_refused(&mut replay.world, &[lower], &[&owner], error);
}
