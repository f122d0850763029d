//! `liquidate`: what it refuses, and what does not stop it.

use levee::error::LeveeError;
use levee::state::{LendingMarket, Reserve};
use levee_client::instructions as ix;
use levee_tests::{assert_refused, calls, exact, stable_config, view, Lending, PriceSpec, Token};
use solana_instruction::Instruction;

/// The borrower's $7,500 with SOL at $90.
fn fallen() -> Lending {
    Lending::fallen(7_500.0, 90.0)
}

fn instructions(
    lending: &mut Lending,
    (repay, seize): (Token, Token),
    (limit, least): (u64, u64),
) -> Vec<Instruction> {
    let (world, liquidator) = (&mut lending.world, &lending.liquidator);
    world.liquidation(liquidator, &lending.borrower, &repay, &seize, limit, least)
}

fn refuse(lending: &mut Lending, pair: (Token, Token), limits: (u64, u64), error: LeveeError) {
    let instructions = instructions(lending, pair, limits);
    let signers = [&lending.liquidator.keypair];
    assert_refused(&mut lending.world, &instructions, &signers, error);
}

/// Refuses to liquidate the usual pair without limits.
fn refuse_all(lending: &mut Lending, error: LeveeError) {
    let pair = (lending.usdc, lending.sol);
    refuse(lending, pair, (u64::MAX, 0), error);
}

fn pass(lending: &mut Lending) {
    let pair = (lending.usdc, lending.sol);
    let instructions = instructions(lending, pair, (u64::MAX, 0));
    lending
        .world
        .must(&instructions, &[&lending.liquidator.keypair]);
}

#[test]
fn a_healthy_obligation_is_left_alone_down_to_a_health_of_exactly_one() {
    let mut lending = Lending::new();
    lending.owe(7_500.0);
    for price in [100.0, 93.76, 93.75] {
        lending.fall(price);
        refuse_all(&mut lending, LeveeError::ObligationHealthy);
    }
    lending.fall(93.749_999_99);
    pass(&mut lending);
}

#[test]
fn an_obligation_without_debt_is_no_liquidators_business() {
    let mut lending = Lending::new();
    lending.fall(0.01);
    view::refresh_all(&mut lending.world);
    refuse_all(&mut lending, LeveeError::EmptyPair);
}

#[test]
fn a_second_liquidation_finds_the_obligation_healthy() {
    let mut lending = fallen();
    pass(&mut lending);
    refuse_all(&mut lending, LeveeError::ObligationHealthy);
}

#[test]
fn the_slot_of_a_borrow_cools_off() {
    let mut lending = Lending::new();
    lending.owe(7_500.0);
    let sol = lending.sol;
    lending.post(&sol, 90.0);
    refuse_all(&mut lending, LeveeError::CoolOff);
    lending.world.advance(1, 0);
    pass(&mut lending);
}

#[test]
fn the_slot_of_a_withdrawal_cools_off() {
    let mut lending = Lending::new();
    lending.owe(7_400.0);
    lending.world.advance(1, 0);
    let sol = lending.sol;
    lending
        .world
        .withdraw(&lending.borrower, &sol, sol.atoms(1.0))
        .unwrap();
    lending.post(&sol, 90.0);
    refuse_all(&mut lending, LeveeError::CoolOff);
    lending.world.advance(1, 0);
    pass(&mut lending);
}

#[test]
fn deposits_and_repayments_do_not_cool_off() {
    let mut lending = fallen();
    let (world, user) = (&mut lending.world, &lending.borrower);
    world.fund(user, &lending.sol, 1);
    world.deposit(user, &lending.sol, 1).unwrap();
    world.repay(user, &lending.usdc, 1).unwrap();
    pass(&mut lending);
}

#[test]
fn a_limit_of_nothing_is_refused() {
    let mut lending = fallen();
    let pair = (lending.usdc, lending.sol);
    refuse(&mut lending, pair, (0, 0), LeveeError::ZeroAmount);
}

#[test]
fn a_limit_that_buys_nothing_is_refused() {
    let mut lending = fallen();
    let pair = (lending.usdc, lending.sol);
    // One atom is the insurance's part, rounded up.
    refuse(&mut lending, pair, (1, 0), LeveeError::LiquidationTooSmall);
}

