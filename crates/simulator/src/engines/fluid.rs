//! Fluid (Instadapp), also behind Jupiter Lend.
//!
//! - Positions of the same ratio of debt to collateral share a tick, a power of 1.0015; all ticks above the liquidation
//!   threshold are liquidated together, and just so far that they land on the tick below the threshold. For a position of its
//!   own this is `x = (τ·B − W) / (τ·f − l·(1 + b))`, with the liquidation penalty as `b` and the health on that tick as `τ`.
//!   So a position is liquidated again where the price has fallen by a tick, 0.15 %.
//! - Above the liquidation max limit a position is absorbed: all of its collateral and all of its debt are gone, and whoever
//!   pays the debt gets the collateral, in proportion. The penalty does not count there. Here a position is absorbed when
//!   that pays; debt beyond the collateral is a loss that nobody buys, and stays open.
//! - Not modelled: a position stands on the tick above its ratio, so that Fluid begins up to 0.15 % of the ratio earlier.
//!
//! Sources. Max limit ("limit above which user gets 100% liquidated") and penalty ("applied between L.T to L.M.L"): Fluid's
//! launch proposal, gov.instadapp.io/t/fluid-launch-proposal/685. Ticks, absorption and bounds of the parameters: SPEC.md of
//! the vaults, github.com/Instadapp/fluid-contracts-public, contracts/protocols/vault. Parameters: governance set the
//! ETH/USDC vault (vault 11 of factory 0x324c5Dc1fC42c7a4D43d92df1eBA58a54d13Bf2d) to a max limit of 95 % and a penalty of 1
//! %, at a threshold of 92 %, with the action "Update v1.1.0 Vaults config". Others are dearer: on Base the same pair began
//! with 93 % and 3 %, gov.instadapp.io/t/deploy-fluid-on-base-network/802.

use levee_risk::units::{Atoms, Bps, Ppm};
use levee_risk::wide::mul_div_128_down;

use super::case::{Case, Offer};
use super::rule::Rule;
use super::ticks::{close_to_ppb, health_below_threshold_ppb};

const PPM: u64 = 1_000_000;

/// Fluid's rule.
#[derive(Clone, Copy, Debug)]
pub struct Fluid {
    penalty: Ppm,
    max_limit_ppm: u64,
}

impl Fluid {
    /// Ether against a dollar.
    pub const ETH_USDC: Self = Self {
        penalty: Ppm(10_000),
        max_limit_ppm: 950_000,
    };
}

/// What makes all of the debt worth all of the collateral: `C/D − 1`, rounded down, so that a millionth may stay with the
/// borrower.
fn absorption(case: &Case) -> Ppm {
    let ratio = mul_div_128_down(case.book.collateral.wad(), PPM, 1)
        .ok()
        .and_then(|scaled| scaled.checked_div(case.book.debt.wad()))
        .and_then(|ratio| u32::try_from(ratio).ok());
    Ppm(ratio.unwrap_or(0).saturating_sub(PPM as u32))
}

impl Rule for Fluid {
    fn name(&self) -> &'static str {
        "fluid"
    }

    fn offer(&self, case: &Case) -> Option<Offer> {
        let (deposit, debt) = case.largest();
        let owed = case.debts[debt].owed;
        let (repay, bonus) = if case.ltv_ppm_down() > self.max_limit_ppm {
            (owed, absorption(case))
        } else {
            let pair = (deposit, debt);
            let target = health_below_threshold_ppb(case, pair);
            let closes = close_to_ppb(case, pair, target, self.penalty);
            // An atom more, or the rounding of what is seized would leave it just above.
            (Atoms(closes.0.saturating_add(1)).min(owed), self.penalty)
        };
        Some(Offer {
            deposit,
            debt,
            repay,
            bonus,
            protocol_share: Bps(0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::case::tests::{offer_for, usd, with_case, with_priced_case};
    use super::*;

    /// The vault of the project's tests.
    const TESTED: Fluid = Fluid {
        penalty: Ppm(0),
        max_limit_ppm: 900_000,
    };

    /// test/foundry/vaultT1/vault/vault.t.sol of the public test-suite, testLiquidate0Tick: three positions of 10,000
    /// collateral tokens owe 10,000, 10,000/1.0001 and 10,000/1.002; the price falls to 1.22, the threshold is 81 %, the
    /// penalty zero. 1881.160285369995 of debt are liquidated. That a position stands on the tick above its ratio, which this
    /// engine does not have, is entered by hand: 1.0015, 1 and 1/1.0015.
    #[test]
    fn the_debt_down_to_the_tick_below_the_threshold_is_that_of_the_projects_own_tests() {
        let repaid = |tick: i32| {
            let held = [(10_000.0, 122, 8_100)];
            with_priced_case(&held, &[10_000.0 * 1.0015f64.powi(tick)], |case| {
                let offer = TESTED.offer(case).unwrap();
                usd(offer.amounts(case, offer.repay).unwrap().repay)
            })
        };
        let all: f64 = [1, 0, -1].map(repaid).iter().sum();
        // Three amounts, each rounded up to an atom, to a billionth of the health, and one atom more.
        assert!((0.0..1e-3).contains(&(all - 1_881.160_285_37)), "{all}");
    }

    /// Computed from the rule: a ratio of 80 % lies an eighth of a step above tick −149.
    #[test]
    fn a_position_is_brought_down_to_the_tick_below_its_threshold_and_no_further() {
        let (_, amounts) = offer_for(&Fluid::ETH_USDC, (120_000.0, 8_000), 100_000.0);
        let tick = 1.0015f64.powi(-149);
        assert!(tick < 0.8 && tick * 1.0015 > 0.8);
        let expected = (100_000.0 - tick * 120_000.0) / (1.0 - tick * 1.01);
        assert!((usd(amounts.repay) - expected).abs() < 0.01);
        let ltv = (100_000.0 - usd(amounts.repay)) / (120_000.0 - usd(amounts.seize));
        assert!((ltv - tick).abs() < 1e-6, "{ltv}");
    }

    /// The same file, _absorbBranch: 10,000 of collateral, 7,990 of debt, a max limit of 90 %; the price falls by 15 %, which
    /// makes 94 %. The position is absorbed: neither collateral nor debt is left.
    #[test]
    fn beyond_the_max_limit_all_of_a_position_is_gone_as_in_the_projects_own_tests() {
        let (_, amounts) = offer_for(&TESTED, (8_500.0, 8_100), 7_990.0);
        assert_eq!(usd(amounts.repay), 7_990.0);
        assert!(8_500.0 - usd(amounts.seize) < 0.01, "{amounts:?}");
    }

    /// Computed from the rules above.
    #[test]
    fn two_collaterals_are_absorbed_each_for_its_part_of_the_debt() {
        let deposits = [(60_000.0, 8_000), (40_000.0, 8_000)];
        with_case(&deposits, &[97_000.0], |case| {
            let offer = Fluid::ETH_USDC.offer(case).unwrap();
            let amounts = offer.amounts(case, offer.repay).unwrap();
            assert!(amounts.takes_all);
            assert!((usd(amounts.repay) - 58_200.0).abs() < 0.1, "{amounts:?}");
        });
    }

    /// Computed from the rules above.
    #[test]
    fn debt_beyond_the_collateral_finds_no_buyer_at_a_profit() {
        let (offer, amounts) = offer_for(&Fluid::ETH_USDC, (100_000.0, 8_000), 101_000.0);
        assert_eq!(offer.bonus, Ppm(0));
        assert_eq!(usd(amounts.repay), 100_000.0);
    }
}
