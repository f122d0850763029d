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

#[test]
fn most_bands_of_a_loan_are_passed_over_without_a_root() {
    let bands = Band::spread(100_000_000_000, TOP);
    let oracle = TOP * 97 / 100;
    let spared = bands.iter().filter(|band| band.is_above(oracle, oracle));
    assert_eq!(spared.count(), 6);
    assert!(bands.iter().all(|band| band.is_below(oracle, oracle)));
}