#[test]
fn a_limit_that_would_leave_dust_is_refused() {
    let mut lending = Lending::fallen(7_500.0, 76.0);
    let pair = (lending.usdc, lending.sol);
    // Nearly all must be closed, and $20 would remain.
    let plan = view::plan(
        &mut lending.world,
        &lending.borrower,
        &pair.0,
        &pair.1,
        u64::MAX,
    );
    assert!(plan.unwrap().closes_debt);
    let error = LeveeError::LimitLeavesDust;
    refuse(&mut lending, pair, (7_489_000_000, 0), error);
    pass(&mut lending);
}

#[test]
fn the_least_that_the_caller_accepts_is_respected_to_the_atom() {
    let mut lending = fallen();
    let pair = (lending.usdc, lending.sol);
    let plan = view::plan(
        &mut lending.world,
        &lending.borrower,
        &pair.0,
        &pair.1,
        u64::MAX,
    );
    let seize = plan.unwrap().seize.0;
    let over = (u64::MAX, seize + 1);
    refuse(&mut lending, pair, over, LeveeError::SlippageExceeded);
    let exactly = instructions(&mut lending, pair, (u64::MAX, seize));
    lending.world.must(&exactly, &[&lending.liquidator.keypair]);
}

#[test]
fn a_pair_that_the_obligation_does_not_have_is_refused() {
    let mut lending = fallen();
    let other = lending.world.add_token(6, 1.0, stable_config);
    view::refresh_all(&mut lending.world);
    let (sol, usdc) = (lending.sol, lending.usdc);
    for pair in [(other, sol), (usdc, other), (sol, usdc), (other, usdc)] {
        refuse(&mut lending, pair, (u64::MAX, 0), LeveeError::EmptyPair);
    }
}

#[test]
fn a_pair_of_one_reserve_is_refused() {
    let mut lending = fallen();
    for token in [lending.sol, lending.usdc] {
        let mut list = instructions(&mut lending, (token, token), (u64::MAX, 0));
        // Two token accounts, so that only the reserve is the same.
        let other = lending.world.user();
        lending.world.fund(&other, &token, 0);
        list[1].accounts[8].pubkey = other.wallet(&token);
        let failure = levee_tests::assert_refused_somehow(
            &mut lending.world,
            &list,
            &[&lending.liquidator.keypair],
            "one reserve",
        );
        let duplicate = u32::from(anchor_lang::error::ErrorCode::ConstraintDuplicateMutableAccount);
        assert!(
            failure.is(LeveeError::DuplicateReserve) || failure.code() == Some(duplicate),
            "{failure}"
        );
    }
}

#[test]
fn a_collateral_that_cannot_heal_is_refused_and_the_right_one_passes() {
    let mut lending = Lending::new();
    let safe = lending.world.add_token(6, 1.0, stable_config);
    lending
        .world
        .fund(&lending.borrower, &safe, safe.atoms(100.0));
    lending
        .world
        .deposit(&lending.borrower, &safe, safe.atoms(100.0))
        .unwrap();
    lending.owe(7_500.0);
    // Health is 0.822, the safe deposit's threshold 0.85: seizing it takes more weight than it repays.
    lending.fall(76.0);
    let pair = (lending.usdc, safe);
    refuse(
        &mut lending,
        pair,
        (u64::MAX, 0),
        LeveeError::PairCannotHeal,
    );
    pass(&mut lending);
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
        refuse_all(&mut lending, LeveeError::PriceTooOld);
        lending.world.set_price(&token, &aged(60));
        pass(&mut lending);
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
    let pair = (lending.usdc, lending.sol);
    let list = instructions(&mut lending, pair, (u64::MAX, 0));
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
    refuse_all(&mut lending, LeveeError::InsufficientLiquidity);
    lending
        .world
        .repay(&lending.lender, &sol, u64::MAX)
        .unwrap();
    pass(&mut lending);
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
        pass(&mut lending);
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
        pass(&mut lending);
    }
}
