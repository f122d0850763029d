//! Deposits of less than the dust value whose price is too old or doubtful: no liquidation and no mark waits for them.

use levee::error::LeveeError;
use levee::events::{Liquidated, SeenUnhealthy};
use levee::state::ReserveConfig;
use levee_tests::{
    assert_refused, event, exact, free, stable_config, view, BanksChain, Lending, PriceSpec,
    Staked, Token, World,
};

/// Just below the market's dust value of $25, of a token of $1 and six decimals.
const DUST: u64 = 24_999_999;

fn dollar(feed: [u8; 32]) -> ReserveConfig {
    free(stable_config)(feed)
}

/// The borrower's $7,500, besides SOL so many atoms of other dollars, and SOL at `price` after `age` seconds in which
/// nobody posted a price of these.
fn beside(atoms: &[u64], price: f64, age: i64) -> (Lending, Vec<Token>) {
    let mut lending = Lending::new();
    let tokens: Vec<_> = atoms
        .iter()
        .map(|atoms| add(&mut lending, *atoms))
        .collect();
    lending.owe(7_500.0);
    lending.world.advance(1, age);
    let (sol, usdc) = (lending.sol, lending.usdc);
    lending.post(&sol, price);
    lending.post(&usdc, 1.0);
    (lending, tokens)
}

/// Another dollar, of which the borrower deposits `atoms`.
fn add(lending: &mut Lending, atoms: u64) -> Token {
    let world = &mut lending.world;
    let token = world.add_token(6, 1.0, dollar);
    let price = exact(world, 1.0);
    world.set_price(&token, &price);
    world.fund(&lending.borrower, &token, atoms);
    world.deposit(&lending.borrower, &token, atoms).unwrap();
    token
}

fn liquidate(lending: &mut Lending) -> Liquidated {
    let list = lending.liquidation((u64::MAX, 0));
    event(&lending.world.must(&list, &[&lending.liquidator.keypair]))
}

#[test]
fn an_atom_whose_price_is_too_old_keeps_no_liquidation_away() {
    for atoms in [1, DUST] {
        let (mut lending, _) = beside(&[atoms], 75.0, 61);
        liquidate(&mut lending);
        let (world, borrower) = (&lending.world, &lending.borrower);
        assert!(view::book(world, borrower).health.is_healthy());
    }
}

#[test]
fn it_need_not_be_refreshed_at_all() {
    let (mut lending, _) = beside(&[DUST], 75.0, 61);
    let refresh = lending.world.refresh(&[lending.sol, lending.usdc]);
    let list = lending.liquidation((u64::MAX, 0));
    let signers = [&lending.liquidator.keypair];
    lending.world.must(&[refresh, list[1].clone()], &signers);
}

#[test]
fn it_counts_at_its_last_price() {
    let (mut lending, _) = beside(&[DUST], 75.0, 61);
    view::refresh_all(&mut lending.world);
    let book = view::book(&lending.world, &lending.borrower);
    let done = liquidate(&mut lending);
    assert!(book.health.ppm_down().abs_diff(done.health_before_ppm) <= 2);
    let usd = |dollars: u128| dollars * 1_000_000_000_000_000_000;
    assert!(book.collateral.wad() > usd(7_524));
}

#[test]
fn a_mark_passes_over_it_too() {
    let (mut lending, _) = beside(&[DUST], 75.0, 61);
    let (by, of) = (&lending.liquidator, &lending.borrower);
    let receipt = lending.world.mark(by, &[of]).unwrap();
    assert!(event::<SeenUnhealthy>(&receipt).is_permitted);
}

#[test]
fn a_deposit_of_the_dust_value_is_asked() {
    let (mut lending, _) = beside(&[DUST + 1], 75.0, 61);
    lending.refuse_liquidation(LeveeError::PriceTooOld);
    let (by, of) = (&lending.liquidator, &lending.borrower);
    let failure = lending.world.mark(by, &[of]).unwrap_err();
    assert!(failure.is(LeveeError::PriceTooOld), "{failure}");
}

#[test]
fn several_deposits_are_passed_over_only_while_they_are_dust_together() {
    let (mut lending, _) = beside(&[12_000_000, 12_000_000], 75.0, 61);
    liquidate(&mut lending);
    let (mut lending, _) = beside(&[12_500_000, 12_500_000], 75.0, 61);
    lending.refuse_liquidation(LeveeError::PriceTooOld);
}

