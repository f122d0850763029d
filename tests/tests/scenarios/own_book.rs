//! 10 October 2025: USDe traded at $0.65 on one venue's own book while it redeemed for $1.00 all along. A reserve valued by its
//! redemption rate does not see that book; one valued by it is liquidated, at a loss for the lenders.

use levee::error::LeveeError;
use levee_tests::{free, stable_config, LiteChain, World};

use crate::replay::Replay;

/// The venue's prices, four seconds apart: step by step down to $0.65 and back.
const STEPS: [f64; 12] = [
    1.0, 0.99, 0.97, 0.92, 0.85, 0.75, 0.65, 0.68, 0.80, 0.93, 0.98, 1.0,
];
/// The same in one gap.
const GAP: [f64; 3] = [1.0, 0.65, 1.0];
/// Slots between two prices.
const SLOTS: u64 = 10;
/// Dollars owed against a hundred of USDe.
const DEBTS: [f64; 10] = [60.0, 63.0, 66.0, 68.0, 70.0, 72.0, 74.0, 76.0, 78.0, 79.9];

/// The same borrowers, valued by the redemption rate or by the venue's feed.
fn book(by_redemption: bool) -> Replay {
    let mut world = World::new(LiteChain::new());
    let usdc = world.add_token(6, 1.0, free(stable_config));
    let usde = match by_redemption {
        true => world.add_redeemable(&usdc, 6, 1.0, free(stable_config)),
        false => world.add_token(6, 1.0, free(stable_config)),
    };
    let feeds = match by_redemption {
        true => vec![(usdc, 1.0)],
        false => vec![(usdc, 1.0), (usde, 1.0)],
    };
    let mut replay = Replay::new(world, usde, usdc, &feeds);
    replay.borrow_all(&DEBTS);
    replay
}

/// What happened to the borrowers while the venue's book fell and rose.
#[derive(Default)]
struct Outcome {
    liquidated: Vec<usize>,
    bad_debt_atoms: u64,
}

/// The bot looks and tries at everybody in every other slot.
fn fall(replay: &mut Replay, path: &[f64], by_redemption: bool) -> Outcome {
    let mut outcome = Outcome::default();
    for price in path {
        replay.tick(1);
        if !by_redemption {
            replay.print(*price);
        }
        for _ in 0..SLOTS / 2 {
            replay.tick(2);
            for n in replay.all() {
                if replay.owed(n) == 0 {
                    continue;
                }
                replay.mark(&[n]);
                if let Ok(done) = replay.try_liquidate(n) {
                    outcome.liquidated.push(n);
                    outcome.bad_debt_atoms += done.bad_debt_atoms;
                }
            }
        }
    }
    replay.check_books();
    outcome.liquidated.sort_unstable();
    outcome.liquidated.dedup();
    outcome
}

#[test]
fn valued_by_its_redemption_rate_nobody_is_liquidated_while_a_venue_trades_it_at_65_cents() {
    for path in [&STEPS[..], &GAP] {
        let mut replay = book(true);
        let lent = replay.lent();
        let outcome = fall(&mut replay, path, true);
        assert!(outcome.liquidated.is_empty());
        for n in replay.all() {
            replay.refuse(n, LeveeError::ObligationHealthy);
            assert!(replay.health(n) > 1.06);
        }
        assert!(replay.lent() >= lent);
    }
}

#[test]
fn valued_by_the_venues_book_the_same_borrowers_are_all_liquidated() {
    let mut replay = book(false);
    let lent = replay.lent();
    let outcome = fall(&mut replay, &STEPS, false);
    assert_eq!(outcome.liquidated, replay.all());
    // As long as liquidators keep up only the borrowers pay for it.
    assert_eq!(outcome.bad_debt_atoms, 0);
    assert!(replay.lent() >= lent);
}

#[test]
fn valued_by_the_venues_book_a_gap_to_65_cents_costs_lenders_what_was_never_lost() {
    let mut replay = book(false);
    let lent = replay.lent();
    let outcome = fall(&mut replay, &GAP, false);
    assert_eq!(outcome.liquidated, replay.all());
    assert!(outcome.bad_debt_atoms > 0);
    assert!(replay.lent() < lent);
}

#[test]
fn whoever_is_unhealthy_at_the_redemption_rate_is_liquidated_all_the_same() {
    let mut replay = book(true);
    let usde = replay.collateral;
    // A hundred of USDe at 90 cents and a threshold of 85 % carry $76.50.
    replay.tick(3);
    replay.world.set_redemption_rate(&usde, 0.90);
    let mut landed = replay.all();
    landed.retain(|n| replay.try_liquidate(*n).is_ok());
    assert_eq!(landed, [8, 9]);
}

#[test]
fn the_dollars_own_price_cancels_where_the_collateral_redeems_for_it() {
    let mut replay = book(true);
    for price in [0.95, 0.88, 1.04, 1.0] {
        let usdc = replay.debt;
        replay.feed(&usdc).price = price;
        replay.tick(5);
        for n in replay.all() {
            replay.refuse(n, LeveeError::ObligationHealthy);
        }
    }
}
