//! Fluid (Instadapp), also behind Jupiter Lend.
//!
//! - Positions of the same ratio of debt to collateral share a tick; all ticks above the liquidation threshold are liquidated
//!   together, and just so far that they land on the threshold. For a position of its own this is
//!   `x = (B − W) / (f − l·(1 + b))`.
//! - A fixed penalty between 0.1 and 3 %, small because swaps route through it: 1 % for a volatile asset against a dollar here.
//! - Beyond the liquidation max limit (95 % here) the whole position is absorbed and sold.
//!
//! Source: Fluid's documentation of vaults ("Liquidations", ticks and branches), and help.defisaver.com, "Fluid: Vault Protocol" for
//! the range of penalties.

use levee_risk::units::{Bps, Ppm};

use super::case::{Case, Offer};
use super::rule::Rule;

const PENALTY: Ppm = Ppm(10_000);
const MAX_LIMIT_LTV_PPM: u64 = 950_000;

/// Fluid's rule.
#[derive(Clone, Copy, Debug)]
pub struct Fluid;

impl Rule for Fluid {
    fn name(&self) -> &'static str {
        "fluid"
    }

    fn offer(&self, case: &Case) -> Option<Offer> {
        let (deposit, debt) = case.largest();
        let repay = if case.ltv_ppm_down() >= MAX_LIMIT_LTV_PPM {
            case.debts[debt].owed
        } else {
            // An atom more than the threshold itself, or rounding would leave it just unhealthy.
            let closes = case.close_to((deposit, debt), Bps(10_000), PENALTY);
            levee_risk::units::Atoms(closes.0.saturating_add(2)).min(case.debts[debt].owed)
        };
        Some(Offer {
            deposit,
            debt,
            repay,
            bonus: PENALTY,
            protocol_share: Bps(0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::case::tests::{offer_for, usd};
    use super::*;

    #[test]
    fn a_position_is_brought_back_to_its_threshold_and_no_further() {
        let (_, amounts) = offer_for(&Fluid, (120_000.0, 8_000), 100_000.0);
        let expected = (100_000.0 - 96_000.0) / (1.0 - 0.8 * 1.01);
        assert!((usd(amounts.repay) - expected).abs() < 0.01);
        let ltv = (100_000.0 - usd(amounts.repay)) / (120_000.0 - usd(amounts.seize));
        assert!((ltv - 0.8).abs() < 1e-6, "{ltv}");
    }

    #[test]
    fn beyond_the_max_limit_all_is_absorbed() {
        let (_, amounts) = offer_for(&Fluid, (100_000.0, 8_000), 95_000.0);
        assert_eq!(usd(amounts.repay), 95_000.0);
    }
}
