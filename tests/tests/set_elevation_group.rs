//! `set_elevation_group`, and what belonging to a group means to borrowers and liquidators.

use levee::error::LeveeError;
use levee::events::{BatchLiquidated, Liquidated};
use levee::gate::State;
use levee::state::{LendingMarket, Reserve};
use levee_client::instructions::{self as ix, Limits};
use levee_tests::{
    assert_refused, calls, event, forge, view, Chain, Failure, Foreign, Receipt, Staked,
};

const ONE: u64 = 1 << 20;

/// The user holds ten shares of 1.25 SOL; group 1 lends SOL against them at 90 % instead of 70 %.
fn grouped() -> Staked {
    let mut staked = Staked::new();
    staked.add_group();
    staked
}

fn assert_is(outcome: Result<Receipt, Failure>, error: LeveeError) {
    let failure = outcome.expect_err("it is refused");
    assert!(failure.is(error), "{error:?} was due: {failure}");
}

fn borrow_sol(staked: &mut Staked, sol: f64) -> Result<Receipt, Failure> {
    let atoms = staked.sol.atoms(sol);
    staked.world.borrow(&staked.user, &staked.sol, atoms)
}

fn group_of(staked: &Staked) -> u8 {
    staked.world.obligation(&staked.user).elevation_group
}

#[test]
fn a_member_carries_what_the_group_allows() {
    let mut staked = grouped();
    assert_is(
        borrow_sol(&mut staked, 8.750_000_001),
        LeveeError::LtvExceeded,
    );
    staked.set_group(1).unwrap();
    assert_eq!(group_of(&staked), 1);
    assert_is(
        borrow_sol(&mut staked, 11.250_000_001),
        LeveeError::LtvExceeded,
    );
    borrow_sol(&mut staked, 11.25).unwrap();
}

#[test]
fn the_group_is_joined_with_its_own_debt_too_and_with_no_other() {
    let mut staked = grouped();
    borrow_sol(&mut staked, 5.0).unwrap();
    staked.set_group(1).unwrap();
    staked.set_group(0).unwrap();
    staked.borrow(100.0).unwrap();
    assert_is(staked.set_group(1), LeveeError::NotTheGroupsDebt);
    assert_eq!(group_of(&staked), 0);
}

#[test]
fn inside_the_group_only_its_debt_is_lent() {
    let mut staked = grouped();
    staked.set_group(1).unwrap();
    assert_is(staked.borrow(100.0), LeveeError::NotTheGroupsDebt);
    borrow_sol(&mut staked, 1.0).unwrap();
    assert_is(staked.borrow(100.0), LeveeError::NotTheGroupsDebt);
    staked.set_group(0).unwrap();
    staked.borrow(100.0).unwrap();
}

#[test]
fn whoever_leaves_must_carry_its_debt_without_the_group() {
    let mut staked = grouped();
    staked.set_group(1).unwrap();
    borrow_sol(&mut staked, 8.750_000_001).unwrap();
    assert_is(staked.set_group(0), LeveeError::LtvExceeded);
    assert_eq!(group_of(&staked), 1);
    staked.world.repay(&staked.user, &staked.sol, 1).unwrap();
    staked.set_group(0).unwrap();
    assert_eq!(group_of(&staked), 0);
}

#[test]
fn collateral_that_is_no_member_keeps_its_own_weights() {
    let mut staked = grouped();
    staked.set_group(1).unwrap();
    let (world, user, usdc) = (&mut staked.world, &staked.user, staked.usdc);
    world.fund(user, &usdc, usdc.atoms(1_000.0));
    world.deposit(user, &usdc, usdc.atoms(1_000.0)).unwrap();
    // 90 % of 12.5 SOL, and 80 % of ten SOL's worth of dollars.
    assert_is(
        borrow_sol(&mut staked, 19.250_000_001),
        LeveeError::LtvExceeded,
    );
    borrow_sol(&mut staked, 19.25).unwrap();
}

