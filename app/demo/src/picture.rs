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
    let end = columns.last().map_or(0, |column| column.timestamp);
    let time = Timeline::new(path.first().timestamp, end + path.bar_seconds());
    let root = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let style = |size: i32, color: &RGBColor| ("sans-serif", size).into_font().color(color);
    root.draw(&Text::new(path.name.clone(), (34, 22), style(26, &INK)))?;
    let repaid: f64 = run.liquidations.iter().map(|one| one.repaid_usd).sum();
    let subtitle = format!(
        "{} liquidations repaid {} of debt; from {} UTC",
        whole(run.liquidations.len() as f64),
        short_usd(repaid),
        clock_time(path.first().timestamp)
    );
    root.draw(&Text::new(subtitle, (34, 56), style(16, &FAINT)))?;
    let (_, panels) = root.split_vertically(84);
    let (prices, rest) = panels.split_vertically(440);
    let (debts, healths) = rest.split_vertically(270);
    price_panel(&prices, &columns, &time)?;
    debt_panel(&debts, &columns, &time)?;
    health_panel(&healths, &columns, &time)?;
    root.present()?;
    Ok(())
}

fn panel<'a, 'b>(
    area: &'a Area<'b>,
    title: &str,
    time: &Timeline,
    range: (f64, f64),
    label: &dyn Fn(&f64) -> String,
) -> Result<Chart<'a, 'b>, Box<dyn std::error::Error + 'b>>
where
    'b: 'a,
{
    let mut chart = ChartBuilder::on(area)
        .margin_left(18)
        .margin_right(30)
        .margin_bottom(8)
        .caption(title, ("sans-serif", 18).into_font().color(&INK))
        .x_label_area_size(30)
        .y_label_area_size(74)
        .build_cartesian_2d(*time, range.0..range.1)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(FAINT)
        .label_style(("sans-serif", 14).into_font().color(&INK))
        .y_labels(7)
        .y_label_formatter(&|value| label(value))
        .draw()?;
    Ok(chart)
}

fn legend<'a, 'b: 'a>(chart: &mut Chart<'a, 'b>, position: SeriesLabelPosition) -> Painted {
    chart
        .configure_series_labels()
        .position(position)
        .background_style(WHITE.mix(0.85))
        .border_style(GRID)
        .label_font(("sans-serif", 14).into_font().color(&INK))
        .draw()
        .map_err(|error| error.to_string().into())
}

fn swatch(color: RGBAColor) -> impl Fn((i32, i32)) -> Rectangle<(i32, i32)> {
    move |(x, y)| Rectangle::new([(x, y - 5), (x + 18, y + 5)], color.filled())
}

fn line(color: RGBColor) -> impl Fn((i32, i32)) -> PathElement<(i32, i32)> {
    move |(x, y)| PathElement::new([(x, y), (x + 18, y)], color.stroke_width(2))
}

fn price_panel(area: &Area, columns: &[Step], time: &Timeline) -> Painted {
    let (low, high) = bounds(columns.iter().flat_map(|c| [c.low, c.high]));
    let mut chart = panel(
        area,
        "Price of the base asset (USD) and liquidations",
        time,
        padded(low, high),
        &|value| price(*value),
    )
    .map_err(|error| error.to_string())?;
    let above = columns.iter().map(|c| (c.timestamp as f64, c.high));
    let below = columns.iter().rev().map(|c| (c.timestamp as f64, c.low));
    let band: Vec<_> = above.chain(below).collect();
    let between = std::iter::once(Polygon::new(band, BAND.mix(0.55)));
    chart
        .draw_series(between)?
        .label("low to high")
        .legend(swatch(BAND.mix(0.55)));
    let closes = columns.iter().map(|c| (c.timestamp as f64, c.close));
    chart
        .draw_series(LineSeries::new(closes, INK.stroke_width(2)))?
        .label("close")
        .legend(line(INK));
    let most = columns.iter().map(|c| c.repaid_usd).fold(0.0, f64::max);
    let marks = columns.iter().filter(|c| c.repaid_usd > 0.0).map(|c| {
        // The area is the debt repaid.
        let radius = LARGEST_RADIUS * (c.repaid_usd / most).sqrt();
        let place = (c.timestamp as f64, c.low);
        EmptyElement::at(place)
            + Circle::new((0, 0), radius.max(2.0) as i32, RED.mix(0.35).filled())
            + Circle::new((0, 0), radius.max(2.0) as i32, RED.stroke_width(1))
    });
    let label = format!("debt repaid, the largest circle {}", short_usd(most));
    let label = if most > 0.0 {
        label
    } else {
        "no liquidation".into()
    };
    chart
        .draw_series(marks)?
        .label(label)
        .legend(|(x, y)| Circle::new((x + 9, y), 6, RED.mix(0.5).filled()));
    legend(&mut chart, SeriesLabelPosition::UpperRight)
}

fn debt_panel(area: &Area, columns: &[Step], time: &Timeline) -> Painted {
    let mut sum = 0.0;
    let mut cumulative = Vec::with_capacity(columns.len());
    for column in columns {
        sum += column.repaid_usd;
        cumulative.push((column.timestamp as f64, sum));
    }
    let top = if sum > 0.0 { sum * 1.08 } else { 1.0 };
    let mut chart = panel(
        area,
        "Debt repaid by liquidations (USD)",
        time,
        (0.0, top),
        &|value| short_usd(*value),
    )
    .map_err(|error| error.to_string())?;
    let width = time.width() / columns.len() as f64;
    let bars = columns.iter().filter(|c| c.repaid_usd > 0.0).map(|c| {
        let left = c.timestamp as f64;
        Rectangle::new([(left, 0.0), (left + width, c.repaid_usd)], RED.filled())
    });
    chart
        .draw_series(bars)?
        .label("at this time")
        .legend(swatch(RED.to_rgba()));
    let floor = cumulative.iter().rev().map(|(at, _)| (*at, 0.0));
    let filled: Vec<_> = cumulative.iter().copied().chain(floor).collect();
    chart.draw_series([Polygon::new(filled, TEAL.mix(0.15))])?;
    chart
        .draw_series(LineSeries::new(cumulative, TEAL.stroke_width(2)))?
        .label("in all so far")
        .legend(line(TEAL));
    legend(&mut chart, SeriesLabelPosition::UpperLeft)
}

fn health_panel(area: &Area, columns: &[Step], time: &Timeline) -> Painted {
    let known = || {
        columns
            .iter()
            .filter_map(|c| Some((c.timestamp as f64, c.health?)))
    };
    let (low, high) = bounds(known().flat_map(|(_, h)| [h.least, h.median]));
    let mut chart = panel(
        area,
        "Health factor before the liquidator acts (liquidatable below 1)",
        time,
        padded(low.min(1.0), high.clamp(1.05, 3.0)),
        &|value| format!("{value:.2}"),
    )
    .map_err(|error| error.to_string())?;
    let limit = time.ends().map(|at| (at, 1.0));
    chart.draw_series(DashedLineSeries::new(limit, 6, 5, FAINT.stroke_width(1)))?;
    let lines: [(&str, RGBColor, fn(&Quantiles) -> f64); 3] = [
        ("median borrower", BLUE, |h| h.median),
        ("lowest 5 %", AMBER, |h| h.twentieth),
        ("lowest borrower", RED, |h| h.least),
    ];
    for (name, color, of) in lines {
        let points = known().map(|(at, health)| (at, of(&health)));
        chart
            .draw_series(LineSeries::new(points, color.stroke_width(2)))?
            .label(name)
            .legend(line(color));
    }
    legend(&mut chart, SeriesLabelPosition::UpperRight)
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
