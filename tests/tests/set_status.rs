//! `set_status`, of the market and of a reserve.

use levee::error::LeveeError;
use levee::state::{LendingMarket, Reserve};
use levee_client::instructions as ix;
use levee_tests::{assert_refused, sol_config, world, BanksChain, Foreign, Token, World};
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

/// The market, and one of its reserves.
fn targets(token: &Token) -> [Option<Pubkey>; 2] {
    [None, Some(token.keys.reserve)]
}

fn status(world: &World<BanksChain>, target: Option<Pubkey>) -> u8 {
    match target {
        None => world.lending_market().status,
        Some(reserve) => world.read::<Reserve>(&reserve).status,
    }
}

fn force(world: &mut World<BanksChain>, target: Option<Pubkey>, status: u8) {
    let market = world.market;
    match target {
        None => world.rewrite::<LendingMarket>(&market, |market| market.status = status),
        Some(reserve) => world.rewrite::<Reserve>(&reserve, |reserve| reserve.status = status),
    }
}

#[test]
fn the_owner_and_the_risk_admin_set_and_lift_every_status() {
    let mut world = world();
    let sol = world.add_token(9, 200.0, sol_config);
    for authority in [&world.owner, &world.risk_admin].map(Keypair::insecure_clone) {
        for target in targets(&sol) {
            for bits in [0, 1, 2, 3, 4, 5, 6, 7, 0] {
                let set = ix::set_status(authority.pubkey(), world.market, target, bits);
                world.must(&[set], &[&authority]);
                assert_eq!(status(&world, target), bits);
            }
        }
    }
}

#[test]
fn the_status_of_the_market_and_of_its_reserves_are_set_apart() {
    let mut world = world();
    let sol = world.add_token(9, 200.0, sol_config);
    let other = world.add_token(9, 200.0, sol_config);
    let owner = world.owner.insecure_clone();
    let of_reserve = ix::set_status(owner.pubkey(), world.market, Some(sol.keys.reserve), 1);
    let of_market = ix::set_status(owner.pubkey(), world.market, None, 2);
    world.must(&[of_reserve, of_market], &[&owner]);
    assert_eq!(world.lending_market().status, 2);
    assert_eq!(world.reserve(&sol).status, 1);
    assert_eq!(world.reserve(&other).status, 0);
}

#[test]
fn the_guardian_can_add_every_bit_and_lift_none() {
    let mut world = world();
    let sol = world.add_token(9, 200.0, sol_config);
    let guardian = world.guardian.insecure_clone();
    for target in targets(&sol) {
        for (before, after) in (0..8).flat_map(|before| (0..8).map(move |after| (before, after))) {
            force(&mut world, target, before);
            let set = ix::set_status(guardian.pubkey(), world.market, target, after);
            if before & !after == 0 {
                world.must(&[set], &[&guardian]);
                assert_eq!(status(&world, target), after);
            } else {
                let error = LeveeError::GuardianCannotLift;
                assert_refused(&mut world, &[set], &[&guardian], error);
            }
        }
    }
}

#[test]
fn unknown_bits_are_refused() {
    let mut world = world();
    let sol = world.add_token(9, 200.0, sol_config);
    let owner = world.owner.insecure_clone();
    for target in targets(&sol) {
        for bits in [8, 9, 16, 32, 64, 128, 255] {
            let set = ix::set_status(owner.pubkey(), world.market, target, bits);
            assert_refused(&mut world, &[set], &[&owner], LeveeError::InvalidStatus);
        }
    }
}

#[test]
fn strangers_and_other_markets_admins_are_refused() {
    let mut world = world();
    let sol = world.add_token(9, 200.0, sol_config);
    let foreign = Foreign::new(&mut world, &sol);
    for other in [world.keypair(), foreign.owner] {
        for target in targets(&sol) {
            let set = ix::set_status(other.pubkey(), world.market, target, 4);
            assert_refused(&mut world, &[set], &[&other], LeveeError::NotGuardian);
        }
    }
}

#[test]
fn a_reserve_of_another_market_is_refused() {
    let mut world = world();
    let sol = world.add_token(9, 200.0, sol_config);
    let foreign = Foreign::new(&mut world, &sol);
    let victim = Some(sol.keys.reserve);
    let set = ix::set_status(foreign.owner.pubkey(), foreign.market, victim, 4);
    assert_refused(
        &mut world,
        &[set],
        &[&foreign.owner],
        LeveeError::ForeignMarket,
    );
}
