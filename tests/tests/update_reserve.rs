//! `update_reserve`: who may, what is refused, and what happens to interest and prices. What waits has a file of its own.

use levee::error::LeveeError;
use levee::state::{LendingMarket, PriceCache, RatePoint, ReserveConfig, ORACLE_PYTH_LEGACY};
use levee_client::instructions as ix;
use levee_tests::reserve_limits::{Change, EDGE_CONFIGS, REFUSED_CONFIGS};
use levee_tests::{
    assert_refused, sol_config, stable_config, world, BanksChain, Foreign, HalfLent, Token, World,
};
use solana_keypair::Keypair;
use solana_signer::Signer;

const USDC: u64 = 1_000_000;
const YEAR: i64 = 31_536_000;

fn update(world: &mut World<BanksChain>, token: &Token, config: ReserveConfig) {
    let admin = world.risk_admin.insecure_clone();
    let update = ix::update_reserve(admin.pubkey(), &token.keys, config);
    world.must(&[update], &[&admin]);
}

#[test]
fn the_owner_and_the_risk_admin_replace_the_configuration_and_nothing_else() {
    let mut world = world();
    let sol = world.add_token(9, 200.0, sol_config);
    for (authority, ltv_bps) in [(&world.owner, 1), (&world.risk_admin, 2)]
        .map(|(key, ltv_bps)| (Keypair::insecure_clone(key), ltv_bps))
    {
        let mut due = world.reserve(&sol);
        let config = ReserveConfig {
            ltv_bps,
            deposit_cap_atoms: u64::from(ltv_bps),
            ..sol_config(sol.feed)
        };
        let update = ix::update_reserve(authority.pubkey(), &sol.keys, config);
        world.must(&[update], &[&authority]);
        due.config = config;
        let after = world.reserve(&sol);
        assert_eq!(bytemuck::bytes_of(&after), bytemuck::bytes_of(&due));
    }
}

#[test]
fn every_configuration_beyond_a_limit_is_refused_by_its_own_error() {
    let mut world = world();
    let sol = world.add_token(9, 200.0, sol_config);
    let admin = world.risk_admin.insecure_clone();
    for (name, change, error) in REFUSED_CONFIGS {
        println!("{name}");
        let mut config = sol_config(sol.feed);
        change(&mut config);
        let update = ix::update_reserve(admin.pubkey(), &sol.keys, config);
        assert_refused(&mut world, &[update], &[&admin], *error);
    }
}

#[test]
fn every_configuration_at_a_limit_is_accepted() {
    let mut world = world();
    let sol = world.add_token(9, 200.0, sol_config);
    // A threshold that ramps down would still stand when the next one's bonus comes.
    let market = world.market;
    world.rewrite::<LendingMarket>(&market, |market| market.config.threshold_ramp_seconds = 0);
    for (name, change) in EDGE_CONFIGS {
        println!("{name}");
        // A collateral never leaves its groups.
        let mut config = ReserveConfig {
            elevation_groups: world.reserve(&sol).config.elevation_groups,
            ..sol_config(sol.feed)
        };
        change(&mut config);
        update(&mut world, &sol, config);
        assert_eq!(world.reserve(&sol).config, config);
    }
}

#[test]
fn a_lowered_threshold_arrives_by_a_ramp_and_no_bonus_may_meet_the_old_one() {
    let mut world = world();
    let sol = world.add_token(9, 200.0, |feed| ReserveConfig {
        threshold_bps: 9_000,
        ..sol_config(feed)
    });
    let week = 7 * 86_400;
    let lowered = ReserveConfig {
        threshold_bps: 8_000,
        ..sol_config(sol.feed)
    };
    update(&mut world, &sol, lowered);
    let start = world.now();
    let reserve = world.reserve(&sol);
    assert_eq!(reserve.config, lowered);
    let at = |seconds| reserve.threshold_ramp.at(8_000, start + seconds).0;
    assert_eq!(
        [0, week / 2, week - 1, week].map(at),
        [9_000, 8_500, 8_000, 8_000]
    );
    // 80 % and 20 % of bonus go together, the 90 % that still hold do not.
    let mut generous = lowered;
    generous.auction.max_ppm = 200_000;
    let admin = world.risk_admin.insecure_clone();
    let error = LeveeError::ThresholdTimesBonusTooHigh;
    let too_early = ix::update_reserve(admin.pubkey(), &sol.keys, generous);
    assert_refused(&mut world, &[too_early], &[&admin], error);
    world.advance(1_000, week);
    update(&mut world, &sol, generous);
}

