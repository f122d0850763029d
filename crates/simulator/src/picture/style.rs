//! How all pictures look.

use plotters::coord::types::RangedCoordf64;
use plotters::coord::Shift;
use plotters::prelude::*;

pub const INK: RGBColor = RGBColor(0x22, 0x2b, 0x38);
pub const FAINT: RGBColor = RGBColor(0x7b, 0x87, 0x97);
pub const GRID: RGBColor = RGBColor(0xe3, 0xe8, 0xee);

pub type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub type Chart<'a, 'b> =
    ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;
pub type Painted<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The one font, in pixels.
pub fn font(size: i32, color: &RGBColor) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(color)
}
