//! The panels.

use plotters::prelude::*;

use super::losses;
use super::style::{font, Area, Chart, Painted, FAINT, GRID, INK};
use crate::dollars::tick;
use crate::prices::{PricePath, DOLLAR};
use crate::run::{Outcome, Step};

pub(super) const SIZE: (u32, u32) = (1_280, 1_400);
/// Points are joined until there are at most so many columns.
const COLUMNS: usize = 600;
/// Of the legend's font, on average, in pixels: enough to place it without a font at hand.
const LETTER_WIDTH: f64 = 6.8;

/// One per engine, in the order of the runs.
const COLORS: [RGBColor; 11] = [
    RGBColor(0xd6, 0x2f, 0x2f),
    RGBColor(0x1f, 0x5f, 0xa8),
    RGBColor(0x5f, 0xa3, 0xdd),
    RGBColor(0x6d, 0x3f, 0xa0),
    RGBColor(0xb1, 0x83, 0xd6),
    RGBColor(0x1c, 0x8c, 0x82),
    RGBColor(0xe0, 0x95, 0x1c),
    RGBColor(0x4f, 0x7d, 0x2c),
    RGBColor(0x8a, 0x55, 0x2b),
    RGBColor(0xd8, 0x5f, 0xa6),
    RGBColor(0x6b, 0x74, 0x80),
];

/// Of run number `at`.
pub(super) fn color(at: usize) -> RGBColor {
    COLORS[at % COLORS.len()]
}

/// Paints all panels into `svg`.
pub(super) fn paint(svg: &mut String, path: &PricePath, runs: &[Outcome]) -> Painted {
    let root = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    root.draw(&Text::new(path.name.clone(), (34, 20), font(26, &INK)))?;
    let subtitle = format!(
        "{} engines on the same book; time in hours from the start",
        runs.len()
    );
    root.draw(&Text::new(subtitle, (34, 54), font(16, &FAINT)))?;
    legend(&root, runs)?;
    let (_, panels) = root.split_vertically(122);
    let (prices, rest) = panels.split_vertically(330);
    let (repaid, rest) = rest.split_vertically(300);
    let (depth, losses) = rest.split_vertically(270);
    price_panel(&prices, path, runs)?;
    let dollars = |micro: i64| micro as f64 / 1e6;
    let so_far = |run: &Outcome| {
        let mut sum = 0i64;
        let add = |step: &Step| {
            sum = sum.saturating_add(step.repaid_micro_usd);
            (hours(step.at_ms), dollars(sum))
        };
        run.steps.iter().map(add).collect::<Vec<_>>()
    };
    lines(
        &repaid,
        "Debt repaid so far, USD",
        path,
        runs,
        &so_far,
        &tick,
    )?;
    let deep = |run: &Outcome| {
        let point = |step: &Step| (hours(step.at_ms), step.depth_ppb as f64 / 1e7);
        run.steps.iter().map(point).collect::<Vec<_>>()
    };
    let title = "Depth of the cascade: how far sales move a price, percent";
    lines(&depth, title, path, runs, &deep, &|value| {
        format!("{value:.2}")
    })?;
    losses::panel(&losses, runs)?;
    root.present()?;
    Ok(())
}

fn legend(area: &Area, runs: &[Outcome]) -> Painted {
    let mut left = 34;
    for (at, run) in runs.iter().enumerate() {
        let swatch = [(left, 88), (left + 14, 98)];
        area.draw(&Rectangle::new(swatch, color(at).filled()))?;
        area.draw(&Text::new(
            run.engine.clone(),
            (left + 20, 86),
            font(14, &INK),
        ))?;
        left += 40 + (run.engine.chars().count() as f64 * LETTER_WIDTH) as i32;
    }
    Ok(())
}

