//! `liquidate`: what it demands of prices and reserves, and what does not stop it.

use levee::error::LeveeError;
use levee::state::{LendingMarket, Reserve};
use levee_client::instructions::{self as ix, Limits};
use levee_tests::{
    assert_refused, calls, exact, free, pair_of, stable_config, view, Lending, PriceSpec, Token,
};
use solana_instruction::AccountMeta;
use solana_pubkey::Pubkey;

/// The borrower's $7,500 with SOL at $90: a health of 0.96, which is mild.
fn fallen() -> Lending {
    Lending::fallen(7_500.0, 90.0)
}

/// The same at $85: a health of 0.907, below the 0.95 at which a threshold of 80 % becomes severe.
fn severe() -> Lending {
    Lending::fallen(7_500.0, 85.0)
}

/// Asserts that with the price of either token `age` seconds old `error` is due, and that with one of a second less
/// there is a liquidation.
fn oldest_price(begin: fn() -> Lending, sol_dollars: f64, oldest: i64, error: LeveeError) {
    for (at, dollars) in [(0, sol_dollars), (1, 1.0)] {
        let mut lending = begin();
        let token = [lending.sol, lending.usdc][at];
        let now = exact(&lending.world, dollars);
        let aged = |seconds| PriceSpec {
            publish_ts: now.publish_ts - seconds,
            ..now
        };
        // A cached price is only replaced by one that is as young.
        forget_price(&mut lending, &token);
        lending.world.set_price(&token, &aged(oldest + 1));
        lending.refuse_liquidation(error);
        lending.world.set_price(&token, &aged(oldest));
        lending.liquidate(u64::MAX);
    }
}

#[test]
fn a_severe_case_takes_a_price_of_sixty_seconds_and_none_of_sixty_one() {
    oldest_price(severe, 85.0, 60, LeveeError::PriceTooOld);
}

#[test]
fn a_mild_case_takes_a_price_of_ten_seconds_and_none_of_eleven() {
    oldest_price(fallen, 90.0, 10, LeveeError::MildPriceTooOld);
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
fn the_list_must_be_the_obligations_other_reserves_in_its_own_order() {
    let mut lending = fallen();
    let stranger = lending.world.add_token(6, 1.0, stable_config);
    // Two more positions beside the pair.
    let others = [(); 2].map(|()| lending.world.add_token(6, 1.0, free(stable_config)));
    for token in others {
        let (world, borrower) = (&mut lending.world, &lending.borrower);
        world.fund(borrower, &token, token.atoms(10.0));
        world.deposit(borrower, &token, token.atoms(10.0)).unwrap();
    }
    view::refresh_all(&mut lending.world);
    let (usdc, sol) = (lending.usdc, lending.sol);
    let (world, borrower) = (&mut lending.world, &lending.borrower);
    let keys = world.liquidator_keys(&lending.liquidator, &usdc, &sol);
    let signers = [&lending.liquidator.keypair];
    let with = |list: &[Pubkey]| {
        let others: Vec<_> = list
            .iter()
            .map(|key| AccountMeta::new_readonly(*key, false))
            .collect();
        let of = borrower.obligation;
        ix::liquidate(
            &keys,
            &pair_of(&usdc, &sol),
            of,
            &others,
            None,
            Limits::NONE,
        )
    };
    let list = others.map(|token| token.keys.reserve);
    let mut wrong = calls::wrong_lists(&list, stranger.keys.reserve);
    // With the pair, as other instructions want it.
    wrong.push(world.reserve_list(borrower));
    for wrong in wrong {
        // One account more than there are others is taken for an obligation that receives.
        let error = if wrong.len() == list.len() + 1 {
            LeveeError::WrongReceivingObligation
        } else {
            LeveeError::WrongReserveList
        };
        assert_refused(world, &[with(&wrong)], &signers, error);
    }
    world.must(&[with(&list)], &signers);
}

#[test]
fn a_vault_that_cannot_pay_the_collateral_stops_a_liquidator_without_an_obligation_to_receive_it() {
    let mut lending = fallen();
    let sol = lending.sol;
    let world = &mut lending.world;
    world.fund(&lending.lender, &sol, 0);
    world
        .borrow(&lending.lender, &sol, sol.atoms(100.0))
        .unwrap();
    lending.refuse_liquidation(LeveeError::VaultIsDry);
    lending
        .world
        .repay(&lending.lender, &sol, u64::MAX)
        .unwrap();
    lending.liquidate(u64::MAX);
}

/// Posts a price of either token with half of itself as confidence, or with an average at three times itself.
fn doubtful(begin: fn() -> Lending, sol_dollars: f64) -> Vec<Lending> {
    let mut cases = Vec::new();
    for (at, dollars) in [(0, sol_dollars), (1, 1.0)] {
        for is_wide in [true, false] {
            let mut lending = begin();
            let token = [lending.sol, lending.usdc][at];
            let calm = exact(&lending.world, dollars);
            let spec = if is_wide {
                PriceSpec {
                    confidence: calm.price.unsigned_abs() / 2,
                    ..calm
                }
            } else {
                PriceSpec {
                    ema: calm.price * 3,
                    ..calm
                }
            };
            lending.world.set_price(&token, &spec);
            cases.push(lending);
        }
    }
    cases
}

#[test]
fn neither_a_wide_confidence_nor_a_distant_average_stops_a_severe_liquidation() {
    for mut lending in doubtful(severe, 85.0) {
        lending.liquidate(u64::MAX);
    }
}

#[test]
fn on_a_wide_confidence_or_a_distant_average_a_mild_case_waits_until_marks_have_aged_it() {
    for mut lending in doubtful(fallen, 90.0) {
        let marker = lending.world.user();
        let mark = |lending: &mut Lending| {
            let marked = lending.world.mark(&marker, &[&lending.borrower]);
            marked.unwrap();
        };
        lending.refuse_liquidation(LeveeError::MildPriceDoubtful);
        mark(&mut lending);
        // N is 25 slots.
        lending.world.advance(24, 0);
        mark(&mut lending);
        lending.refuse_liquidation(LeveeError::MildPriceDoubtful);
        lending.world.advance(1, 0);
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
