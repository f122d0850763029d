//! What a liquid-staking token is worth in the asset that is staked.

use levee_risk::rate::{Rate, RateCap};
use levee_risk::units::Bps;

/// A claim on another asset that grows with the rewards of staking, in steps: a pool's rate is updated once an epoch.
///
/// The token costs its base's price times the rate, on the exchange and for all engines alike: oracles of all of them read
/// redemption rates. That holders in a hurry may sell below is not modelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stake {
    /// Position of the base among the assets.
    pub base: usize,
    /// Units of the base per token when the path begins.
    pub rate: Rate,
    /// Simple growth per year.
    pub growth_per_year: Bps,
    /// How long the rate stays; at multiples of it in Unix time it grows.
    pub update_seconds: i64,
}

impl Stake {
    /// The rate at `now_ts` where it was [`Stake::rate`] at `start_ts`, rounded down.
    pub fn rate_at_down(&self, start_ts: i64, now_ts: i64) -> Rate {
        let updated = |at: i64| at.div_euclid(self.update_seconds) * self.update_seconds;
        let growth = RateCap {
            observed: self.rate,
            observed_ts: updated(start_ts),
            growth_per_year: self.growth_per_year,
        };
        growth.at_down(updated(now_ts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_grows_at_the_end_of_each_epoch_and_stays_between() {
        let stake = Stake {
            base: 0,
            rate: Rate::ONE,
            growth_per_year: Bps(730),
            update_seconds: 86_400,
        };
        let start = 86_400 * 20_000 + 1_000;
        assert_eq!(stake.rate_at_down(start, start), Rate::ONE);
        assert_eq!(stake.rate_at_down(start, start + 80_000), Rate::ONE);
        // A day of 7.3 % a year: two basis points.
        let day = stake.rate_at_down(start, start + 86_400).0;
        assert_eq!(day, Rate::ONE.0 + Rate::ONE.0 * 2 / 10_000);
        let year = stake.rate_at_down(start, start + 365 * 86_400).0;
        assert_eq!(year, Rate::ONE.0 + Rate::ONE.0 * 730 / 10_000);
    }
}
