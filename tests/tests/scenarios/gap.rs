//! A gap of −26 % in one update.

use levee::error::LeveeError;
use levee::events::Liquidated;
use levee_tests::view;

use crate::formulas::target;
use crate::replay::{Replay, SOL_PRICE};

const AFTER: f64 = 74.0;
/// The longest that a mild case waits.
const WAIT: u64 = 25;
/// The loan-to-value below which the largest bonus, 5 %, leaves nothing unpaid.
const SAFE_LTV: f64 = 1.0 / 1.05;
/// The loan-to-value from which a position is closed as a whole: collateral no longer pays the debt and 10 bps.
const INSOLVENT_LTV: f64 = 1.0 / 1.001;

/// Debts of 50 to 75 % of the price before the gap, so up to 101 % of that after it.
fn ltvs() -> Vec<f64> {
    let spread = (0..26).map(|n| 0.50 + 0.01 * f64::from(n));
    spread.chain([0.7049, 0.735, 0.7385, 0.7395]).collect()
}

/// The gap, then a liquidator until nobody is left to liquidate: what happened to each.
fn gap(replay: &mut Replay) -> Vec<Vec<Liquidated>> {
    replay.settle_at(SOL_PRICE);
    replay.tick(1);
    replay.print(AFTER);
    let mut events: Vec<Vec<Liquidated>> = replay.all().iter().map(|_| Vec::new()).collect();
    for slot in 0..=WAIT {
        for n in replay.all() {
            if replay.owed(n) == 0 {
                continue;
            }
            match replay.try_liquidate(n) {
                Ok(done) => events[n].push(done),
                // The price is further from its average than its limit: what is mild ages first.
                Err(LeveeError::MildPriceDoubtful) => replay.mark(&[n]),
                Err(error) => assert_eq!(error, LeveeError::ObligationHealthy),
            }
        }
        let severe = events.iter().flatten().all(|done| done.tier == 2);
        assert!(severe || slot == WAIT);
        replay.check_books();
        replay.tick(1);
    }
    for n in replay.all() {
        assert!(
            replay.owed(n) == 0 || replay.health(n) > 1.0,
            "borrower {n}"
        );
    }
    events
}

#[test]
fn no_bad_debt_where_collateral_pays_debt_and_bonus_and_it_is_settled_at_once_elsewhere() {
    let ltvs = ltvs();
    let mut replay = Replay::sol_without_interest(&ltvs);
    let config = replay.config(&replay.collateral);
    let lent = replay.lent();
    let events = gap(&mut replay);
    let (mut bad, mut insured) = (0, 0);
    let (mut safe, mut thin, mut lost) = (0, 0, 0);
    for (n, events) in events.iter().enumerate() {
        let ltv = ltvs[n] * SOL_PRICE / AFTER;
        if ltv <= f64::from(config.threshold_bps) / 1e4 {
            assert!(events.is_empty(), "borrower {n} is healthy");
            continue;
        }
        let [done] = &events[..] else {
            panic!("borrower {n}: one call each, not {}", events.len());
        };
        let paid = f64::from(done.bonus_ppm) / 1e6;
        let debts = replay.owed(n);
        if ltv < INSOLVENT_LTV {
            assert!(
                ltv < 1.0 / (1.0 + paid),
                "{ltv}: a bonus of {paid} is too much"
            );
            assert_eq!(done.bad_debt_atoms, 0, "{ltv}");
            if debts > 0 {
                let after = done.health_after_ppm as f64 / 1e6;
                let due = target(&config, 0.25, done.bonus_ppm);
                assert!((after - due).abs() < 3e-6, "{ltv}: {after} for {due}");
            }
            safe += usize::from(ltv < SAFE_LTV);
            thin += usize::from(ltv >= SAFE_LTV);
        } else {
            assert_eq!(done.bonus_ppm, config.auction.insolvent_ppm, "{ltv}");
            let obligation = replay.world.obligation(&replay.borrowers[n]);
            assert_eq!(obligation.position_count(), 0, "{ltv}");
            // All collateral at a bonus of 2 %, and the rest of the debt is lost.
            let owed = ltvs[n] * 100.0 * SOL_PRICE;
            let shortfall = owed - 100.0 * AFTER / 1.02;
            let loss = done.bad_debt_atoms as f64 / 1e6;
            assert!(
                (loss - shortfall).abs() < 1e-3,
                "{ltv}: {loss} of {shortfall}"
            );
            assert!(done.insured_atoms <= done.bad_debt_atoms);
            bad += done.bad_debt_atoms;
            insured += done.insured_atoms;
            lost += 1;
        }
    }
    assert!(
        safe >= 10 && thin >= 4 && lost >= 3,
        "{safe}, {thin}, {lost}"
    );
    assert!(insured > 0 && insured < bad, "{insured} of {bad}");
    // The insurance paid what it had, and the lender the rest. A claim is rounded down to the atom.
    let fell = lent - replay.lent();
    let shortfall = bad - insured;
    assert!(fell.abs_diff(shortfall) <= 1, "{fell} of {shortfall}");
}

#[test]
fn a_gap_that_leaves_everybody_solvent_costs_the_lender_nothing() {
    let solvent: Vec<_> = ltvs().into_iter().filter(|ltv| *ltv < 0.739).collect();
    let mut replay = Replay::sol_without_interest(&solvent);
    let lent = replay.lent();
    let events = gap(&mut replay);
    assert!(events.iter().flatten().all(|done| done.bad_debt_atoms == 0));
    assert!(events.iter().flatten().count() > 10);
    assert!(replay.lent() >= lent);
    assert!(view::insurance(&replay.world, &replay.debt) > 0);
}
