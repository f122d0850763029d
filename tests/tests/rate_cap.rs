//! The cap on a rate's growth: one observation, and a matter of new risk only.

use levee::error::LeveeError;
use levee::events::RateAnchored;
use levee::state::{RateAnchor, Reserve, ReserveConfig};
use levee_client::instructions as ix;
use levee_tests::oracles::accept_price;
use levee_tests::{assert_refused, calls, event, forge, Chain, Failure, Foreign, Receipt, Staked};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;

const ONE: u64 = 1 << 20;
/// 1.25 with 40 fractional bits.
const FIRST: u64 = 5 << 38;
const YEAR: i64 = 31_536_000;

fn assert_is(outcome: Result<Receipt, Failure>, error: LeveeError) {
    let failure = outcome.expect_err("it is refused");
    assert!(failure.is(error), "{error:?} was due: {failure}");
}

/// In the next slot the pool pays 1.375, a tenth more than at first.
fn jumped() -> Staked {
    let mut staked = Staked::new();
    let share = staked.share;
    accept_price(&mut staked.world, &share);
    staked.advance(1, 0, 0);
    set_rate(&mut staked, ONE * 11 / 8);
    staked
}

fn set_rate(staked: &mut Staked, numerator: u64) {
    let epoch = staked.epoch();
    staked.set_pool(numerator, epoch);
}

/// Lets `seconds` pass at a slot for each, so that no clock jumps.
fn wait(staked: &mut Staked, seconds: i64) {
    staked.advance(seconds.unsigned_abs(), seconds, 0);
}

fn refreshed(staked: &mut Staked) -> Reserve {
    let share = staked.share;
    accept_price(&mut staked.world, &share);
    staked.world.reserve(&share)
}

fn anchor(staked: &mut Staked, by: &Keypair) -> Result<Receipt, Failure> {
    let (world, share) = (&mut staked.world, staked.share);
    let anchor = ix::anchor_rate(by.pubkey(), &share.keys);
    let refresh = world.refresh(&[share]);
    world.chain.send(&[refresh, anchor], &[by])
}

#[test]
fn the_first_observation_anchors_the_cap() {
    let mut staked = Staked::new();
    let now = staked.world.now();
    let reserve = refreshed(&mut staked);
    let due = RateAnchor {
        rate: FIRST,
        observed_ts: now,
    };
    assert_eq!(reserve.rate_anchor, due);
    assert_eq!(reserve.price.capped_rate, FIRST);
}

#[test]
fn a_rate_above_the_cap_serves_liquidation_and_not_new_risk() {
    let mut staked = jumped();
    let reserve = refreshed(&mut staked);
    assert_eq!(reserve.price.rate, FIRST / 10 * 11);
    assert_eq!(reserve.price.capped_rate, FIRST);
    // The anchor stays what was observed first.
    assert_eq!(reserve.rate_anchor.rate, FIRST);
    assert_is(staked.borrow(875.000_001), LeveeError::LtvExceeded);
    staked.borrow(875.0).unwrap();
    // 77 % of 13.75 SOL carry $875 down to $82.64, and of 12.5 SOL only down to $90.91.
    staked.advance(1, 0, 0);
    staked.post(83.0);
    let usdc = staked.usdc;
    assert_is(staked.liquidate(usdc), LeveeError::ObligationHealthy);
    staked.post(82.0);
    staked.liquidate(usdc).unwrap();
}

#[test]
fn what_is_owed_is_never_capped() {
    // A dollar's holder owes ten shares of 1.375 SOL: $1,375.
    let mut staked = jumped();
    let (world, usdc, share) = (&mut staked.world, staked.usdc, staked.share);
    let user = world.supplier(&usdc, 1_718_749_999);
    let borrowed = world.borrow(&user, &share, share.atoms(10.0));
    assert_is(borrowed, LeveeError::LtvExceeded);
    world.fund(&user, &usdc, 1);
    world.deposit(&user, &usdc, 1).unwrap();
    world.borrow(&user, &share, share.atoms(10.0)).unwrap();
}

