//! The picture: price with liquidations, debt repaid, and the health of all borrowers, over one axis of time.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{anyhow, ensure, Context, Result};
use plotters::coord::types::RangedCoordf64;
use plotters::coord::Shift;
use plotters::prelude::*;

use crate::prices::PricePath;
use crate::report::{price, whole};
use crate::timeline::{clock_time, Timeline};
use crate::walk::{Quantiles, Run, Step};

const SIZE: (u32, u32) = (1280, 1140);
/// Bars are joined until there are at most so many columns.
const COLUMNS: usize = 480;
/// Of the circle of the column with the most debt repaid, in pixels.
const LARGEST_RADIUS: f64 = 16.0;
/// Of the legend's font, on average, in pixels: enough to place it without a font at hand.
const LETTER_WIDTH: f64 = 6.8;

const INK: RGBColor = RGBColor(0x22, 0x2b, 0x38);
const FAINT: RGBColor = RGBColor(0x7b, 0x87, 0x97);
const GRID: RGBColor = RGBColor(0xe3, 0xe8, 0xee);
const BAND: RGBColor = RGBColor(0xa9, 0xbe, 0xd8);
const BLUE: RGBColor = RGBColor(0x1f, 0x5f, 0xa8);
const RED: RGBColor = RGBColor(0xd6, 0x45, 0x3d);
const AMBER: RGBColor = RGBColor(0xe0, 0x95, 0x1c);
const TEAL: RGBColor = RGBColor(0x1c, 0x8c, 0x82);

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<Timeline, RangedCoordf64>>;

/// A place for the picture that was found writable before the work began.
pub struct Canvas {
    file: PathBuf,
    partial: PathBuf,
}

impl Canvas {
    /// Creates an empty file next to `file`, which takes its name once it is complete.
    ///
    /// # Errors
    /// One line where the name is no SVG's or nothing can be written there.
    pub fn reserve(file: &Path) -> Result<Self> {
        let shown = file.display();
        let is_svg = file.extension().is_some_and(|ending| ending == "svg");
        ensure!(
            is_svg,
            "{shown}: the picture is an SVG, give it a name that ends in .svg"
        );
        ensure!(!file.is_dir(), "{shown} is a directory");
        let partial = file.with_extension(format!("svg.{}", std::process::id()));
        fs::File::create(&partial).with_context(|| format!("cannot write {shown}"))?;
        Ok(Self {
            file: file.into(),
            partial,
        })
    }

    /// Draws and puts the picture in place.
    ///
    /// # Errors
    /// Where it cannot be written; an older picture is still there then.
    pub fn draw(self, run: &Run, path: &PricePath) -> Result<()> {
        let mut svg = String::new();
        paint(&mut svg, run, path).map_err(|error| anyhow!("the picture: {error}"))?;
        let write = || -> io::Result<()> {
            let mut partial = fs::File::create(&self.partial)?;
            partial.write_all(svg.as_bytes())?;
            fs::rename(&self.partial, &self.file)
        };
        write().with_context(|| format!("cannot write {}", self.file.display()))
    }
}

impl Drop for Canvas {
    fn drop(&mut self) {
        // Gone already where the picture was put in place.
        let _ = fs::remove_file(&self.partial);
    }
}

type Painted = std::result::Result<(), Box<dyn std::error::Error>>;

fn paint(svg: &mut String, run: &Run, path: &PricePath) -> Painted {
    let size = run.steps.len().div_ceil(COLUMNS).max(1);
    let columns: Vec<_> = run.steps.chunks(size).map(Step::joined).collect();
    let start = path.first().timestamp;
    let time = Timeline::new(start, columns.last().map_or(start, |column| column.end));
    let root = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    root.draw(&Text::new(path.name.clone(), (34, 22), font(26, &INK)))?;
    let repaid: f64 = columns.iter().map(|column| column.repaid_usd).sum();
    let subtitle = format!(
        "{} liquidations repaid {} of debt; time is UTC, from {}",
        whole(run.liquidations.len() as f64),
        short_usd(repaid),
        clock_time(start)
    );
    root.draw(&Text::new(subtitle, (34, 56), font(16, &FAINT)))?;
    let (_, panels) = root.split_vertically(84);
    let (prices, rest) = panels.split_vertically(440);
    let (debts, healths) = rest.split_vertically(270);
    price_panel(&prices, run.first_price, &columns, &time)?;
    debt_panel(&debts, &columns, &time)?;
    health_panel(&healths, &columns, &time)?;
    root.present()?;
    Ok(())
}

fn price_panel(area: &Area, first: f64, columns: &[Step], time: &Timeline) -> Painted {
    let most = columns.iter().map(|c| c.repaid_usd).fold(0.0, f64::max);
    let circles = match most > 0.0 {
        true => format!("liquidations (largest circle {})", short_usd(most)),
        false => "no liquidations".into(),
    };
    heading(
        area,
        "Price of the base asset, USD",
        &[
            ("low to high", BAND.mix(0.6)),
            ("close", INK.mix(1.0)),
            (&circles, RED.mix(0.5)),
        ],
    )?;
    let (low, high) = bounds(columns.iter().flat_map(|c| [c.low, c.high]));
    let mut chart = panel(area, time, padded(low, high), &|value| price(*value))?;
    let above = columns.iter().map(|c| (c.middle(), c.high));
    let below = columns.iter().rev().map(|c| (c.middle(), c.low));
    let band: Vec<_> = above.chain(below).collect();
    chart.draw_series([Polygon::new(band, BAND.mix(0.6))])?;
    let [start, _] = time.ends();
    let closes = columns.iter().map(|c| (c.end as f64, c.close));
    let closes = std::iter::once((start, first)).chain(closes);
    chart.draw_series(LineSeries::new(closes, INK.stroke_width(2)))?;
    chart.draw_series(columns.iter().filter(|c| c.repaid_usd > 0.0).map(|c| {
        // The area of the circle stands for the debt.
        let radius = LARGEST_RADIUS * (c.repaid_usd / most).sqrt();
        let radius = radius.max(2.0) as i32;
        EmptyElement::at((c.middle(), c.low))
            + Circle::new((0, 0), radius, RED.mix(0.35).filled())
            + Circle::new((0, 0), radius, RED.stroke_width(1))
    }))?;
    Ok(())
}

