//! What happens to markets and obligations themselves leaves as an event, too.

use levee::events::{
    ElevationGroupSet, MarketConfigured, ObligationClosed, ObligationCreated, OwnerProposed,
};
use levee::state::MarketConfig;
use levee_client::{instructions as ix, pda};
use levee_tests::{event, world, Staked};
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

#[test]
fn replaced_rules_of_a_market_are_told() {
    let mut world = world();
    let owner = world.owner.insecure_clone();
    let [admin, guardian] = [&world.risk_admin, &world.guardian].map(Keypair::pubkey);
    let config = MarketConfig::DEFAULT;
    let update = ix::update_lending_market(owner.pubkey(), world.market, admin, guardian, config);
    let told: MarketConfigured = event(&world.must(&[update], &[&owner]));
    assert_eq!(told.market, world.market);
}

#[test]
fn an_offer_of_a_market_and_its_withdrawal_are_told() {
    let mut world = world();
    let owner = world.owner.insecure_clone();
    for heir in [Pubkey::new_from_array([7; 32]), Pubkey::default()] {
        let offer = ix::propose_owner(owner.pubkey(), world.market, heir);
        let told: OwnerProposed = event(&world.must(&[offer], &[&owner]));
        assert_eq!((told.market, told.pending_owner), (world.market, heir));
    }
}

#[test]
fn the_beginning_and_the_end_of_an_obligation_are_told() {
    let mut world = world();
    let owner = world.keypair();
    let (market, key) = (world.market, owner.pubkey());
    let obligation = pda::obligation(&market, &key, 3);
    let create = ix::init_obligation(key, market, 3);
    let told: ObligationCreated = event(&world.must(&[create], &[&owner]));
    assert_eq!((told.market, told.owner), (market, key));
    assert_eq!(told.obligation, obligation);
    let close = ix::close_obligation(key, obligation);
    let told: ObligationClosed = event(&world.must(&[close], &[&owner]));
    assert_eq!(told.obligation, obligation);
}

#[test]
fn an_obligation_that_joins_or_leaves_a_group_is_told() {
    let mut staked = Staked::new();
    staked.add_group();
    for group in [1, 0] {
        let told: ElevationGroupSet = event(&staked.set_group(group).unwrap());
        assert_eq!(
            (told.obligation, told.group),
            (staked.user.obligation, group)
        );
    }
}
