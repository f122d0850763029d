//! `update_reserve` in a market with a delay: what raises risk is announced and waits, anything else acts at once.

use levee::error::LeveeError;
use levee::state::{
    MarketConfig, ReserveConfig, MIN_LIQUIDATION_CEILING_MICRO_USD, ORACLE_PYTH_LEGACY, RATE_NONE,
    RATE_STAKE_POOL,
};
use levee_client::instructions as ix;
use levee_tests::reserve_limits::Change;
use levee_tests::{assert_refused, sol_config, world, BanksChain, Token, World};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;

const DELAY: i64 = 3_600;

struct Delayed {
    world: World<BanksChain>,
    sol: Token,
    admin: Keypair,
}

/// A market whose risk-raising changes wait an hour.
fn delayed() -> Delayed {
    let mut world = world();
    // Nothing at its largest, so that everything can be raised.
    let sol = world.add_token(9, 200.0, |feed| ReserveConfig {
        deposit_cap_atoms: 1_000,
        borrow_cap_atoms: 1_000,
        outflow_cap_atoms: 1_000,
        liquidation_ceiling_micro_usd: 20_000_000_000,
        rate_kind: RATE_STAKE_POOL,
        rate_source: [9; 32],
        max_rate_growth_bps: 500,
        elevation_groups: 1,
        ..sol_config(feed)
    });
    set_delay(&mut world, DELAY as u64);
    let admin = world.risk_admin.insecure_clone();
    Delayed { world, sol, admin }
}

fn set_delay(world: &mut World<BanksChain>, risk_delay_seconds: u64) {
    let owner = world.owner.insecure_clone();
    let [admin, guardian] = [&world.risk_admin, &world.guardian].map(Keypair::pubkey);
    let config = MarketConfig {
        risk_delay_seconds,
        ..MarketConfig::DEFAULT
    };
    let wait = ix::update_lending_market(owner.pubkey(), world.market, admin, guardian, config);
    world.must(&[wait], &[&owner]);
}

impl Delayed {
    fn config(&self) -> ReserveConfig {
        self.world.reserve(&self.sol).config
    }

    /// The present configuration with `change`.
    fn with(&self, change: Change) -> ReserveConfig {
        let mut config = self.config();
        change(&mut config);
        config
    }

    fn update(&self, config: ReserveConfig) -> Instruction {
        ix::update_reserve(self.admin.pubkey(), &self.sol.keys, config)
    }

    fn send(&mut self, config: ReserveConfig) {
        let update = self.update(config);
        self.world.must(&[update], &[&self.admin]);
    }

    fn assert_must_wait(&mut self, config: ReserveConfig) {
        let update = self.update(config);
        let error = LeveeError::RiskChangeMustWait;
        assert_refused(&mut self.world, &[update], &[&self.admin], error);
    }

    fn effective_ts(&self) -> i64 {
        self.world.reserve(&self.sol).pending_config_ts
    }
}

const RAISING: &[(&str, Change)] = &[
    ("another feed", |c| c.oracle_feed[0] ^= 1),
    ("another oracle", |c| c.oracle_kind = ORACLE_PYTH_LEGACY),
    ("another rate", |c| c.rate_source[0] ^= 1),
    ("faster growth of the rate", |c| c.max_rate_growth_bps += 1),
    ("one elevation group more", |c| c.elevation_groups = 3),
    ("higher liquidation ceiling", |c| {
        c.liquidation_ceiling_micro_usd += 1
    }),
    ("lower liquidation ceiling", |c| {
        c.liquidation_ceiling_micro_usd -= 1
    }),
    ("no liquidation ceiling", |c| {
        c.liquidation_ceiling_micro_usd = 0
    }),
    ("higher ltv", |c| c.ltv_bps += 1),
    ("higher threshold", |c| c.threshold_bps += 1),
    ("higher borrow factor", |c| c.borrow_factor_bps += 1),
    ("higher bonus", |c| c.auction.max_ppm += 1),
    ("lower bonus", |c| c.auction.start_ppm -= 1),
    ("higher deposit cap", |c| c.deposit_cap_atoms += 1),
    ("higher borrow cap", |c| c.borrow_cap_atoms += 1),
    ("higher outflow cap", |c| c.outflow_cap_atoms += 1),
    ("shorter outflow window", |c| c.outflow_window_slots -= 1),
    ("older prices", |c| c.max_price_age_seconds += 1),
    ("older prices for mild liquidation", |c| {
        c.max_mild_price_age_seconds += 1
    }),
    ("younger prices", |c| c.max_price_age_seconds -= 1),
    ("younger prices for mild liquidation", |c| {
        c.max_mild_price_age_seconds -= 1
    }),
    ("wider confidence", |c| c.max_confidence_bps += 1),
    ("wider divergence", |c| c.max_ema_divergence_bps += 1),
    ("smaller multiple of the confidence", |c| {
        c.confidence_multiple_bps -= 1
    }),
    ("a higher rate at one utilization", |c| {
        c.curve[1].rate_bps += 1
    }),
    ("another curve that rises above the present one", |c| {
        c.curve[1].utilization_bps -= 1
    }),
    ("a higher take rate", |c| c.take_rate_bps += 1),
    ("higher ltv with a lower cap", |c| {
        c.ltv_bps += 1;
        c.deposit_cap_atoms = 0;
    }),
    ("no rate", |c| {
        c.rate_kind = RATE_NONE;
        c.rate_source = [0; 32];
        c.max_rate_growth_bps = 0;
    }),
];

