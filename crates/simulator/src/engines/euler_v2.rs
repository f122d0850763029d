//! Euler v2 (the Euler Vault Kit).
//!
//! - Liquidatable when the health score (collateral weighted by liquidation thresholds over debt) is below one.
//! - A discount `d = 1 − h`, at most the vault's largest: a liquidator who takes over `x` of debt receives `x / (1 − d)` of
//!   collateral. No close factor: all may be taken, and liquidators take all.
//! - Cool-off: nothing in the moment in which the account was checked (one second here); a price that falls is another
//!   moment.
//! - Debt that is left without collateral is socialized.
//!
//! Sources. Rules: Euler Vault Kit whitepaper, "Liquidation" (discount, largest discount, cool-off, bad debt socialisation;
//! "a violating account's full position is eligible"), github.com/euler-xyz/euler-vault-kit, docs/whitepaper.md. That the
//! discount is what the health score lacks: the project's own tests, see below. Largest discount of 15 % and cool-off of a
//! second: the clusters that Euler deployed, `maxLiquidationDiscount = 0.15e4`, `liquidationCoolOffTime = 1`,
//! github.com/euler-xyz/evk-periphery, script/production/base/clusters/BaseCluster.s.sol.

use levee_risk::units::{Bps, Ppm};

use super::case::{Case, Offer};
use super::rule::Rule;

const PPM: u64 = 1_000_000;

/// Euler's rule.
#[derive(Clone, Copy, Debug)]
pub struct EulerV2 {
    largest_discount_ppm: u64,
}

impl EulerV2 {
    /// As deployed.
    pub const DEPLOYED: Self = Self {
        largest_discount_ppm: 150_000,
    };

    /// `1 / (1 − d) − 1`, rounded down.
    fn bonus_at(&self, health_ppm: u64) -> Ppm {
        let discount = PPM.saturating_sub(health_ppm);
        let discount = discount.min(self.largest_discount_ppm);
        Ppm((PPM * PPM / (PPM - discount) - PPM) as u32)
    }
}

impl Rule for EulerV2 {
    fn name(&self) -> &'static str {
        "euler-v2"
    }

    fn offer(&self, case: &Case) -> Option<Offer> {
        let (deposit, debt) = case.largest();
        Some(Offer {
            deposit,
            debt,
            repay: case.debts[debt].owed,
            bonus: self.bonus_at(case.health_ppm_down()),
            protocol_share: Bps(0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::case::tests::{offer_for, usd, with_case};
    use super::*;
    use levee_risk::units::Atoms;

    const EULER: EulerV2 = EulerV2::DEPLOYED;
    /// The vault of the project's tests: setMaxLiquidationDiscount(0.2e4).
    const TESTED: EulerV2 = EulerV2 {
        largest_discount_ppm: 200_000,
    };

    /// test/unit/evault/modules/Liquidation/full.t.sol of the public test-suite, test_basicFullLiquidation: 100 tokens of 0.4
    /// with a liquidation threshold of 30 %, a debt of 5 tokens of 2.5: the health score is 0.96, all of the debt of 12.5 can
    /// be repaid, and its value is 0.96 of what is seized, 32.55 of the 100 tokens.
    #[test]
    fn a_full_liquidation_is_that_of_the_projects_own_tests() {
        let (_, amounts) = offer_for(&TESTED, (40.0, 3_000), 12.5);
        assert_eq!(usd(amounts.repay), 12.5);
        let seized = usd(amounts.seize);
        assert!((seized * 0.96 - 12.5).abs() < 2e-5, "{seized}");
        assert!((seized / 0.4 - 32.552).abs() < 1e-3, "{seized}");
    }

    /// The same file, test_partialLiquidation: a quarter of the debt takes a quarter of the yield.
    #[test]
    fn a_partial_liquidation_is_that_of_the_projects_own_tests() {
        let held = [(40.0, 3_000)];
        let (whole, quarter) = with_case(&held, &[12.5], |case| {
            let offer = TESTED.offer(case).unwrap();
            let amounts = |repay| offer.amounts(case, Atoms(repay)).unwrap();
            (amounts(offer.repay.0), amounts(offer.repay.0 / 4))
        });
        assert_eq!(usd(quarter.repay), 3.125);
        assert!(whole.seize.0.abs_diff(4 * quarter.seize.0) < 4);
    }

    /// The same file, test_extremeCollateralFactors: 100 tokens of 0.4 with a liquidation threshold of 99 %, a debt of 17
    /// tokens of 2.7: the yield is all 100 tokens, and a loss is left. The health score is 39.6/45.9, so the liquidator pays
    /// 34.51 for the 40.
    #[test]
    fn collateral_that_does_not_cover_the_debt_is_seized_whole_as_in_the_projects_own_tests() {
        let (_, amounts) = offer_for(&TESTED, (40.0, 9_900), 45.9);
        assert!(amounts.takes_all);
        assert!((usd(amounts.repay) - 40.0 * 39.6 / 45.9).abs() < 1e-4);
    }

    /// Computed from the formula.
    #[test]
    fn the_discount_has_a_cap() {
        assert_eq!(EULER.bonus_at(500_000), EULER.bonus_at(850_000));
        assert_eq!(EULER.bonus_at(850_000), Ppm(176_470));
        let (_, amounts) = offer_for(&EULER, (100_000.0, 8_000), 100_000.0);
        assert_eq!(usd(amounts.seize), 100_000.0);
        assert!((usd(amounts.repay) - 85_000.0).abs() < 0.1);
    }
}
