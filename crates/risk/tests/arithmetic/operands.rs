//! Random operands of every magnitude with the edges mixed in, and their exact counterparts.

use levee_risk::interest::{CurvePoint, MAX_RATE_BPS, SECONDS_PER_YEAR};
use num_bigint::BigUint;
use proptest::prelude::*;

pub const YEAR: u64 = SECONDS_PER_YEAR as u64;

/// How many random cases each property is tried on.
pub fn cases() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(100_000)
    }
}

/// Any `u64`, all bit lengths equally likely, and every third one an edge.
pub fn any_u64() -> impl Strategy<Value = u64> {
    let edges = vec![
        0,
        1,
        2,
        u32::MAX as u64,
        1 << 32,
        (1 << 32) + 1,
        1 << 63,
        (1 << 63) - 1,
        u64::MAX - 1,
        u64::MAX,
    ];
    prop_oneof![
        2 => (any::<u64>(), 0u32..64).prop_map(|(n, shift)| n >> shift),
        1 => prop::sample::select(edges),
    ]
}

/// Any `u128`, all bit lengths equally likely, and every fourth one made of two edges.
pub fn any_u128() -> impl Strategy<Value = u128> {
    prop_oneof![
        3 => (any::<u128>(), 0u32..128).prop_map(|(n, shift)| n >> shift),
        1 => (any_u64(), any_u64()).prop_map(|(high, low)| join(high, low)),
    ]
}

/// An index from one to 2^32, the range in which an operation stays within an atom.
pub fn any_index() -> impl Strategy<Value = u128> {
    prop_oneof![
        8 => (any::<u128>(), 32u32..63).prop_map(|(n, shift)| (n >> shift).clamp(1 << 64, 1 << 96)),
        1 => Just(1u128 << 64),
        1 => Just(1u128 << 96),
    ]
}

pub fn join(high: u64, low: u64) -> u128 {
    (high as u128) << 64 | low as u128
}

pub fn limbs(n: u128) -> [u64; 2] {
    [n as u64, (n >> 64) as u64]
}

pub fn number(limbs: [u64; 2]) -> u128 {
    join(limbs[1], limbs[0])
}

pub fn big(n: impl Into<BigUint>) -> BigUint {
    n.into()
}

pub fn ceil_div(n: &BigUint, d: &BigUint) -> BigUint {
    (n + d - 1u8) / d
}

/// Points of utilization and annual rate, in basis points.
pub fn curve(points: &[(u32, u32)]) -> Vec<CurvePoint> {
    points
        .iter()
        .map(|&(utilization_bps, rate_bps)| CurvePoint {
            utilization_bps,
            rate_bps,
        })
        .collect()
}

/// A curve that may be configured.
pub fn any_curve() -> impl Strategy<Value = Vec<CurvePoint>> {
    let corner = (1u32..10_000, 0u32..=MAX_RATE_BPS);
    (
        prop::collection::vec(corner, 0..=9),
        0u32..=MAX_RATE_BPS,
        0u32..=MAX_RATE_BPS,
    )
        .prop_map(|(corners, first, last)| {
            let mut utilizations: Vec<u32> =
                corners.iter().map(|c| c.0).chain([0, 10_000]).collect();
            utilizations.sort();
            utilizations.dedup();
            let mut rates: Vec<u32> = corners.iter().map(|c| c.1).chain([first, last]).collect();
            rates.sort();
            utilizations
                .into_iter()
                .zip(rates)
                .map(|(u, r)| CurvePoint {
                    utilization_bps: u,
                    rate_bps: r,
                })
                .collect()
        })
}

/// A rate that a curve can give: up to 1,000 % a year.
pub fn any_rate() -> impl Strategy<Value = u64> {
    let highest = (big(MAX_RATE_BPS) << 64) / (10_000 * YEAR) + 1u8;
    let highest = u64::try_from(highest).unwrap();
    (any_u64(), 0u32..44).prop_map(move |(n, shift)| (n >> 20 >> shift).min(highest))
}
