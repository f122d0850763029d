//! Aave v3.3.
//!
//! - Liquidatable when the health factor is below one.
//! - Half of *all* debt may be repaid, unless the health factor is at most 0.95, or the repaid debt or the seized collateral is
//!   worth less than $2,000: then everything. What would leave less than $1,000 of both sides is refused; here such a debt is
//!   closed whole, or all of the collateral is taken.
//! - A fixed bonus: 5 % for the large assets (ETH, BTC); a tenth of it goes to the treasury.
//! - Debt that is left without collateral is written off as a deficit.
//!
//! Source: Aave v3.3 features, aave-dao/aave-v3-origin, docs/3.3/Aave-v3.3-features.md; bonuses from the risk parameters of the
//! Ethereum core market.

use levee_risk::units::{Atoms, Bps, Ppm, Usd};

use super::case::{Case, Offer};
use super::rule::Rule;

const BONUS: Ppm = Ppm(50_000);
const CLOSE_ALL_HEALTH_PPM: u64 = 950_000;
/// Below it a position closes whole.
const SMALL: Usd = Usd::from_whole(2_000);
/// What may not remain.
const LEFTOVER: Usd = Usd::from_whole(1_000);

/// Aave's rule.
#[derive(Clone, Copy, Debug)]
pub struct AaveV3;

impl Rule for AaveV3 {
    fn name(&self) -> &'static str {
        "aave-v3.3"
    }

    fn offer(&self, case: &Case) -> Option<Offer> {
        let (deposit, debt) = case.largest();
        let side = &case.debts[debt];
        let value = side.price.value_up(side.owed).ok()?;
        let held = &case.deposits[deposit];
        let collateral = held.price.value_down(held.deposited).ok()?;
        let closes_all =
            case.health_ppm_down() <= CLOSE_ALL_HEALTH_PPM || value < SMALL || collateral < SMALL;
        let mut repay = side.owed;
        if !closes_all {
            let half = Usd::from_wad(case.book.debt.wad() / 2);
            repay = repay.min(side.price.atoms_down(half).ok()?);
            let rest = value.checked_sub(side.price.value_down(repay).ok()?).ok()?;
            if rest < LEFTOVER {
                repay = side.owed;
            }
        }
        Some(Offer {
            deposit,
            debt,
            repay: repay.max(Atoms(1)),
            bonus: BONUS,
            protocol_share: Bps(1_000),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::case::tests::{offer_for, usd};
    use super::*;

    #[test]
    fn half_of_the_debt_is_repaid_at_five_percent_while_the_health_factor_exceeds_095() {
        let (_, amounts) = offer_for(&AaveV3, (12_000.0, 8_000), 10_000.0);
        assert_eq!(usd(amounts.repay), 5_000.0);
        assert_eq!(usd(amounts.seize), 5_250.0);
        // A tenth of the bonus.
        assert!((usd(amounts.protocol) - 25.0).abs() < 1e-3);
    }

    #[test]
    fn everything_is_repaid_at_a_health_factor_of_095_or_where_a_side_is_below_2000_dollars() {
        let (_, amounts) = offer_for(&AaveV3, (11_875.0, 8_000), 10_000.0);
        assert_eq!(usd(amounts.repay), 10_000.0);
        let (_, amounts) = offer_for(&AaveV3, (2_490.0, 8_000), 1_999.0);
        assert_eq!(usd(amounts.repay), 1_999.0);
    }

    #[test]
    fn less_than_a_thousand_dollars_never_remain() {
        let (_, amounts) = offer_for(&AaveV3, (2_487.0, 8_050), 2_010.0);
        assert_eq!(usd(amounts.repay), 1_005.0);
        let (_, amounts) = offer_for(&AaveV3, (2_490.0, 7_900), 1_998.0);
        assert_eq!(usd(amounts.repay), 1_998.0);
    }
}
