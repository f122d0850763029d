//! Rates against fractions.

use levee_risk::rate::{Rate, RateCap, RATE_BITS};
use levee_risk::units::{Bps, MathError};
use num_bigint::BigInt;
use proptest::prelude::*;

use crate::dice::cases;
use crate::exact::{big, ten_to, Ratio};

const YEAR_SECONDS: u64 = 31_536_000;

fn any_u64() -> impl Strategy<Value = u64> {
    (any::<u64>(), 0u32..64).prop_map(|(n, shift)| n >> shift)
}

fn fits(exact: BigInt) -> Result<u64, MathError> {
    u64::try_from(exact).map_err(|_| MathError::Overflow)
}

fn cap(observed: u64, observed_ts: i64, growth: u32) -> RateCap {
    RateCap {
        observed: Rate(observed),
        observed_ts,
        growth_per_year: Bps(growth),
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn a_rate_is_the_quotient_rounded_down(base in any_u64(), tokens in any_u64()) {
        let exact = if tokens == 0 {
            Err(MathError::DivisionByZero)
        } else {
            fits((big(base) << RATE_BITS) / tokens)
        };
        prop_assert_eq!(Rate::of_down(base, tokens).map(|rate| rate.0), exact);
    }

    #[test]
    fn a_decimal_rate_is_its_mantissa_by_a_power_of_ten_rounded_down(mantissa in any_u64(), exponent in -25i32..=5) {
        let exact = if (-18..=0).contains(&exponent) {
            fits((big(mantissa) << RATE_BITS) / ten_to(exponent.unsigned_abs()))
        } else {
            Err(MathError::Overflow)
        };
        prop_assert_eq!(Rate::of_decimal_down(mantissa, exponent).map(|rate| rate.0), exact);
    }

    #[test]
    fn a_price_times_a_rate_is_the_product_rounded_as_named(price in any_u64(), rate in any_u64(), one: bool) {
        let rate = if one { Rate::ONE } else { Rate(rate) };
        let exact = Ratio::new(big(price) * rate.0, big(1) << RATE_BITS);
        prop_assert_eq!(rate.apply_down(price), fits(exact.floor()));
        prop_assert_eq!(rate.apply_up(price), fits(exact.ceil()));
    }

    #[test]
    fn a_cap_is_simple_growth_from_its_observation_rounded_down(
        observed in 1u64..1 << 48, observed_ts in 0i64..4_000_000_000, growth in 0u32..=10_000,
        seconds in 0i64..1_000_000_000,
    ) {
        let exact = Ratio::new(
            big(observed) * (big(growth) * seconds + big(YEAR_SECONDS) * 10_000),
            big(YEAR_SECONDS) * 10_000,
        );
        prop_assert_eq!(Ok(cap(observed, observed_ts, growth).at_down(observed_ts + seconds).0), fits(exact.floor()));
    }

    #[test]
    fn a_cap_never_falls_with_time_growth_or_observation_nor_below_what_was_observed(
        observed in any::<[u64; 2]>(), observed_ts in any::<i64>(), growth in any::<[u32; 2]>(), times in any::<[i64; 2]>(),
    ) {
        let (mut observed, mut growth, mut times) = (observed, growth, times);
        observed.sort_unstable();
        growth.sort_unstable();
        times.sort_unstable();
        let low = cap(observed[0], observed_ts, growth[0]).at_down(times[0]);
        let high = cap(observed[1], observed_ts, growth[1]).at_down(times[1]);
        prop_assert!(low <= high);
        prop_assert!(low >= Rate(observed[0]));
    }

    /// Aave's cap of 10 March 2026 lay below the rate that everybody saw, because rate and time were updated apart.
    #[test]
    fn an_observation_is_never_above_its_own_cap(observed in any::<u64>(), ts in any::<i64>(), growth in any::<u32>()) {
        prop_assert_eq!(cap(observed, ts, growth).at_down(ts), Rate(observed));
    }
}