#[test]
fn guardians_strangers_and_other_markets_admins_are_refused() {
    let mut world = world();
    let sol = world.add_token(9, 200.0, sol_config);
    let foreign = Foreign::new(&mut world, &sol);
    for other in [
        world.guardian.insecure_clone(),
        world.keypair(),
        foreign.owner,
    ] {
        let update = ix::update_reserve(other.pubkey(), &sol.keys, sol_config(sol.feed));
        assert_refused(&mut world, &[update], &[&other], LeveeError::NotRiskAdmin);
    }
}

#[test]
fn a_reserve_of_another_market_is_refused() {
    let mut world = world();
    let sol = world.add_token(9, 200.0, sol_config);
    let foreign = Foreign::new(&mut world, &sol);
    let mut keys = sol.keys;
    keys.market = foreign.market;
    let update = ix::update_reserve(foreign.owner.pubkey(), &keys, sol_config(sol.feed));
    assert_refused(
        &mut world,
        &[update],
        &[&foreign.owner],
        LeveeError::ForeignMarket,
    );
}

#[test]
fn interest_until_the_change_is_owed_at_the_old_curve_and_then_at_the_new_one() {
    let HalfLent {
        mut world, usdc, ..
    } = HalfLent::new();
    world.advance(1_000, YEAR);
    let mut free = stable_config(usdc.feed);
    free.curve[1] = RatePoint {
        utilization_bps: 10_000,
        rate_bps: 0,
    };
    free.curve[2] = RatePoint::default();
    free.curve_len = 2;
    update(&mut world, &usdc, free);
    let after_one_year = world.reserve(&usdc).debt_up().unwrap().0;
    // Half of what was supplied is lent: 4.4 % a year.
    let interest = after_one_year - 10_001 * USDC;
    assert!((440 * USDC..460 * USDC).contains(&interest), "{interest}");

    world.advance(1_000, YEAR);
    update(&mut world, &usdc, stable_config(usdc.feed));
    assert_eq!(world.reserve(&usdc).debt_up().unwrap().0, after_one_year);
    world.advance(1_000, YEAR);
    update(&mut world, &usdc, free);
    assert!(world.reserve(&usdc).debt_up().unwrap().0 > after_one_year + 440 * USDC);
}

#[test]
fn another_oracle_drops_the_cached_price_and_another_curve_does_not() {
    let mut world = world();
    let sol = world.add_token(9, 200.0, sol_config);
    let anybody = world.keypair();
    let refresh = world.refresh(&[sol]);
    let changes: [(bool, Change); 3] = [
        (true, |config| config.oracle_feed[0] ^= 1),
        (true, |config| config.oracle_kind = ORACLE_PYTH_LEGACY),
        (false, |config| config.curve[1].rate_bps += 1),
    ];
    for (drops, change) in changes {
        update(&mut world, &sol, sol_config(sol.feed));
        world.advance(1, 1);
        world.must(std::slice::from_ref(&refresh), &[&anybody]);
        let cached = world.reserve(&sol).price;
        assert!(cached.price > 0);
        let mut config = sol_config(sol.feed);
        change(&mut config);
        update(&mut world, &sol, config);
        let due = if drops { PriceCache::default() } else { cached };
        assert_eq!(world.reserve(&sol).price, due);
    }
}

#[test]
fn nothing_can_be_borrowed_against_the_price_of_an_oracle_that_was_replaced() {
    let mut world = world();
    let sol = world.add_token(9, 200.0, sol_config);
    let usdc = world.add_token(6, 1.0, stable_config);
    world.supplier(&usdc, 20_000 * USDC);
    let borrower = world.supplier(&sol, 100_000_000_000);
    world.fund(&borrower, &usdc, 0);
    let refresh = world.refresh(&[sol, usdc]);
    let config = ReserveConfig {
        oracle_feed: [5; 32],
        ..sol_config(sol.feed)
    };
    let owner = world.owner.insecure_clone();
    let replace = ix::update_reserve(owner.pubkey(), &sol.keys, config);
    let list = [sol.keys.reserve, usdc.keys.reserve];
    let wallet = borrower.wallet(&usdc);
    let borrow = ix::borrow(
        borrower.key(),
        borrower.obligation,
        &usdc.keys,
        wallet,
        &list,
        100 * USDC,
    );
    assert_refused(
        &mut world,
        &[refresh, replace, borrow],
        &[&borrower.keypair, &owner],
        LeveeError::ReserveNotRefreshed,
    );
}
