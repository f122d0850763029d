//! A position that crosses its threshold back and forth for an hour, marked by an adversary who wants a high bonus.

use levee_tests::view;

use crate::formulas::convex_ppm;
use crate::replay::Replay;

/// An hour.
const SLOTS: u64 = 9_000;
/// Loan-to-value 75 % at $100: healthy down to $93.75.
const LTV: f64 = 0.75;
const FLOOR: f64 = LTV / 0.8 * 100.0;
/// Slots between two prices.
const STEP: u64 = 5;
/// The rules, as the design states them: M, N, g, and the auction in parts per million.
const PROOF: u64 = 150;
const WAIT: u64 = 25;
const LIFT: f64 = 0.01;
const START: f64 = 1_000.0;
const SLOPE: f64 = 20.0;
const MAX: f64 = 50_000.0;

/// The design's two clocks in the test's own words.
#[derive(Default)]
struct Clocks {
    /// The slot of the last look, if it was unhealthy, and whether liquidation was permitted then.
    last: Option<(u64, bool)>,
    unhealthy: u64,
    auction: u64,
}

impl Clocks {
    /// A look at `slot` that finds this `health` at the price and, for mild cases, a percent towards the average.
    fn look(&mut self, slot: u64, health: f64, lifted_health: f64) {
        if health >= 1.0 {
            *self = Self::default();
            return;
        }
        let (gap, was_permitted) = match self.last {
            Some((last, permitted)) if slot - last <= PROOF => (slot - last, permitted),
            _ => {
                *self = Self::default();
                (0, false)
            }
        };
        self.unhealthy += gap;
        let is_permitted = self.unhealthy >= WAIT || lifted_health < 1.0;
        if was_permitted && is_permitted {
            self.auction += gap;
        }
        self.last = Some((slot, is_permitted));
    }
}

/// What an hour showed.
#[derive(Default)]
struct Hour {
    highest_ppm: f64,
    crossings: u32,
    /// How often the auction, not the convex term, decided.
    auctions: u32,
}

/// An hour of prices around the floor. The adversary looks at every unhealthy moment, never at a healthy one; where `honest`,
/// somebody else looks at the healthy ones. In every step the bonus that a liquidation would be paid is what the model says.
fn hour(amplitude: f64, period: u64, honest: bool) -> Hour {
    let mut replay = Replay::sol_without_interest(&[LTV]);
    replay.settle_at(FLOOR);
    let config = replay.config(&replay.collateral);
    let (mut clocks, mut hour) = (Clocks::default(), Hour::default());
    let mut was_healthy = true;
    for step in 0..SLOTS / STEP {
        replay.tick(STEP);
        let phase = (step * STEP) as f64 / period as f64 * std::f64::consts::TAU;
        // Steps of a cent, so that the model's numbers are the chain's.
        let price = ((FLOOR * (1.0 + amplitude * phase.sin())) * 100.0).round() / 100.0;
        replay.print(price);
        let health = replay.health(0);
        let is_healthy = health >= 1.0;
        hour.crossings += u32::from(is_healthy != was_healthy);
        was_healthy = is_healthy;
        if is_healthy && !honest {
            continue;
        }
        let collateral = replay.collateral;
        let average = replay.feed(&collateral).ema;
        let lifted = price.max((price * (1.0 + LIFT)).min(average));
        clocks.look(replay.world.slot(), health, health * lifted / price);
        replay.mark(&[0]);
        let seen = replay.world.obligation(&replay.borrowers[0]).clocks();
        assert_eq!(
            (seen.unhealthy_slots, seen.auction_slots),
            (clocks.unhealthy, clocks.auction)
        );
        let Ok(quote) = replay.quote(0) else {
            let is_permitted = clocks.last.is_some_and(|(_, permitted)| permitted);
            assert!(
                !is_permitted,
                "a permitted liquidation is refused at ${price}"
            );
            continue;
        };
        let bonus = f64::from(quote.done.plan.expect("somebody is paid").bonus.0);
        let climbed = START + SLOPE * clocks.auction as f64;
        let convex = convex_ppm(&config, health);
        let allowed = climbed.max(convex).min(MAX);
        assert!(bonus <= allowed, "{bonus} of {allowed} at ${price}");
        assert!(bonus >= allowed - 2.0, "{bonus} of {allowed} at ${price}");
        hour.auctions += u32::from(climbed > convex);
        hour.highest_ppm = hour.highest_ppm.max(bonus);
    }
    hour
}

#[test]
fn an_hour_around_the_threshold_pays_no_more_than_its_proven_time_and_the_convex_term() {
    let mut highest: f64 = 0.0;
    for (amplitude, period) in [(0.004, 1_000), (0.012, 400), (0.03, 2_000)] {
        let hour = hour(amplitude, period, false);
        assert!(hour.crossings > 6, "{} crossings", hour.crossings);
        assert!(hour.auctions > 100, "{} auctions", hour.auctions);
        highest = highest.max(hour.highest_ppm);
    }
    assert!(highest > 2.0 * START, "{highest}");
}

#[test]
fn where_somebody_looks_at_the_healthy_moments_too_no_bonus_outlives_one_of_them() {
    for (amplitude, period) in [(0.004, 100), (0.012, 400), (0.004, 1_000)] {
        let hour = hour(amplitude, period, true);
        assert!(hour.crossings > 6, "{} crossings", hour.crossings);
        // Half a period is the longest unhealthy time; a price at the very border may add a step on each side.
        let longest = START + SLOPE * (period / 2 + 2 * STEP) as f64;
        let deepest = MAX * (amplitude / 0.15).powi(2);
        let most = longest.max(deepest);
        assert!(hour.highest_ppm <= most, "{} of {most}", hour.highest_ppm);
    }
}

#[test]
fn proofs_reach_across_healthy_moments_that_nobody_looked_at_and_end_at_the_largest_bonus() {
    let mut replay = Replay::sol_without_interest(&[LTV]);
    replay.settle_at(FLOOR);
    let mut proven = 0;
    // Unhealthy for ten slots of every forty: the adversary's proofs reach across the healthy ones.
    for _ in 0..SLOTS / 40 {
        replay.tick(10);
        replay.print(FLOOR * 1.001);
        assert!(replay.health(0) > 1.0);
        replay.tick(30);
        replay.print(FLOOR * 0.999);
        replay.mark(&[0]);
        let clocks = replay.world.obligation(&replay.borrowers[0]).clocks();
        assert!(clocks.auction_slots <= proven + 40);
        proven = clocks.auction_slots;
    }
    let done = replay.try_liquidate(0).unwrap();
    let climbed = START + SLOPE * proven as f64;
    assert!(climbed > MAX, "{proven} proven slots");
    assert_eq!(f64::from(done.bonus_ppm), MAX);
}

#[test]
fn one_look_at_a_healthy_moment_takes_all_proven_time() {
    let mut replay = Replay::sol_without_interest(&[LTV]);
    replay.settle_at(FLOOR * 0.999);
    for _ in 0..20 {
        replay.mark(&[0]);
        replay.tick(100);
    }
    replay.print(FLOOR * 1.001);
    replay.mark(&[0]);
    replay.print(FLOOR * 0.999);
    replay.tick(1);
    let done = replay.try_liquidate(0).unwrap();
    assert_eq!(f64::from(done.bonus_ppm), START);
    assert!(view::health(&replay.world, &replay.borrowers[0]) > 1.0);
}
