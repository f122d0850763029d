//! How far a volume moves the price.

use anyhow::{ensure, Result};

/// The square-root law: selling `Q` of an asset moves its price by `Y·σ·√(Q/V)`, as a part of the price, with the daily volume
/// `V`, the daily volatility `σ`, and a `Y` of about one whatever the asset and the time that the selling takes.
///
/// Source: Tóth et al., *Anomalous price impact and the critical nature of liquidity in financial markets*, Physical
/// Review X 1, 021006 (2011), equation 1; Almgren et al., *Direct estimation of equity market impact* (2005), find a
/// power of 0.6. For crypto markets Donier and Bonart, *A million metaorder analysis of market impact on the Bitcoin* (2015),
/// confirm the square root over four decades.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ImpactLaw {
    /// `V` in units of the asset.
    pub daily_volume: f64,
    /// `σ` as a part of the price.
    pub daily_volatility: f64,
    /// `Y`.
    pub coefficient: f64,
}

impl ImpactLaw {
    /// # Errors
    /// Where a parameter is not a positive number.
    pub fn new(daily_volume: f64, daily_volatility: f64, coefficient: f64) -> Result<Self> {
        for (name, value) in [
            ("the daily volume", daily_volume),
            ("the daily volatility", daily_volatility),
            ("the impact coefficient", coefficient),
        ] {
            ensure!(
                value.is_finite() && value > 0.0,
                "{name} must be above zero, not {value}"
            );
        }
        Ok(Self {
            daily_volume,
            daily_volatility,
            coefficient,
        })
    }

    /// The move that selling `volume` units causes, as a part of the price.
    pub fn of(&self, volume: f64) -> f64 {
        self.coefficient * self.daily_volatility * (volume / self.daily_volume).sqrt()
    }
}
