//! `update_elevation_group`: what a group may be, and when a change of one acts.

use levee::error::LeveeError;
use levee::events::{GroupChangeAnnounced, GroupConfigured};
use levee::state::{ElevationGroupConfig, LendingMarket};
use levee_client::instructions as ix;
use levee_risk::units::Bps;
use levee_tests::staked::share_group;
use levee_tests::{
    assert_refused, event, events, sol_config, world, BanksChain, Receipt, Token, World,
};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;

const DELAY: i64 = 3_600;
/// Seven days.
const RAMP: i64 = 604_800;

struct Groups {
    world: World<BanksChain>,
    sol: Token,
    owner: Keypair,
}

/// A market that waits so long with what raises risk.
fn groups(delay: i64) -> Groups {
    let mut world = world();
    let sol = world.add_token(9, 100.0, sol_config);
    let (owner, market) = (world.owner.insecure_clone(), world.market);
    world.rewrite(&market, |market: &mut LendingMarket| {
        market.config.risk_delay_seconds = delay.unsigned_abs();
    });
    Groups { world, sol, owner }
}

impl Groups {
    fn config(&self) -> ElevationGroupConfig {
        share_group(self.sol.keys.reserve)
    }

    fn update(&self, number: u8, config: ElevationGroupConfig) -> Instruction {
        ix::update_elevation_group(self.owner.pubkey(), self.world.market, number, config)
    }

    fn send(&mut self, number: u8, config: ElevationGroupConfig) -> Receipt {
        let update = self.update(number, config);
        self.world.must(&[update], &[&self.owner])
    }

    fn refuse(&mut self, number: u8, config: ElevationGroupConfig, error: LeveeError) {
        let update = self.update(number, config);
        assert_refused(&mut self.world, &[update], &[&self.owner], error);
    }

    fn of(&self, number: usize) -> ElevationGroupConfig {
        self.world.lending_market().groups[number - 1].config
    }

    fn threshold(&self) -> Bps {
        let market = self.world.lending_market();
        market.groups[0].threshold(self.world.now())
    }
}

type Change = fn(&mut ElevationGroupConfig);

fn with(config: &ElevationGroupConfig, change: Change) -> ElevationGroupConfig {
    let mut config = *config;
    change(&mut config);
    config
}

#[test]
fn groups_one_to_eight_are_created_apart_and_no_others() {
    let mut groups = groups(0);
    let config = groups.config();
    for number in [1, 8] {
        let receipt = groups.send(number, config);
        let told: GroupConfigured = event(&receipt);
        assert_eq!((told.market, told.group), (groups.world.market, number));
    }
    for number in 1..=8 {
        let exists = groups.of(number).exists();
        assert_eq!(exists, number == 1 || number == 8, "{number}");
    }
    assert_eq!(groups.of(8), config);
    for number in [0, 9, 255] {
        groups.refuse(number, config, LeveeError::UnknownElevationGroup);
    }
}

#[test]
fn the_owner_and_the_risk_admin_decide_and_nobody_else() {
    let mut groups = groups(0);
    let (config, market) = (groups.config(), groups.world.market);
    let admin = groups.world.risk_admin.insecure_clone();
    let by_admin = ix::update_elevation_group(admin.pubkey(), market, 1, config);
    groups.world.must(&[by_admin], &[&admin]);
    let guardian = groups.world.guardian.insecure_clone();
    for by in [guardian, groups.world.keypair()] {
        let call = ix::update_elevation_group(by.pubkey(), market, 2, config);
        assert_refused(&mut groups.world, &[call], &[&by], LeveeError::NotRiskAdmin);
    }
}

#[test]
fn what_the_engines_promises_do_not_survive_is_refused() {
    let mut groups = groups(0);
    let refused: &[(Change, LeveeError)] = &[
        (
            |c| c.debt_reserve = Default::default(),
            LeveeError::UnknownElevationGroup,
        ),
        (|c| c.unused = 1, LeveeError::UnknownElevationGroup),
        (|c| c.ltv_bps = 9_300, LeveeError::LtvNotBelowThreshold),
        (
            |c| c.threshold_bps = 10_000,
            LeveeError::LtvNotBelowThreshold,
        ),
        // 93 % of 1.075269 are 1.00000017.
        (
            |c| c.auction.max_ppm = 75_269,
            LeveeError::ThresholdTimesBonusTooHigh,
        ),
        (|c| c.auction.start_ppm = 20_001, LeveeError::InvalidAuction),
        (|c| c.auction.width_ppm = 0, LeveeError::InvalidAuction),
        (
            |c| c.auction.min_target_bps = 10_000,
            LeveeError::InvalidAuction,
        ),
    ];
    for (change, error) in refused {
        let config = with(&groups.config(), *change);
        groups.refuse(1, config, *error);
    }
    let accepted: &[Change] = &[
        |c| c.ltv_bps = 9_299,
        |c| c.ltv_bps = 0,
        |c| c.auction.max_ppm = 75_268,
        |c| c.auction.start_ppm = 20_000,
    ];
    for change in accepted {
        let config = with(&groups.config(), *change);
        groups.send(1, config);
        assert_eq!(groups.of(1), config);
    }
}

