//! `init_obligation`.

use anchor_lang::error::ErrorCode;
use levee::error::LeveeError;
use levee::state::{LendingMarket, Obligation};
use levee_client::{instructions as ix, pda};
use levee_tests::{assert_refused, assert_refused_with, world};
use solana_signer::Signer;

#[test]
fn a_new_obligation_is_empty_and_belongs_to_its_signer() {
    let mut world = world();
    let owner = world.keypair();
    for id in [0, 1, u64::MAX] {
        let create = ix::init_obligation(owner.pubkey(), world.market, id);
        world.must(&[create], &[&owner]);
        let address = pda::obligation(&world.market, &owner.pubkey(), id);
        let obligation: Obligation = world.read(&address);
        assert_eq!(obligation.market, world.market);
        assert_eq!(obligation.owner, owner.pubkey());
        assert_eq!(obligation.id, id);
        assert_eq!(obligation.position_count(), 0);
        assert_eq!(obligation.unhealthy_slots, 0);
        assert_eq!(obligation.auction_slots, 0);
        assert_eq!(obligation.last_seen_unhealthy_slot, 0);
        assert_eq!(obligation.last_risk_increase_slot, 0);
        assert_eq!(obligation.elevation_group, 0);
    }
}

#[test]
fn an_obligation_cannot_be_created_over_an_existing_one() {
    let mut world = world();
    let user = world.user();
    let create = ix::init_obligation(user.key(), world.market, 0);
    let error = LeveeError::AddressInUse;
    assert_refused(&mut world, &[create], &[&user.keypair], error);
}

#[test]
fn nobody_can_create_the_obligation_of_somebody_else() {
    let mut world = world();
    let (owner, stranger) = (world.keypair(), world.keypair());
    let mut create = ix::init_obligation(stranger.pubkey(), world.market, 0);
    create.accounts[2].pubkey = pda::obligation(&world.market, &owner.pubkey(), 0);
    assert_refused_with(
        &mut world,
        &[create],
        &[&stranger],
        u32::from(ErrorCode::ConstraintSeeds),
        "ConstraintSeeds",
    );
}

#[test]
fn a_frozen_market_takes_no_new_obligation_until_it_is_thawed() {
    let mut world = world();
    let owner = world.keypair();
    let market = world.market;
    let create = ix::init_obligation(owner.pubkey(), market, 0);
    world.rewrite::<LendingMarket>(&market, |market| market.status = 4);
    let again = create.clone();
    assert_refused(&mut world, &[create], &[&owner], LeveeError::Frozen);
    world.rewrite::<LendingMarket>(&market, |market| market.status = 3);
    world.must(&[again], &[&owner]);
}