/// Every asset's price over its first one, and where the first engine liquidated.
fn price_panel(area: &Area, path: &PricePath, runs: &[Outcome]) -> Painted {
    let assets = path.assets.join(", ");
    heading(
        area,
        &format!("Prices over the first ones ({assets}), and liquidations"),
    )?;
    let width = path.assets.len();
    let size = path.len().div_ceil(COLUMNS).max(1);
    let firsts: Vec<f64> = path
        .row(0)
        .iter()
        .map(|price| *price as f64 / DOLLAR as f64)
        .collect();
    let mut curves = vec![Vec::new(); width];
    for at in (0..path.len()).step_by(size) {
        for (asset, curve) in curves.iter_mut().enumerate() {
            // The lowest of the points that are joined: a picture of a crash must show its bottom.
            let inside = at..(at + size).min(path.len());
            let low = inside
                .map(|point| path.row(point)[asset])
                .min()
                .unwrap_or(0);
            curve.push((
                hours(path.times_ms[at]),
                low as f64 / DOLLAR as f64 / firsts[asset],
            ));
        }
    }
    let (low, high) = bounds(curves.iter().flatten().map(|point| point.1));
    let mut chart = chart(area, path, (low - 0.02, high + 0.02), &|value| {
        format!("{value:.2}")
    })?;
    for (asset, curve) in curves.iter().enumerate() {
        let shade = INK.mix(1.0 - 0.7 * asset as f64 / width as f64);
        chart.draw_series(LineSeries::new(
            curve.iter().copied(),
            shade.stroke_width(2),
        ))?;
    }
    let Some(first) = runs.first() else {
        return Ok(());
    };
    let columns: Vec<_> = first.steps.chunks(size).collect();
    let repaid = |column: &[Step]| {
        let steps = column.iter().map(|step| step.repaid_micro_usd as f64);
        steps.sum::<f64>()
    };
    let most = columns
        .iter()
        .map(|column| repaid(column))
        .fold(0.0, f64::max);
    chart.draw_series(
        columns
            .iter()
            .filter(|column| repaid(column) > 0.0)
            .map(|column| {
                // The area of the circle stands for the debt.
                let radius = (16.0 * (repaid(column) / most).sqrt()).max(2.0) as i32;
                let low = column
                    .iter()
                    .map(|step| step.price)
                    .fold(f64::INFINITY, f64::min);
                EmptyElement::at((hours(column[0].at_ms), low))
                    + Circle::new((0, 0), radius, color(0).mix(0.3).filled())
                    + Circle::new((0, 0), radius, color(0).stroke_width(1))
            }),
    )?;
    Ok(())
}

/// One line per engine.
fn lines(
    area: &Area,
    title: &str,
    path: &PricePath,
    runs: &[Outcome],
    of: &dyn Fn(&Outcome) -> Vec<(f64, f64)>,
    label: &dyn Fn(f64) -> String,
) -> Painted {
    heading(area, title)?;
    let curves: Vec<Vec<(f64, f64)>> = runs.iter().map(|run| thinned(&of(run))).collect();
    let (_, high) = bounds(curves.iter().flatten().map(|point| point.1));
    let mut chart = chart(area, path, (0.0, high.max(1e-3) * 1.05), &|value| {
        label(*value)
    })?;
    for (at, curve) in curves.into_iter().enumerate().rev() {
        let width = if at == 0 { 3 } else { 2 };
        chart.draw_series(LineSeries::new(curve, color(at).stroke_width(width)))?;
    }
    Ok(())
}

/// The highest of each column.
fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let size = points.len().div_ceil(COLUMNS).max(1);
    let highest = |column: &[(f64, f64)]| {
        let high = column
            .iter()
            .map(|point| point.1)
            .fold(f64::NEG_INFINITY, f64::max);
        (column[0].0, high)
    };
    points.chunks(size).map(highest).collect()
}

pub(super) fn heading(area: &Area, title: &str) -> Painted {
    area.draw(&Text::new(title.to_owned(), (92, 6), font(18, &INK)))?;
    Ok(())
}

fn chart<'a, 'b>(
    area: &'a Area<'b>,
    path: &PricePath,
    (bottom, top): (f64, f64),
    label: &dyn Fn(&f64) -> String,
) -> Painted<Chart<'a, 'b>> {
    let mut chart = ChartBuilder::on(area)
        .margin_left(18)
        .margin_right(30)
        .margin_top(34)
        .margin_bottom(8)
        .x_label_area_size(30)
        .y_label_area_size(74)
        .build_cartesian_2d(0.0..hours(path.end_ms()).max(0.01), bottom..top)
        .map_err(|error| error.to_string())?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(FAINT)
        .label_style(font(14, &INK))
        .y_labels(7)
        .x_label_formatter(&|value| format!("{value:.0}"))
        .y_label_formatter(&|value| label(value))
        .draw()
        .map_err(|error| error.to_string())?;
    Ok(chart)
}

fn hours(ms: i64) -> f64 {
    ms as f64 / 3_600_000.0
}

fn bounds(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let start = (f64::INFINITY, f64::NEG_INFINITY);
    let (low, high) = values.fold(start, |(low, high), v| (low.min(v), high.max(v)));
    if low.is_finite() {
        (low, high)
    } else {
        (0.0, 1.0)
    }
}
