//! Published vectors of other protocols, where they are at hand.

use levee_risk::fixed::{BorrowIndex, ScaledDebt};
use levee_risk::interest::{
    borrow_rate_up, compound_growth_up, utilization_down, validate_curve, CurvePoint, Rate,
    SECONDS_PER_YEAR,
};
use levee_risk::units::Atoms;
use num_bigint::BigUint;
use num_rational::Ratio;
use serde_json::Value;

use crate::data::read_json;
use crate::operands::{big, ceil_div, limbs};

fn integer(case: &Value, field: &str) -> BigUint {
    case[field].as_str().unwrap().parse().unwrap()
}

fn ray() -> BigUint {
    big(10u8).pow(27)
}

/// The difference of two numbers, whichever is larger.
fn distance(a: &BigUint, b: &BigUint) -> BigUint {
    if a > b {
        a - b
    } else {
        b - a
    }
}

#[test]
fn compounding_agrees_with_aave_to_one_unit_of_the_rate_per_second() {
    let Some(file) = read_json("vectors/aave_pool_math.json") else {
        return;
    };
    let mut compared = 0;
    for case in file["cases"].as_array().unwrap() {
        let function = case["fn"].as_str().unwrap();
        if function == "health_factor" {
            continue;
        }
        let seconds = u64::try_from(integer(case, "now") - integer(case, "last_update")).unwrap();
        let annual = integer(case, "rate");
        let rate = ceil_div(&(&annual << 64), &(ray() * SECONDS_PER_YEAR));
        let growth =
            compound_growth_up(Rate::from_bits(u64::try_from(rate).unwrap()), seconds).bits();
        let factor = (big(1u8) << 64) + growth;

        // The rate per second has 64 fractional bits, so the growth is good to `seconds` units of 2^-64. Aave's linear
        // interest leaves out the compounding, at most x^2 for x = rate * time <= 1.
        let x = Ratio::new(&annual * seconds, ray() * SECONDS_PER_YEAR);
        let mut tolerance = Ratio::new(big(seconds) + 4u8, big(1u8) << 64);
        if ["linear_balance", "linear_interest_ray", "normalized_income"].contains(&function) {
            tolerance += &x * &x;
        }
        let index = case["index"]
            .as_str()
            .map_or(ray(), |text| text.parse().unwrap());
        let index_now = ((index << 64) / ray() * &factor) >> 64u8;
        let expected = integer(case, "expected");
        match function {
            "compounded_interest_ray" | "linear_interest_ray" | "normalized_income" => {
                let ours = (index_now * ray()) >> 64u8;
                let limit = (tolerance * &expected).ceil().to_integer() + 2u8;
                assert!(distance(&ours, &expected) <= limit, "{case}: {ours}");
            }
            "linear_balance" | "compounded_balance" => {
                let amount = integer(
                    case,
                    if function == "linear_balance" {
                        "balance"
                    } else {
                        "principal"
                    },
                );
                let scaled = u128::try_from(&amount << 32).unwrap();
                let index = BorrowIndex::from_limbs(limbs(u128::try_from(index_now).unwrap()));
                let ours = ScaledDebt::from_limbs(limbs(scaled))
                    .atoms_down(index)
                    .unwrap();
                // Aave rounds to the nearest atom, here the balance is rounded down.
                let limit = (tolerance * &expected).floor().to_integer() + 1u8;
                assert!(
                    distance(&big(ours.0), &expected) <= limit,
                    "{case}: {ours:?}"
                );
            }
            other => panic!("unknown function {other}"),
        }
        compared += 1;
    }
    assert_eq!(compared, 7);
}

#[test]
fn the_curve_with_a_kink_agrees_with_compound_v2_to_the_last_bit_of_utilization() {
    let Some(file) = read_json("vectors/compound_v2_rate_inputs_and_seize.json") else {
        return;
    };
    for model in file["rate_models"].as_array().unwrap() {
        let bps = |field: &str| (model[field].as_f64().unwrap() * 10_000.0).round() as u32;
        let (base, slope) = (bps("base"), bps("slope"));
        let at_kink = base + slope * 9 / 10;
        let points = [(0, base), (9_000, at_kink), (10_000, at_kink + 5_000)].map(
            |(utilization_bps, rate_bps)| CurvePoint {
                utilization_bps,
                rate_bps,
            },
        );
        assert_eq!(validate_curve(&points), Ok(()));

        for input in file["rate_inputs_cash_borrows"].as_array().unwrap() {
            let [cash, borrows] = [0, 1].map(|i| input[i].as_f64().unwrap());
            // Amounts beyond 64 bits in units of a thousand: only their ratio matters.
            let unit = if cash.max(borrows) > u64::MAX as f64 {
                1e3
            } else {
                1.0
            };
            let [cash, borrows] = [cash, borrows].map(|n| (n / unit) as u64);
            let rate = borrow_rate_up(&points, utilization_down(Atoms(borrows), Atoms(cash)));

            let u = if borrows == 0 {
                big(0u8).into()
            } else {
                Ratio::new(big(borrows), big(borrows) + cash)
            };
            let kink = Ratio::new(big(9u8), big(10u8));
            let annual = if u <= kink {
                u * big(slope) + big(base)
            } else {
                (u - kink) * big(50_000u32) + big(at_kink)
            };
            let exact = annual * Ratio::new(big(1u8) << 64, big(10_000u32) * SECONDS_PER_YEAR);
            let ours = big(rate.bits());
            // Rounded up by at most two units, from a utilization that is at most 2^-64 too low.
            assert!(ours <= exact.ceil().to_integer() + 1u8, "{model} {input}");
            assert!(ours + 1u8 >= exact.floor().to_integer(), "{model} {input}");
        }
    }
}
