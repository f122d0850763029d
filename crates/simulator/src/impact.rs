//! What a trade does to a price: the square-root law, one for the exchange of a replay and for the cascades of a heatmap.
//!
//! A metaorder of size `Q` moves the price by
//!
//! ```text
//! I = Y·σ·√(Q/V)
//! ```
//!
//! as a part of the price, with the daily volume `V`, the daily volatility `σ`, and a `Y` of about one whatever the asset and
//! the time that the trading takes. The mean over the order's course, which is what it costs against the price before, is
//! two thirds of `I`: the mean of a square root.
//!
//! Source: Tóth et al., *Anomalous price impact and the critical nature of liquidity in financial markets*, Physical
//! Review X 1, 021006 (2011), equation 1; Almgren et al., *Direct estimation of equity market impact* (2005), find a
//! power of 0.6. For crypto markets Donier and Bonart, *A million metaorder analysis of market impact on the Bitcoin* (2015),
//! confirm the square root over four decades.
//!
//! Sizes and volumes are whole numbers of one unit, whichever it is; impacts are whole billionths of the price.

use anyhow::{ensure, Result};

use crate::root::isqrt;

/// A whole price, in the unit of impacts.
pub const BILLION: u128 = 1_000_000_000;
/// A million millionths.
const PPM: u128 = 1_000_000;
/// A volume of so many bits keeps all its digits; a remainder of it times a billion billions fits 128 bits.
const EXACT_BITS: u32 = 68;

/// `Y` in parts per million where nothing else is said.
pub const FACTOR_PPM: u64 = 1_000_000;
/// `σ` in parts per million where nothing else is said: a large coin's, in calm months.
pub const VOLATILITY_PPM: u64 = 40_000;

/// `V` in dollars where nothing else is said: orders of magnitude of the spot market.
const DAILY_VOLUME_USD: [(&str, u64); 4] = [
    ("BTC", 10_000_000_000),
    ("ETH", 6_000_000_000),
    ("SOL", 2_000_000_000),
    ("USDC", 10_000_000_000),
];
const OTHER_VOLUME_USD: u64 = 300_000_000;

/// `V` of the asset with `ticker`, in dollars, where nothing else is said.
pub fn daily_volume_usd(ticker: &str) -> u64 {
    let same = |(name, _): &&(&str, u64)| name.eq_ignore_ascii_case(ticker);
    let known = DAILY_VOLUME_USD.iter().find(same);
    known.map_or(OTHER_VOLUME_USD, |(_, usd)| *usd)
}

/// The law for one asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImpactLaw {
    /// `V`, in the unit of sizes; at least one.
    volume: u128,
    /// `σ` in parts per million; zero where no trade moves the price.
    volatility_ppm: u64,
    /// `Y` in parts per million; zero where no trade moves the price.
    factor_ppm: u64,
    /// The root of a billion `V`, rounded down.
    volume_root: u128,
}

impl ImpactLaw {
    /// The law with a daily volume of `volume`, in the unit of sizes, and with volatility and factor in parts per million.
    pub fn new(volume: u128, volatility_ppm: u64, factor_ppm: u64) -> Self {
        let volume = volume.max(1);
        Self {
            volume,
            volatility_ppm,
            factor_ppm,
            volume_root: isqrt(volume.saturating_mul(BILLION)),
        }
    }

    /// The law from numbers as people give them: the daily volume in the unit of sizes, the volatility as a part of the
    /// price, and `Y`; rounded to the nearest whole unit and millionth.
    ///
    /// # Errors
    /// Where a parameter is not a positive number, or beyond what is sensible.
    pub fn from_decimals(volume: f64, volatility: f64, factor: f64) -> Result<Self> {
        let ppm = |value: f64| (value * 1e6).round();
        for (name, value, rounded, most) in [
            (
                "the daily volume (--daily-volume-usd)",
                volume,
                volume.round(),
                1e36,
            ),
            (
                "the daily volatility (--daily-volatility-pct)",
                volatility,
                ppm(volatility),
                1e8,
            ),
            (
                "the impact coefficient (--impact-coefficient)",
                factor,
                ppm(factor),
                1e9,
            ),
        ] {
            // Without the value: the unit of sizes is not the one in which people gave it.
            ensure!(
                value.is_finite() && rounded > 0.0,
                "{name} must be above zero"
            );
            ensure!(rounded <= most, "{name} is too large");
        }
        Ok(Self::new(
            volume.round() as u128,
            ppm(volatility) as u64,
            ppm(factor) as u64,
        ))
    }

    /// Whether no trade moves the price.
    pub fn is_flat(&self) -> bool {
        self.volatility_ppm == 0 || self.factor_ppm == 0
    }

    /// `I` of a trade of `size`, in billionths of the price, rounded down; saturating.
    pub fn impact_ppb_down(&self, size: u128) -> u64 {
        let scale = u128::from(self.volatility_ppm) * u128::from(self.factor_ppm);
        // What a larger volume loses is below a billionth of the root.
        let cut = (128 - self.volume.leading_zeros()).saturating_sub(EXACT_BITS);
        let (size, volume) = (size >> cut, self.volume >> cut);
        let whole = (size / volume).saturating_mul(BILLION * BILLION);
        let ratio = whole.saturating_add(size % volume * BILLION * BILLION / volume);
        let impact = isqrt(ratio).saturating_mul(scale) / (PPM * PPM);
        u64::try_from(impact).unwrap_or(u64::MAX)
    }

