//! `mark_unhealthy`: both clocks count proven time, and the auction's only while liquidation was permitted.

use levee::events::SeenUnhealthy;
use levee::state::Obligation;
use levee_risk::clocks::Clocks;
use levee_tests::{event, events, exact, Chain, Lending, PriceSpec, Receipt};

/// The borrower's $7,500 with SOL at $93, so that health is 0.992.
fn fallen() -> Lending {
    Lending::fallen(7_500.0, 93.0)
}

fn clocks(lending: &Lending) -> Clocks {
    lending.world.obligation(&lending.borrower).clocks()
}

/// (unhealthy slots, auction slots).
fn slots(lending: &Lending) -> (u64, u64) {
    let clocks = clocks(lending);
    (clocks.unhealthy_slots, clocks.auction_slots)
}

fn mark(lending: &mut Lending) -> Receipt {
    let (anybody, of) = (&lending.liquidator, &lending.borrower);
    lending
        .world
        .mark(anybody, &[of])
        .expect("anybody may look")
}

/// Looks again after `gap` slots in which no second passes.
fn mark_after(lending: &mut Lending, gap: u64) -> Receipt {
    lending.world.advance(gap, 0);
    mark(lending)
}

/// From now on SOL's average lies so high that the borrower is healthy at the lifted price, or no longer.
fn lift(lending: &mut Lending, is_lifted: bool) {
    let (sol, spec) = (lending.sol, exact(&lending.world, 93.0));
    let ema = if is_lifted { 9_500_000_000 } else { spec.ema };
    lending.world.set_price(&sol, &PriceSpec { ema, ..spec });
}

#[test]
fn the_first_look_proves_no_time() {
    let mut lending = fallen();
    mark(&mut lending);
    let due = Clocks {
        unhealthy_slots: 0,
        auction_slots: 0,
        last_seen_slot: lending.world.slot(),
        permitted: true,
    };
    assert_eq!(clocks(&lending), due);
}

#[test]
fn a_second_look_in_the_same_slot_adds_nothing() {
    let mut lending = fallen();
    mark(&mut lending);
    let first = clocks(&lending);
    mark(&mut lending);
    assert_eq!(clocks(&lending), first);
}

#[test]
fn looks_add_the_slots_between_them_and_say_so() {
    let mut lending = fallen();
    mark(&mut lending);
    let mut sum = 0;
    for gap in [1, 2, 21, 149, 150, 150] {
        let receipt = mark_after(&mut lending, gap);
        sum += gap;
        assert_eq!(slots(&lending), (sum, sum));
        assert_eq!(clocks(&lending).last_seen_slot, lending.world.slot());
        let seen: SeenUnhealthy = event(&receipt);
        assert_eq!(seen.obligation, lending.borrower.obligation);
        assert_eq!((seen.unhealthy_slots, seen.auction_slots), (sum, sum));
        // 0.992, rounded down.
        assert!((991_999..=992_000).contains(&seen.health_ppm));
        assert!(seen.is_permitted);
    }
}

#[test]
fn a_gap_of_the_longest_proof_counts_and_one_slot_more_starts_both_clocks_again() {
    let mut lending = fallen();
    mark(&mut lending);
    mark_after(&mut lending, 150);
    assert_eq!(slots(&lending), (150, 150));
    mark_after(&mut lending, 151);
    assert_eq!(slots(&lending), (0, 0));
    assert_eq!(clocks(&lending).last_seen_slot, lending.world.slot());
    mark_after(&mut lending, 7);
    assert_eq!(slots(&lending), (7, 7));
}

#[test]
fn bots_that_sleep_for_500_slots_prove_nothing() {
    let mut lending = fallen();
    mark(&mut lending);
    mark_after(&mut lending, 100);
    mark_after(&mut lending, 500);
    assert_eq!(slots(&lending), (0, 0));
}

#[test]
fn a_healthy_look_clears_both_clocks_down_to_a_health_of_exactly_one() {
    for price in [100.0, 93.75] {
        let mut lending = fallen();
        mark(&mut lending);
        mark_after(&mut lending, 100);
        let sol = lending.sol;
        lending.post(&sol, price);
        let receipt = mark_after(&mut lending, 1);
        assert_eq!(clocks(&lending), Clocks::default(), "at ${price}");
        assert!(events::<SeenUnhealthy>(&receipt).is_empty());
        lending.post(&sol, 93.0);
        mark_after(&mut lending, 1);
        assert_eq!(slots(&lending), (0, 0));
    }
}

