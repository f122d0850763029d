//! What liquidated borrowers lost: one row per engine, on a logarithmic axis.

use plotters::prelude::*;

use super::charts::{color, heading, SIZE};
use super::style::{font, Area, Painted, FAINT, GRID, INK};
use crate::run::Outcome;

/// Left and right end of the axis, in pixels.
const AXIS: (i32, i32) = (150, SIZE.0 as i32 - 40);
/// Smallest and largest loss that is shown, in percent.
const RANGE: (f64, f64) = (0.001, 100.0);
const TOP: i32 = 44;
const ROW: i32 = 26;

/// Boxes from the first to the third quarter, whiskers from 5 to 95 %, a line at the median.
pub(super) fn panel(area: &Area, runs: &[Outcome]) -> Painted {
    heading(
        area,
        "Loss of a liquidated borrower, percent of the position (5, 25, 50, 75 and 95 % of the borrowers)",
    )?;
    let bottom = TOP + ROW * runs.len() as i32;
    for power in -3..=2 {
        let value = 10f64.powi(power);
        let at = place(value);
        area.draw(&PathElement::new([(at, TOP - 6), (at, bottom)], GRID))?;
        let text = format!("{value}");
        let left = at - (text.len() as f64 * 3.4) as i32;
        area.draw(&Text::new(text, (left, bottom + 6), font(14, &INK)))?;
    }
    for (number, run) in runs.iter().enumerate() {
        let middle = TOP + ROW * number as i32 + ROW / 2;
        area.draw(&Text::new(
            run.engine.clone(),
            (34, middle - 8),
            font(14, &INK),
        ))?;
        let Some(quantiles) = quantiles(&run.losses_pct) else {
            let nobody = "nobody was liquidated";
            area.draw(&Text::new(
                nobody,
                (AXIS.0 + 8, middle - 8),
                font(14, &FAINT),
            ))?;
            continue;
        };
        let [least, first, median, third, most] = quantiles.map(place);
        let shade = color(number);
        let whisker = [(least, middle), (most, middle)];
        area.draw(&PathElement::new(whisker, shade.stroke_width(2)))?;
        let corners = [(first, middle - 7), (third.max(first + 1), middle + 7)];
        area.draw(&Rectangle::new(corners, shade.mix(0.45).filled()))?;
        let line = [(median, middle - 9), (median, middle + 9)];
        area.draw(&PathElement::new(line, shade.stroke_width(3)))?;
    }
    Ok(())
}

/// Pixels from the left. What is smaller than the axis, gains included, lies at its left end.
fn place(loss_pct: f64) -> i32 {
    let (least, most) = RANGE;
    let part = (loss_pct.clamp(least, most) / least).ln() / (most / least).ln();
    AXIS.0 + (part * f64::from(AXIS.1 - AXIS.0)).round() as i32
}

fn quantiles(sorted: &[f64]) -> Option<[f64; 5]> {
    let last = sorted.len().checked_sub(1)?;
    let at = |part: f64| sorted[(last as f64 * part).round() as usize];
    Some([0.05, 0.25, 0.5, 0.75, 0.95].map(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_is_logarithmic_and_holds_every_loss() {
        let middle = (AXIS.0 + AXIS.1) / 2;
        // Half of five decades above a thousandth.
        assert!((place(0.316_227_766) - middle).abs() <= 1);
        assert_eq!(place(-3.0), AXIS.0);
        assert_eq!(place(1e9), AXIS.1);
    }
}
