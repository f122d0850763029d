//! The points of a rate curve and what makes them a curve.

use core::fmt;

/// Most points that a curve may have.
pub const MAX_CURVE_POINTS: usize = 11;

/// Highest annual borrow rate that a curve may set: 1,000 %.
pub const MAX_RATE_BPS: u32 = 100_000;

/// A corner of the piecewise-linear rate curve.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub struct CurvePoint {
    /// Utilization in basis points.
    pub utilization_bps: u32,
    /// Annual borrow rate without compounding, in basis points.
    pub rate_bps: u32,
}

/// Why a list of points is not a rate curve.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CurveError {
    /// Fewer than two points.
    TooFewPoints,
    /// More than [`MAX_CURVE_POINTS`].
    TooManyPoints,
    /// The first point is not at utilization zero.
    FirstNotAtZero,
    /// The last point is not at full utilization.
    LastNotAtFull,
    /// A point's utilization is not above that of the point before.
    UtilizationNotIncreasing,
    /// A point's rate is below that of the point before.
    RateDecreasing,
    /// A rate above [`MAX_RATE_BPS`].
    RateTooHigh,
}

impl fmt::Display for CurveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooFewPoints => "a rate curve needs at least two points",
            Self::TooManyPoints => "a rate curve has at most eleven points",
            Self::FirstNotAtZero => "the first point of a rate curve must be at utilization zero",
            Self::LastNotAtFull => "the last point of a rate curve must be at full utilization",
            Self::UtilizationNotIncreasing => "utilization must increase from point to point",
            Self::RateDecreasing => "the rate must not decrease from point to point",
            Self::RateTooHigh => "the rate is above 1,000 % a year",
        })
    }
}

impl core::error::Error for CurveError {}

/// Accepts 2 to [`MAX_CURVE_POINTS`] points from utilization zero to one, utilization strictly increasing and rates
/// never decreasing, none above [`MAX_RATE_BPS`].
pub fn validate_curve(curve: &[CurvePoint]) -> Result<(), CurveError> {
    let [first, .., last] = curve else {
        return Err(CurveError::TooFewPoints);
    };
    if curve.len() > MAX_CURVE_POINTS {
        return Err(CurveError::TooManyPoints);
    }
    if first.utilization_bps != 0 {
        return Err(CurveError::FirstNotAtZero);
    }
    if last.utilization_bps != 10_000 {
        return Err(CurveError::LastNotAtFull);
    }
    for (below, above) in curve.iter().zip(curve.iter().skip(1)) {
        if above.utilization_bps <= below.utilization_bps {
            return Err(CurveError::UtilizationNotIncreasing);
        }
        if above.rate_bps < below.rate_bps {
            return Err(CurveError::RateDecreasing);
        }
    }
    if last.rate_bps > MAX_RATE_BPS {
        return Err(CurveError::RateTooHigh);
    }
    Ok(())
}
