//! What is passed over would not have moved, as an independent copy of the equations says.

use proptest::prelude::*;

use super::*;

/// Ten tokens of nine decimals and a debt token of six: a price of 200 is 0.2 debt atoms per collateral atom.
const TOP: u128 = ONE / 5;

/// The equations alone, without the tests that spare them.
mod slow {
    use super::*;

    fn other(curve: &Curve, side: u128, offset: u128) -> Option<u128> {
        (side > 0).then(|| curve.product.div_ceil(side).saturating_sub(offset))
    }

    fn curve(band: &Band, oracle: u128) -> Option<Curve> {
        let q = oracle.checked_mul(Q)? / band.upper.max(1);
        let (x, y) = (u128::from(band.borrowed), band.valued(band.collateral));
        if q == 0 || q > 4 * Q || (x == 0 && y == 0) {
            return None;
        }
        let b = ((A - 1) * x * Q / q).checked_add(q * q / Q * A * y / Q)?;
        let under = b
            .checked_mul(b)?
            .checked_add((4 * A * x).checked_mul(y)? / Q * q)?;
        let y0 = (b + under.isqrt()) * Q / (2 * A * q);
        Some(Curve {
            f: q * q / Q * A * y0 / Q,
            g: (A - 1) * y0 * Q / q,
            product: (A * A * y0).checked_mul(y0)? / Q * q,
        })
    }

    pub fn buy_until(band: &mut Band, oracle: u128, price: u128) {
        let Some(curve) = curve(band, oracle) else {
            return;
        };
        let target = price * Q / band.upper;
        let y = root_of_quotient(curve.product, target).saturating_sub(curve.g);
        let y = band.atoms_up(y);
        if y >= band.collateral {
            return;
        }
        let valued = band.valued(y);
        let Some(x) = other(&curve, curve.g + valued, curve.f) else {
            return;
        };
        let Some(x) = u64::try_from(x).ok().filter(|x| *x > band.borrowed) else {
            return;
        };
        band.collateral = y;
        band.borrowed = x;
    }

    pub fn sell_until(band: &mut Band, oracle: u128, price: u128) {
        if band.borrowed == 0 {
            return;
        }
        let Some(curve) = curve(band, oracle) else {
            return;
        };
        let target = price * Q / band.upper;
        let x = root_of_product(curve.product, target).saturating_sub(curve.f);
        let Some(x) = u64::try_from(x).ok().filter(|x| *x < band.borrowed) else {
            return;
        };
        let Some(valued) = other(&curve, curve.f + u128::from(x), curve.g) else {
            return;
        };
        let y = band.atoms_up(valued);
        if y <= band.collateral {
            return;
        }
        band.borrowed = x;
        band.collateral = y;
    }
}

/// Both ways, spared and not.
fn assert_same(band: Band, oracle: u128, price: u128) {
    let (mut fast, mut slow) = (band, band);
    fast.buy_until(oracle, price);
    slow::buy_until(&mut slow, oracle, price);
    assert_eq!(fast, slow, "bought: {band:?} {oracle} {price}");
    let (mut fast, mut slow) = (band, band);
    fast.sell_until(oracle, price);
    slow::sell_until(&mut slow, oracle, price);
    assert_eq!(fast, slow, "sold: {band:?} {oracle} {price}");
}

/// So many atoms at the upper edge `upper`: what a band holds from dust to a billion dollars, in tokens of any decimals.
fn a_band() -> impl Strategy<Value = Band> {
    let size = (0u32..=17).prop_flat_map(|digits| 10u64.pow(digits)..=10u64.pow(digits) * 9);
    // From a cheap token of eighteen decimals in one of twelve to the reverse; the equations need four digits of a price.
    let upper = (4u32..=18).prop_flat_map(|digits| 10u128.pow(digits)..=10u128.pow(digits) * 9);
    (size, 0u64..=1_000, 0..4u8, upper).prop_map(|(debt_atoms, part, kind, upper)| {
        let part = match kind {
            0 => 0,
            1 => 1_000,
            _ => part,
        };
        let borrowed = (u128::from(debt_atoms) * u128::from(part) / 1_000) as u64;
        let kept = u128::from(debt_atoms - borrowed) * ONE / upper;
        Band {
            borrowed,
            collateral: u64::try_from(kept).unwrap_or(u64::MAX / 1_000),
            upper,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(50_000))]

    #[test]
    fn a_band_that_is_passed_over_would_not_have_moved_by_an_atom(
        band in a_band(),
        oracle_ppm in 400_000u128..=2_200_000,
        price_ppm in 300_000u128..=3_000_000,
    ) {
        let oracle = band.upper * oracle_ppm / 1_000_000;
        assert_same(band, oracle, band.upper * price_ppm / 1_000_000);
    }

    /// The hard part: prices as near to the band's own as the test's margin, on both sides.
    #[test]
    fn nor_one_whose_own_price_is_nearly_the_price(
        band in a_band(),
        oracle_ppm in 480_000u128..=2_050_000,
        off_ppm in -3_000i32..=3_000,
    ) {
        let oracle = band.upper * oracle_ppm / 1_000_000;
        if let Some(own) = band.near_price(oracle) {
            let price = own * (1.0 + f64::from(off_ppm) / 1e6);
            assert_same(band, oracle, price as u128);
        }
    }

    /// Bands that trade left as they are, with their roundings.
    #[test]
    fn bands_that_traded_before_move_as_the_equations_say(
        atoms in 1_000u64..=1_000_000_000_000_000,
        steps in prop::collection::vec((880_000u128..=1_010_000, -20_000i32..=20_000), 1..40),
    ) {
        let (mut fast, mut slow) = (Band::spread(atoms, TOP), Band::spread(atoms, TOP));
        for (oracle_ppm, off_ppm) in steps {
            let oracle = TOP * oracle_ppm / 1_000_000;
            let price = oracle * u128::from((1_000_000 + off_ppm).unsigned_abs()) / 1_000_000;
            for (fast, slow) in fast.iter_mut().zip(&mut slow) {
                fast.buy_until(oracle, price * 99 / 100);
                slow::buy_until(slow, oracle, price * 99 / 100);
                fast.sell_until(oracle, price * 101 / 100);
                slow::sell_until(slow, oracle, price * 101 / 100);
            }
            prop_assert_eq!(fast, slow);
        }
    }
}
