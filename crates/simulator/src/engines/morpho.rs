//! Morpho Blue.
//!
//! - Liquidatable when the loan-to-value ratio exceeds the market's LLTV.
//! - No close factor: the whole position, and liquidators take it.
//! - Liquidation incentive factor `LIF = min(1.15, 1 / (0.3·LLTV + 0.7))`.
//! - Debt that is left without collateral is shared by the market's lenders at once.
//!
//! Source: docs.morpho.org, "Liquidation" (β = 0.3, M = 1.15, and the table of LLTVs).

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

    #[test]
    fn incentives_are_those_of_the_documented_table() {
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

    #[test]
    fn the_whole_position_closes() {
        let (_, amounts) = offer_for(&Morpho, (116_000.0, 8_600), 100_000.0);
        assert_eq!(usd(amounts.repay), 100_000.0);
        assert!((usd(amounts.seize) - 104_384.1).abs() < 0.1);
    }
}
