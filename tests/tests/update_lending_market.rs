//! `update_lending_market`.

use levee::error::LeveeError;
use levee::state::{LendingMarket, MarketConfig};
use levee_client::instructions as ix;
use levee_tests::market_limits::market_limits;
use levee_tests::{assert_refused, sol_config, world, Foreign};
use solana_pubkey::Pubkey;
use solana_signer::Signer;

const RISK_ADMIN: Pubkey = Pubkey::new_from_array([1; 32]);
const GUARDIAN: Pubkey = Pubkey::new_from_array([2; 32]);

#[test]
fn the_owner_replaces_the_rules_and_helpers_and_nothing_else() {
    let mut world = world();
    let owner = world.owner.insecure_clone();
    let market = world.market;
    world.rewrite::<LendingMarket>(&market, |market| {
        market.status = 3;
        market.pending_owner = GUARDIAN;
        market.groups[7].config.ltv_bps = 77;
        market.pending_group_ts = 78;
        market.pending_group_number = 8;
    });
    let before = world.lending_market();
    let config = MarketConfig {
        dust_micro_usd: 1,
        max_proof_gap_slots: 2,
        mild_wait_slots: 1,
        restart_grace_slots: 4,
        risk_delay_seconds: 5,
        kappa_bps: 6,
        insurance_share_bps: 7,
        mild_lift_bps: 8,
        threshold_ramp_seconds: 9,
    };
    let update = ix::update_lending_market(owner.pubkey(), market, RISK_ADMIN, GUARDIAN, config);
    world.must(&[update], &[&owner]);

    let mut due = before;
    due.risk_admin = RISK_ADMIN;
    due.guardian = GUARDIAN;
    due.config = config;
    let after = world.lending_market();
    assert_eq!(bytemuck::bytes_of(&after), bytemuck::bytes_of(&due));
}

#[test]
fn nobody_but_the_owner_may_change_the_rules() {
    let mut world = world();
    let sol = world.add_token(9, 200.0, sol_config);
    let foreign = Foreign::new(&mut world, &sol);
    let market = world.market;
    let offered = world.keypair();
    let owner = world.owner.insecure_clone();
    let offer = ix::propose_owner(owner.pubkey(), market, offered.pubkey());
    world.must(&[offer], &[&owner]);
    let others = [
        world.risk_admin.insecure_clone(),
        world.guardian.insecure_clone(),
        world.keypair(),
        offered,
        foreign.owner,
    ];
    for other in others {
        let key = other.pubkey();
        let update = ix::update_lending_market(key, market, key, key, MarketConfig::DEFAULT);
        assert_refused(
            &mut world,
            &[update],
            &[&owner, &other],
            LeveeError::NotOwner,
        );
    }
}

#[test]
fn every_number_is_accepted_up_to_its_limits_and_refused_beyond() {
    let mut world = world();
    let owner = world.owner.insecure_clone();
    let market = world.market;
    let update =
        |config| ix::update_lending_market(owner.pubkey(), market, RISK_ADMIN, GUARDIAN, config);
    for limit in market_limits() {
        for value in limit.outside() {
            println!("{} at {value}", limit.name);
            let update = update(limit.at(value));
            let error = LeveeError::InvalidMarketConfig;
            assert_refused(&mut world, &[update], &[&owner], error);
        }
        for value in [*limit.range.start(), *limit.range.end()] {
            world.must(&[update(limit.at(value))], &[&owner]);
            assert_eq!(world.lending_market().config, limit.at(value));
        }
    }
}

#[test]
fn a_replaced_guardian_and_risk_admin_lose_their_powers() {
    let mut world = world();
    let owner = world.owner.insecure_clone();
    let market = world.market;
    let (config, key) = (MarketConfig::DEFAULT, owner.pubkey());
    let update = ix::update_lending_market(key, market, RISK_ADMIN, GUARDIAN, config);
    world.must(&[update], &[&owner]);
    for former in [&world.risk_admin, &world.guardian].map(|k| k.insecure_clone()) {
        let freeze = ix::set_status(former.pubkey(), market, None, 4);
        assert_refused(&mut world, &[freeze], &[&former], LeveeError::NotGuardian);
    }
}
