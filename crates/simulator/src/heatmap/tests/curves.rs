use levee_risk::units::Atoms;
use proptest::prelude::*;

use super::{line, market, obligation, ENGINE, HALF};
use crate::heatmap::case::{turning_price, Axis, Case};
use crate::heatmap::{Curve, Obligations, Range, Rule, STEPS};

const RANGE: Range = Range {
    down: 9_000,
    up: 10_000,
};

fn book_of(
    rule: Rule,
    all: &[(Vec<crate::heatmap::Line>, Vec<crate::heatmap::Line>)],
) -> Obligations {
    let mut book = market(rule);
    for (deposits, borrows) in all {
        book.push(deposits, borrows);
    }
    book
}

#[test]
fn a_long_turns_at_the_price_that_its_threshold_says() {
    // 10 SOL at a threshold of 0.8 against 900 dollars: healthy from 112.50 on.
    let mut book = market(HALF);
    book.push(&[line(0, 8_000, 10.0)], &[line(2, 10_000, 900.0)]);
    let curve = Curve::of(&book, 0, RANGE).expect("the book is sound");
    let turned: Vec<_> = (0..)
        .zip(&curve.long)
        .filter(|(_, step)| step.obligations > 0)
        .collect();
    // 112.49999999 lies just beyond 25 %.
    assert_eq!(turned.len(), 1);
    assert_eq!(turned[0].0, 2_500);
    assert_eq!(turned[0].1.debt, 900 * 10u128.pow(18));
    assert!(curve.short.iter().all(|step| step.obligations == 0));
}

#[test]
fn a_short_turns_where_its_debt_outgrows_its_dollars() {
    // 20,000 dollars at 0.8 against 80 SOL: healthy up to 200 dollars, a third above 150.
    let mut book = market(HALF);
    book.push(&[line(2, 8_000, 20_000.0)], &[line(0, 10_000, 80.0)]);
    let curve = Curve::of(&book, 0, RANGE).expect("the book is sound");
    let step = curve.short.iter().position(|step| step.obligations > 0);
    assert_eq!(step, Some(3_333));
    // The liquidator buys half of the SOL there, and receives none.
    assert_eq!(curve.short[3_333].pressed, 40 * 1_000_000_000);
    assert!(curve.long.iter().all(|step| step.obligations == 0));
}

#[test]
fn what_a_fixed_rule_closes_is_half_and_pays_its_bonus() {
    let mut book = market(HALF);
    book.push(&[line(0, 8_000, 100.0)], &[line(2, 10_000, 9_000.0)]);
    let curve = Curve::of(&book, 0, RANGE).expect("the book is sound");
    let first = &curve.long[2_500];
    assert_eq!(first.repaid, 4_500 * 10u128.pow(18));
    // 4,500 dollars and 5 % at 112.49999999 are 42.0000000 SOL.
    assert_eq!(first.pressed / 1_000_000, 42_000);
}

#[test]
fn an_obligation_without_the_asset_is_not_exposed_and_one_in_a_fixed_ratio_is_safe() {
    let mut book = market(Rule::Levee(ENGINE));
    book.push(&[line(3, 8_000, 1.0)], &[line(2, 10_000, 500.0)]);
    book.push(&[line(1, 9_000, 10.0)], &[line(0, 10_000, 5.0)]);
    let curve = Curve::of(&book, 0, RANGE).expect("the book is sound");
    assert_eq!((curve.unexposed, curve.safe), (1, 1));
}

#[test]
fn what_is_unhealthy_now_is_counted_apart() {
    let mut book = market(HALF);
    book.push(&[line(0, 8_000, 10.0)], &[line(2, 10_000, 1_300.0)]);
    let curve = Curve::of(&book, 0, RANGE).expect("the book is sound");
    assert_eq!(curve.now.obligations, 1);
    assert_eq!(curve.now.debt, 1_300 * 10u128.pow(18));
    assert!(curve.long[0].pressed > 0, "its collateral is sold at once");
}

#[test]
fn what_turns_again_after_a_liquidation_now_is_no_other_obligation() {
    let mut book = market(Rule::Levee(ENGINE));
    book.push(&[line(0, 8_000, 10.0)], &[line(2, 10_000, 1_210.0)]);
    let curve = Curve::of(&book, 0, RANGE).expect("the book is sound");
    assert_eq!(curve.now.obligations, 1);
    assert!(
        curve.long[1..].iter().any(|step| step.repaid > 0),
        "it turns again"
    );
    assert!(curve.long.iter().all(|step| step.obligations == 0));
    assert_eq!(curve.safe, 0);
}