    /// What trading `by` more costs on average against the price that `from` has left, in parts per million, rounded up;
    /// a sale is negative, and so is what was sold before.
    ///
    /// The mean of `I` over the order less `I` at its beginning: `∫ sign(x)·√|x| = ⅔·|x|^1.5`.
    pub fn cost_ppm_up(&self, from: i64, by: i64) -> u64 {
        if by == 0 || self.volatility_ppm == 0 {
            return 0;
        }
        let to = from.saturating_add(by);
        // x < 2^63, so the root of x·10^9 is below 2^47, and its product with x below 2^110.
        let root = |x: i64| isqrt(u128::from(x.unsigned_abs()) * BILLION) as i128;
        let (root_from, root_to) = (root(from), root(to));
        let power = |x: i64, root: i128| i128::from(x.unsigned_abs()) * root;
        let mean_root = (power(to, root_to) - power(from, root_from)) * 2 / (3 * i128::from(by));
        // Roots are of sizes times a billion; the same of the volume gives a ratio.
        let root = mean_root - root_from * i128::from(from.signum());
        let scale = u128::from(self.volatility_ppm) * u128::from(self.factor_ppm) / PPM;
        let cost = root
            .unsigned_abs()
            .saturating_mul(scale)
            .div_ceil(self.volume_root.max(1));
        u64::try_from(cost).unwrap_or(u64::MAX).min(PPM as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_hundredth_of_the_volume_moves_the_price_by_a_tenth_of_the_volatility() {
        let law = ImpactLaw::new(2_000_000_000, 40_000, FACTOR_PPM);
        assert_eq!(law.impact_ppb_down(20_000_000), 4_000_000);
        assert_eq!(law.impact_ppb_down(2_000_000_000), 40_000_000);
        assert_eq!(law.impact_ppb_down(0), 0);
    }

    #[test]
    fn numbers_that_are_not_positive_are_no_law() {
        for (volume, volatility, factor) in [
            (0.0, 0.1, 1.0),
            (0.4, 0.1, 1.0),
            (1.0, -0.1, 1.0),
            (1.0, 0.1, f64::NAN),
            (f64::INFINITY, 0.1, 1.0),
            (1e37, 0.1, 1.0),
        ] {
            assert!(ImpactLaw::from_decimals(volume, volatility, factor).is_err());
        }
        let law = ImpactLaw::from_decimals(2e9, 0.04, 1.0).unwrap();
        assert_eq!(law, ImpactLaw::new(2_000_000_000, 40_000, FACTOR_PPM));
    }

    #[test]
    fn a_dollar_and_a_factor_of_zero_move_nothing() {
        for law in [ImpactLaw::new(10, 0, 1_000_000), ImpactLaw::new(10, 1, 0)] {
            assert!(law.is_flat());
            assert_eq!(law.impact_ppb_down(1 << 100), 0);
        }
    }

    fn law() -> impl Strategy<Value = ImpactLaw> {
        (1u128..1 << 90, 1u64..1_000_000, 1u64..10_000_000)
            .prop_map(|(volume, volatility, factor)| ImpactLaw::new(volume, volatility, factor))
    }

    proptest! {
        #[test]
        fn the_impact_is_that_of_the_formula(law in law(), size in 1u128..1 << 100) {
            let exact = law.factor_ppm as f64 / 1e6 * law.volatility_ppm as f64 / 1e6
                * (size as f64 / law.volume as f64).sqrt() * 1e9;
            let ours = law.impact_ppb_down(size) as f64;
            // The root is known to a billionth, and the impact is rounded down to one.
            let scale = law.factor_ppm as f64 * law.volatility_ppm as f64 / 1e12;
            prop_assert!(ours <= exact * (1.0 + 1e-9) + 1e-6, "{ours} {exact}");
            prop_assert!(ours >= exact * (1.0 - 1e-9) - scale - 1.0 || ours >= u64::MAX as f64, "{ours} {exact}");
        }

        #[test]
        fn more_never_moves_the_price_less(law in law(), size in 0u128..1 << 100, more in 0u128..1 << 100) {
            prop_assert!(law.impact_ppb_down(size + more) >= law.impact_ppb_down(size));
        }

        #[test]
        fn the_unit_of_sizes_does_not_matter(volume in 1u128..1 << 60, size in 0u128..1 << 60, unit in 1u128..1 << 8) {
            let of = |unit: u128| ImpactLaw::new(volume * unit, 40_000, FACTOR_PPM).impact_ppb_down(size * unit);
            prop_assert_eq!(of(1), of(unit));
        }

        #[test]
        fn an_order_costs_two_thirds_of_the_impact_it_ends_with(size in 1_000_000i64..1 << 50) {
            let law = ImpactLaw::new(1 << 52, 40_000, FACTOR_PPM);
            let cost = law.cost_ppm_up(0, -size) as f64;
            let impact = law.impact_ppb_down(size.unsigned_abs().into()) as f64 / 1e3;
            prop_assert!((cost - impact * 2.0 / 3.0).abs() <= 1.5, "{cost} {impact}");
        }

        #[test]
        fn buying_costs_what_selling_the_same_does(from in -(1i64 << 50)..1 << 50, by in 1i64..1 << 50) {
            let law = ImpactLaw::new(1 << 50, 40_000, FACTOR_PPM);
            prop_assert_eq!(law.cost_ppm_up(from, by), law.cost_ppm_up(-from, -by));
        }
    }
}
