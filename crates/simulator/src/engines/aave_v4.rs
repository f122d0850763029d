//! Aave v4.
//!
//! - Liquidatable when the health factor is below one, and then as far as a target health factor (1.05):
//!   `x = D·(T − h) / (T − l·(1 + b))`.
//! - A bonus that grows linearly as the health factor falls from one to the one of the largest bonus (0.90), from a part of the
//!   largest bonus (half) to all of it (5 %).
//! - All is closed where less than $1,000 of debt would remain.
//! - Debt that is left without collateral becomes a deficit. A tenth of the bonus goes to the treasury.
//!
//! Source: aave.com/docs/aave-v4/positions/liquidations (target, variable bonus, the $1,000), and the v4 overview for the formulas.
//! The parameters of a spoke are its governance's; those here are the overview's example.

use levee_risk::units::{Bps, Ppm, Usd};

use super::case::{Case, Offer};
use super::rule::Rule;

const PPM: u64 = 1_000_000;
const TARGET: Bps = Bps(10_500);
const LARGEST_BONUS_PPM: u64 = 50_000;
/// The part of it that is paid at a health factor of one.
const FIRST_PART_PPM: u64 = 500_000;
const LARGEST_BONUS_HEALTH_PPM: u64 = 900_000;
const LEFTOVER: Usd = Usd::from_whole(1_000);

/// Aave v4's rule.
#[derive(Clone, Copy, Debug)]
pub struct AaveV4;

fn bonus_at(health_ppm: u64) -> Ppm {
    let first = LARGEST_BONUS_PPM * FIRST_PART_PPM / PPM;
    let deficit = PPM.saturating_sub(health_ppm);
    let width = PPM - LARGEST_BONUS_HEALTH_PPM;
    let grown = (LARGEST_BONUS_PPM - first) * deficit.min(width) / width;
    Ppm((first + grown) as u32)
}

impl Rule for AaveV4 {
    fn name(&self) -> &'static str {
        "aave-v4"
    }

    fn offer(&self, case: &Case) -> Option<Offer> {
        let (deposit, debt) = case.largest();
        let side = &case.debts[debt];
        let bonus = bonus_at(case.health_ppm_down());
        let mut repay = case.close_to((deposit, debt), TARGET, bonus);
        let value = side.price.value_up(side.owed).ok()?;
        let rest = value.checked_sub(side.price.value_down(repay).ok()?).ok()?;
        if rest < LEFTOVER {
            repay = side.owed;
        }
        Some(Offer {
            deposit,
            debt,
            repay,
            bonus,
            protocol_share: Bps(1_000),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::case::tests::{offer_for, usd};
    use super::*;

    #[test]
    fn the_bonus_grows_from_half_to_all_of_the_largest() {
        assert_eq!(bonus_at(1_000_000), Ppm(25_000));
        assert_eq!(bonus_at(950_000), Ppm(37_500));
        assert_eq!(bonus_at(900_000), Ppm(50_000));
        assert_eq!(bonus_at(500_000), Ppm(50_000));
    }

    #[test]
    fn what_is_repaid_lands_on_the_target() {
        let (offer, amounts) = offer_for(&AaveV4, (120_000.0, 8_000), 100_000.0);
        // h = 0.96: a bonus of 2.5 % + 0.4·2.5 % = 3.5 %.
        assert_eq!(offer.bonus, Ppm(35_000));
        let expected = 100_000.0 * (1.05 - 0.96) / (1.05 - 0.8 * 1.035);
        assert!((usd(amounts.repay) - expected).abs() < 0.01);
        let health = 0.8 * (120_000.0 - usd(amounts.seize)) / (100_000.0 - usd(amounts.repay));
        assert!((health - 1.05).abs() < 1e-6, "{health}");
    }

    #[test]
    fn less_than_a_thousand_dollars_of_debt_never_remain() {
        let (_, amounts) = offer_for(&AaveV4, (1_500.0, 8_000), 1_210.0);
        assert_eq!(usd(amounts.repay), 1_210.0);
    }
}
