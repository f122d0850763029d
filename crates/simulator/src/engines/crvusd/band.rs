//! One band of the market maker, in whole numbers.

/// A price of one: debt atoms per collateral atom.
pub const ONE: u128 = 1_000_000_000_000;
/// `N`.
pub const BANDS: usize = 10;
/// `A`.
const A: u128 = 100;
/// Prices relative to the band's upper edge.
const Q: u128 = 1_000_000_000_000;

/// What lies in a band.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Band {
    /// `x`, in debt atoms.
    pub borrowed: u64,
    /// `y`, in collateral atoms.
    pub collateral: u64,
    /// `p↑`, in units of [`ONE`].
    upper: u128,
}

/// The invariant at one oracle price, with collateral valued at the upper edge: `f`, `g`, and `(f + x)·(g + y)`.
struct Curve {
    f: u128,
    g: u128,
    product: u128,
}

impl Band {
    /// Spreads `atoms` of collateral evenly over [`BANDS`] bands from `top` down.
    pub fn spread(atoms: u64, top: u128) -> Vec<Self> {
        let mut upper = top;
        let count = BANDS as u64;
        let mut bands = Vec::with_capacity(BANDS);
        for at in 0..count {
            bands.push(Self {
                borrowed: 0,
                // The remainder lies in the first.
                collateral: atoms / count + if at == 0 { atoms % count } else { 0 },
                upper,
            });
            upper = upper * (A - 1) / A;
        }
        bands
    }

    /// `p↑`, in units of [`ONE`].
    pub fn upper(&self) -> u128 {
        self.upper
    }

    /// Arbitrageurs buy its collateral until its own price has risen to `price`.
    pub fn buy_until(&mut self, oracle: u128, price: u128) {
        let Some(curve) = self.curve(oracle) else {
            return;
        };
        let target = price * Q / self.upper;
        // (f + x)/(g + y) = target on the same product.
        let y = root_of_quotient(curve.product, target).saturating_sub(curve.g);
        let y = self.atoms_up(y);
        if y >= self.collateral {
            return;
        }
        let valued = self.valued(y);
        let x = (curve.product.div_ceil(curve.g + valued)).saturating_sub(curve.f);
        let Some(x) = u64::try_from(x).ok().filter(|x| *x > self.borrowed) else {
            return;
        };
        self.collateral = y;
        self.borrowed = x;
    }

    /// Arbitrageurs sell collateral to it until its own price has fallen to `price`.
    pub fn sell_until(&mut self, oracle: u128, price: u128) {
        if self.borrowed == 0 {
            return;
        }
        let Some(curve) = self.curve(oracle) else {
            return;
        };
        let target = price * Q / self.upper;
        let x = root_of_product(curve.product, target).saturating_sub(curve.f);
        let Some(x) = u64::try_from(x).ok().filter(|x| *x < self.borrowed) else {
            return;
        };
        let valued = (curve.product.div_ceil(curve.f + u128::from(x))).saturating_sub(curve.g);
        let y = self.atoms_up(valued);
        if y <= self.collateral {
            return;
        }
        self.borrowed = x;
        self.collateral = y;
    }

    /// Its own price at the oracle's, in units of [`ONE`].
    #[cfg(test)]
    fn price(&self, oracle: u128) -> u128 {
        let curve = self.curve(oracle).unwrap();
        (curve.f + u128::from(self.borrowed)) * self.upper
            / (curve.g + self.valued(self.collateral))
    }

    /// Collateral in debt atoms at the upper edge, rounded down.
    fn valued(&self, collateral: u64) -> u128 {
        u128::from(collateral) * self.upper / ONE
    }

    fn atoms_up(&self, valued: u128) -> u64 {
        u64::try_from((valued * ONE).div_ceil(self.upper.max(1))).unwrap_or(u64::MAX)
    }

    /// `None` for an empty band, or prices far from any band.
    fn curve(&self, oracle: u128) -> Option<Curve> {
        let q = oracle.checked_mul(Q)? / self.upper.max(1);
        let (x, y) = (u128::from(self.borrowed), self.valued(self.collateral));
        if q == 0 || q > 4 * Q || (x == 0 && y == 0) {
            return None;
        }
        // q·A·y₀² − b·y₀ − x·y = 0 with b = (A−1)·x/q + q²·A·y.
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
}

/// `√(product / target)` for a target in units of `Q`, to twelve digits.
fn root_of_quotient(product: u128, target: u128) -> u128 {
    product.isqrt() * (Q * Q * Q / target.max(1)).isqrt() / Q
}

/// `√(product·target)` for a target in units of `Q`, to twelve digits.
fn root_of_product(product: u128, target: u128) -> u128 {
    product.isqrt() * (target * Q).isqrt() / Q
}

#[cfg(test)]
mod tests {
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
}