#[test]
fn the_cap_grows_in_proportion_to_the_time_since_its_observation() {
    for seconds in [0, 1, 86_400, YEAR / 2, YEAR - 1, YEAR] {
        let mut staked = jumped();
        set_rate(&mut staked, ONE * 2);
        wait(&mut staked, seconds);
        let growth = u128::from(FIRST) * 1_000 * u128::from(seconds.unsigned_abs());
        let cap = FIRST + (growth / (10_000 * YEAR as u128)) as u64;
        assert_eq!(refreshed(&mut staked).price.capped_rate, cap, "{seconds} s");
    }
}

#[test]
fn after_exactly_a_year_a_growth_of_a_tenth_is_believed() {
    let mut staked = jumped();
    wait(&mut staked, YEAR - 1);
    let reserve = refreshed(&mut staked);
    assert!(reserve.price.capped_rate < reserve.price.rate);
    wait(&mut staked, 1);
    let reserve = refreshed(&mut staked);
    assert_eq!(reserve.price.capped_rate, reserve.price.rate);
}

#[test]
fn the_owner_and_the_risk_admin_anchor_a_rate_that_is_believed() {
    for of in [0, 1] {
        let mut staked = jumped();
        wait(&mut staked, YEAR);
        let admins = [&staked.world.owner, &staked.world.risk_admin];
        let admin = admins[of].insecure_clone();
        let receipt = anchor(&mut staked, &admin).unwrap();
        let reserve = staked.world.reserve(&staked.share);
        let due = RateAnchor {
            rate: FIRST / 10 * 11,
            observed_ts: staked.world.now(),
        };
        assert_eq!(reserve.rate_anchor, due);
        let told: RateAnchored = event(&receipt);
        assert_eq!(
            (told.reserve, told.rate),
            (staked.share.keys.reserve, due.rate)
        );
    }
}

#[test]
fn a_fallen_rate_can_be_anchored_too() {
    let mut staked = jumped();
    set_rate(&mut staked, ONE);
    let owner = staked.world.owner.insecure_clone();
    anchor(&mut staked, &owner).unwrap();
    let reserve = staked.world.reserve(&staked.share);
    assert_eq!(reserve.rate_anchor.rate, 1 << 40);
    // From there it does not jump back.
    set_rate(&mut staked, ONE * 5 / 4);
    assert_eq!(refreshed(&mut staked).price.capped_rate, 1 << 40);
}

#[test]
fn a_rate_above_its_cap_cannot_be_anchored() {
    let mut staked = jumped();
    let owner = staked.world.owner.insecure_clone();
    let outcome = anchor(&mut staked, &owner);
    assert_is(outcome, LeveeError::RateCapBelowObserved);
    wait(&mut staked, YEAR - 1);
    let outcome = anchor(&mut staked, &owner);
    assert_is(outcome, LeveeError::RateCapBelowObserved);
}

#[test]
fn nobody_else_anchors_and_nothing_but_this_slots_rate_is_anchored() {
    let mut staked = Staked::new();
    let (share, sol) = (staked.share, staked.sol);
    let foreign = Foreign::new(&mut staked.world, &sol);
    accept_price(&mut staked.world, &share);
    accept_price(&mut staked.world, &sol);
    let world = &mut staked.world;
    let owner = world.owner.insecure_clone();
    let guardian = world.guardian.insecure_clone();
    let stranger = world.keypair();
    for by in [&guardian, &stranger, &foreign.owner] {
        let call = ix::anchor_rate(by.pubkey(), &share.keys);
        assert_refused(world, &[call], &[by], LeveeError::NotRiskAdmin);
    }
    let genuine = ix::anchor_rate(owner.pubkey(), &share.keys);
    let wrong = forge::with_account(&genuine, 2, foreign.token.keys.reserve);
    assert_refused(world, &[wrong], &[&owner], LeveeError::ForeignMarket);
    let no_rate = ix::anchor_rate(owner.pubkey(), &sol.keys);
    assert_refused(world, &[no_rate], &[&owner], LeveeError::NoRate);
    world.must(std::slice::from_ref(&genuine), &[&owner]);
    world.advance(1, 0);
    let error = LeveeError::ReserveNotRefreshed;
    assert_refused(world, &[genuine], &[&owner], error);
}

