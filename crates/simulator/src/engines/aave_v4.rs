//! Aave v4.
//!
//! - Liquidatable when the health factor `h` is below one, and then as far as a target health factor `T`:
//!   `x = D·(T − h) / (T − l·(1 + b))`.
//! - A bonus that grows linearly as the health factor falls from one to the one of the largest bonus, from a part of the
//!   largest bonus to all of it.
//! - All of the debt may be repaid where less than $1,000 of it would remain, and as much as takes all of the collateral
//!   where less than $1,000 of that would; one of the two may be dust where the other is gone.
//! - A part of the bonus is the protocol's fee. Debt that is left without collateral becomes a deficit.
//!
//! Sources. Rules, formulas and the $1,000: "Liquidation Engine", github.com/aave/aave-v4,
//! docs/features/LiquidationEngine.md, and aave.com/docs/aave-v4/positions/liquidations. Parameters, which are a spoke's own:
//! those of the Main Spoke on Arc, `T` = 1.24, the largest bonus at 0.90, nine tenths of it at one, and for WETH, at a
//! collateral factor of 83 %, a largest bonus of 5.55 % and a fee of 10 %: LlamaRisk's third post of
//! governance.aave.com/t/arfc-deploy-aave-v4-on-arc/25170. The Main Spoke on Avalanche has the same three.

use levee_risk::units::{Bps, Ppm, Usd};
use levee_risk::wide::{mul_div_128_down, mul_div_128_up};

use super::case::{Case, Offer};
use super::rule::Rule;

const PPM: u64 = 1_000_000;
const DUST: Usd = Usd::from_whole(1_000);

/// Aave v4's rule.
#[derive(Clone, Copy, Debug)]
pub struct AaveV4 {
    /// `T`.
    target: Bps,
    largest_bonus_ppm: u64,
    /// The part of it that is paid at a health factor of one.
    first_part_ppm: u64,
    /// The health factor from which on it is paid.
    largest_bonus_health_ppm: u64,
    /// The protocol's part of the bonus.
    fee: Bps,
}

impl AaveV4 {
    /// The Main Spoke with ether as collateral.
    pub const MAIN: Self = Self {
        target: Bps(12_400),
        largest_bonus_ppm: 55_500,
        first_part_ppm: 900_000,
        largest_bonus_health_ppm: 900_000,
        fee: Bps(1_000),
    };

    fn bonus_at(&self, health_ppm: u64) -> Ppm {
        let first = self.largest_bonus_ppm * self.first_part_ppm / PPM;
        let deficit = PPM.saturating_sub(health_ppm);
        let width = PPM - self.largest_bonus_health_ppm;
        let grown = (self.largest_bonus_ppm - first) * deficit.min(width) / width;
        Ppm((first + grown) as u32)
    }

    /// The offer for one deposit and one debt.
    fn offer_on(&self, case: &Case, (deposit, debt): (usize, usize)) -> Option<Offer> {
        let (held, side) = (&case.deposits[deposit], &case.debts[debt]);
        let bonus = self.bonus_at(case.health_ppm_down());
        let gross = PPM + u64::from(bonus.0);
        let mut repay = case.close_to((deposit, debt), self.target, bonus);
        let value = side.price.value_up(side.owed).ok()?;
        let repaid = side.price.value_down(repay).ok()?;
        let collateral = held.price.value_down(held.deposited).ok()?;
        let seized = Usd::from_wad(mul_div_128_down(repaid.wad(), gross, PPM).ok()?);
        let left = collateral.checked_sub(seized).unwrap_or(Usd::ZERO);
        if value.checked_sub(repaid).ok()? < DUST {
            repay = side.owed;
        } else if left < DUST {
            let all = mul_div_128_up(collateral.wad(), PPM, gross).ok()?;
            repay = side.price.atoms_up(Usd::from_wad(all)).ok()?.min(side.owed);
        }
        Some(Offer {
            deposit,
            debt,
            repay,
            bonus,
            protocol_share: self.fee,
        })
    }
}

impl Rule for AaveV4 {
    fn name(&self) -> &'static str {
        "aave-v4"
    }

    fn offer(&self, case: &Case) -> Option<Offer> {
        self.offer_on(case, case.largest())
    }
}

#[cfg(test)]
mod tests {
    use super::super::case::tests::{offer_for, usd, with_case};
    use super::*;

    /// A spoke with a bonus that does not change.
    fn fixed(target_bps: u32, bonus_ppm: u64) -> AaveV4 {
        AaveV4 {
            target: Bps(target_bps),
            largest_bonus_ppm: bonus_ppm,
            first_part_ppm: PPM,
            ..AaveV4::MAIN
        }
    }