#[test]
fn a_groups_debt_reserve_never_changes() {
    let mut groups = groups(0);
    let config = groups.config();
    groups.send(1, config);
    let other = with(&config, |c| c.debt_reserve.as_mut()[0] ^= 1);
    groups.refuse(1, other, LeveeError::GroupDebtReserveFixed);
    groups.send(2, other);
}

#[test]
fn what_raises_risk_is_announced_and_waits_for_exactly_the_delay() {
    let raising: &[Change] = &[
        |c| c.ltv_bps += 1,
        |c| c.threshold_bps += 1,
        |c| c.auction.max_ppm += 1,
        |c| c.auction.start_ppm -= 1,
    ];
    let mut groups = groups(0);
    let first = groups.config();
    groups.send(1, first);
    let market = groups.world.market;
    groups.world.rewrite(&market, |market: &mut LendingMarket| {
        market.config.risk_delay_seconds = DELAY.unsigned_abs();
    });
    let mut current = first;
    for change in raising {
        let config = with(&current, *change);
        let receipt = groups.send(1, config);
        let told: GroupChangeAnnounced = event(&receipt);
        assert_eq!((told.market, told.group), (market, 1));
        assert_eq!(told.effective_ts, groups.world.now() + DELAY);
        assert!(events::<GroupConfigured>(&receipt).is_empty());
        assert_eq!(groups.of(1), current);
        groups.refuse(1, config, LeveeError::RiskChangeMustWait);
        groups.world.advance(1, DELAY - 1);
        groups.refuse(1, config, LeveeError::RiskChangeMustWait);
        groups.world.advance(1, 1);
        groups.send(1, config);
        assert_eq!(groups.of(1), config);
        current = config;
    }
}

#[test]
fn a_new_group_is_announced_too() {
    let mut groups = groups(DELAY);
    let config = groups.config();
    groups.send(3, config);
    assert!(!groups.of(3).exists());
    groups.world.advance(1, DELAY);
    groups.send(3, config);
    assert_eq!(groups.of(3), config);
}

#[test]
fn another_announcement_takes_the_place_of_the_first() {
    let mut groups = groups(DELAY);
    let config = groups.config();
    let other = with(&config, |c| c.ltv_bps -= 1);
    groups.send(1, config);
    groups.world.advance(1, DELAY);
    // Another configuration, and another group, begin to wait anew.
    groups.send(1, other);
    groups.refuse(1, other, LeveeError::RiskChangeMustWait);
    groups.send(2, other);
    groups.refuse(2, other, LeveeError::RiskChangeMustWait);
    // So does the first, which is no longer what was announced.
    groups.send(1, config);
    groups.refuse(1, config, LeveeError::RiskChangeMustWait);
}

#[test]
fn what_lowers_risk_acts_at_once_and_withdraws_the_announcement() {
    let mut groups = groups(0);
    let config = groups.config();
    groups.send(1, config);
    let market = groups.world.market;
    groups.world.rewrite(&market, |market: &mut LendingMarket| {
        market.config.risk_delay_seconds = DELAY.unsigned_abs();
    });
    let raised = with(&config, |c| c.ltv_bps += 1);
    groups.send(1, raised);
    let lowered = with(&config, |c| c.ltv_bps -= 1);
    groups.send(1, lowered);
    assert_eq!(groups.of(1), lowered);
    groups.world.advance(1, DELAY);
    groups.send(1, raised);
    assert_eq!(groups.of(1), lowered, "it had to be announced again");
}

#[test]
fn a_lowered_threshold_acts_at_once_and_arrives_by_a_ramp() {
    let mut groups = groups(0);
    let config = groups.config();
    groups.send(1, config);
    let lower = with(&config, |c| {
        c.ltv_bps = 8_000;
        c.threshold_bps = 8_300;
    });
    groups.send(1, lower);
    assert_eq!(groups.of(1), lower);
    assert_eq!(groups.threshold(), Bps(9_300));
    for (part, due) in [(10, 9_200), (2, 8_800), (1, 8_300)] {
        let start = groups.world.lending_market().groups[0].ramp.start_ts;
        let passed = RAMP / part - (groups.world.now() - start);
        groups.world.advance(1, passed);
        assert_eq!(groups.threshold(), Bps(due));
    }
}

#[test]
fn while_an_old_threshold_holds_it_must_not_meet_a_larger_bonus() {
    let mut groups = groups(0);
    let config = groups.config();
    groups.send(1, config);
    // 83 % of 1.1 are fine, 93 % of 1.1 are not.
    let change = with(&config, |c| {
        c.ltv_bps = 8_000;
        c.threshold_bps = 8_300;
        c.auction.max_ppm = 100_000;
    });
    groups.refuse(1, change, LeveeError::ThresholdTimesBonusTooHigh);
    let lower = with(&config, |c| {
        c.ltv_bps = 8_000;
        c.threshold_bps = 8_300;
    });
    groups.send(1, lower);
    groups.refuse(1, change, LeveeError::ThresholdTimesBonusTooHigh);
    groups.world.advance(1, RAMP);
    groups.send(1, change);
}
