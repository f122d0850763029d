//! The points of a rate curve and what makes them a curve.

use core::cmp::Ordering;
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

/// Whether `new` asks a higher rate than `old` at some utilization; exactly, for curves that [`validate_curve`] accepts.
///
/// Between two neighbouring points of either the difference of the curves is a straight line, so it is positive somewhere only
/// if it is at one of the points.
pub fn is_higher_anywhere(new: &[CurvePoint], old: &[CurvePoint]) -> bool {
    let rises = |point: &CurvePoint| compare(point, old).is_gt();
    let rose = |point: &CurvePoint| compare(point, new).is_lt();
    new.iter().any(rises) || old.iter().any(rose)
}

/// How a point's rate compares with that of `curve` at the point's utilization.
fn compare(point: &CurvePoint, curve: &[CurvePoint]) -> Ordering {
    let pairs = curve.iter().zip(curve.iter().skip(1));
    for (below, above) in pairs {
        if point.utilization_bps <= above.utilization_bps {
            let wide = |number: u32| u64::from(number);
            let width = above.utilization_bps.saturating_sub(below.utilization_bps);
            let into = point.utilization_bps.saturating_sub(below.utilization_bps);
            let rise = above.rate_bps.saturating_sub(below.rate_bps);
            // `rate` against `r0 + rise * into / width`, times the width: at most 31 bits for a valid curve.
            let start = wide(below.rate_bps).saturating_mul(wide(width));
            let theirs = start.saturating_add(wide(rise).saturating_mul(wide(into)));
            return wide(point.rate_bps)
                .saturating_mul(wide(width))
                .cmp(&theirs);
        }
    }
    Ordering::Equal
}
