use std::collections::BTreeSet;
use std::fs;

use resvg::tiny_skia::Pixmap;

use super::{line, market, HALF};
use crate::heatmap::picture::draw;
use crate::heatmap::{Heatmap, Options, Range};

/// Borrowers on both sides of the price of SOL.
fn heatmap() -> Heatmap {
    let mut book = market(HALF);
    for part in 1..40 {
        let owed = f64::from(part) * 3.0;
        book.push(&[line(0, 8_000, 1.0)], &[line(2, 10_000, owed)]);
        book.push(&[line(2, 8_500, 400.0)], &[line(0, 10_000, owed / 150.0)]);
    }
    let options = Options {
        range: Range {
            down: 9_000,
            up: 10_000,
        },
        bucket: 500,
        daily_volume_usd: 1e6,
        daily_volatility: 0.05,
        impact_coefficient: 1.0,
        exhausted_part: 0.95,
        shocks: vec![100, 1_000, 3_000],
    };
    Heatmap::new(&book, 0, &options).unwrap()
}

#[test]
fn a_heatmap_is_drawn_as_svg_and_as_a_png_of_the_same_size_that_is_not_blank() {
    let folder = tempfile::tempdir().unwrap();
    let heatmap = heatmap();
    let svg = folder.path().join("heat.svg");
    draw(&svg, &heatmap).unwrap();
    assert!(fs::read_to_string(&svg).unwrap().starts_with("<svg"));
    let png = folder.path().join("heat.png");
    draw(&png, &heatmap).unwrap();
    let bytes = fs::read(&png).unwrap();
    assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n");
    let pixels = Pixmap::decode_png(&bytes).unwrap();
    assert_eq!((pixels.width(), pixels.height()), (1280, 900));
    let colors: BTreeSet<_> = pixels
        .pixels()
        .iter()
        .map(|pixel| (pixel.red(), pixel.green(), pixel.blue()))
        .collect();
    let inked = pixels.pixels().iter().filter(|pixel| pixel.green() < 200);
    // Bars, lines and text; without a font there would be far fewer shades.
    assert!(colors.len() > 100, "{} colors", colors.len());
    assert!(inked.count() > 10_000);
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 2, "nothing else is left behind");
}

#[test]
fn a_picture_that_cannot_be_written_leaves_the_older_one_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("heat.svg");
    fs::create_dir(&file).unwrap();
    let error = format!("{:#}", draw(&file, &heatmap()).unwrap_err());
    assert!(error.starts_with("cannot write"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}
