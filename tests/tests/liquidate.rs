//! `liquidate`: how much it closes, at which bonus, and where the money goes.

use levee_tests::forge::auction_for;
use levee_tests::{free, sol_config, stable_config, view, Lending};

/// The borrower's $7,500 after SOL fell to `price`.
fn fallen(price: f64) -> Lending {
    Lending::fallen(7_500.0, price)
}

/// Liquidates the borrower as far as `limit` and returns what moved: (paid by, received by) the liquidator.
fn liquidate(lending: &mut Lending, limit: u64) -> (u64, u64) {
    let (world, liquidator) = (&lending.world, &lending.liquidator);
    let (usdc, sol) = (&lending.usdc, &lending.sol);
    let paid = world.balance(liquidator, usdc);
    let received = world.balance(liquidator, sol);
    lending.liquidate(limit);
    let (world, liquidator) = (&lending.world, &lending.liquidator);
    let (usdc, sol) = (&lending.usdc, &lending.sol);
    let paid = paid - world.balance(liquidator, usdc);
    (paid, world.balance(liquidator, sol) - received)
}

/// Liquidates without limit and returns the bonus in parts per million, measured on what moved.
fn bonus_ppm(lending: &mut Lending, price: f64) -> f64 {
    let before = view::owed(&lending.world, &lending.borrower, &lending.usdc);
    let (_, seized) = liquidate(lending, u64::MAX);
    let after = view::owed(&lending.world, &lending.borrower, &lending.usdc);
    let repaid = (before - after) as f64 / 1e6;
    (seized as f64 / 1e9 * price / repaid - 1.0) * 1e6
}

fn assert_bonus(lending: &mut Lending, price: f64, ppm: f64) {
    let bonus = bonus_ppm(lending, price);
    assert!(
        (bonus - ppm).abs() < 1.0,
        "{bonus} ppm where {ppm} were due"
    );
}

#[test]
fn a_liquidation_moves_exactly_what_the_quote_predicts() {
    for price in [93.7, 92.123_456_78, 90.0, 85.0, 79.0, 76.5] {
        let mut lending = fallen(price);
        let (sol, usdc) = (lending.sol, lending.usdc);
        let world = &mut lending.world;
        let plan = view::plan(world, &lending.borrower, &usdc, &sol, u64::MAX).unwrap();
        let vaults = [sol, usdc].map(|token| world.token_balance(&token.keys.vault));
        let (paid, received) = liquidate(&mut lending, u64::MAX);
        assert_eq!(paid, plan.repay.0 + plan.insurance.0, "at ${price}");
        assert_eq!(received, plan.seize.0, "at ${price}");
        let (world, borrower) = (&lending.world, &lending.borrower);
        assert_eq!(
            view::owed(world, borrower, &usdc),
            7_500_000_000 - plan.repay.0
        );
        let kept = view::deposited(world, borrower, &sol);
        assert_eq!(kept, sol.atoms(100.0) - plan.seize.0);
        assert_eq!(world.token_balance(&sol.keys.vault), vaults[0] - received);
        assert_eq!(world.token_balance(&usdc.keys.vault), vaults[1] + paid);
        assert_eq!(world.reserve(&usdc).available_atoms, vaults[1] + paid);
    }
}

#[test]
fn a_liquidation_lands_on_the_target_health() {
    for (price, bonus) in [(93.7, 0.001), (90.0, 0.003_555), (79.0, 0.05)] {
        let mut lending = fallen(price);
        liquidate(&mut lending, u64::MAX);
        let target = f64::max(1.005, 1.0 + 0.25 * (1.0 - 0.8 * (1.0 + bonus)));
        let health = view::health(&lending.world, &lending.borrower);
        let off = (health - target).abs();
        assert!(off < 1e-8, "at ${price}: {health} instead of {target}");
    }
}

#[test]
fn after_its_liquidation_a_position_is_healthy() {
    let mut lending = fallen(90.0);
    liquidate(&mut lending, u64::MAX);
    let book = view::book(&lending.world, &lending.borrower);
    assert!(book.health.is_healthy());
}

#[test]
fn the_bonus_near_the_threshold_is_where_the_auction_starts() {
    assert_bonus(&mut fallen(93.7), 93.7, 1_000.0);
}

#[test]
fn the_bonus_of_a_gap_is_the_convex_term() {
    // h = 0.96: 5 % times (0.04 / 0.15)².
    assert_bonus(&mut fallen(90.0), 90.0, 3_555.0);
    // h = 0.90666: 5 % times (0.09333 / 0.15)².
    assert_bonus(&mut fallen(85.0), 85.0, 19_357.0);
}

#[test]
fn the_bonus_ends_at_its_maximum() {
    // h = 0.842, so the gap is wider than the width; 5.33 % of equity are left.
    assert_bonus(&mut fallen(79.0), 79.0, 50_000.0);
}

#[test]
fn the_bonus_leaves_enough_that_health_rises() {
    // The collateral is worth 1.01333 of the debt, so more than 1.333 % would not heal; 5 bps stay below.
    let mut lending = fallen(76.0);
    view::refresh_all(&mut lending.world);
    let before = view::health(&lending.world, &lending.borrower);
    let limit = 1_000_000_000;
    let (paid, received) = liquidate(&mut lending, limit);
    let bonus = received as f64 / 1e9 * 76.0 / (paid as f64 / 1e6 / (1.0 + 0.1 * 0.012_833)) - 1.0;
    assert!((bonus * 1e6 - 12_833.0).abs() < 1.0, "{bonus}");
    let after = view::health(&lending.world, &lending.borrower);
    assert!(after > before, "{before} to {after}");
}