const NOT_RAISING: &[(&str, Change)] = &[
    ("no change", |_| ()),
    ("lower ltv", |c| c.ltv_bps -= 1),
    ("lower threshold, which arrives by a ramp", |c| {
        c.threshold_bps -= 1
    }),
    ("slower growth of the rate", |c| c.max_rate_growth_bps -= 1),
    ("lower caps", |c| {
        c.deposit_cap_atoms -= 1;
        c.borrow_cap_atoms -= 1;
        c.outflow_cap_atoms -= 1;
    }),
    ("longer outflow window", |c| c.outflow_window_slots += 1),
    ("narrower confidence and divergence", |c| {
        c.max_confidence_bps -= 1;
        c.max_ema_divergence_bps -= 1;
    }),
    ("larger multiple of the confidence", |c| {
        c.confidence_multiple_bps += 1
    }),
    ("fees of new debts and of flash loans", |c| {
        c.origination_fee_bps += 1;
        c.flash_fee_bps += 1;
    }),
    ("lower rates and a lower take rate", |c| {
        c.take_rate_bps -= 1;
        c.curve[1].utilization_bps += 2;
        c.curve[1].rate_bps -= 100;
    }),
    ("another point on the line of the curve", |c| {
        c.curve_len = 4;
        c.curve[3] = c.curve[2];
        c.curve[2] = levee::state::RatePoint {
            utilization_bps: (c.curve[1].utilization_bps + c.curve[3].utilization_bps) / 2,
            rate_bps: (c.curve[1].rate_bps + c.curve[3].rate_bps) / 2,
        };
    }),
];

#[test]
fn what_raises_no_risk_acts_at_once() {
    let mut market = delayed();
    for (name, change) in NOT_RAISING {
        println!("{name}");
        let config = market.with(*change);
        market.send(config);
        assert_eq!(market.config(), config);
        assert_eq!(market.effective_ts(), 0);
    }
}

#[test]
fn what_raises_risk_is_announced_waits_to_the_second_and_then_acts() {
    for (name, change) in RAISING {
        println!("{name}");
        let mut market = delayed();
        let before = market.config();
        let config = market.with(*change);
        market.send(config);
        assert_eq!(market.config(), before);
        let reserve = market.world.reserve(&market.sol);
        assert_eq!(reserve.pending_config, config);
        assert_eq!(reserve.pending_config_ts, market.world.now() + DELAY);

        market.assert_must_wait(config);
        market.world.advance(1, DELAY - 1);
        market.assert_must_wait(config);
        market.world.advance(1, 1);
        market.send(config);
        assert_eq!(market.config(), config);
        assert_eq!(market.effective_ts(), 0);
    }
}

#[test]
fn a_first_liquidation_ceiling_waits() {
    let mut market = delayed();
    let without = market.with(|c| c.liquidation_ceiling_micro_usd = 0);
    let reserve = market.sol.keys.reserve;
    let rewrite = |reserve: &mut levee::state::Reserve| reserve.config = without;
    market.world.rewrite(&reserve, rewrite);
    let first =
        market.with(|c| c.liquidation_ceiling_micro_usd = MIN_LIQUIDATION_CEILING_MICRO_USD);
    market.send(first);
    assert_eq!(market.config(), without);
    market.assert_must_wait(first);
}

#[test]
fn another_configuration_than_the_announced_one_starts_the_wait_again() {
    let mut market = delayed();
    let announced = market.with(|c| c.ltv_bps += 1);
    market.send(announced);
    market.world.advance(1, DELAY);
    let another = market.with(|c| c.ltv_bps += 2);
    market.send(another);
    assert_eq!(market.effective_ts(), market.world.now() + DELAY);
    market.assert_must_wait(another);
    // The first one was forgotten: it is announced anew.
    market.send(announced);
    market.assert_must_wait(announced);
    assert_eq!(market.config().ltv_bps, announced.ltv_bps - 1);
}

#[test]
fn a_change_at_once_ends_the_announcement() {
    let mut market = delayed();
    let announced = market.with(|c| c.ltv_bps += 1);
    market.send(announced);
    let lower = market.with(|c| c.deposit_cap_atoms -= 1);
    market.send(lower);
    assert_eq!(market.effective_ts(), 0);
    market.world.advance(1, DELAY);
    market.send(announced);
    assert_eq!(market.config(), lower);
    market.assert_must_wait(announced);
}

#[test]
fn an_applied_change_cannot_be_applied_again_without_a_wait() {
    let mut market = delayed();
    let before = market.config();
    let higher = market.with(|c| c.ltv_bps += 1);
    market.send(higher);
    market.world.advance(1, DELAY);
    market.send(higher);
    market.send(before);
    assert_eq!(market.config(), before);
    market.send(higher);
    assert_eq!(market.config(), before);
    market.assert_must_wait(higher);
}

#[test]
fn a_market_without_delay_raises_risk_at_once() {
    let mut market = delayed();
    set_delay(&mut market.world, 0);
    for (name, change) in RAISING {
        println!("{name}");
        let config = market.with(*change);
        market.send(config);
        assert_eq!(market.config(), config);
    }
}

#[test]
fn the_longest_delay_holds_to_its_last_second() {
    let mut market = delayed();
    let longest = 30 * 86_400;
    set_delay(&mut market.world, longest as u64);
    let config = market.with(|c| c.borrow_cap_atoms = u64::MAX);
    market.send(config);
    market.world.advance(1, longest - 1);
    market.assert_must_wait(config);
    market.world.advance(1, 1);
    market.send(config);
    assert_eq!(market.config(), config);
}
