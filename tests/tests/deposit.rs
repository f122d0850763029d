//! `deposit`.

use levee::error::LeveeError;
use levee::state::{Limbs, Reserve, ReserveConfig, MAX_DEPOSITS};
use levee_tests::token_2022::{self, Terms};
use levee_tests::{
    assert_refused, assert_refused_with, calls, sol_config, view, world, BanksChain, Token, User,
    World,
};

/// The token programs' `InsufficientFunds`.
const INSUFFICIENT_FUNDS: u32 = 1;

/// SOL by `config`, and a user with `atoms` of it.
fn funded(
    atoms: u64,
    config: impl Fn([u8; 32]) -> ReserveConfig,
) -> (World<BanksChain>, Token, User) {
    let mut world = world();
    let sol = world.add_token(9, 200.0, config);
    let user = world.user();
    world.fund(&user, &sol, atoms);
    (world, sol, user)
}

fn refuse(world: &mut World<BanksChain>, user: &User, token: &Token, atoms: u64, e: LeveeError) {
    let deposit = calls::deposit(user, token, atoms);
    assert_refused(world, &[deposit], &[&user.keypair], e);
}

#[test]
fn a_deposit_moves_the_tokens_and_becomes_a_position() {
    let (mut world, sol, user) = funded(1_000, sol_config);
    world.deposit(&user, &sol, 700).unwrap();
    assert_eq!(world.balance(&user, &sol), 300);
    assert_eq!(world.token_balance(&sol.keys.vault), 700);
    assert_eq!(world.reserve(&sol).available_atoms, 700);
    let obligation = world.obligation(&user);
    assert_eq!(obligation.deposit_count, 1);
    assert_eq!(
        obligation.deposit_in(&sol.keys.reserve),
        world.reserve(&sol).scaled_supply()
    );
}

#[test]
fn a_second_deposit_adds_to_the_same_position() {
    let (mut world, sol, user) = funded(1_000, sol_config);
    world.deposit(&user, &sol, 700).unwrap();
    world.deposit(&user, &sol, 1).unwrap();
    assert_eq!(world.obligation(&user).deposit_count, 1);
    assert_eq!(view::deposited(&world, &user, &sol), 701);
}

#[test]
fn a_deposit_of_nothing_is_refused() {
    let (mut world, sol, user) = funded(1_000, sol_config);
    refuse(&mut world, &user, &sol, 0, LeveeError::ZeroAmount);
}

#[test]
fn a_deposit_of_more_than_the_wallet_holds_is_refused_by_the_token_program() {
    let (mut world, sol, user) = funded(1_000, sol_config);
    let deposit = calls::deposit(&user, &sol, 1_001);
    let name = "InsufficientFunds";
    let signers = [&user.keypair];
    assert_refused_with(&mut world, &[deposit], &signers, INSUFFICIENT_FUNDS, name);
}

#[test]
fn the_largest_number_of_atoms_fits_and_one_more_is_refused() {
    let (mut world, sol, user) = funded(u64::MAX, sol_config);
    world.deposit(&user, &sol, u64::MAX).unwrap();
    assert_eq!(view::deposited(&world, &user, &sol), u64::MAX);
    world.fund(&user, &sol, 1);
    refuse(&mut world, &user, &sol, 1, LeveeError::MathOverflow);
}

#[test]
fn deposits_reach_the_cap_exactly_and_not_one_atom_more() {
    let (mut world, sol, user) = funded(10_000, |feed| ReserveConfig {
        deposit_cap_atoms: 1_000,
        ..sol_config(feed)
    });
    refuse(
        &mut world,
        &user,
        &sol,
        1_001,
        LeveeError::DepositCapReached,
    );
    world.deposit(&user, &sol, 999).unwrap();
    refuse(&mut world, &user, &sol, 2, LeveeError::DepositCapReached);
    world.deposit(&user, &sol, 1).unwrap();
    refuse(&mut world, &user, &sol, 1, LeveeError::DepositCapReached);
    // What leaves makes room.
    world.withdraw(&user, &sol, 5).unwrap();
    world.deposit(&user, &sol, 5).unwrap();
}

#[test]
fn interest_counts_towards_the_deposit_cap() {
    let (mut world, sol, user) = funded(10_000, |feed| ReserveConfig {
        deposit_cap_atoms: 1_000,
        ..sol_config(feed)
    });
    world.deposit(&user, &sol, 999).unwrap();
    world.rewrite(&sol.keys.reserve, |reserve: &mut Reserve| {
        reserve.supply_index = Limbs::new((1 << 64) + (1 << 60));
        reserve.available_atoms += 1_000;
    });
    refuse(&mut world, &user, &sol, 1, LeveeError::DepositCapReached);
}

