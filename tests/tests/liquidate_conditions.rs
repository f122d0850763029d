//! `liquidate`: what it demands of prices and reserves, and what does not stop it.

use levee::error::LeveeError;
use levee::state::{LendingMarket, Reserve};
use levee_client::instructions as ix;
use levee_tests::{assert_refused, calls, exact, stable_config, view, Lending, PriceSpec, Token};

/// The borrower's $7,500 with SOL at $90.
fn fallen() -> Lending {
    Lending::fallen(7_500.0, 90.0)
}

#[test]
fn a_price_of_sixty_seconds_is_young_enough_and_one_of_sixty_one_is_not() {
    for (at, dollars) in [(0, 90.0), (1, 1.0)] {
        let mut lending = fallen();
        let token = [lending.sol, lending.usdc][at];
        let now = exact(&lending.world, dollars);
        let aged = |seconds| PriceSpec {
            publish_ts: now.publish_ts - seconds,
            ..now
        };
        // A cached price is only replaced by one that is as young.
        forget_price(&mut lending, &token);
        lending.world.set_price(&token, &aged(61));
        lending.refuse_liquidation(LeveeError::PriceTooOld);
        lending.world.set_price(&token, &aged(60));
        lending.liquidate(u64::MAX);
    }
}

fn forget_price(lending: &mut Lending, token: &Token) {
    let forget = |reserve: &mut Reserve| reserve.price = Default::default();
    lending.world.rewrite(&token.keys.reserve, forget);
}

#[test]
fn all_reserves_must_be_refreshed_in_this_slot() {
    let mut lending = fallen();
    view::refresh_all(&mut lending.world);
    lending.world.advance(1, 0);
    let list = lending.liquidation((u64::MAX, 0));
    let signers = [&lending.liquidator.keypair];
    let error = LeveeError::ReserveNotRefreshed;
    assert_refused(&mut lending.world, &list[1..], &signers, error);
    for only in [lending.sol, lending.usdc] {
        let half = [lending.world.refresh(&[only]), list[1].clone()];
        assert_refused(&mut lending.world, &half, &signers, error);
    }
    lending.world.must(&list, &signers);
}

#[test]
fn the_reserve_list_must_be_the_obligations_own() {
    let mut lending = fallen();
    let stranger = lending.world.add_token(6, 1.0, stable_config);
    view::refresh_all(&mut lending.world);
    let (world, borrower) = (&mut lending.world, &lending.borrower);
    world.fund(&lending.liquidator, &lending.sol, 0);
    let keys = ix::LiquidatorKeys {
        liquidator: lending.liquidator.key(),
        source: lending.liquidator.wallet(&lending.usdc),
        destination: lending.liquidator.wallet(&lending.sol),
    };
    let (repay, seize) = (lending.usdc.keys, lending.sol.keys);
    let signers = [&lending.liquidator.keypair];
    let list = world.reserve_list(borrower);
    let with = |list: &[_]| {
        ix::liquidate(
            &keys,
            borrower.obligation,
            &repay,
            &seize,
            list,
            u64::MAX,
            0,
        )
    };
    for wrong in calls::wrong_lists(&list, stranger.keys.reserve) {
        let error = LeveeError::WrongReserveList;
        assert_refused(world, &[with(&wrong)], &signers, error);
    }
    world.must(&[with(&list)], &signers);
}

#[test]
fn a_vault_that_cannot_pay_the_collateral_stops_the_liquidation() {
    let mut lending = fallen();
    let sol = lending.sol;
    let world = &mut lending.world;
    world.fund(&lending.lender, &sol, 0);
    world
        .borrow(&lending.lender, &sol, sol.atoms(100.0))
        .unwrap();
    lending.refuse_liquidation(LeveeError::InsufficientLiquidity);
    lending
        .world
        .repay(&lending.lender, &sol, u64::MAX)
        .unwrap();
    lending.liquidate(u64::MAX);
}

#[test]
fn neither_a_wide_confidence_nor_a_distant_average_stops_a_liquidation() {
    for (at, dollars) in [(0, 90.0), (1, 1.0)] {
        let mut lending = fallen();
        let token = [lending.sol, lending.usdc][at];
        let calm = exact(&lending.world, dollars);
        let doubtful = PriceSpec {
            confidence: calm.price.unsigned_abs() / 2,
            ema: calm.price * 3,
            ..calm
        };
        lending.world.set_price(&token, &doubtful);
        lending.liquidate(u64::MAX);
    }
}

#[test]
fn no_status_of_market_or_reserve_stops_a_liquidation() {
    for status in 0..8 {
        let mut lending = fallen();
        let world = &mut lending.world;
        let market = world.market;
        world.rewrite(&market, |market: &mut LendingMarket| market.status = status);
        for token in [lending.sol, lending.usdc] {
            let set = |reserve: &mut Reserve| reserve.status = status;
            world.rewrite(&token.keys.reserve, set);
        }
        lending.liquidate(u64::MAX);
    }
}
