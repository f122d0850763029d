//! A lowered threshold on its way down.

use levee_risk::ramp::Ramp;
use levee_risk::units::Bps;
use proptest::prelude::*;

use crate::dice::cases;
use crate::exact::big;

fn ramps() -> impl Strategy<Value = Ramp> {
    (
        0u32..=10_000,
        0u32..=10_000,
        -1_000_000_000i64..4_000_000_000,
        1i64..90 * 86_400,
    )
        .prop_map(|(a, b, start_ts, seconds)| Ramp {
            from: Bps(a.max(b)),
            to: Bps(a.min(b)),
            start_ts,
            end_ts: start_ts + seconds,
        })
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn a_ramp_is_exact_at_both_ends_and_linear_rounded_down_in_between(ramp in ramps(), part in 0u64..=1 << 32) {
        prop_assert_eq!(ramp.at_down(ramp.start_ts), ramp.from);
        prop_assert_eq!(ramp.at_down(ramp.end_ts), ramp.to);
        let length = ramp.end_ts - ramp.start_ts;
        let passed = ((i128::from(length) * i128::from(part)) >> 32) as i64;
        let threshold = ramp.at_down(ramp.start_ts + passed);
        let linear = big(ramp.to.0) * passed + big(ramp.from.0) * (length - passed);
        prop_assert!(big(threshold.0) * length <= linear);
        prop_assert!(big(threshold.0 + 1) * length > linear);
    }

    #[test]
    fn a_ramp_never_rises_and_stays_between_its_ends(ramp in ramps(), times in any::<[u64; 2]>()) {
        let length = (ramp.end_ts - ramp.start_ts).unsigned_abs();
        // From one length before the start to one beyond the end.
        let mut times = times.map(|time| ramp.start_ts - length as i64 + (time % (3 * length)) as i64);
        times.sort_unstable();
        let [earlier, later] = times.map(|time| ramp.at_down(time));
        prop_assert!(earlier >= later);
        prop_assert!(earlier <= ramp.from && later >= ramp.to);
        if times[1] >= ramp.end_ts {
            prop_assert_eq!(later, ramp.to);
        }
        if times[0] <= ramp.start_ts {
            prop_assert_eq!(earlier, ramp.from);
        }
    }

    #[test]
    fn no_numbers_make_a_ramp_panic_or_leave_its_ends(from in any::<u32>(), to in any::<u32>(), times in any::<[i64; 3]>()) {
        let [start_ts, end_ts, now_ts] = times;
        let threshold = Ramp { from: Bps(from), to: Bps(to), start_ts, end_ts }.at_down(now_ts);
        prop_assert!(threshold >= Bps(to) && threshold <= Bps(from.max(to)));
    }
}