#[test]
fn the_bonus_of_an_auction_counts_the_slots_between_two_looks_that_found_it_permitted() {
    let mut lending = fallen(93.7);
    let marker = lending.world.user();
    for slots in [0, 100, 150] {
        lending.world.advance(slots, 0);
        let marked = lending.world.mark(&marker, &[&lending.borrower]);
        marked.unwrap();
    }
    // 50 slots after the last mark, 300 after the first.
    lending.world.advance(50, 0);
    assert_bonus(&mut lending, 93.7, 1_000.0 + 20.0 * 300.0);
}

#[test]
fn a_silence_longer_than_a_proof_reaches_starts_a_fresh_auction() {
    let mut lending = fallen(93.7);
    let marker = lending.world.user();
    for slots in [0, 100, 151] {
        lending.world.advance(slots, 0);
        let marked = lending.world.mark(&marker, &[&lending.borrower]);
        marked.unwrap();
    }
    lending.world.advance(7, 0);
    assert_bonus(&mut lending, 93.7, 1_000.0 + 20.0 * 7.0);
}

#[test]
fn the_bonus_climbs_with_the_auctions_slots_up_to_its_maximum() {
    for (slots, ppm) in [
        (0, 1_000.0),
        (1, 1_020.0),
        (1_000, 21_000.0),
        (u64::MAX, 50_000.0),
    ] {
        let mut lending = fallen(93.7);
        let borrower = lending.borrower.obligation;
        auction_for(&mut lending.world, &borrower, slots);
        assert_bonus(&mut lending, 93.7, ppm);
    }
}

#[test]
fn the_limit_counts_all_that_the_liquidator_pays() {
    for limit in [50_000_001, 999_999_999, 1_000_000_000] {
        let mut lending = fallen(85.0);
        let (paid, _) = liquidate(&mut lending, limit);
        assert!(paid <= limit, "{paid} of {limit}");
        assert!(paid + 2 >= limit, "{paid} of {limit}");
    }
}

#[test]
fn a_limit_above_the_plan_changes_nothing() {
    let unlimited = liquidate(&mut fallen(90.0), u64::MAX);
    let exactly = liquidate(&mut fallen(90.0), unlimited.0);
    assert_eq!(exactly, unlimited);
    let below = liquidate(&mut fallen(90.0), unlimited.0 - 1);
    assert!(below.0 < unlimited.0);
}

#[test]
fn a_debt_that_would_fall_below_the_dust_value_closes_whole() {
    let mut lending = Lending::new();
    let (world, borrower, sol) = (&mut lending.world, &lending.borrower, &lending.sol);
    world.withdraw(borrower, sol, sol.atoms(99.6)).unwrap();
    lending.owe(30.0);
    lending.fall(90.0);
    liquidate(&mut lending, u64::MAX);
    assert_eq!(lending.world.obligation(&lending.borrower).borrow_count, 0);
    // What the bonus leaves is the borrower's.
    let (world, borrower, sol) = (&lending.world, &lending.borrower, &lending.sol);
    let kept = view::deposited(world, borrower, sol) as f64 / 1e9 * 90.0;
    assert!((kept - (36.0 - 30.0 * 1.003_555)).abs() < 1e-6, "{kept}");
}

#[test]
fn a_tenth_of_the_bonus_goes_to_the_insurance_of_the_repaid_reserve() {
    let mut lending = fallen(85.0);
    let (sol, usdc) = (lending.sol, lending.usdc);
    let world = &mut lending.world;
    let plan = view::plan(world, &lending.borrower, &usdc, &sol, u64::MAX).unwrap();
    let (paid, _) = liquidate(&mut lending, u64::MAX);
    let world = &lending.world;
    let share = view::insurance(world, &usdc);
    assert_eq!(share, paid - plan.repay.0);
    let due = (plan.repay.0 * u64::from(plan.bonus.0)).div_ceil(10_000_000);
    assert_eq!(share, due);
    assert_eq!(view::insurance(world, &sol), 0);
}

#[test]
fn without_an_insurance_share_the_liquidator_pays_the_debt_only() {
    let mut lending = fallen(85.0);
    let market = lending.world.market;
    lending
        .world
        .rewrite(&market, |m: &mut levee::state::LendingMarket| {
            m.config.insurance_share_bps = 0;
        });
    let (paid, _) = liquidate(&mut lending, u64::MAX);
    let owed = view::owed(&lending.world, &lending.borrower, &lending.usdc);
    assert_eq!(paid, 7_500_000_000 - owed);
}

#[test]
fn the_owner_may_liquidate_itself() {
    let mut lending = fallen(90.0);
    let (world, owner) = (&mut lending.world, &lending.borrower);
    let (usdc, sol) = (&lending.usdc, &lending.sol);
    world.liquidate(owner, owner, usdc, sol, u64::MAX).unwrap();
    assert!(view::health(world, owner) > 1.0);
}

#[test]
fn interest_alone_can_make_a_position_liquidatable() {
    let mut lending = Lending::with(free(sol_config), free(stable_config));
    lending.owe(7_500.0);
    let (sol, usdc) = (lending.sol, lending.usdc);
    let (world, lender) = (&mut lending.world, &lending.lender);
    let rest = world.reserve(&usdc).available_atoms;
    // All that is left is lent: 150 % a year.
    world.withdraw(lender, &usdc, rest).unwrap();
    world.advance(1_000_000, 4_000_000);
    lending.post(&sol, 100.0);
    lending.post(&usdc, 1.0);
    let (paid, received) = liquidate(&mut lending, u64::MAX);
    assert!(paid > 0 && received > 0);
    let health = view::health(&lending.world, &lending.borrower);
    assert!(health > 1.0, "{health}");
}
