//! `liquidate`: what a mild, an aged and a severe case ask of prices and of proven time, at the exact borders.

use levee::error::LeveeError;
use levee::events::Liquidated;
use levee::state::{LendingMarket, ReserveConfig};
use levee_tests::{event, exact, free, sol_config, stable_config, Lending, PriceSpec, Token};

/// $89.0625 for SOL: a health of 0.95, where the severe tier begins below.
const SEVERE_BELOW: i64 = 8_906_250_000;

const MILD: u8 = 0;
const AGED: u8 = 1;
const SEVERE: u8 = 2;

/// The borrower's $7,500 one slot later, without a new price yet: healthy down to $93.75 for SOL.
fn indebted() -> Lending {
    Lending::fallen(7_500.0, 100.0)
}

/// Posts a price and an average of SOL in 1e-8 dollars.
fn post(lending: &mut Lending, price: i64, ema: i64) {
    let token = lending.sol;
    post_of(lending, &token, price, ema);
}

fn post_of(lending: &mut Lending, token: &Token, price: i64, ema: i64) {
    let spec = exact(&lending.world, 1.0);
    let spec = PriceSpec { price, ema, ..spec };
    lending.world.set_price(token, &spec);
}

/// Liquidates and returns the event.
fn liquidate(lending: &mut Lending) -> Liquidated {
    let list = lending.liquidation((u64::MAX, 0));
    let signers = [&lending.liquidator.keypair];
    event(&lending.world.must(&list, &signers))
}

fn mark(lending: &mut Lending) {
    let (by, of) = (&lending.liquidator, &lending.borrower);
    lending.world.mark(by, &[of]).expect("anybody may look");
}

/// A doubtful price: its average is more than a quarter away.
fn doubtful(lending: &mut Lending, price: i64) {
    post(lending, price, price * 2);
}

#[test]
fn the_severe_tier_begins_right_below_its_border() {
    let mut lending = indebted();
    post(&mut lending, SEVERE_BELOW, SEVERE_BELOW);
    assert_eq!(liquidate(&mut lending).tier, MILD);

    let mut lending = indebted();
    doubtful(&mut lending, SEVERE_BELOW);
    lending.refuse_liquidation(LeveeError::MildPriceDoubtful);
    doubtful(&mut lending, SEVERE_BELOW - 1);
    assert_eq!(liquidate(&mut lending).tier, SEVERE);
}

#[test]
fn the_border_of_the_severe_tier_is_that_of_the_seized_collaterals_threshold() {
    // l = 0.9, so that s = 0.975: reached at $81.25.
    let closer = |feed| ReserveConfig {
        ltv_bps: 8_500,
        threshold_bps: 9_000,
        ..free(sol_config)(feed)
    };
    let mut lending = Lending::with(closer, free(stable_config));
    lending.owe(7_500.0);
    lending.world.advance(1, 0);
    doubtful(&mut lending, 8_125_000_000);
    lending.refuse_liquidation(LeveeError::MildPriceDoubtful);
    doubtful(&mut lending, 8_124_999_999);
    assert_eq!(liquidate(&mut lending).tier, SEVERE);
}

#[test]
fn an_average_above_the_price_lifts_the_collateral_by_at_most_one_percent() {
    // A hundredth more is 93.75 exactly, and one unit below it rounds to one unit less.
    let (waits, lands) = (9_282_178_218, 9_282_178_217);
    let mut lending = indebted();
    post(&mut lending, waits, 11_000_000_000);
    lending.refuse_liquidation(LeveeError::MildHealthyAtAverage);
    post(&mut lending, lands, 11_000_000_000);
    assert_eq!(liquidate(&mut lending).tier, MILD);
}

#[test]
fn a_near_average_lifts_the_collateral_no_further_than_itself() {
    let mut lending = indebted();
    post(&mut lending, 9_300_000_000, 9_375_000_000);
    lending.refuse_liquidation(LeveeError::MildHealthyAtAverage);
    post(&mut lending, 9_300_000_000, 9_374_999_999);
    assert_eq!(liquidate(&mut lending).tier, MILD);
}

#[test]
fn an_average_below_the_price_lifts_nothing() {
    let mut lending = indebted();
    post(&mut lending, 9_374_999_999, 8_000_000_000);
    assert_eq!(liquidate(&mut lending).tier, MILD);
}

#[test]
fn a_debts_price_is_lowered_towards_its_average_by_at_most_one_percent() {
    let usdc_at = |lending: &mut Lending, ema| {
        let usdc = lending.usdc;
        post_of(lending, &usdc, 100_000_000, ema);
    };
    let mut lending = indebted();
    // At 99 cents the debt weighs $7,425, which $92.8125 carry.
    usdc_at(&mut lending, 90_000_000);
    post(&mut lending, 9_281_250_000, 9_281_250_000);
    lending.refuse_liquidation(LeveeError::MildHealthyAtAverage);
    post(&mut lending, 9_281_249_999, 9_281_249_999);
    assert_eq!(liquidate(&mut lending).tier, MILD);

    // An average above the price does not raise it.
    let mut lending = indebted();
    usdc_at(&mut lending, 110_000_000);
    post(&mut lending, 9_375_000_000, 9_375_000_000);
    lending.refuse_liquidation(LeveeError::ObligationHealthy);
}

#[test]
fn a_mild_case_waits_for_an_average_more_than_a_quarter_away() {
    let mut lending = indebted();
    // A quarter of 120 is the distance to 90.
    post(&mut lending, 9_000_000_000, 12_000_000_001);
    lending.refuse_liquidation(LeveeError::MildPriceDoubtful);
    post(&mut lending, 9_000_000_000, 12_000_000_000);
    assert_eq!(liquidate(&mut lending).tier, MILD);
}

