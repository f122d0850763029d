//! Heatmaps of books in files: their formats, what is wrong in them, and real ones where they are at hand.

mod formats;
mod hostile;
mod real_books;

use std::fs;
use std::path::Path;

use levee_risk::units::{Bps, Ppm};
use levee_simulator::heatmap::{
    read_book, FileOptions, FixedRule, Heatmap, Obligations, Options, Range, Rule,
};

/// Half at a health of 0.95 and above, at a bonus of 5 %.
fn options(prices: &[(&str, &str)]) -> FileOptions {
    FileOptions {
        rule: Rule::Fixed(FixedRule {
            close_factor: Bps(5_000),
            bonus: Ppm(50_000),
            full_below: Bps(9_500),
        }),
        threshold: Bps(8_000),
        prices: prices
            .iter()
            .map(|(name, price)| (name.to_string(), price.to_string()))
            .collect(),
    }
}

/// Buckets of 5 % down to a tenth and up to double the price.
fn shown() -> Options {
    Options {
        range: Range {
            down: 9_000,
            up: 10_000,
        },
        bucket: 500,
        daily_volume_usd: 1e9,
        daily_volatility: 0.05,
        impact_coefficient: 1.0,
        exhausted_part: 0.95,
        shocks: vec![100, 500, 1_000, 2_000],
    }
}

fn read_text(name: &str, text: &str) -> anyhow::Result<Obligations> {
    read_bytes(name, text.as_bytes())
}

fn read_bytes(name: &str, bytes: &[u8]) -> anyhow::Result<Obligations> {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join(name);
    fs::write(&path, bytes).expect("it is written");
    read_book(Path::new(&path), &options(&[]))
}

fn heatmap_of(book: &Obligations, asset: &str) -> Heatmap {
    let asset = book.find_asset(asset).expect("the book has it");
    Heatmap::new(book, asset, &shown()).expect("the book is sound")
}