#[test]
fn the_seized_collateral_is_always_asked() {
    let (mut lending, tokens) = beside(&[1_000_000], 75.0, 61);
    let (usdc, third) = (lending.usdc, tokens[0]);
    let (by, of) = (&lending.liquidator, &lending.borrower);
    let list = lending
        .world
        .liquidation(by, of, &usdc, &third, u64::MAX, 0);
    let error = LeveeError::PriceTooOld;
    assert_refused(&mut lending.world, &list, &[&by.keypair], error);
}

#[test]
fn a_debt_is_always_asked() {
    let mut lending = Lending::new();
    let third = lending.world.add_token(6, 1.0, dollar);
    lending.world.supplier(&third, third.atoms(1e3));
    lending.owe(7_400.0);
    let (world, borrower) = (&mut lending.world, &lending.borrower);
    world.borrow(borrower, &third, third.atoms(25.0)).unwrap();
    lending.world.advance(1, 61);
    let (sol, usdc) = (lending.sol, lending.usdc);
    lending.post(&sol, 75.0);
    lending.post(&usdc, 1.0);
    lending.refuse_liquidation(LeveeError::PriceTooOld);
}

#[test]
fn a_reserve_that_nobody_priced_yet_is_asked_whatever_it_holds() {
    let mut lending = Lending::fallen(7_500.0, 75.0);
    add(&mut lending, 1);
    let list = lending.liquidation((u64::MAX, 0));
    let refresh = lending.world.refresh(&[lending.sol, lending.usdc]);
    let error = LeveeError::ReserveNotRefreshed;
    let signers = [&lending.liquidator.keypair];
    let without = [refresh, list[1].clone()];
    assert_refused(&mut lending.world, &without, &signers, error);
    lending.world.must(&list, &signers);
}

#[test]
fn new_risk_asks_for_every_price() {
    let (mut lending, _) = beside(&[1], 120.0, 61);
    let (world, borrower) = (&mut lending.world, &lending.borrower);
    let (sol, usdc) = (lending.sol, lending.usdc);
    let borrowed = world.borrow(borrower, &usdc, 1_000_000).unwrap_err();
    assert!(borrowed.is(LeveeError::PriceTooOld), "{borrowed}");
    let withdrawn = world.withdraw(borrower, &sol, 1_000_000).unwrap_err();
    assert!(withdrawn.is(LeveeError::PriceTooOld), "{withdrawn}");
}

/// A price that no mild liquidation believes.
fn doubtful(world: &World<BanksChain>, dollars: f64) -> PriceSpec {
    let spec = exact(world, dollars);
    PriceSpec {
        ema: spec.price * 2,
        ..spec
    }
}

#[test]
fn a_mild_liquidation_waits_for_no_dust() {
    for (atoms, waits) in [(DUST, false), (DUST + 1, true)] {
        // Eleven seconds are too old for a mild one.
        let (mut lending, _) = beside(&[atoms], 93.0, 11);
        match waits {
            true => lending.refuse_liquidation(LeveeError::MildPriceTooOld),
            false => assert_eq!(liquidate(&mut lending).tier, 0),
        }
        let (mut lending, tokens) = beside(&[atoms], 93.0, 0);
        let spec = doubtful(&lending.world, 1.0);
        lending.world.set_price(&tokens[0], &spec);
        match waits {
            true => lending.refuse_liquidation(LeveeError::MildPriceDoubtful),
            false => assert_eq!(liquidate(&mut lending).tier, 0),
        }
    }
}

#[test]
fn what_hangs_on_one_base_but_for_dust_is_doubted_no_more_than_without_it() {
    for (atoms, waits) in [(0, false), (DUST, false), (DUST + 1, true)] {
        let mut staked = Staked::new();
        let (sol, usdc) = (staked.sol, staked.usdc);
        let world = &mut staked.world;
        if atoms > 0 {
            world.fund(&staked.user, &usdc, atoms);
            world.deposit(&staked.user, &usdc, atoms).unwrap();
        }
        world.borrow(&staked.user, &sol, sol.atoms(8.7)).unwrap();
        // At 1.095 SOL a share, ten carry 8.43 SOL of debt; the dollars are no matter.
        staked.advance(1, 0, 0);
        let epoch = staked.epoch();
        staked.set_pool((1.095 * f64::from(1 << 20)) as u64, epoch);
        let spec = doubtful(&staked.world, 100.0);
        staked.post_sol(spec);
        let done = staked.liquidate(sol);
        match waits {
            true => {
                let failure = done.unwrap_err();
                assert!(failure.is(LeveeError::MildPriceDoubtful), "{failure}");
            }
            false => assert_eq!(event::<Liquidated>(&done.unwrap()).tier, 0),
        }
    }
}
