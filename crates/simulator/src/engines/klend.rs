//! Kamino Lend (klend).
//!
//! - Liquidatable when the debt, weighted by borrow factors, exceeds the collateral, weighted by liquidation thresholds.
//! - At most the close factor of the debt at once (20 %), at most $500,000, and all of it where less than the small value is
//!   owed ($2), or where the loan-to-value ratio shows a risk of insolvency (95 %).
//! - Bonus: the distance of the loan-to-value ratio from its threshold, at least the least bonus and at most the largest: a
//!   slope of one; never more than one less the loan-to-value ratio. From a ratio of 99 % on it is at least that for bad
//!   debt (0.99 %).
//! - The debt with the highest borrow factor and the collateral with the lowest threshold.
//! - Liquidated again and again as long as it is unhealthy.
//!
//! Sources. Close factor of 20 %, bonus from 2 % to 10 %: "Position Risk & Liquidations",
//! docs.kamino.finance/products/borrow-lend/position-risk-and-liquidations. What the fields of a market do:
//! kamino.com/docs/curators/markets/liquidations. Their values are on the chain, in October 2024: close factor of 20 %, full
//! liquidation from 95 % on and below $2 in the Main Market 7u3HeHxYDLhnCoErrtycNokbQYbWGzLs6JSDqGAv5PfF and in
//! ByYiZxp8QrdN9qbdtaAiePN8AAr3qvTPppNJDpf5DVJ5; at most $500,000 at once in the latter, which counts here ($2,500,000 in the
//! former); a bonus for bad debt of 99 basis points in all reserves looked at. A protocol fee of zero: the Main Market's USDC
//! reserve D6q6wuQSrifJKZYpR1M8R4YawnLDtDsMmWM1NbBmgJ59 in November 2025 (half of the bonus a year before). The 99 % and the
//! cap of one less the ratio were not found in Kamino's documentation, only in what others write about the program.
//!
//! [`Klend::SOFT`] is what Kamino announced in September 2025: at most 10 % per transaction, a penalty of about 0.1 %
//! (kamino.com/docs/products/multiply/risks). Its largest bonus was not found: chosen as the documented 10 %.
//!
//! An elevation group has a largest bonus of its own, which caps that of its collaterals
//! (kamino.com/docs/curators/markets/elevation-groups). 1 % here: what a liquidation of a leveraged staking token cost until the
//! penalty was lowered (kamino.com/docs/products/multiply/risks).

use levee_risk::units::{Atoms, Bps, Ppm, Usd};
use levee_risk::wide::mul_div_up;

use super::case::{Case, Offer};
use super::rule::Rule;

const PPM: u64 = 1_000_000;
const MOST_AT_ONCE: Usd = Usd::from_whole(500_000);
const SMALL: Usd = Usd::from_whole(2);
const INSOLVENCY_RISK_LTV_PPM: u64 = 950_000;
const BAD_DEBT_LTV_PPM: u64 = 990_000;
const BAD_DEBT_BONUS_PPM: u64 = 9_900;
const GROUP_BONUS_PPM: u64 = 10_000;

/// klend's rule.
#[derive(Clone, Copy, Debug)]
pub struct Klend {
    name: &'static str,
    close_factor_bps: u64,
    least_bonus_ppm: u64,
    largest_bonus_ppm: u64,
    protocol_share_bps: u32,
}

impl Klend {
    /// As documented.
    pub const DOCUMENTED: Self = Self {
        name: "klend",
        close_factor_bps: 2_000,
        least_bonus_ppm: 20_000,
        largest_bonus_ppm: 100_000,
        protocol_share_bps: 0,
    };

    /// With the smaller steps and penalties of 2025.
    pub const SOFT: Self = Self {
        name: "klend-soft",
        close_factor_bps: 1_000,
        least_bonus_ppm: 1_000,
        ..Self::DOCUMENTED
    };

    /// In an elevation group, whose largest bonus caps those of its collaterals.
    pub const DOCUMENTED_IN_GROUPS: Self = Self {
        least_bonus_ppm: GROUP_BONUS_PPM,
        largest_bonus_ppm: GROUP_BONUS_PPM,
        ..Self::DOCUMENTED
    };

    /// The same with the smaller steps and penalties.
    pub const SOFT_IN_GROUPS: Self = Self {
        largest_bonus_ppm: GROUP_BONUS_PPM,
        ..Self::SOFT
    };

    fn bonus_ppm(&self, ltv_ppm: u64, threshold_ppm: u64) -> u64 {
        let cushion = PPM.saturating_sub(ltv_ppm);
        if ltv_ppm >= BAD_DEBT_LTV_PPM {
            return BAD_DEBT_BONUS_PPM.max(cushion);
        }
        let sloped = ltv_ppm
            .saturating_sub(threshold_ppm)
            .clamp(self.least_bonus_ppm, self.largest_bonus_ppm);
        sloped.min(cushion)
    }
}

