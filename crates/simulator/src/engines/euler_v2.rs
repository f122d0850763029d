//! Euler v2 (the Euler Vault Kit).
//!
//! - Liquidatable when the health score (collateral weighted by liquidation thresholds over debt) is below one.
//! - A discount `d = 1 − h`, at most the vault's largest (15 %): a liquidator who takes over `x` of debt receives `x / (1 − d)` of
//!   collateral. No close factor: all may be taken, and liquidators take all.
//! - Cool-off: nothing in the moment in which the account was checked (one second by default); a price that falls is another
//!   moment.
//! - Debt that is left without collateral is socialized.
//!
//! Source: Euler Vault Kit whitepaper, "Liquidation" (the discount, its cap, cool-off, debt socialization).

use levee_risk::units::{Bps, Ppm};

use super::case::{Case, Offer};
use super::rule::Rule;

const PPM: u64 = 1_000_000;
const LARGEST_DISCOUNT_PPM: u64 = 150_000;

/// Euler's rule.
#[derive(Clone, Copy, Debug)]
pub struct EulerV2;

/// `1 / (1 − d) − 1`, rounded down.
fn bonus_at(health_ppm: u64) -> Ppm {
    let discount = PPM.saturating_sub(health_ppm).min(LARGEST_DISCOUNT_PPM);
    Ppm((PPM * PPM / (PPM - discount) - PPM) as u32)
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
            bonus: bonus_at(case.health_ppm_down()),
            protocol_share: Bps(0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::case::tests::{offer_for, usd};
    use super::*;

    #[test]
    fn the_discount_is_what_the_health_score_lacks() {
        let (_, amounts) = offer_for(&EulerV2, (118_750.0, 8_000), 100_000.0);
        // h = 0.95: collateral at 95 cents a dollar.
        assert_eq!(usd(amounts.repay), 100_000.0);
        assert!((usd(amounts.seize) - 100_000.0 / 0.95).abs() < 0.11);
    }

    #[test]
    fn the_discount_has_a_cap() {
        assert_eq!(bonus_at(500_000), bonus_at(850_000));
        assert_eq!(bonus_at(850_000), Ppm(176_470));
    }

    #[test]
    fn collateral_that_does_not_cover_the_debt_limits_what_is_taken_over() {
        let (_, amounts) = offer_for(&EulerV2, (100_000.0, 8_000), 100_000.0);
        assert_eq!(usd(amounts.seize), 100_000.0);
        assert!((usd(amounts.repay) - 85_000.0).abs() < 0.1);
    }
}
