//! A lowered liquidation threshold arrives over time, a raised one at once.

use levee::error::LeveeError;
use levee::state::{LendingMarket, ReserveConfig};
use levee_client::instructions as ix;
use levee_tests::{assert_refused, free, sol_config, stable_config, Lending, Staked};
use solana_instruction::Instruction;
use solana_signer::Signer;

/// Seven days.
const RAMP: i64 = 604_800;

/// The borrower owes 7,500 dollars without interest against 100 SOL at $100; the threshold is 80 %.
fn lending() -> Lending {
    let mut lending = Lending::with(free(sol_config), |feed| {
        let mut config = free(stable_config)(feed);
        for point in &mut config.curve {
            point.rate_bps = 0;
        }
        config
    });
    lending.owe(7_500.0);
    lending
}

/// `update_reserve` of SOL, changed by `change`.
fn update(lending: &Lending, change: impl Fn(&mut ReserveConfig)) -> Instruction {
    let mut config = lending.world.reserve(&lending.sol).config;
    change(&mut config);
    let admin = lending.world.risk_admin.pubkey();
    ix::update_reserve(admin, &lending.sol.keys, config)
}

fn send(lending: &mut Lending, update: Instruction) {
    let admin = lending.world.risk_admin.insecure_clone();
    lending.world.must(&[update], &[&admin]);
}

/// Sets the threshold, and an LTV 5 points below it.
fn set(lending: &mut Lending, threshold_bps: u32) {
    let update = update(lending, |config| {
        config.threshold_bps = threshold_bps;
        config.ltv_bps = threshold_bps - 500;
    });
    send(lending, update);
}

/// The threshold that holds now.
fn threshold(lending: &Lending) -> u32 {
    let reserve = lending.world.reserve(&lending.sol);
    let target = reserve.config.threshold_bps;
    reserve.threshold_ramp.at(target, lending.world.now()).0
}

/// Lets `seconds` pass without a clock jump, and posts the prices again.
fn wait(lending: &mut Lending, seconds: i64) {
    lending.world.advance(seconds.unsigned_abs(), seconds);
    let (sol, usdc) = (lending.sol, lending.usdc);
    lending.post(&sol, 100.0);
    lending.post(&usdc, 1.0);
}

#[test]
fn a_lowered_threshold_falls_in_proportion_to_time_and_ends_where_it_should() {
    let mut lending = lending();
    set(&mut lending, 7_000);
    // (seconds since the last step, what holds then): 1,000 points in 604,800 seconds, rounded down.
    let steps = [
        (0, 8_000),
        (1, 7_999),
        (603, 7_999),
        (1, 7_998),
        (60_480 - 605, 7_900),
        (RAMP / 2 - 60_480, 7_500),
        (RAMP / 2 - 605, 7_001),
        (1, 7_000),
        (604, 7_000),
        (10 * RAMP, 7_000),
    ];
    for (seconds, due) in steps {
        wait(&mut lending, seconds);
        assert_eq!(threshold(&lending), due, "after {seconds} s more");
    }
}

#[test]
fn nobody_is_liquidatable_by_the_change_alone_and_each_only_when_the_ramp_has_come_so_far() {
    let mut lending = lending();
    set(&mut lending, 7_000);
    for seconds in [1, RAMP / 2 - 1] {
        wait(&mut lending, seconds);
        lending.refuse_liquidation(LeveeError::ObligationHealthy);
    }
    // 75 % of $10,000 carry exactly 7,500, until the next second rounds down.
    assert_eq!(threshold(&lending), 7_500);
    wait(&mut lending, 1);
    lending.liquidate(u64::MAX);
}

#[test]
fn what_a_lowered_ltv_allows_is_less_at_once() {
    let mut lending = lending();
    set(&mut lending, 7_000);
    let (world, borrower, usdc) = (&mut lending.world, &lending.borrower, lending.usdc);
    world.fund(borrower, &usdc, usdc.atoms(10_000.0));
    // 65 % from this slot on.
    world.repay(borrower, &usdc, usdc.atoms(1_100.0)).unwrap();
    let failure = world.borrow(borrower, &usdc, 100_000_001).unwrap_err();
    assert!(failure.is(LeveeError::LtvExceeded), "{failure}");
    world.borrow(borrower, &usdc, 100_000_000).unwrap();
}

#[test]
fn a_raised_threshold_acts_at_once() {
    let mut lending = lending();
    lending.fall(93.0);
    set(&mut lending, 8_100);
    assert_eq!(threshold(&lending), 8_100);
    assert_eq!(
        lending.world.reserve(&lending.sol).threshold_ramp,
        Default::default()
    );
    lending.refuse_liquidation(LeveeError::ObligationHealthy);
}

#[test]
fn a_raised_threshold_waits_for_the_markets_delay() {
    let mut lending = lending();
    let market = lending.world.market;
    lending
        .world
        .rewrite(&market, |market: &mut LendingMarket| {
            market.config.risk_delay_seconds = 3_600;
        });
    set(&mut lending, 8_100);
    assert_eq!(threshold(&lending), 8_000);
    wait(&mut lending, 3_600);
    set(&mut lending, 8_100);
    assert_eq!(threshold(&lending), 8_100);
    // A lowered one does not wait, because it ramps.
    set(&mut lending, 8_000);
    wait(&mut lending, RAMP);
    assert_eq!(threshold(&lending), 8_000);
}

