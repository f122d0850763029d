//! Square roots of whole numbers.

const TWO_TO_64: f64 = 18_446_744_073_709_551_616.0;

/// `√n`, rounded down: a float's root and one step of Newton's from there, where a division of long numbers is the dearest
/// part of the library's.
pub(crate) fn isqrt(n: u128) -> u128 {
    let near = as_f64(n).sqrt();
    let mut root = u128::from(near as u64);
    // A float's root is off by no more than one part in 2⁵¹, so the rest is short and its sign survives wrapping.
    let rest = n.wrapping_sub(root.wrapping_mul(root)) as i128;
    let rest = (rest >> 64) as i64 as f64 * TWO_TO_64 + rest as u64 as f64;
    root = root.wrapping_add_signed(i128::from((rest / (2.0 * near).max(1.0)) as i64));
    while root.checked_mul(root).is_none_or(|square| square > n) {
        root -= 1;
    }
    while (root + 1)
        .checked_mul(root + 1)
        .is_some_and(|square| square <= n)
    {
        root += 1;
    }
    root
}

/// A float that is nearest or next to that; the library's conversion is slower.
#[inline(always)]
pub(crate) fn as_f64(n: u128) -> f64 {
    (n >> 64) as u64 as f64 * TWO_TO_64 + n as u64 as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn roots_around_all_powers_of_two_are_those_of_the_library() {
        for bits in 0..128 {
            for off in -3i128..=3 {
                let n = (1u128 << bits).wrapping_add_signed(off);
                assert_eq!(isqrt(n), n.isqrt(), "{n}");
            }
        }
        assert_eq!(isqrt(u128::MAX), u128::MAX.isqrt());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100_000))]

        #[test]
        fn the_root_of_any_number_is_the_librarys(n in any::<u128>(), shift in 0u32..128) {
            let n = n >> shift;
            prop_assert_eq!(isqrt(n), n.isqrt());
            let (ours, nearest) = (as_f64(n), n as f64);
            prop_assert!((ours - nearest).abs() <= nearest * f64::EPSILON);
            prop_assert!(n > u128::from(u64::MAX) || ours == nearest);
        }

        #[test]
        fn so_is_that_of_a_square_and_its_neighbours(root in any::<u64>(), shift in 0u32..64, off in -2i128..=2) {
            let root = u128::from(root >> shift);
            let n = (root * root).saturating_add_signed(off);
            prop_assert_eq!(isqrt(n), n.isqrt());
        }
    }
}