#[test]
fn groups_that_do_not_exist_are_refused() {
    let mut staked = grouped();
    for number in [2, 8, 9, 255] {
        assert_is(staked.set_group(number), LeveeError::UnknownElevationGroup);
    }
}

#[test]
fn without_debt_no_reserve_is_asked_for() {
    let mut staked = grouped();
    let (user, market) = (&staked.user, staked.world.market);
    for number in [1, 0] {
        let set = ix::set_elevation_group(user.key(), market, user.obligation, &[], number);
        staked.world.must(&[set], &[&user.keypair]);
        let obligation = staked.world.obligation(user);
        assert_eq!(obligation.elevation_group, number);
        assert_eq!(obligation.last_risk_increase_slot, staked.world.slot());
    }
}

#[test]
fn with_debt_the_obligations_own_reserves_must_be_listed_and_refreshed() {
    let mut staked = grouped();
    borrow_sol(&mut staked, 5.0).unwrap();
    staked.world.advance(1, 0);
    let (user, market) = (&staked.user, staked.world.market);
    let list = staked.world.reserve_list(user);
    let set = |list: &[_]| ix::set_elevation_group(user.key(), market, user.obligation, list, 1);
    let signers = [&user.keypair];
    let error = LeveeError::ReserveNotRefreshed;
    assert_refused(&mut staked.world, &[set(&list)], &signers, error);
    view::refresh_all(&mut staked.world);
    for wrong in calls::wrong_lists(&list, staked.usdc.keys.reserve) {
        let error = LeveeError::WrongReserveList;
        assert_refused(&mut staked.world, &[set(&wrong)], &signers, error);
    }
    staked.world.must(&[set(&list)], &signers);
}

#[test]
fn only_the_owner_in_its_own_market_changes_the_group() {
    let mut staked = grouped();
    let foreign = Foreign::new(&mut staked.world, &staked.sol);
    let (user, other) = (&staked.user, &staked.liquidator);
    let market = staked.world.market;
    let of = user.obligation;
    let by_other = ix::set_elevation_group(other.key(), market, of, &[], 1);
    let error = LeveeError::NotObligationOwner;
    assert_refused(&mut staked.world, &[by_other], &[&other.keypair], error);
    let elsewhere = ix::set_elevation_group(user.key(), foreign.market, of, &[], 0);
    let error = LeveeError::ForeignMarket;
    assert_refused(&mut staked.world, &[elsewhere], &[&user.keypair], error);
    let genuine = ix::set_elevation_group(user.key(), market, of, &[], 1);
    let mut unsigned = forge::unsigned(&genuine, 0);
    unsigned.accounts[0].pubkey = user.key();
    let failure = staked
        .world
        .chain
        .send(&[unsigned], &[&other.keypair])
        .expect_err("the owner must sign");
    let code = u32::from(anchor_lang::error::ErrorCode::AccountNotSigner);
    assert_eq!(failure.code(), Some(code));
}

#[test]
fn pauses_and_restarts_stop_a_change_of_group() {
    for (status, error) in [
        (State::FROZEN, LeveeError::Frozen),
        (State::BORROWS_PAUSED, LeveeError::BorrowsPaused),
    ] {
        let mut staked = grouped();
        let market = staked.world.market;
        staked.world.rewrite(&market, |market: &mut LendingMarket| {
            market.status = status.bits();
        });
        assert_is(staked.set_group(1), error);
    }
    let mut staked = grouped();
    let slot = staked.world.slot();
    staked.world.chain.set_restart(slot);
    staked.world.advance(149, 0);
    assert_is(staked.set_group(1), LeveeError::InRestartGrace);
    staked.world.advance(1, 0);
    staked.set_group(1).unwrap();
}

#[test]
fn a_clock_jump_stops_the_change_of_group_of_whoever_owes() {
    let mut staked = grouped();
    borrow_sol(&mut staked, 5.0).unwrap();
    let (slot, reserve) = (staked.world.slot(), staked.share.keys.reserve);
    staked.world.rewrite(&reserve, |reserve: &mut Reserve| {
        reserve.clock_jump_slot = slot;
    });
    staked.world.advance(149, 0);
    assert_is(staked.set_group(1), LeveeError::InRestartGrace);
    staked.world.advance(1, 0);
    staked.set_group(1).unwrap();
}

