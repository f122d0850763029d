use proptest::prelude::*;

use crate::heatmap::{Cascade, Side, Tally};
use crate::impact::ImpactLaw;

/// Sales in whole units at some steps.
fn steps(count: usize, sales: &[(usize, u64)]) -> Vec<Tally> {
    let mut steps = vec![Tally::default(); count + 1];
    for (at, units) in sales {
        steps[*at].pressed += u128::from(*units) * 1_000_000_000;
        steps[*at].repaid += u128::from(*units) * 10u128.pow(18);
    }
    steps
}

/// A daily volume in whole units, and a volatility of a tenth.
fn law(daily_volume: f64) -> ImpactLaw {
    ImpactLaw::from_decimals(daily_volume * 1e9, 0.1, 1.0).expect("positive numbers")
}

fn cascade<'a>(side: Side, steps: &[Tally], law: &'a ImpactLaw, part: f64) -> Cascade<'a> {
    Cascade::new(side, steps, law, part).expect("the sums fit")
}

#[test]
fn a_shock_without_sales_stays_as_it_is() {
    let (steps, law) = (steps(9_000, &[(2_000, 100)]), law(10_000.0));
    let stop = cascade(Side::Long, &steps, &law, 0.95).stop(500);
    assert_eq!((stop.step, stop.rounds, stop.volume), (500, 0, 0.0));
}

#[test]
fn sales_move_the_price_by_the_square_root_of_their_part_of_the_volume() {
    // A hundredth of the volume at a volatility of 10 %: 1 % of impact on 95 % of the price.
    let (steps, law) = (steps(9_000, &[(400, 100)]), law(10_000.0));
    let long = cascade(Side::Long, &steps, &law, 0.95).stop(500);
    assert_eq!(
        (long.step, long.rounds, long.repaid),
        (595, 1, 100 * 10u128.pow(18))
    );
    assert!((long.amplification() - 1.19).abs() < 1e-12);
    let short = cascade(Side::Short, &steps, &law, 0.95).stop(500);
    assert_eq!(short.step, 605, "1.05 × 1.01 is 6.05 % above");
}

#[test]
fn a_cascade_reaches_what_its_own_sales_bring_within_reach() {
    let (steps, law) = (
        steps(9_000, &[(400, 100), (590, 300), (700, 1)]),
        law(10_000.0),
    );
    let cascade = cascade(Side::Long, &steps, &law, 1.0);
    // 4 % of the volume: 2 % of impact, 0.95 × 0.98 = 0.931; then 401 of 10,000.
    let stop = cascade.stop(500);
    assert_eq!((stop.step, stop.rounds), (690, 2));
    assert!(!stop.is_exhausted);
    assert!(cascade.stop(511).is_exhausted);
    let runaway = cascade.runaway().expect("something is sold");
    assert_eq!(runaway.shock, 511, "0.9489 × 0.98 is just beyond 7 %");
}

#[test]
fn nothing_runs_away_where_nothing_is_sold() {
    let (steps, law) = (steps(100, &[]), law(10_000.0));
    let cascade = cascade(Side::Long, &steps, &law, 0.95);
    assert!(cascade.is_empty() && cascade.runaway().is_none() && cascade.exhausted_at().is_none());
}

#[test]
fn an_impact_beyond_the_whole_price_ends_at_the_range() {
    let (steps, law) = (steps(9_000, &[(0, 1_000_000)]), law(1.0));
    let stop = cascade(Side::Long, &steps, &law, 0.95).stop(100);
    assert_eq!(stop.step, 9_000);
}

fn sales() -> impl Strategy<Value = Vec<(usize, u64)>> {
    proptest::collection::vec((0usize..2_000, 1u64..2_000), 1..40)
}

proptest! {
    #[test]
    fn a_cascade_stops_at_its_first_fixed_point(sales in sales(), shock in 0u32..1_500, is_long: bool) {
        let (steps, law) = (steps(2_000, &sales), law(50_000.0));
        let side = if is_long { Side::Long } else { Side::Short };
        let stop = cascade(side, &steps, &law, 0.95).stop(shock);
        let target = |step: u32| {
            let sold: u64 = sales.iter().filter(|(at, _)| *at <= step as usize).map(|(_, units)| units).sum();
            let (start, impact) = (f64::from(shock) / 1e4, 0.1 * (sold as f64 / 50_000.0).sqrt());
            match side {
                Side::Long => 1.0 - (1.0 - start) * (1.0 - impact),
                Side::Short => (1.0 + start) * (1.0 + impact) - 1.0,
            }
        };
        // Moved on from everywhere before, and not from there; steps are whole, hence one of tolerance, and impacts are
        // billionths.
        for step in shock..stop.step {
            prop_assert!(target(step) * 1e4 + 2e-5 >= f64::from(step + 1));
        }
        prop_assert!(stop.step == 2_000 || target(stop.step) * 1e4 < f64::from(stop.step) + 1.0 + 2e-5);
    }

    #[test]
    fn a_larger_shock_stops_no_earlier_and_the_runaway_shock_is_the_smallest(sales in sales()) {
        let (steps, law) = (steps(2_000, &sales), law(50_000.0));
        let cascade = cascade(Side::Long, &steps, &law, 0.95);
        let stops: Vec<_> = (0..=2_000).map(|shock| cascade.stop(shock)).collect();
        prop_assert!(stops.windows(2).all(|pair| pair[0].step <= pair[1].step));
        let first = stops.iter().find(|stop| stop.is_exhausted).expect("the end of the range exhausts");
        prop_assert_eq!(cascade.runaway(), Some(*first));
    }
}
