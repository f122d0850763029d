use proptest::prelude::*;

use super::*;

/// Ten tokens of nine decimals and a debt token of six: a price of 200 is 0.2 debt atoms per collateral atom.
const TOP: u128 = ONE / 5;

fn band() -> Band {
    Band::spread(100_000_000_000, TOP)[0]
}

/// tests/amm/test_price_oracles.py of the public test-suite, github.com/curvefi/curve-stablecoin, test_p_oracle_updown:
/// the bands of a base price are as wide as one part in A, each below the other: 3000, 2970, 2940.3 and so on.
#[test]
fn bands_are_those_of_the_projects_own_tests() {
    let base = 3_000 * ONE;
    let bands = Band::spread(100_000, base);
    assert_eq!(bands.len(), BANDS);
    for (at, band) in bands.iter().enumerate() {
        let expected = 3_000.0 * 0.99f64.powi(at as i32);
        let ours = band.upper() as f64 / ONE as f64;
        assert!((ours / expected - 1.0).abs() < 1e-11, "{at}: {ours}");
    }
    assert_eq!(bands[2].upper(), 29_403 * ONE / 10);
}

/// The same file, test_p_current_updown: with collateral alone the maker's price is p³/p↑², with the borrowed token alone
/// it is p³/p↓²; for a band from 3000 to 2970 and an oracle at 2985, 2955.22 and 3015.23.
#[test]
fn the_makers_price_at_both_ends_is_that_of_the_projects_own_tests() {
    let full = Band {
        borrowed: 0,
        collateral: 1_000_000_000,
        upper: 3_000 * ONE,
    };
    let converted = Band {
        borrowed: 3_000_000_000_000,
        collateral: 0,
        ..full
    };
    for (band, expected) in [(full, 2_955.224), (converted, 3_015.227)] {
        let ours = band.price(2_985 * ONE) as f64 / ONE as f64;
        assert!((ours - expected).abs() < 0.01, "{ours}");
    }
}

#[test]
fn at_its_upper_edge_a_full_band_has_the_edges_price() {
    let ours = band().price(TOP) as f64 / TOP as f64;
    assert!((ours - 1.0).abs() < 1e-6, "{ours}");
}

/// The whitepaper: the maker's price of collateral alone is p³/p↑².
#[test]
fn its_price_moves_with_the_cube_of_the_oracles() {
    for part in [99u128, 98, 95] {
        let ours = band().price(TOP * part / 100) as f64 / TOP as f64;
        let expected = (part as f64 / 100.0).powi(3);
        assert!((ours - expected).abs() < 1e-5, "{ours} {expected}");
    }
}

/// The whitepaper: a slow fall through a band sells its collateral at the geometric mean of its edges.
#[test]
fn a_slow_fall_converts_all_collateral_at_the_mean_of_the_edges() {
    let mut band = band();
    let collateral = band.collateral;
    for step in 0..=2_000u128 {
        let price = TOP * (200_000 - step) / 200_000;
        band.buy_until(price, price);
    }
    assert!(band.collateral < collateral / 10_000, "{band:?}");
    let average = band.borrowed as f64 / collateral as f64 / (TOP as f64 / ONE as f64);
    let mean = (1.0f64 * 0.99).sqrt();
    assert!((average - mean).abs() < 5e-5, "{average} {mean}");
}

/// And a slow rise converts it back without a loss.
#[test]
fn a_slow_fall_and_rise_leave_the_collateral_as_it_was() {
    let mut band = band();
    let collateral = band.collateral;
    let prices = (0..=2_000u128).map(|step| TOP * (200_000 - step) / 200_000);
    let prices: Vec<_> = prices.collect();
    for price in &prices {
        band.buy_until(*price, *price);
    }
    for price in prices.iter().rev() {
        band.sell_until(*price, *price);
    }
    let left = band.collateral as f64 / collateral as f64;
    assert!((left - 1.0).abs() < 1e-4, "{left}");
    assert!(band.borrowed < 100, "{band:?}");
}

/// Where the cheap test says that nothing trades, the equations say so too.
#[test]
fn bands_that_are_passed_over_would_not_have_traded() {
    let mut passed = 0;
    for (borrowed, collateral) in [
        (0, 10_000_000_000),
        (1_980_000_000, 0),
        (9_000_000, 9_000_000_000),
    ] {
        for per_mille in 900u128..1_100 {
            for margin in [990u128, 1_000, 1_010] {
                let (oracle, price) = (
                    TOP * per_mille / 1_000,
                    TOP * per_mille / 1_000 * margin / 1_000,
                );
                let before = Band {
                    borrowed,
                    collateral,
                    upper: TOP,
                };
                let mut after = before;
                if before.is_above(oracle, price) {
                    after.buy_in_full(oracle, price);
                    passed += 1;
                }
                if before.is_below(oracle, price) {
                    after.sell_in_full(oracle, price);
                    passed += 1;
                }
                assert_eq!(after, before, "{per_mille} {margin}");
            }
        }
    }
    assert!(passed > 500, "{passed}");
}

/// A jump over a band sells at the price of after the jump: that is the loss of soft liquidation.
#[test]
fn a_jump_costs_what_arbitrage_earns() {
    let mut band = band();
    let collateral = band.collateral;
    let price = TOP * 97 / 100;
    band.buy_until(price, price);
    let value = |collateral: u64| collateral as f64 * price as f64 / ONE as f64;
    let left = band.borrowed as f64 + value(band.collateral);
    assert!(left < value(collateral) && left > value(collateral) * 0.94);
}

/// Its invariant rounds to nothing, and nothing is divided by it.
#[test]
fn a_band_of_a_single_converted_atom_stays_as_it_is() {
    for per_mille in 900u128..1_500 {
        let price = TOP * per_mille / 1_000;
        let before = Band {
            borrowed: 1,
            collateral: 0,
            upper: TOP,
        };
        let mut after = before;
        after.buy_until(price, price);
        after.sell_until(price, price);
        assert_eq!(after, before, "{per_mille}");
    }
}
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

#[test]
fn most_bands_of_a_loan_are_passed_over_without_a_root() {
    let bands = Band::spread(100_000_000_000, TOP);
    let oracle = TOP * 97 / 100;
    let spared = bands.iter().filter(|band| band.is_above(oracle, oracle));
    assert_eq!(spared.count(), 6);
    assert!(bands.iter().all(|band| band.is_below(oracle, oracle)));
}