#[test]
fn a_curve_is_the_same_on_one_thread_and_on_three() {
    let mut book = market(Rule::Levee(ENGINE));
    for n in 1..2_000u32 {
        let size = f64::from(n % 97 + 1);
        let usage = 0.05 + 0.9 * f64::from(n % 89) / 89.0;
        book.push(
            &[line(0, 8_000, size)],
            &[line(2, 10_000, size * 120.0 * usage)],
        );
        book.push(
            &[line(2, 8_500, size * 150.0)],
            &[line(0, 10_000, size * 0.85 * usage)],
        );
    }
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.expect("threads start");
        pool.install(|| Curve::of(&book, 0, RANGE).expect("the book is sound"))
    };
    assert_eq!(on(1), on(3));
}

#[test]
fn an_amount_that_leaves_its_type_names_the_obligation() {
    let mut book = market(HALF);
    book.push(&[line(0, 8_000, 1.0)], &[line(2, 10_000, 1.0)]);
    let mut huge = line(3, 9_999, 0.0);
    huge.atoms = Atoms(u64::MAX);
    book.tokens[3].decimals = 0;
    book.push(&[huge, huge], &[line(2, 10_000, 1.0)]);
    let error = Curve::of(&book, 0, RANGE).expect_err("too much to count");
    assert!(
        format!("{error:#}").starts_with("obligation number 2: "),
        "{error:#}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 300 } else { 2_000 }))]

    #[test]
    fn a_turning_price_is_unhealthy_and_its_neighbour_is_not((held, owed) in obligation(), far in 1u64..30_000_000_000) {
        let book = book_of(HALF, &[(held, owed)]);
        let axis = Axis::new(&book, 0).expect("prices fit");
        let mut case = Case::new(&axis);
        case.load(book.spans()[0]);
        let now = axis.priced().price;
        let ends = [(now, case.shortfall(now).unwrap()), (far, case.shortfall(far).unwrap())];
        let (Some(bad), Some(good)) = (ends.iter().find(|end| end.1 > 0), ends.iter().find(|end| end.1 <= 0)) else {
            return Ok(());
        };
        let price = turning_price(&case, *bad, *good).unwrap();
        prop_assert!(!case.value(price).unwrap().health.is_healthy());
        let neighbour = if good.0 > price { price + 1 } else { price - 1 };
        prop_assert!(case.value(neighbour).unwrap().health.is_healthy());
    }

    #[test]
    fn each_obligation_turns_at_the_first_unhealthy_step(all in proptest::collection::vec(obligation(), 1..6)) {
        let book = book_of(HALF, &all);
        let curve = Curve::of(&book, 0, RANGE).expect("the book is sound");
        let axis = Axis::new(&book, 0).expect("prices fit");
        let now = axis.priced().price;
        let (mut long, mut short) = (vec![0u64; curve.long.len()], vec![0u64; curve.short.len()]);
        for span in book.spans() {
            let mut case = Case::new(&axis);
            case.load(*span);
            let unhealthy = |price: u64| !case.value(price).unwrap().health.is_healthy();
            if unhealthy(now) {
                continue;
            }
            // A step is the prices from its own, included, to the next, excluded.
            let at = |step: u32| now * u64::from(step) / u64::from(STEPS);
            let falls = (0..RANGE.down).find(|step| unhealthy(now - at(step + 1) + 1));
            let rises = (0..RANGE.up).find(|step| unhealthy(now + at(step + 1) - 1));
            if let Some(step) = falls {
                long[step as usize] += 1;
            } else if let Some(step) = rises {
                short[step as usize] += 1;
            }
        }
        // The very end of a range is a step of its own, which the scan leaves out.
        for (steps, expected) in [(&curve.long, &long), (&curve.short, &short)] {
            let differs = (0..steps.len() - 1).find(|step| steps[*step].obligations != expected[*step]);
            prop_assert_eq!(differs, None);
        }
    }

    #[test]
    fn no_more_is_repaid_and_lost_than_is_owed(all in proptest::collection::vec(obligation(), 1..6), is_levee: bool) {
        let rule = if is_levee { Rule::Levee(ENGINE) } else { HALF };
        let book = book_of(rule, &all);
        let curve = Curve::of(&book, 0, RANGE).expect("the book is sound");
        let closed: u128 = curve.long.iter().map(|step| step.repaid + step.bad_debt).sum();
        // A dollar of debt stays one only where the debt does not follow the asset.
        let is_stable = all.iter().all(|(_, owed)| owed.iter().all(|line| line.token >= 2));
        prop_assert!(!is_stable || closed <= curve.total_debt);
    }
}
