//! The picture: debt that becomes liquidatable at each price, on both sides of the price of now, and what shocks become.

use std::path::Path;

use anyhow::{anyhow, Result};
use plotters::prelude::*;

use super::report::{number, Bucket, Heatmap, SideReport};
use crate::dollars::short;
use crate::picture::save;
use crate::picture::style::{font, Area, Chart, Painted, FAINT, GRID, INK};

const SIZE: (u32, u32) = (1280, 900);
const RED: RGBColor = RGBColor(0xd6, 0x45, 0x3d);
const BLUE: RGBColor = RGBColor(0x1f, 0x5f, 0xa8);
const AMBER: RGBColor = RGBColor(0xe0, 0x95, 0x1c);

/// Draws `heatmap` to `file`, whose name [`crate::picture::check`] took.
///
/// # Errors
/// Where it cannot be drawn or written; an older picture is still there then.
pub fn draw(file: &Path, heatmap: &Heatmap) -> Result<()> {
    let mut svg = String::new();
    paint(&mut svg, heatmap).map_err(|error| anyhow!("the picture: {error}"))?;
    save(file, svg)
}

fn paint(svg: &mut String, heatmap: &Heatmap) -> Painted {
    let root = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let title = format!(
        "{}: liquidations by the price of {}",
        heatmap.source, heatmap.asset
    );
    root.draw(&Text::new(title, (34, 22), font(24, &INK)))?;
    let subtitle = format!(
        "{} obligations owe {}; {} costs ${} now",
        heatmap.obligations,
        short(heatmap.total_debt_usd),
        heatmap.asset,
        number(heatmap.price_usd)
    );
    root.draw(&Text::new(subtitle, (34, 54), font(16, &FAINT)))?;
    let (_, panels) = root.split_vertically(82);
    let (bars, rest) = panels.split_vertically(310);
    let (sums, shocks) = rest.split_vertically(250);
    bucket_panel(&bars, heatmap)?;
    sum_panel(&sums, heatmap)?;
    shock_panel(&shocks, heatmap)?;
    root.present()?;
    Ok(())
}

/// From the lowest price to the highest.
fn prices(heatmap: &Heatmap) -> (f64, f64) {
    let end = |side: &SideReport| side.buckets.last().map(|last| last.to_price_usd);
    let now = heatmap.price_usd;
    (
        end(&heatmap.long).unwrap_or(now),
        end(&heatmap.short).unwrap_or(now),
    )
}

/// Each bucket with the price where it begins.
fn with_starts(side: &SideReport, now: f64) -> impl Iterator<Item = (f64, &Bucket)> {
    let ends = side.buckets.iter().map(|bucket| bucket.to_price_usd);
    std::iter::once(now).chain(ends).zip(&side.buckets)
}

fn bucket_panel(area: &Area, heatmap: &Heatmap) -> Painted {
    heading(
        area,
        "Debt that becomes liquidatable, and what liquidations close of it, by price, USD",
        &[("falling", RED), ("rising", BLUE), ("closed", AMBER)],
    )?;
    let sides = [(&heatmap.long, RED), (&heatmap.short, BLUE)];
    let tops = sides.iter().flat_map(|(side, _)| &side.buckets);
    let top = tops
        .map(|b| b.debt_usd.max(b.closed_usd))
        .fold(0.0, f64::max);
    let mut chart = panel(area, prices(heatmap), top)?;
    for (side, color) in sides {
        for (start, bucket) in with_starts(side, heatmap.price_usd) {
            let corners = |value| [(start, 0.0), (bucket.to_price_usd, value)];
            let debt = Rectangle::new(corners(bucket.debt_usd), color.mix(0.45).filled());
            chart.draw_series([debt])?;
            let closed = (bucket.closed_usd, (start + bucket.to_price_usd) / 2.0);
            let bar = [(start, 0.0), (closed.1, closed.0)];
            chart.draw_series([Rectangle::new(bar, AMBER.mix(0.9).filled())])?;
        }
    }
    now_line(&mut chart, heatmap.price_usd, top)
}