/// The user owes 11.25 SOL in the group, and a share pays `numerator / 2^20` SOL one slot later.
fn fallen(numerator: u64) -> Staked {
    let mut staked = grouped();
    staked.set_group(1).unwrap();
    borrow_sol(&mut staked, 11.25).unwrap();
    staked.advance(1, 0, 0);
    let epoch = staked.epoch();
    staked.set_pool(numerator, epoch);
    staked
}

#[test]
fn the_groups_threshold_decides_who_is_liquidated() {
    // 11.25 / 0.93 / 10 = 1.209677…
    let mut staked = fallen(ONE * 12_097 / 10_000);
    let sol = staked.sol;
    assert_is(staked.liquidate(sol), LeveeError::ObligationHealthy);
    let mut staked = fallen(ONE * 12_096 / 10_000);
    staked.liquidate(sol).unwrap();
    assert!(view::book(&staked.world, &staked.user).health.is_healthy());
}

#[test]
fn the_groups_auction_and_target_decide_how() {
    let mut staked = fallen(ONE * 12_096 / 10_000);
    let sol = staked.sol;
    let receipt = staked.liquidate(sol).unwrap();
    let done: Liquidated = event(&receipt);
    // The reserve's own would begin at 1,000, and aim at 1.057.
    assert_eq!(done.bonus_ppm, 500);
    let target = 1.0 + 0.25 * (1.0 - 0.93 * 1.0005);
    let health = view::health(&staked.world, &staked.user);
    assert!((health - target).abs() < 1e-6, "{health}");
}

#[test]
fn the_groups_threshold_decides_what_is_severe() {
    // s = 0.9825: 11.25 · 0.9825 / 0.93 / 10 = 1.18851
    for (numerator, tier) in [(ONE * 11_887 / 10_000, 0), (ONE * 11_884 / 10_000, 2)] {
        let mut staked = fallen(numerator);
        let sol = staked.sol;
        let receipt = staked.liquidate(sol).unwrap();
        assert_eq!(event::<Liquidated>(&receipt).tier, tier);
    }
}

#[test]
fn the_slot_of_a_change_of_group_cools_off() {
    let mut staked = fallen(ONE * 5 / 4);
    staked.set_group(1).unwrap();
    let epoch = staked.epoch();
    staked.set_pool(ONE, epoch);
    let sol = staked.sol;
    assert_is(staked.liquidate(sol), LeveeError::CoolOff);
    staked.advance(1, 0, 0);
    staked.liquidate(sol).unwrap();
}

#[test]
fn a_batch_takes_each_obligation_by_the_rules_of_its_own_group() {
    let mut staked = fallen(ONE * 5 / 4);
    let (sol, share) = (staked.sol, staked.share);
    let world = &mut staked.world;
    let plain = world.supplier(&share, share.atoms(10.0));
    world.fund(&plain, &sol, 0);
    world.borrow(&plain, &sol, sol.atoms(8.75)).unwrap();
    staked.advance(1, 0, 0);
    let epoch = staked.epoch();
    staked.set_pool(ONE * 1_135 / 1_000, epoch);
    let (world, by) = (&mut staked.world, &staked.liquidator);
    let of = [&staked.user, &plain];
    let receipt = world
        .liquidate_batch(by, &of, &sol, &share, Limits::NONE)
        .unwrap();
    let done = event::<BatchLiquidated>(&receipt).liquidations;
    // h = 0.938 in the group, below its s of 0.9825; h = 0.9988 outside, where an own auction begins at 1,000.
    let tiers: Vec<_> = done.iter().map(|entry| entry.tier).collect();
    assert_eq!(tiers, [2, 0]);
    assert_eq!(done[1].bonus_ppm, 1_000);
    for user in of {
        let left = world.obligation(user);
        let is_settled = left.position_count() == 0;
        assert!(is_settled || view::book(world, user).health.is_healthy());
    }
}