#[test]
fn the_eighth_deposit_passes_and_the_ninth_is_refused() {
    let mut world = world();
    let user = world.user();
    let tokens: Vec<_> = (0..=MAX_DEPOSITS)
        .map(|_| world.add_token(6, 1.0, sol_config))
        .collect();
    for token in &tokens {
        world.fund(&user, token, 100);
    }
    for token in &tokens[..MAX_DEPOSITS] {
        world.deposit(&user, token, 10).unwrap();
    }
    refuse(
        &mut world,
        &user,
        &tokens[8],
        10,
        LeveeError::TooManyDeposits,
    );
    // A position that exists already still grows, and a closed one makes room.
    world.deposit(&user, &tokens[7], 10).unwrap();
    world.withdraw(&user, &tokens[0], u64::MAX).unwrap();
    world.deposit(&user, &tokens[8], 10).unwrap();
}

#[test]
fn a_claim_is_rounded_down_at_an_index_above_one() {
    let (mut world, sol, user) = funded(1_000, sol_config);
    world.rewrite(&sol.keys.reserve, |reserve: &mut Reserve| {
        reserve.supply_index = Limbs::new(3 << 64);
    });
    world.deposit(&user, &sol, 100).unwrap();
    let scaled = world.obligation(&user).deposit_in(&sol.keys.reserve);
    // 33 and a third with 32 fractional bits, the last third cut off.
    assert_eq!(Limbs(scaled.to_limbs()).get(), (100 << 32) / 3);
    assert_eq!(view::deposited(&world, &user, &sol), 99);
    assert_eq!(world.reserve(&sol).available_atoms, 100);
}

#[test]
fn a_deposit_that_rounds_to_no_claim_is_refused() {
    let (mut world, sol, user) = funded(1_000, sol_config);
    world.rewrite(&sol.keys.reserve, |reserve: &mut Reserve| {
        reserve.supply_index = Limbs::new(1 << 97);
    });
    refuse(&mut world, &user, &sol, 1, LeveeError::AmountTooSmall);
    world.deposit(&user, &sol, 2).unwrap();
}

#[test]
fn a_deposit_buys_at_the_index_after_interest() {
    let mut lending = levee_tests::Lending::new();
    lending.owe(5_000.0);
    let usdc = lending.usdc;
    let stale = lending.world.reserve(&usdc).supply_index();
    lending.world.advance(100, 31_536_000);
    lending
        .world
        .deposit(&lending.liquidator, &usdc, 1_000_000_000)
        .unwrap();
    let fresh = lending.world.reserve(&usdc).supply_index();
    assert!(fresh > stale, "no interest accrued");
    let held = view::deposited(&lending.world, &lending.liquidator, &usdc);
    assert!((999_999_999..=1_000_000_000).contains(&held), "{held}");
}

#[test]
fn only_the_owner_deposits_into_an_obligation() {
    let (mut world, sol, user) = funded(1_000, sol_config);
    let stranger = world.user();
    world.fund(&stranger, &sol, 1_000);
    let mut deposit = calls::deposit(&stranger, &sol, 1);
    deposit.accounts[2].pubkey = user.obligation;
    let error = LeveeError::NotObligationOwner;
    assert_refused(&mut world, &[deposit], &[&stranger.keypair], error);
}

#[test]
fn a_fee_set_on_the_mint_after_its_listing_stops_deposits() {
    let mut world = world();
    let token = token_2022::add_token(&mut world, 1.0, sol_config);
    let user = world.user();
    world.fund(&user, &token, 1_000);
    world.deposit(&user, &token, 10).unwrap();
    let fee = Terms {
        fee_bps: 1,
        ..Terms::default()
    };
    token_2022::change_terms(&mut world, &token, fee);
    refuse(
        &mut world,
        &user,
        &token,
        10,
        LeveeError::MintExtensionNotAllowed,
    );
    token_2022::change_terms(&mut world, &token, Terms::default());
    world.deposit(&user, &token, 10).unwrap();
}

#[test]
fn a_reserve_whose_supply_was_wiped_out_takes_no_deposits() {
    let (mut world, sol, user) = funded(1_000, sol_config);
    world.deposit(&user, &sol, 500).unwrap();
    world.rewrite(&sol.keys.reserve, |reserve: &mut Reserve| {
        reserve.supply_index = Limbs::new(0);
    });
    refuse(&mut world, &user, &sol, 1, LeveeError::MathOverflow);
}
