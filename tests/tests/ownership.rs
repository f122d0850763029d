//! `propose_owner` and `accept_owner`.

use levee::error::LeveeError;
use levee::state::MarketConfig;
use levee_client::instructions as ix;
use levee_tests::{assert_refused, world, BanksChain, World};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

fn offer(world: &mut World<BanksChain>, to: Pubkey) {
    let owner = world.owner.insecure_clone();
    let offer = ix::propose_owner(owner.pubkey(), world.market, to);
    world.must(&[offer], &[&owner]);
}

/// Something that only the owner may do.
fn own(world: &World<BanksChain>, key: &Keypair) -> Instruction {
    let key = key.pubkey();
    ix::update_lending_market(key, world.market, key, key, MarketConfig::DEFAULT)
}

#[test]
fn an_offer_alone_changes_nothing_but_the_offer() {
    let mut world = world();
    let owner = world.owner.insecure_clone();
    let heir = world.keypair();
    let mut due = world.lending_market();
    offer(&mut world, heir.pubkey());
    due.pending_owner = heir.pubkey();
    let after = world.lending_market();
    assert_eq!(bytemuck::bytes_of(&after), bytemuck::bytes_of(&due));
    let by_heir = own(&world, &heir);
    assert_refused(&mut world, &[by_heir], &[&heir], LeveeError::NotOwner);
    let by_owner = own(&world, &owner);
    world.must(&[by_owner], &[&owner]);
}

#[test]
fn accepting_hands_the_market_over_and_ends_the_offer() {
    let mut world = world();
    let owner = world.owner.insecure_clone();
    let heir = world.keypair();
    offer(&mut world, heir.pubkey());
    let accept = ix::accept_owner(heir.pubkey(), world.market);
    world.must(std::slice::from_ref(&accept), &[&heir]);

    let market = world.lending_market();
    assert_eq!(market.owner, heir.pubkey());
    assert_eq!(market.pending_owner, Pubkey::default());
    assert_eq!(market.creator, owner.pubkey());
    let by_owner = own(&world, &owner);
    assert_refused(&mut world, &[by_owner], &[&owner], LeveeError::NotOwner);
    let by_heir = own(&world, &heir);
    world.must(&[by_heir], &[&heir]);
    assert_refused(&mut world, &[accept], &[&heir], LeveeError::NotPendingOwner);
}

#[test]
fn nobody_can_accept_what_was_not_offered_to_them() {
    let mut world = world();
    let (heir, stranger) = (world.keypair(), world.keypair());
    let owner = world.owner.insecure_clone();
    let accept = |key: &Keypair, market| ix::accept_owner(key.pubkey(), market);
    let error = LeveeError::NotPendingOwner;
    for key in [&stranger, &owner] {
        let early = accept(key, world.market);
        assert_refused(&mut world, &[early], &[key], error);
    }
    offer(&mut world, heir.pubkey());
    for key in [&stranger, &owner] {
        let foreign = accept(key, world.market);
        assert_refused(&mut world, &[foreign], &[key], error);
    }
}

#[test]
fn a_later_offer_or_the_zero_address_withdraws_an_offer() {
    let mut world = world();
    let (first, second) = (world.keypair(), world.keypair());
    for replacement in [second.pubkey(), Pubkey::default()] {
        offer(&mut world, first.pubkey());
        offer(&mut world, replacement);
        let accept = ix::accept_owner(first.pubkey(), world.market);
        assert_refused(
            &mut world,
            &[accept],
            &[&first],
            LeveeError::NotPendingOwner,
        );
    }
}

#[test]
fn nobody_but_the_owner_can_offer_the_market() {
    let mut world = world();
    let heir = world.keypair();
    offer(&mut world, heir.pubkey());
    let others = [
        world.risk_admin.insecure_clone(),
        world.guardian.insecure_clone(),
        world.keypair(),
        heir,
    ];
    for other in others {
        let offer = ix::propose_owner(other.pubkey(), world.market, other.pubkey());
        assert_refused(&mut world, &[offer], &[&other], LeveeError::NotOwner);
    }
}

#[test]
fn the_owner_can_offer_the_market_to_itself_and_stays_the_owner() {
    let mut world = world();
    let owner = world.owner.insecure_clone();
    offer(&mut world, owner.pubkey());
    let accept = ix::accept_owner(owner.pubkey(), world.market);
    world.must(&[accept], &[&owner]);
    let market = world.lending_market();
    assert_eq!(market.owner, owner.pubkey());
    assert_eq!(market.pending_owner, Pubkey::default());
}
