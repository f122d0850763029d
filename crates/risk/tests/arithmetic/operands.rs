//! Random operands of every magnitude with the edges mixed in, and their exact counterparts.

use num_bigint::BigUint;
use proptest::prelude::*;

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
