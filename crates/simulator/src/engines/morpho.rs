//! Morpho Blue.
//!
//! - Liquidatable when the loan-to-value ratio exceeds the market's LLTV.
//! - No close factor: the whole position, and liquidators take it.
//! - Liquidation incentive factor `LIF = min(1.15, 1 / (0.3·LLTV + 0.7))`.
//! - Debt that is left without collateral is shared by the market's lenders at once.
//!
//! Source: "Liquidation", docs.morpho.org/morpho/concepts/liquidation and
//! docs.morpho.org/concepts/morpho-blue/core-concepts/liquidation: the formula, β = 0.3 and M = 1.15, up to all of the debt,
//! no fee for the protocol.

use levee_risk::units::{Bps, Ppm};

use super::case::{Case, Offer};
use super::rule::Rule;

const PPM: u64 = 1_000_000;
const CURSOR_PPM: u64 = 300_000;
const LARGEST_PPM: u64 = 1_150_000;

/// Morpho's rule.
#[derive(Clone, Copy, Debug)]
pub struct Morpho;

/// `LIF − 1`, rounded down.
fn bonus_at(lltv: Bps) -> Ppm {
    let divisor = CURSOR_PPM * u64::from(lltv.0) / 10_000 + (PPM - CURSOR_PPM);
    let factor = (PPM * PPM / divisor).min(LARGEST_PPM);
    Ppm((factor - PPM) as u32)
}

impl Rule for Morpho {
    fn name(&self) -> &'static str {
        "morpho-blue"
    }

    fn offer(&self, case: &Case) -> Option<Offer> {
        let (deposit, debt) = case.largest();
        Some(Offer {
            deposit,
            debt,
            repay: case.debts[debt].owed,
            bonus: bonus_at(case.deposits[deposit].threshold),
            protocol_share: Bps(0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::case::tests::{offer_for, usd};
    use super::*;

    /// "Liquidation", example: $100 of collateral in a market with an LLTV of 80 %, an incentive factor of about 1.06; the
    /// debt is just above $80, and a liquidator can repay all of it.
    #[test]
    fn a_liquidation_is_that_of_the_documentations_example() {
        let (offer, amounts) = offer_for(&Morpho, (100.0, 8_000), 80.000_01);
        assert_eq!(offer.bonus, Ppm(63_829));
        assert_eq!(usd(amounts.repay), 80.000_01);
        assert!((usd(amounts.seize) / 80.0 - 1.06).abs() < 5e-3);
    }

    /// Computed from the formula, at LLTVs of Morpho's markets; below 56.5 % the cap binds.
    #[test]
    fn incentives_follow_the_formula_up_to_its_cap() {
        for (lltv, factor) in [
            (9_450, 1.0168),
            (9_150, 1.0262),
            (8_600, 1.0438),
            (7_700, 1.0741),
            (6_250, 1.1268),
            (3_850, 1.15),
        ] {
            let ours = 1.0 + f64::from(bonus_at(Bps(lltv)).0) / 1e6;
            assert!((ours - factor).abs() < 5e-5, "{lltv}: {ours}");
        }
    }

    /// Computed from the formula.
    #[test]
    fn the_whole_position_closes() {
        let (_, amounts) = offer_for(&Morpho, (116_000.0, 8_600), 100_000.0);
        assert_eq!(usd(amounts.repay), 100_000.0);
        assert!((usd(amounts.seize) - 104_384.1).abs() < 0.1);
    }
}