#[test]
fn a_mild_case_waits_for_a_confidence_of_more_than_two_percent() {
    for (at, dollars) in [(0, 90.0), (1, 1.0)] {
        let mut lending = indebted();
        lending.fall(90.0);
        let token = [lending.sol, lending.usdc][at];
        let spec = exact(&lending.world, dollars);
        let confidence = spec.price.unsigned_abs() / 50;
        let wide = PriceSpec {
            confidence: confidence + 1,
            ..spec
        };
        lending.world.set_price(&token, &wide);
        lending.refuse_liquidation(LeveeError::MildPriceDoubtful);
        let widest = PriceSpec { confidence, ..spec };
        lending.world.set_price(&token, &widest);
        assert_eq!(liquidate(&mut lending).tier, MILD);
    }
}

/// All prices are posted now, SOL at `price`, and then `seconds` pass.
fn aged_price(price: i64, seconds: i64) -> Lending {
    let mut lending = indebted();
    post(&mut lending, price, price);
    lending.world.advance(1, seconds);
    lending
}

#[test]
fn a_mild_case_takes_a_price_of_ten_seconds_and_none_of_eleven() {
    let mild = 9_000_000_000;
    assert_eq!(liquidate(&mut aged_price(mild, 10)).tier, MILD);
    let mut lending = aged_price(mild, 11);
    lending.refuse_liquidation(LeveeError::MildPriceTooOld);
    // Each of both prices matters.
    let usdc = lending.usdc;
    lending.post(&usdc, 1.0);
    lending.refuse_liquidation(LeveeError::MildPriceTooOld);
    post(&mut lending, mild, mild);
    assert_eq!(liquidate(&mut lending).tier, MILD);
    let mut lending = aged_price(mild, 11);
    post(&mut lending, mild, mild);
    lending.refuse_liquidation(LeveeError::MildPriceTooOld);
}

#[test]
fn a_severe_case_takes_a_price_of_sixty_seconds_and_none_of_sixty_one() {
    let severe = 8_000_000_000;
    assert_eq!(liquidate(&mut aged_price(severe, 60)).tier, SEVERE);
    aged_price(severe, 61).refuse_liquidation(LeveeError::PriceTooOld);
}

#[test]
fn an_aged_case_takes_a_price_of_sixty_seconds_and_none_of_sixty_one() {
    for (seconds, due) in [(60, Ok(AGED)), (61, Err(LeveeError::PriceTooOld))] {
        let mut lending = indebted();
        post(&mut lending, 9_000_000_000, 9_000_000_000);
        mark(&mut lending);
        lending.world.advance(25, seconds);
        match due {
            Ok(tier) => assert_eq!(liquidate(&mut lending).tier, tier),
            Err(error) => lending.refuse_liquidation(error),
        }
    }
}

#[test]
fn a_case_is_aged_after_exactly_twenty_five_proven_slots_whatever_the_average_says() {
    // Lifted above the threshold, and doubtful.
    for ema in [11_000_000_000, 20_000_000_000] {
        let mut lending = indebted();
        post(&mut lending, 9_300_000_000, ema);
        mark(&mut lending);
        lending.world.advance(24, 0);
        let error = match ema {
            11_000_000_000 => LeveeError::MildHealthyAtAverage,
            _ => LeveeError::MildPriceDoubtful,
        };
        lending.refuse_liquidation(error);
        lending.world.advance(1, 0);
        let done = liquidate(&mut lending);
        assert_eq!((done.tier, done.unhealthy_slots), (AGED, 25));
    }
}

#[test]
fn without_a_wait_nothing_is_mild() {
    let mut lending = indebted();
    let market = lending.world.market;
    let change = |market: &mut LendingMarket| market.config.mild_wait_slots = 0;
    lending.world.rewrite(&market, change);
    doubtful(&mut lending, 9_374_999_999);
    assert_eq!(liquidate(&mut lending).tier, AGED);
}

#[test]
fn a_slot_less_than_the_wait_is_mild_in_the_event_too() {
    for (slots, tier) in [(24, MILD), (25, AGED)] {
        let mut lending = indebted();
        post(&mut lending, 9_300_000_000, 9_300_000_000);
        mark(&mut lending);
        lending.world.advance(slots, 0);
        let done = liquidate(&mut lending);
        assert_eq!((done.tier, done.unhealthy_slots), (tier, slots));
    }
}

#[test]
fn the_bonus_follows_the_proven_slots_of_the_auction() {
    let mut lending = indebted();
    post(&mut lending, 9_370_000_000, 9_370_000_000);
    mark(&mut lending);
    lending.world.advance(100, 0);
    mark(&mut lending);
    lending.world.advance(50, 0);
    assert_eq!(liquidate(&mut lending).bonus_ppm, 1_000 + 20 * 150);
}

#[test]
fn one_bot_after_a_long_silence_pays_the_bonus_of_a_fresh_auction() {
    let mut lending = indebted();
    post(&mut lending, 9_370_000_000, 9_370_000_000);
    mark(&mut lending);
    lending.world.advance(100, 0);
    mark(&mut lending);
    lending.world.advance(500, 0);
    let done = liquidate(&mut lending);
    assert_eq!((done.bonus_ppm, done.unhealthy_slots), (1_000, 0));
}

#[test]
fn time_without_permission_raises_no_bonus() {
    let mut lending = indebted();
    post(&mut lending, 9_300_000_000, 11_000_000_000);
    mark(&mut lending);
    lending.world.advance(150, 0);
    let done = liquidate(&mut lending);
    assert_eq!((done.tier, done.unhealthy_slots), (AGED, 150));
    // What the deficit of 0.008 alone makes is less than the start.
    assert_eq!(done.bonus_ppm, 1_000);
}
