//! The index against a full scan, on random markets.

mod market;

use levee_risk::fixed::ScaledSupply;
use proptest::prelude::*;
use rand::Rng;

use super::{Index, Settled};
use market::{key, Market};

fn unhealthy(index: &Index) -> Vec<u32> {
    let mut ids: Vec<u32> = index.unhealthy().collect();
    ids.sort_unstable();
    ids
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn after_any_changes_the_index_knows_exactly_the_unhealthy_that_a_full_scan_finds(seed in any::<u64>()) {
        let mut market = Market::new(seed);
        for _ in 0..60 {
            market.put();
        }
        market.index.settle();
        for step in 0..150 {
            for _ in 0..market.dice.random_range(1..4) {
                market.act();
            }
            market.index.settle();
            prop_assert_eq!(unhealthy(&market.index), market.index.full_scan(), "step {}", step);
        }
    }

    #[test]
    fn what_settling_tells_is_the_difference_of_two_full_scans(seed in any::<u64>()) {
        let mut market = Market::new(seed);
        for _ in 0..60 {
            market.put();
        }
        market.index.settle();
        let mut before = market.index.full_scan();
        for _ in 0..60 {
            market.tick();
            market.wait();
            let Settled { unhealthy, healthy, .. } = market.index.settle();
            let after = market.index.full_scan();
            let only = |these: &[u32], those: &[u32]| -> Vec<u32> {
                these.iter().copied().filter(|id| !those.contains(id)).collect()
            };
            prop_assert_eq!(unhealthy, only(&after, &before));
            prop_assert_eq!(healthy, only(&before, &after));
            before = after;
        }
    }
}

#[test]
fn the_random_markets_have_many_that_turn_both_ways_and_few_that_are_looked_at() {
    let mut market = Market::new(5);
    for _ in 0..2_000 {
        market.put();
    }
    market.index.settle();
    let (mut fell, mut healed, mut valued, ticks) = (0, 0, 0, 300);
    for _ in 0..ticks {
        market.tick();
        let settled = market.index.settle();
        fell += settled.unhealthy.len();
        healed += settled.healthy.len();
        valued += settled.valued;
    }
    assert!(fell > 500 && healed > 500, "{fell} fell, {healed} healed");
    assert!(valued < ticks * 2_000 / 4, "{valued} valued");
}

#[test]
fn margins_that_interest_eats_away_leave_no_heap_of_old_triggers() {
    let mut market = Market::new(9);
    for _ in 0..1_000 {
        market.put();
    }
    for _ in 0..5_000 {
        market.moment.now_ts += 7_200;
        market.index.advance(market.moment);
        market.index.settle();
    }
    // At most six bases and the drift for each, twice that before a queue is tidied, and the few that never are.
    let queued = market.index.queued();
    assert!(queued < 60_000, "{queued} entries");
    assert_eq!(unhealthy(&market.index), market.index.full_scan());
}

#[test]
fn a_state_older_than_the_known_one_is_not_taken() {
    let mut market = Market::new(1);
    let (first, second) = (market.obligation(), market.obligation());
    let address = key(77);
    assert_eq!(market.index.put(&address, &first, 10), Ok(true));
    assert_eq!(market.index.put(&address, &second, 9), Ok(false));
    let id = market.index.obligations().number(&address).unwrap();
    assert_eq!(market.index.obligation(id).deposits(), first.deposits());
    assert_eq!(market.index.put(&address, &second, 10), Ok(true));
    assert_eq!(market.index.obligation(id).borrows(), second.borrows());
}

#[test]
fn a_reserve_that_nobody_put_is_named() {
    let mut market = Market::new(1);
    let mut obligation = market.obligation();
    obligation
        .set_deposit(&key(99), ScaledSupply::from_limbs([0, 1]))
        .unwrap();
    let unknown = market.index.put(&key(1), &obligation, 1).unwrap_err();
    assert_eq!(unknown.0, key(99));
}