/// `update_reserve` of the share to a growth of `bps`.
fn update(staked: &Staked, bps: u32) -> Instruction {
    let current = staked.world.reserve(&staked.share).config;
    let config = ReserveConfig {
        max_rate_growth_bps: bps,
        ..current
    };
    ix::update_reserve(staked.world.owner.pubkey(), &staked.share.keys, config)
}

#[test]
fn a_cap_that_would_fall_below_the_observed_rate_is_refused() {
    let mut staked = jumped();
    set_rate(&mut staked, ONE * 21 / 16);
    // Half a year at 10 % reach 1.3125, which is the rate.
    wait(&mut staked, YEAR / 2);
    let reserve = refreshed(&mut staked);
    assert_eq!(reserve.price.capped_rate, reserve.price.rate);
    let owner = staked.world.owner.insecure_clone();
    let less = update(&staked, 999);
    let error = LeveeError::RateCapBelowObserved;
    let refused = std::slice::from_ref(&less);
    assert_refused(&mut staked.world, refused, &[&owner], error);
    let same = update(&staked, 1_000);
    staked.world.must(&[same], &[&owner]);
    // Once the rate itself is the observation, any growth is possible, none included.
    anchor(&mut staked, &owner).unwrap();
    let none = update(&staked, 0);
    staked.world.must(&[less, none], &[&owner]);
}

#[test]
fn a_rate_above_its_cap_does_not_keep_the_admins_from_lowering_risk() {
    let mut staked = jumped();
    refreshed(&mut staked);
    let owner = staked.world.owner.insecure_clone();
    let keys = staked.share.keys;
    let current = staked.world.reserve(&staked.share).config;
    let careful = ReserveConfig {
        ltv_bps: 1_000,
        deposit_cap_atoms: 0,
        ..current
    };
    let change = ix::update_reserve(owner.pubkey(), &keys, careful);
    staked.world.must(&[change], &[&owner]);
    assert_eq!(staked.world.reserve(&staked.share).config, careful);
    // The cap itself may rise, and falls no further.
    let more = update(&staked, 1_001);
    staked.world.must(&[more], &[&owner]);
    let less = update(&staked, 1_000);
    let error = LeveeError::RateCapBelowObserved;
    assert_refused(&mut staked.world, &[less], &[&owner], error);
}

#[test]
fn another_source_starts_without_rate_and_anchor() {
    let mut staked = jumped();
    refreshed(&mut staked);
    let owner = staked.world.owner.insecure_clone();
    let current = staked.world.reserve(&staked.share).config;
    let mut config = ReserveConfig {
        rate_source: [7; 32],
        ..current
    };
    let keys = staked.share.keys;
    let change = ix::update_reserve(owner.pubkey(), &keys, config);
    staked.world.must(&[change], &[&owner]);
    let reserve = staked.world.reserve(&staked.share);
    assert_eq!(reserve.price, Default::default());
    assert_eq!(reserve.rate_anchor, Default::default());
    // Without a price there is no new risk.
    let world = &mut staked.world;
    config.rate_source = current.rate_source;
    let list = [staked.share.keys.reserve, staked.usdc.keys.reserve];
    let borrow = calls::borrow(&staked.user, &staked.usdc, &list, 100_000_000);
    let refresh = world.refresh(&[staked.usdc]);
    let error = LeveeError::ReserveNotRefreshed;
    assert_refused(world, &[refresh, borrow], &[&staked.user.keypair], error);
    let back = ix::update_reserve(owner.pubkey(), &keys, config);
    world.must(&[back], &[&owner]);
    assert_eq!(refreshed(&mut staked).rate_anchor.rate, FIRST / 10 * 11);
}