impl Rule for Klend {
    fn name(&self) -> &'static str {
        self.name
    }

    fn offer(&self, case: &Case) -> Option<Offer> {
        let heaviest = (0..case.debts.len()).rev().max_by_key(|at| {
            let side = &case.debts[*at];
            (side.borrow_factor, side.price.value_up(side.owed).ok())
        })?;
        let lightest = (0..case.deposits.len()).min_by_key(|at| {
            let side = &case.deposits[*at];
            let value = side.price.value_down(side.deposited).ok();
            (side.threshold, std::cmp::Reverse(value))
        })?;
        let ltv_ppm = case.ltv_ppm_down();
        let debt = &case.debts[heaviest];
        let value = debt.price.value_up(debt.owed).ok()?;
        let repay = if value < SMALL || ltv_ppm >= INSOLVENCY_RISK_LTV_PPM {
            debt.owed
        } else {
            Atoms(mul_div_up(debt.owed.0, self.close_factor_bps, 10_000).ok()?)
        };
        let most = debt.price.atoms_down(MOST_AT_ONCE).unwrap_or(debt.owed);
        let bonus_ppm = self.bonus_ppm(ltv_ppm, case.threshold_ppm_down());
        Some(Offer {
            deposit: lightest,
            debt: heaviest,
            repay: repay.min(most),
            bonus: Ppm(bonus_ppm as u32),
            protocol_share: Bps(self.protocol_share_bps),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::case::tests::{offer_for, usd};
    use super::*;

    /// "Position Risk & Liquidations", instant liquidation: at a loan-to-value ratio of 80 %, its limit, 20 % of the debt is
    /// repaid for 20.4 % of it in collateral.
    #[test]
    fn instant_liquidation_is_that_of_the_documentation() {
        let (offer, amounts) = offer_for(&Klend::DOCUMENTED, (99_999.0, 8_000), 80_000.0);
        assert_eq!(offer.bonus, Ppm(20_000));
        assert_eq!(usd(amounts.repay), 16_000.0);
        assert_eq!(usd(amounts.seize), 16_320.0);
    }

    /// The same page, eventual liquidation: by a ratio of 90 % the penalty has risen to 10 %; 20 % are repaid for 22 %.
    #[test]
    fn delayed_liquidation_is_that_of_the_documentation() {
        let (offer, amounts) = offer_for(&Klend::DOCUMENTED, (100_000.0, 8_000), 90_000.0);
        assert_eq!(offer.bonus, Ppm(100_000));
        assert_eq!(usd(amounts.repay), 18_000.0);
        assert_eq!(usd(amounts.seize), 19_800.0);
    }

    /// Computed from the rules above.
    #[test]
    fn half_a_million_is_the_most_at_once_and_two_dollars_are_closed_whole() {
        let (_, amounts) = offer_for(&Klend::DOCUMENTED, (9_999_999.0, 8_000), 8_000_000.0);
        assert_eq!(usd(amounts.repay), 500_000.0);
        let (_, amounts) = offer_for(&Klend::DOCUMENTED, (2.4, 8_000), 1.95);
        assert_eq!(usd(amounts.repay), 1.95);
    }

    /// Computed from the rules above.
    #[test]
    fn near_insolvency_all_closes_and_the_bonus_never_exceeds_one_less_the_ratio() {
        let (offer, amounts) = offer_for(&Klend::DOCUMENTED, (100_000.0, 8_000), 96_000.0);
        assert_eq!(offer.bonus, Ppm(40_000));
        assert_eq!(usd(amounts.repay), 96_000.0);
        let (offer, _) = offer_for(&Klend::DOCUMENTED, (100_000.0, 8_000), 99_500.0);
        assert_eq!(offer.bonus, Ppm(9_900));
    }

    /// Computed from the rules above.
    #[test]
    fn the_soft_variant_closes_a_tenth_at_a_tenth_of_a_percent() {
        let (offer, amounts) = offer_for(&Klend::SOFT, (99_990.0, 8_000), 80_000.0);
        assert_eq!(offer.bonus, Ppm(1_000));
        assert_eq!(usd(amounts.repay), 8_000.0);
    }

    /// Computed from the rules above.
    #[test]
    fn in_an_elevation_group_the_bonus_is_no_larger_than_the_groups() {
        let pair = ((100_000.0, 9_300), 94_000.0);
        let (offer, amounts) = offer_for(&Klend::DOCUMENTED_IN_GROUPS, pair.0, pair.1);
        assert_eq!(offer.bonus, Ppm(10_000));
        assert_eq!(usd(amounts.repay), 18_800.0);
        let (offer, _) = offer_for(&Klend::SOFT_IN_GROUPS, (100_000.0, 9_300), 93_010.0);
        assert_eq!(offer.bonus, Ppm(1_000));
        let (offer, _) = offer_for(&Klend::SOFT_IN_GROUPS, (100_000.0, 8_000), 94_000.0);
        assert_eq!(offer.bonus, Ppm(10_000));
    }
}
