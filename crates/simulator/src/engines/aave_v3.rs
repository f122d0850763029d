//! Aave v3.3.
//!
//! - Liquidatable when the health factor is below one.
//! - Half of *all* debt may be repaid, in one of its tokens; everything of that token where the health factor is at most
//!   0.95, or where the debt or the collateral in question is worth less than $2,000.
//! - Neither a debt nor a collateral may be left with less than $1,000, unless one of the two is gone. Liquidators repay so
//!   much less, and of all pairs the one of which they may repay the most.
//! - A fixed bonus: 5 % for ether, 1 % in the e-mode of ether and claims on it; a tenth of it goes to the treasury.
//! - Debt that is left without collateral is written off as a deficit.
//!
//! Sources. Rules: "Aave v3.3 features", sections 1 and 2, github.com/aave-dao/aave-v3-origin,
//! docs/3.3/Aave-v3.3-features.md. Values: the constants of LiquidationLogic.sol there,
//! `DEFAULT_LIQUIDATION_CLOSE_FACTOR = 0.5e4`, `CLOSE_FACTOR_HF_THRESHOLD = 0.95e18`,
//! `MIN_BASE_MAX_CLOSE_FACTOR_THRESHOLD = 2000e8` and `MIN_LEFTOVER_BASE`, half of it. Bonus of 5 % and fee of 10 % for WETH, at
//! a liquidation threshold of 82.5 %: Gauntlet's parameters for Base,
//! governance.aave.com/t/temp-check-aave-v3-deployment-on-base/13177/9. E-mode: "Create eMode Categories",
//! governance.aave.com/t/arfc-create-emode-categories-for-aave-v3-on-ethereum/10981.

use std::cmp::Reverse;

use levee_risk::units::{Atoms, Bps, Ppm, Usd};
use levee_risk::wide::mul_div_128_down;

use super::case::{Case, Offer};
use super::rule::Rule;

const PPM: u64 = 1_000_000;
const BONUS: Ppm = Ppm(50_000);
const E_MODE_BONUS: Ppm = Ppm(10_000);
/// The treasury's part of the bonus.
const FEE: Bps = Bps(1_000);
const CLOSE_ALL_HEALTH_PPM: u64 = 950_000;

/// Aave's rule.
#[derive(Clone, Copy, Debug)]
pub struct AaveV3 {
    /// Below it a side closes whole.
    small: Usd,
    /// What may not remain.
    leftover: Usd,
    /// On the repaid value.
    bonus: Ppm,
}

impl AaveV3 {
    /// As deployed.
    pub const DEPLOYED: Self = Self {
        small: Usd::from_whole(2_000),
        leftover: Usd::from_whole(1_000),
        bonus: BONUS,
    };

    /// For claims on ether against ether.
    pub const E_MODE: Self = Self {
        bonus: E_MODE_BONUS,
        ..Self::DEPLOYED
    };

    /// Most of a debt that may be repaid for a deposit; `None` where nothing.
    fn most(&self, case: &Case, (deposit, debt): (usize, usize)) -> Option<Atoms> {
        let side = &case.debts[debt];
        let value = side.price.value_up(side.owed).ok()?;
        let held = &case.deposits[deposit];
        let collateral = held.price.value_down(held.deposited).ok()?;
        if case.health_ppm_down() <= CLOSE_ALL_HEALTH_PPM
            || value < self.small
            || collateral < self.small
        {
            return Some(side.owed);
        }
        let mut repaid = Usd::from_wad(case.book.debt.wad() / 2);
        if repaid >= value {
            return Some(side.owed);
        }
        if value.checked_sub(repaid).ok()? < self.leftover {
            repaid = value.checked_sub(self.leftover).ok()?;
        }
        let covered = self.worth_without_bonus(collateral)?;
        if repaid < covered {
            let kept = collateral.checked_sub(self.leftover).ok()?;
            repaid = repaid.min(self.worth_without_bonus(kept)?);
        }
        Some(side.price.atoms_down(repaid).ok()?.max(Atoms(1)))
    }

    /// The debt that collateral of this value pays for, rounded down.
    fn worth_without_bonus(&self, collateral: Usd) -> Option<Usd> {
        let wad = mul_div_128_down(collateral.wad(), PPM, PPM + u64::from(self.bonus.0));
        Some(Usd::from_wad(wad.ok()?))
    }
}