    /// "Liquidation Engine", "Dutch-Auction Style Liquidation Bonus", examples 1 and 2: a largest bonus of 5 % from 0.85 on,
    /// four fifths of it at one. At 0.95 it is 4.33 %, at 0.80 it is 5 %. "Protocol fee": a fee of 10 % leaves the liquidator
    /// 4.5 of these 5 %.
    #[test]
    fn the_bonus_is_that_of_the_documentations_examples() {
        let spoke = AaveV4 {
            largest_bonus_ppm: 50_000,
            first_part_ppm: 800_000,
            largest_bonus_health_ppm: 850_000,
            ..AaveV4::MAIN
        };
        assert_eq!(spoke.bonus_at(950_000), Ppm(43_333));
        assert_eq!(spoke.bonus_at(800_000), Ppm(50_000));
        let (_, amounts) = offer_for(&spoke, (100_000.0, 8_000), 100_000.0 / 1.05);
        let net = usd(amounts.seize) - usd(amounts.protocol);
        assert!(
            (net / usd(amounts.repay) - 1.045).abs() < 1e-6,
            "{amounts:?}"
        );
    }

    /// "Dutch‑Auction Style Liquidation Bonus", docs/overview.md: a part of 50 % of a largest bonus of 3 % is a least bonus
    /// of 1.5 %.
    #[test]
    fn the_least_bonus_is_that_of_the_overviews_example() {
        let spoke = AaveV4 {
            largest_bonus_ppm: 30_000,
            first_part_ppm: 500_000,
            ..AaveV4::MAIN
        };
        assert_eq!(spoke.bonus_at(1_000_000), Ppm(15_000));
    }

    /// LiquidationLogic.DebtToTargetHealthFactor.t.sol of the public test-suite, unit price: a debt of $10,000 at a health
    /// factor of 0.8, a target of 1.25, a bonus of 50 % and a collateral factor of 50 %: 10,000·(1.25 − 0.8)/(1.25 − 0.75) =
    /// 9,000. The second figure is that of its NoPrecisionLoss: to a target of 1, 4 tokens of $2,000.
    #[test]
    fn the_debt_to_the_target_is_that_of_the_projects_own_tests() {
        let held = (16_000.0, 5_000);
        for (target_bps, repaid) in [(12_500, 9_000.0), (10_000, 8_000.0)] {
            let (_, amounts) = offer_for(&fixed(target_bps, 500_000), held, 10_000.0);
            assert!((usd(amounts.repay) - repaid).abs() < 1e-3, "{amounts:?}");
        }
    }

    /// LiquidationLogic.LiquidationAmounts.t.sol of the public test-suite: a debt of $10,000 at a health factor of 0.8, a
    /// target of 1, a bonus of 20 %, a collateral factor of 50 %, a fee of 10 %: 2.5 tokens of $2,000 are repaid, $6,000
    /// seized, of which $5,900 are the liquidator's. Where the collateral is but $3,000: 1.25 tokens, $3,000, $2,950.
    #[test]
    fn the_amounts_are_those_of_the_projects_own_tests() {
        let spoke = fixed(10_000, 200_000);
        for (held, repaid, seized, received) in [
            (11_000.0, 5_000.0, 6_000.0, 5_900.0),
            (3_000.0, 2_500.0, 3_000.0, 2_950.0),
        ] {
            // The rest of the collateral makes the health factor 0.8.
            let deposits = [(held, 5_000), (16_000.0 - held, 5_000)];
            let amounts = with_case(&deposits, &[10_000.0], |case| {
                let offer = spoke.offer_on(case, (0, 0)).unwrap();
                offer.amounts(case, offer.repay).unwrap()
            });
            assert!((usd(amounts.repay) - repaid).abs() < 1e-3, "{amounts:?}");
            assert!((usd(amounts.seize) - seized).abs() < 1e-3, "{amounts:?}");
            let net = usd(amounts.seize) - usd(amounts.protocol);
            assert!((net - received).abs() < 1e-3, "{amounts:?}");
        }
    }

    /// Computed from the formula.
    #[test]
    fn what_is_repaid_lands_on_the_target() {
        let (offer, amounts) = offer_for(&AaveV4::MAIN, (120_000.0, 8_000), 100_000.0);
        // h = 0.96: a bonus of 4.995 % + 0.4 · 0.555 %.
        assert_eq!(offer.bonus, Ppm(52_170));
        let health = 0.8 * (120_000.0 - usd(amounts.seize)) / (100_000.0 - usd(amounts.repay));
        assert!((health - 1.24).abs() < 1e-6, "{health}");
    }

    /// Computed from the rules above.
    #[test]
    fn less_than_a_thousand_dollars_remain_of_one_side_only_where_the_other_is_gone() {
        let (_, amounts) = offer_for(&AaveV4::MAIN, (1_500.0, 8_000), 1_210.0);
        assert_eq!(usd(amounts.repay), 1_210.0);
        // To the target 19,713 of 20,000 would be seized: all are.
        let deposits = [(20_000.0, 8_000), (30_000.0, 8_000)];
        let spoke = fixed(10_500, 50_000);
        let (offer, amounts) = with_case(&deposits, &[41_850.0], |case| {
            let offer = spoke.offer_on(case, (0, 0)).unwrap();
            (offer, offer.amounts(case, offer.repay).unwrap())
        });
        assert!(amounts.takes_all, "{offer:?}");
        assert!((usd(amounts.repay) - 20_000.0 / 1.05).abs() < 1e-3);
    }
}