fn sum_panel(area: &Area, heatmap: &Heatmap) -> Painted {
    heading(
        area,
        "The same added up on the way from the price of now, USD",
        &[("falling", RED), ("rising", BLUE), ("closed", AMBER)],
    )?;
    let sides = [(&heatmap.long, RED), (&heatmap.short, BLUE)];
    let last = |side: &SideReport| {
        let last = side.buckets.last();
        last.map_or(0.0, |b| b.cumulative_debt_usd.max(b.cumulative_closed_usd))
    };
    let top = sides.iter().map(|(side, _)| last(side)).fold(0.0, f64::max);
    let mut chart = panel(area, prices(heatmap), top)?;
    for (side, color) in sides {
        let start = (heatmap.price_usd, 0.0);
        let line = |of: fn(&Bucket) -> f64| {
            let points = side.buckets.iter().map(move |b| (b.to_price_usd, of(b)));
            std::iter::once(start).chain(points)
        };
        let debt = line(|bucket| bucket.cumulative_debt_usd);
        chart.draw_series(LineSeries::new(debt, color.stroke_width(2)))?;
        let closed = line(|bucket| bucket.cumulative_closed_usd);
        chart.draw_series(LineSeries::new(closed, AMBER.stroke_width(2)))?;
    }
    now_line(&mut chart, heatmap.price_usd, top)
}

fn shock_panel(area: &Area, heatmap: &Heatmap) -> Painted {
    heading(
        area,
        "Where a shock stops: the whole move (bar) over the shock (line), %",
        &[("falling", RED), ("rising", BLUE)],
    )?;
    let sides = [(&heatmap.long, RED), (&heatmap.short, BLUE)];
    let shocks = || {
        sides
            .iter()
            .flat_map(|(side, color)| side.shocks.iter().map(move |s| (s, *color)))
    };
    let count = shocks().count().max(1);
    let top = shocks()
        .map(|(shock, _)| shock.move_pct)
        .fold(1.0, f64::max)
        * 1.15;
    let mut chart = ChartBuilder::on(area)
        .margin_left(18)
        .margin_right(30)
        .margin_top(34)
        .margin_bottom(8)
        .x_label_area_size(10)
        .y_label_area_size(74)
        .build_cartesian_2d(0.0..count as f64, 0.0..top)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .x_labels(0)
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(FAINT)
        .label_style(font(14, &INK))
        .y_labels(5)
        .draw()?;
    for (at, (shock, color)) in shocks().enumerate() {
        let (left, right) = (at as f64 + 0.2, at as f64 + 0.8);
        let bar = Rectangle::new(
            [(left, 0.0), (right, shock.move_pct)],
            color.mix(0.45).filled(),
        );
        chart.draw_series([bar])?;
        let start = [(left, shock.shock_pct), (right, shock.shock_pct)];
        chart.draw_series(LineSeries::new(start, INK.stroke_width(2)))?;
        let label = format!("{} to {}", shock.shock_pct, shock.move_pct);
        let place =
            EmptyElement::at((left, shock.move_pct)) + Text::new(label, (0, -16), font(13, &INK));
        chart.draw_series([place])?;
    }
    Ok(())
}

fn now_line(chart: &mut Chart, now: f64, top: f64) -> Painted {
    let line = [(now, 0.0), (now, top.max(1.0))];
    chart.draw_series(DashedLineSeries::new(line, 5, 4, INK.stroke_width(1)))?;
    Ok(())
}

fn heading(area: &Area, title: &str, legend: &[(&str, RGBColor)]) -> Painted {
    area.draw(&Text::new(title.to_owned(), (92, 6), font(17, &INK)))?;
    let mut right = SIZE.0 as i32 - 30;
    for (name, color) in legend.iter().rev() {
        let text = right - (name.len() as i32 * 7);
        area.draw(&Text::new((*name).to_owned(), (text, 9), font(14, &INK)))?;
        let swatch = [(text - 22, 12), (text - 8, 21)];
        area.draw(&Rectangle::new(swatch, color.filled()))?;
        right = text - 40;
    }
    Ok(())
}

fn panel<'a, 'b>(area: &'a Area<'b>, (low, high): (f64, f64), top: f64) -> Painted<Chart<'a, 'b>> {
    let mut chart = ChartBuilder::on(area)
        .margin_left(18)
        .margin_right(30)
        .margin_top(34)
        .margin_bottom(8)
        .x_label_area_size(28)
        .y_label_area_size(74)
        .build_cartesian_2d(low..high, 0.0..(top * 1.05).max(1.0))?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(FAINT)
        .label_style(font(14, &INK))
        .x_labels(11)
        .y_labels(6)
        .x_label_formatter(&|price| number(*price))
        .y_label_formatter(&|value| short(*value))
        .draw()?;
    Ok(chart)
}