#[test]
fn the_auction_counts_only_between_two_looks_that_both_permit_liquidation() {
    let mut lending = fallen();
    mark(&mut lending);
    let steps = [
        // (lifted, gap) and what the clocks then say.
        (true, 10, (10, 0)),
        (false, 10, (20, 0)),
        (false, 3, (23, 3)),
        (true, 1, (24, 3)),
    ];
    for (is_lifted, gap, due) in steps {
        lift(&mut lending, is_lifted);
        let receipt = mark_after(&mut lending, gap);
        assert_eq!(slots(&lending), due);
        assert_eq!(event::<SeenUnhealthy>(&receipt).is_permitted, !is_lifted);
    }
    // Aged by the 25th slot, the average no longer matters: permitted from this look on, not before it.
    let receipt = mark_after(&mut lending, 1);
    assert_eq!(slots(&lending), (25, 3));
    assert!(event::<SeenUnhealthy>(&receipt).is_permitted);
    mark_after(&mut lending, 5);
    assert_eq!(slots(&lending), (30, 8));
}

#[test]
fn a_price_too_old_for_the_mild_ages_the_position_but_not_the_auction() {
    let mut lending = fallen();
    mark(&mut lending);
    lending.world.advance(20, 11);
    mark(&mut lending);
    assert_eq!(slots(&lending), (20, 0));
}

#[test]
fn a_restart_pauses_the_auction_and_not_the_age() {
    let mut lending = fallen();
    mark(&mut lending);
    mark_after(&mut lending, 20);
    let restart = lending.world.slot();
    lending.world.chain.set_restart(restart);
    mark_after(&mut lending, 149);
    assert_eq!(slots(&lending), (169, 20));
    assert!(!clocks(&lending).permitted);
    mark_after(&mut lending, 1);
    assert_eq!(slots(&lending), (170, 20));
    mark_after(&mut lending, 1);
    assert_eq!(slots(&lending), (171, 21));
}

#[test]
fn a_liquidation_that_leaves_the_position_unhealthy_is_a_look_too() {
    let mut lending = fallen();
    mark(&mut lending);
    lending.world.advance(10, 0);
    lending.liquidate(100_000_000);
    assert_eq!(slots(&lending), (10, 10));
    mark_after(&mut lending, 5);
    assert_eq!(slots(&lending), (15, 15));
    lending.liquidate(u64::MAX);
    assert_eq!(clocks(&lending), Clocks::default());
}

#[test]
fn an_owner_who_borrows_again_starts_without_proven_time() {
    let mut lending = fallen();
    mark(&mut lending);
    mark_after(&mut lending, 50);
    let sol = lending.sol;
    lending.post(&sol, 200.0);
    assert_eq!(slots(&lending), (50, 50));
    lending.owe(100.0);
    assert_eq!(clocks(&lending), Clocks::default());
}

#[test]
fn clocks_end_at_the_largest_number() {
    let mut lending = fallen();
    mark(&mut lending);
    let of = lending.borrower.obligation;
    lending.world.rewrite(&of, |obligation: &mut Obligation| {
        obligation.unhealthy_slots = u64::MAX - 1;
        obligation.auction_slots = u64::MAX;
    });
    mark_after(&mut lending, 100);
    assert_eq!(slots(&lending), (u64::MAX, u64::MAX));
}

#[test]
fn many_obligations_are_looked_at_each_as_if_alone() {
    let mut lending = fallen();
    let (sol, usdc) = (lending.sol, lending.usdc);
    lending.post(&sol, 100.0);
    let world = &mut lending.world;
    // Healthy, unhealthy, and without any position; a price of $93 carries $7,440.
    let debts = [7_440.0, 7_441.0];
    let [healthy, sick] = debts.map(|debt| {
        let user = world.supplier(&sol, sol.atoms(100.0));
        world.borrow(&user, &usdc, usdc.atoms(debt)).unwrap();
        user
    });
    let empty = world.user();
    lending.post(&sol, 93.0);
    let world = &mut lending.world;
    world.advance(1, 0);
    let forged = |obligation: &mut Obligation| obligation.last_seen_unhealthy_slot = 1_000;
    world.rewrite(&healthy.obligation, forged);
    world.rewrite(&empty.obligation, forged);
    let all = [&healthy, &lending.borrower, &empty, &sick];
    let by = &lending.liquidator;
    let receipt = world.mark(by, &all).unwrap();
    let seen: Vec<_> = events::<SeenUnhealthy>(&receipt)
        .iter()
        .map(|seen| seen.obligation)
        .collect();
    assert_eq!(seen, [lending.borrower.obligation, sick.obligation]);
    world.advance(9, 0);
    world.mark(by, &all).unwrap();
    for user in [&healthy, &empty] {
        assert_eq!(world.obligation(user).clocks(), Clocks::default());
    }
    for user in [&lending.borrower, &sick] {
        assert_eq!(world.obligation(user).unhealthy_slots, 9);
    }
}

#[test]
fn an_obligation_named_twice_is_looked_at_twice_in_one_slot() {
    let mut lending = fallen();
    mark(&mut lending);
    lending.world.advance(10, 0);
    let (by, of) = (&lending.liquidator, &lending.borrower);
    lending.world.mark(by, &[of, of]).unwrap();
    assert_eq!(slots(&lending), (10, 10));
}