#[test]
fn a_second_lowering_starts_from_where_the_first_has_come() {
    let mut lending = lending();
    set(&mut lending, 7_000);
    wait(&mut lending, RAMP / 2);
    set(&mut lending, 6_500);
    assert_eq!(threshold(&lending), 7_500);
    wait(&mut lending, RAMP / 2);
    assert_eq!(threshold(&lending), 7_000);
    wait(&mut lending, RAMP / 2);
    assert_eq!(threshold(&lending), 6_500);
}

#[test]
fn a_higher_target_below_what_holds_is_a_lowering_still() {
    let mut lending = lending();
    set(&mut lending, 7_000);
    wait(&mut lending, RAMP / 2);
    set(&mut lending, 7_200);
    assert_eq!(threshold(&lending), 7_500);
    wait(&mut lending, RAMP / 2);
    assert_eq!(threshold(&lending), 7_350);
    wait(&mut lending, RAMP / 2);
    assert_eq!(threshold(&lending), 7_200);
}

#[test]
fn a_target_above_what_holds_ends_the_ramp() {
    for target in [7_500, 7_501, 8_000] {
        let mut lending = lending();
        set(&mut lending, 7_000);
        wait(&mut lending, RAMP / 2);
        set(&mut lending, target);
        assert_eq!(threshold(&lending), target);
        assert_eq!(
            lending.world.reserve(&lending.sol).threshold_ramp,
            Default::default()
        );
    }
}

#[test]
fn a_change_of_anything_else_leaves_the_ramp_alone() {
    let mut lending = lending();
    set(&mut lending, 7_000);
    let ramp = lending.world.reserve(&lending.sol).threshold_ramp;
    wait(&mut lending, RAMP / 2);
    let fee = update(&lending, |config| config.flash_fee_bps = 2);
    send(&mut lending, fee);
    assert_eq!(lending.world.reserve(&lending.sol).threshold_ramp, ramp);
    wait(&mut lending, RAMP / 2);
    assert_eq!(threshold(&lending), 7_000);
}

#[test]
fn a_market_without_a_ramp_lowers_at_once() {
    let mut lending = lending();
    let market = lending.world.market;
    lending
        .world
        .rewrite(&market, |market: &mut LendingMarket| {
            market.config.threshold_ramp_seconds = 0;
        });
    set(&mut lending, 7_000);
    assert_eq!(threshold(&lending), 7_000);
    lending.world.advance(1, 0);
    lending.liquidate(u64::MAX);
}

#[test]
fn while_an_old_threshold_holds_it_must_not_meet_a_larger_bonus() {
    let mut lending = lending();
    let admin = lending.world.risk_admin.insecure_clone();
    let generous = |config: &mut ReserveConfig| {
        config.threshold_bps = 8_300;
        config.ltv_bps = 8_000;
        config.auction.max_ppm = 200_000;
    };
    set(&mut lending, 8_400);
    set(&mut lending, 8_300);
    // 83 % of 1.2 are 99.6 %, and 84 % are 100.8 %.
    let error = LeveeError::ThresholdTimesBonusTooHigh;
    let change = update(&lending, generous);
    assert_refused(&mut lending.world, &[change], &[&admin], error);
    wait(&mut lending, RAMP - 1);
    assert_eq!(threshold(&lending), 8_300);
    let change = update(&lending, generous);
    send(&mut lending, change);
}

/// The update of the share's reserve that sets its groups, and the error that is due.
fn refuse_groups(staked: &mut Staked, groups: u32, error: LeveeError) {
    let share = staked.share;
    let admin = staked.world.risk_admin.insecure_clone();
    let config = ReserveConfig {
        elevation_groups: groups,
        ..staked.world.reserve(&share).config
    };
    let update = ix::update_reserve(admin.pubkey(), &share.keys, config);
    assert_refused(&mut staked.world, &[update], &[&admin], error);
}

#[test]
fn a_collateral_that_is_in_a_group_never_leaves_it_and_nobody_is_liquidatable_for_that() {
    // In the group 11.25 SOL are owed against 12.5, which the shares' own threshold of 77 % would not carry.
    let mut staked = Staked::new();
    staked.add_group();
    staked.set_group(1).unwrap();
    let sol = staked.sol;
    let borrowed = staked.world.borrow(&staked.user, &sol, sol.atoms(11.25));
    borrowed.unwrap();
    staked.advance(1, 0, 0);
    refuse_groups(&mut staked, 0, LeveeError::GroupMembershipFixed);
    let failure = staked
        .liquidate(sol)
        .expect_err("nothing fell but a membership");
    assert!(failure.is(LeveeError::ObligationHealthy), "{failure}");
}

#[test]
fn a_collateral_joins_no_group_with_a_threshold_below_its_own() {
    let mut staked = Staked::new();
    staked.add_group();
    let (market, debt) = (staked.world.market, staked.sol.keys.reserve);
    let owner = staked.world.owner.insecure_clone();
    let lower = levee::state::ElevationGroupConfig {
        ltv_bps: 7_000,
        threshold_bps: 7_699,
        ..levee_tests::every_instruction::group_config(debt)
    };
    let create = ix::update_elevation_group(owner.pubkey(), market, 2, lower);
    staked.world.must(&[create], &[&owner]);
    let share = staked.share;
    let groups = staked.world.reserve(&share).config.elevation_groups;
    refuse_groups(&mut staked, groups | 2, LeveeError::GroupThresholdBelowOwn);
}
