//! `init_lending_market`.

use anchor_lang::error::ErrorCode;
use levee::error::LeveeError;
use levee::state::{LendingMarket, MarketConfig};
use levee_client::{instructions as ix, pda};
use levee_tests::market_limits::market_limits;
use levee_tests::{assert_refused, assert_refused_with, world};
use solana_pubkey::Pubkey;
use solana_signer::Signer;

const RISK_ADMIN: Pubkey = Pubkey::new_from_array([1; 32]);
const GUARDIAN: Pubkey = Pubkey::new_from_array([2; 32]);

#[test]
fn a_new_market_is_open_and_owned_by_its_creator() {
    let mut world = world();
    world.advance(7, 3);
    let creator = world.keypair();
    let key = creator.pubkey();
    let config = MarketConfig {
        kappa_bps: 1_234,
        ..MarketConfig::DEFAULT
    };
    let create = ix::init_lending_market(key, 5, RISK_ADMIN, GUARDIAN, config);
    world.must(&[create], &[&creator]);

    let market: LendingMarket = world.read(&pda::market(&key, 5));
    assert_eq!(market.owner, key);
    assert_eq!(market.creator, key);
    assert_eq!(market.pending_owner, Pubkey::default());
    assert_eq!(market.risk_admin, RISK_ADMIN);
    assert_eq!(market.guardian, GUARDIAN);
    assert_eq!(market.id, 5);
    assert_eq!(market.config, config);
    assert_eq!(market.status, 0);
    assert!(market.groups.iter().all(|group| !group.config.exists()));
    assert_eq!(market.pending_group_ts, 0);
}

#[test]
fn one_creator_can_have_many_markets() {
    let mut world = world();
    let creator = world.keypair();
    let key = creator.pubkey();
    for id in [0, 1, u64::MAX] {
        let create = ix::init_lending_market(key, id, key, key, MarketConfig::DEFAULT);
        world.must(&[create], &[&creator]);
        let market: LendingMarket = world.read(&pda::market(&key, id));
        assert_eq!(market.id, id);
    }
}

#[test]
fn a_market_cannot_be_created_over_an_existing_one() {
    let mut world = world();
    let owner = world.owner.insecure_clone();
    let key = owner.pubkey();
    let create = ix::init_lending_market(key, 0, key, key, MarketConfig::DEFAULT);
    let error = LeveeError::AddressInUse;
    assert_refused(&mut world, &[create], &[&owner], error);
}

#[test]
fn nobody_can_create_a_market_at_the_address_of_another_creator_or_number() {
    let mut world = world();
    let creator = world.keypair();
    let key = creator.pubkey();
    let stranger = world.keypair().pubkey();
    for address in [pda::market(&stranger, 0), pda::market(&key, 1)] {
        let mut create = ix::init_lending_market(key, 0, key, key, MarketConfig::DEFAULT);
        create.accounts[1].pubkey = address;
        assert_refused_with(
            &mut world,
            &[create],
            &[&creator],
            u32::from(ErrorCode::ConstraintSeeds),
            "ConstraintSeeds",
        );
    }
}

#[test]
fn every_number_is_accepted_up_to_its_limits_and_refused_beyond() {
    let mut world = world();
    let creator = world.keypair();
    let key = creator.pubkey();
    for (number, limit) in (0_u64..).step_by(2).zip(market_limits()) {
        let create = |id, value| ix::init_lending_market(key, id, key, key, limit.at(value));
        for value in limit.outside() {
            println!("{} at {value}", limit.name);
            let error = LeveeError::InvalidMarketConfig;
            assert_refused(&mut world, &[create(number, value)], &[&creator], error);
        }
        world.must(&[create(number, *limit.range.start())], &[&creator]);
        world.must(&[create(number + 1, *limit.range.end())], &[&creator]);
    }
}
