//! f(x) Protocol 2.0: rebalancing instead of liquidation.
//!
//! - At the rebalance line (88 % of debt to collateral) the stability pool repays just as much debt as brings the position
//!   back to the line, for collateral and a bounty of 2.5 %. At the liquidation line (95 %) all of it closes at a bounty of 4
//!   %.
//! - Here the rebalance line is the book's liquidation threshold, and the liquidation line lies as far above it in proportion
//!   (95 / 88).
//! - The pool sells what it got, as any liquidator.
//! - Positions of the same ratio of debt to collateral share a tick, a power of 1.0015, which is rebalanced as one. The
//!   protocol's keeper leaves a tick alone for a minute after it acted on it; so do the liquidators here. That it also ignores
//!   rounds whose bounties sum up to less than 100 dollars is not modelled.
//!
//! Source: "Risk parameters" (lines and bounties), fxprotocol.gitbook.io/fx-docs/risk-management/risk-parameters, and
//! "Rebalancing the Position (Liquidation Brake)" there. That the liquidation line moves with the book's threshold was not
//! found in public documentation: it is chosen as the proportion of the documented lines. Ticks and the exact amount:
//! github.com/AladdinDAO/fx-protocol-contracts, contracts/core/pool/BasePool.sol (`rebalance`); the keeper:
//! github.com/AladdinDAO/aladdin-dao-sdk, src/bots/fx (`lockTick`, `getBatchRebalance`).

use levee_risk::units::{Atoms, Bps, Ppm};

use super::case::{Case, Offer};
use super::rule::Rule;
use super::ticks::of_position;

const REBALANCE_BOUNTY: Ppm = Ppm(25_000);
const LIQUIDATION_BOUNTY: Ppm = Ppm(40_000);

/// The rule of f(x).
#[derive(Clone, Copy, Debug)]
pub struct Fx;

impl Rule for Fx {
    fn name(&self) -> &'static str {
        "fx"
    }

    fn offer(&self, case: &Case) -> Option<Offer> {
        let (deposit, debt) = case.largest();
        let owed = case.debts[debt].owed;
        let (repay, bonus) = if is_liquidated(case) {
            (owed, LIQUIDATION_BOUNTY)
        } else {
            let closes = case.close_to((deposit, debt), Bps(10_000), REBALANCE_BOUNTY);
            // An atom more than the line itself, or rounding would leave it just beyond.
            (
                Atoms(closes.0.saturating_add(2)).min(owed),
                REBALANCE_BOUNTY,
            )
        };
        Some(Offer {
            deposit,
            debt,
            repay,
            bonus,
            protocol_share: Bps(0),
        })
    }

    fn tick(&self, case: &Case) -> Option<((usize, usize), i32)> {
        let pair = case.largest();
        (!is_liquidated(case)).then(|| (pair, of_position(case, pair)))
    }
}

/// Whether it is beyond the liquidation line.
fn is_liquidated(case: &Case) -> bool {
    case.ltv_ppm_down() >= case.threshold_ppm_down() * 95 / 88
}

#[cfg(test)]
mod tests {
    use super::super::case::tests::{offer_for, usd};
    use super::super::one_borrower::{fall, look, nine_million_against, BORROWER};
    use super::super::rule::{RuleEngine, LOCKED_MS};
    use super::super::Look;
    use super::*;
    use crate::market::World;
    use crate::prices::DOLLAR;

    /// "What price drop would it require for my xPOSITION to be rebalanced/liquidated?", fxprotocol.gitbook.io/fx-docs/faq:
    /// the fall of the price to the rebalance line and to the liquidation line, in percent, for a leverage of 2 to 7.
    #[test]
    fn positions_are_rebalanced_and_liquidated_at_the_prices_of_the_documentations_table() {
        let table = [
            (2.0, 43.18, 47.37),
            (3.0, 24.24, 29.82),
            (4.0, 14.77, 21.05),
            (5.0, 9.09, 15.79),
            (6.0, 5.30, 12.28),
            (7.0, 2.60, 9.77),
        ];
        for (leverage, rebalanced, liquidated) in table {
            let after = |fall: f64| 100_000.0 * leverage * (1.0 - fall / 100.0);
            let debt = 100_000.0 * (leverage - 1.0);
            // The table's last digit either way.
            assert!(debt / after(rebalanced - 0.01) < 0.88, "{leverage}");
            for (fall, bounty) in [
                (rebalanced + 0.01, REBALANCE_BOUNTY),
                (liquidated - 0.01, REBALANCE_BOUNTY),
                (liquidated + 0.01, LIQUIDATION_BOUNTY),
            ] {
                let (offer, _) = offer_for(&Fx, (after(fall), 8_800), debt);
                assert_eq!(offer.bonus, bounty, "{leverage} {fall}");
            }
        }
    }

    /// Computed from the rules above.
    #[test]
    fn a_position_at_the_rebalance_line_is_brought_back_to_it_at_two_and_a_half_percent() {
        let (offer, amounts) = offer_for(&Fx, (100_000.0, 8_800), 90_000.0);
        assert_eq!(offer.bonus, REBALANCE_BOUNTY);
        let ltv = (90_000.0 - usd(amounts.repay)) / (100_000.0 - usd(amounts.seize));
        assert!((ltv - 0.88).abs() < 1e-6, "{ltv}");
    }

    /// Computed from the rules above: what was brought back to the line stands on its tick, and is brought back again by a
    /// fall of less than a tick.
    #[test]
    fn a_tick_is_left_alone_for_a_minute_after_it_was_rebalanced() {
        let mut world = nine_million_against(5_000_000);
        let mut engine = RuleEngine::new(Fx);
        let mut percent = 0.0;
        let mut next = |world: &mut World| loop {
            percent += 0.01;
            fall(world, percent);
            if !world.value_of(BORROWER).unwrap().health.is_healthy() {
                return look(&mut engine, world);
            }
        };
        let mut acted = Vec::new();
        let until = loop {
            match next(&mut world) {
                Look::Acted(_) => acted.push(world.now_ms()),
                Look::Rests(until) => break until,
                other => panic!("{other:?}"),
            }
        };
        assert!(
            acted.iter().any(|at| at + LOCKED_MS == until),
            "{acted:?} {until}"
        );
        world.advance(until - 400, &[6 * DOLLAR, DOLLAR]).unwrap();
        world.advance(until, &[6 * DOLLAR, DOLLAR]).unwrap();
        assert!(matches!(next(&mut world), Look::Acted(_)));
    }

    /// Computed from the rules above.
    #[test]
    fn at_95_percent_all_of_it_closes_at_four_percent() {
        let (offer, amounts) = offer_for(&Fx, (100_000.0, 8_800), 95_000.1);
        assert_eq!(offer.bonus, LIQUIDATION_BOUNTY);
        assert_eq!(usd(amounts.repay), 95_000.1);
    }
}