fn debt_panel(area: &Area, columns: &[Step], time: &Timeline) -> Painted {
    heading(
        area,
        "Debt repaid by liquidations, USD",
        &[
            ("at this time", RED.mix(1.0)),
            ("in all so far", TEAL.mix(1.0)),
        ],
    )?;
    let mut sum = 0.0;
    let mut so_far = vec![(time.ends()[0], 0.0)];
    for column in columns {
        so_far.push((column.start as f64, sum));
        sum += column.repaid_usd;
        so_far.push((column.end as f64, sum));
    }
    let top = if sum > 0.0 { sum * 1.08 } else { 1.0 };
    let mut chart = panel(area, time, (0.0, top), &|value| short_usd(*value))?;
    let floor = so_far.iter().rev().map(|(at, _)| (*at, 0.0));
    let filled: Vec<_> = so_far.iter().copied().chain(floor).collect();
    chart.draw_series([Polygon::new(filled, TEAL.mix(0.15))])?;
    chart.draw_series(columns.iter().filter(|c| c.repaid_usd > 0.0).map(|c| {
        let corners = [(c.start as f64, 0.0), (c.end as f64, c.repaid_usd)];
        Rectangle::new(corners, RED.filled())
    }))?;
    chart.draw_series(LineSeries::new(so_far, TEAL.stroke_width(2)))?;
    Ok(())
}

fn health_panel(area: &Area, columns: &[Step], time: &Timeline) -> Painted {
    type Line = (&'static str, RGBColor, fn(&Quantiles) -> f64);
    let lines: [Line; 3] = [
        ("median borrower", BLUE, |h| h.median),
        ("5 % quantile", AMBER, |h| h.twentieth),
        ("lowest", RED, |h| h.least),
    ];
    heading(
        area,
        "Health factor before the liquidator acts (unhealthy below 1)",
        &lines.map(|(name, color, _)| (name, color.mix(1.0))),
    )?;
    let known = || columns.iter().filter_map(|c| Some((c.middle(), c.health?)));
    let (low, high) = bounds(known().flat_map(|(_, h)| [h.least, h.median]));
    // Somebody with next to no debt may be the median, and would press the others flat.
    let range = padded(low.min(1.0), high.clamp(1.05, 3.0));
    let mut chart = panel(area, time, range, &|value| format!("{value:.2}"))?;
    let limit = time.ends().map(|at| (at, 1.0));
    chart.draw_series(DashedLineSeries::new(limit, 6, 5, FAINT.stroke_width(1)))?;
    for (_, color, of) in lines {
        let points = known().map(|(at, health)| (at, of(&health)));
        chart.draw_series(LineSeries::new(points, color.stroke_width(2)))?;
    }
    Ok(())
}

/// Title on the left, legend on the right, where neither can hide a line.
fn heading(area: &Area, title: &str, legend: &[(&str, RGBAColor)]) -> Painted {
    area.draw(&Text::new(title.to_owned(), (92, 6), font(18, &INK)))?;
    let mut right = SIZE.0 as i32 - 30;
    for (name, color) in legend.iter().rev() {
        let text = right - (name.chars().count() as f64 * LETTER_WIDTH) as i32;
        area.draw(&Text::new((*name).to_owned(), (text, 9), font(14, &INK)))?;
        let swatch = [(text - 24, 12), (text - 8, 21)];
        area.draw(&Rectangle::new(swatch, color.filled()))?;
        right = text - 44;
    }
    Ok(())
}

fn panel<'a, 'b>(
    area: &'a Area<'b>,
    time: &Timeline,
    (bottom, top): (f64, f64),
    label: &dyn Fn(&f64) -> String,
) -> std::result::Result<Chart<'a, 'b>, Box<dyn std::error::Error>> {
    let mut chart = ChartBuilder::on(area)
        .margin_left(18)
        .margin_right(30)
        .margin_top(34)
        .margin_bottom(8)
        .x_label_area_size(30)
        .y_label_area_size(74)
        .build_cartesian_2d(*time, bottom..top)
        .map_err(|error| error.to_string())?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(FAINT)
        .label_style(font(14, &INK))
        .y_labels(7)
        .y_label_formatter(&|value| label(value))
        .draw()
        .map_err(|error| error.to_string())?;
    Ok(chart)
}

fn font(size: i32, color: &RGBColor) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(color)
}

fn bounds(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let start = (f64::INFINITY, f64::NEG_INFINITY);
    let (low, high) = values.fold(start, |(low, high), v| (low.min(v), high.max(v)));
    if low.is_finite() {
        (low, high)
    } else {
        (1.0, 1.0)
    }
}

fn padded(low: f64, high: f64) -> (f64, f64) {
    // A flat line would have no height.
    let margin = ((high - low) * 0.06).max(high * 1e-4);
    ((low - margin).max(0.0), high + margin)
}

fn short_usd(value: f64) -> String {
    match value {
        v if v >= 1e6 => format!("${:.2}M", v / 1e6),
        v if v >= 1e3 => format!("${:.0}k", v / 1e3),
        v => format!("${v:.0}"),
    }
}