impl Rule for AaveV3 {
    fn name(&self) -> &'static str {
        "aave-v3.3"
    }

    fn offer(&self, case: &Case) -> Option<Offer> {
        let with = |debt| (0..case.deposits.len()).map(move |deposit| (deposit, debt));
        let repaid = |pair: (usize, usize)| {
            let repay = self.most(case, pair)?;
            let held = &case.deposits[pair.0];
            let covered = self.worth_without_bonus(held.price.value_down(held.deposited).ok()?)?;
            let value = case.debts[pair.1].price.value_down(repay).ok()?;
            Some((value.min(covered), Reverse(pair), repay))
        };
        let pairs = (0..case.debts.len()).flat_map(with);
        let (_, Reverse((deposit, debt)), repay) = pairs.filter_map(repaid).max()?;
        Some(Offer {
            deposit,
            debt,
            repay,
            bonus: self.bonus,
            protocol_share: FEE,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::case::tests::{offer_for, usd, with_case};
    use super::*;

    const AAVE: AaveV3 = AaveV3::DEPLOYED;
    /// The thresholds of the documentation's examples.
    const EXAMPLE: AaveV3 = AaveV3 {
        small: Usd::from_whole(1_000),
        leftover: Usd::from_whole(500),
        bonus: BONUS,
    };

    /// "Aave v3.3 features", section 2.1: of three debts of $3,000 each against $9,000 of collateral, one of them can be
    /// repaid whole, since half of the position is $4,500; before, $1,500 could. The health factor of 0.96 is chosen here.
    #[test]
    fn the_close_factor_is_of_the_whole_position_as_in_the_documentations_example() {
        with_case(&[(9_000.0, 9_600)], &[3_000.0; 3], |case| {
            for debt in 0..3 {
                assert_eq!(usd(AAVE.most(case, (0, debt)).unwrap()), 3_000.0);
            }
        });
    }

    /// "Aave v3.3 features", section 2.2: collateral of $2,300 and $800, debts of $900 and $1,100, a health factor of 0.96, a
    /// threshold of $1,000: the debt of $900 can be repaid whole for either collateral, and for the collateral of $800 either
    /// debt. Of the debt of $1,100 no more than half of the position, $1,000, for the other collateral, and by section 2.3
    /// not so much that less than $500 remain.
    #[test]
    fn a_small_debt_or_a_small_collateral_closes_whole_as_in_the_documentations_example() {
        // 3,100 · 0.6194 / 2,000 = 0.96.
        let held = [(2_300.0, 6_194), (800.0, 6_194)];
        with_case(&held, &[900.0, 1_100.0], |case| {
            let most = |pair| usd(EXAMPLE.most(case, pair).unwrap());
            assert_eq!(most((0, 0)), 900.0);
            assert_eq!(most((1, 0)), 900.0);
            assert_eq!(most((1, 1)), 1_100.0);
            assert!((most((0, 1)) - 600.0).abs() < 1e-3);
        });
    }

    /// "Aave v3.3 features", section 2.3: collateral of $400 and $1,000, debts of $900 and $400, a health factor of 0.94: all
    /// of a debt can be repaid.
    #[test]
    fn at_a_health_factor_of_094_a_debt_closes_whole_as_in_the_documentations_example() {
        // 1,400 · 0.8728 / 1,300 = 0.94.
        let held = [(400.0, 8_728), (1_000.0, 8_728)];
        with_case(&held, &[900.0, 400.0], |case| {
            assert_eq!(usd(EXAMPLE.most(case, (1, 0)).unwrap()), 900.0);
            assert_eq!(usd(EXAMPLE.most(case, (0, 1)).unwrap()), 400.0);
            let offer = EXAMPLE.offer(case).unwrap();
            assert_eq!((offer.deposit, offer.debt), (1, 0));
        });
    }

    /// Computed from the rules above.
    #[test]
    fn half_of_the_debt_is_repaid_at_five_percent_while_the_health_factor_exceeds_095() {
        let (_, amounts) = offer_for(&AAVE, (12_000.0, 8_000), 10_000.0);
        assert_eq!(usd(amounts.repay), 5_000.0);
        assert_eq!(usd(amounts.seize), 5_250.0);
        // A tenth of the bonus.
        assert!((usd(amounts.protocol) - 25.0).abs() < 1e-3);
    }

    /// Computed from the rules above.
    #[test]
    fn everything_is_repaid_at_a_health_factor_of_095_or_where_a_side_is_below_2000_dollars() {
        let (_, amounts) = offer_for(&AAVE, (11_875.0, 8_000), 10_000.0);
        assert_eq!(usd(amounts.repay), 10_000.0);
        let (_, amounts) = offer_for(&AAVE, (2_490.0, 8_000), 1_999.0);
        assert_eq!(usd(amounts.repay), 1_999.0);
    }

    /// Computed from the rules above.
    #[test]
    fn less_than_a_thousand_dollars_never_remain_on_either_side() {
        let (_, amounts) = offer_for(&AAVE, (2_487.0, 8_050), 2_010.0);
        assert_eq!(usd(amounts.repay), 1_005.0);
        let (_, amounts) = offer_for(&AAVE, (2_490.0, 7_900), 1_998.0);
        assert_eq!(usd(amounts.repay), 1_998.0);
        // Half of the debt would leave 869 of the larger collateral: 2,000 of 3,000 are seized instead.
        let held = [(3_000.0, 8_000), (1_950.0, 8_000)];
        with_case(&held, &[4_060.0], |case| {
            let offer = AAVE.offer(case).unwrap();
            let amounts = offer.amounts(case, offer.repay).unwrap();
            assert_eq!(offer.deposit, 0);
            assert!((usd(amounts.seize) - 2_000.0).abs() < 1e-3, "{amounts:?}");
        });
    }

    /// Computed from the rules above.
    #[test]
    fn in_the_e_mode_the_bonus_is_one_percent() {
        let (_, amounts) = offer_for(&AaveV3::E_MODE, (107_000.0, 9_300), 100_000.0);
        assert_eq!(usd(amounts.repay), 50_000.0);
        assert_eq!(usd(amounts.seize), 50_500.0);
    }
}
