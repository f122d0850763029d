//! Baskets whose collateral no longer pays the debt are severe, whatever the threshold of the one that is seized.

use levee::error::LeveeError;
use levee::events::{Liquidated, SeenUnhealthy};
use levee::state::{ReserveConfig, MIN_LIQUIDATION_CEILING_MICRO_USD};
use levee_tests::{
    event, exact, free, sol_config, stable_config, world, BanksChain, Failure, PriceSpec, Receipt,
    Token, User, World,
};

const SEVERE: u8 = 2;

/// $190,000 of a token that counts 90 % and $10,000 of one that counts 30 %, against $164,000.
struct Basket {
    world: World<BanksChain>,
    safe: Token,
    risky: Token,
    usdc: Token,
    borrower: User,
    liquidator: User,
}

fn weighing(ltv_bps: u32, threshold_bps: u32) -> impl Fn([u8; 32]) -> ReserveConfig {
    move |feed| ReserveConfig {
        ltv_bps,
        threshold_bps,
        liquidation_ceiling_micro_usd: MIN_LIQUIDATION_CEILING_MICRO_USD,
        ..free(sol_config)(feed)
    }
}

/// Both fell to `cents` of a dollar for a dollar, and nobody would believe that on other grounds.
fn basket(cents: i64) -> Basket {
    let mut world = world();
    let safe = world.add_token(9, 100.0, weighing(8_500, 9_000));
    let risky = world.add_token(9, 100.0, weighing(2_500, 3_000));
    let usdc = world.add_token(6, 1.0, free(stable_config));
    world.supplier(&usdc, usdc.atoms(2e6));
    let borrower = world.supplier(&safe, safe.atoms(1_900.0));
    world.fund(&borrower, &risky, risky.atoms(100.0));
    world
        .deposit(&borrower, &risky, risky.atoms(100.0))
        .unwrap();
    for token in [safe, risky, usdc] {
        let dollars = if token.decimals == 6 { 1.0 } else { 100.0 };
        let price = exact(&world, dollars);
        world.set_price(&token, &price);
    }
    world
        .borrow(&borrower, &usdc, usdc.atoms(164_000.0))
        .unwrap();
    let liquidator = world.user();
    world.fund(&liquidator, &usdc, usdc.atoms(2e6));
    world.advance(1, 0);
    for token in [safe, risky] {
        let price = cents * 100_000_000;
        let spec = PriceSpec {
            price,
            ema: 2 * price,
            ..exact(&world, 1.0)
        };
        world.set_price(&token, &spec);
    }
    Basket {
        world,
        safe,
        risky,
        usdc,
        borrower,
        liquidator,
    }
}

impl Basket {
    fn liquidate(&mut self, seize: Token) -> Result<Receipt, Failure> {
        let (by, of) = (&self.liquidator, &self.borrower);
        self.world.liquidate(by, of, &self.usdc, &seize, u64::MAX)
    }
}

#[test]
fn a_basket_that_cannot_pay_its_debt_waits_for_nothing() {
    // At 82 cents $164,000 stand against $164,000: a health of 0.87, where 0.825 would be severe by the threshold of 30 %.
    let mut basket = basket(82);
    let done: Liquidated = event(&basket.liquidate(basket.risky).unwrap());
    assert_eq!(done.tier, SEVERE);
    // Nor is it counted against the ceiling of a slot, which is a fourteenth of it.
    let done: Liquidated = event(&basket.liquidate(basket.safe).unwrap());
    assert_eq!(done.tier, SEVERE);
    assert!(done.repaid_atoms > basket.usdc.atoms(140_000.0));
    assert_eq!(basket.world.obligation(&basket.borrower).borrow_count, 0);
}

#[test]
fn one_that_still_pays_its_debt_and_the_smallest_bonus_is_mild() {
    // At 83 cents it is $166,000.
    let mut basket = basket(83);
    let failure = basket.liquidate(basket.risky).unwrap_err();
    assert!(failure.is(LeveeError::MildPriceDoubtful), "{failure}");
}

#[test]
fn a_mark_finds_it_permitted() {
    for (cents, is_permitted) in [(82, true), (83, false)] {
        let mut basket = basket(cents);
        let (by, of) = (&basket.liquidator, &basket.borrower);
        let receipt = basket.world.mark(by, &[of]).unwrap();
        let seen: SeenUnhealthy = event(&receipt);
        assert_eq!(seen.is_permitted, is_permitted);
    }
}
