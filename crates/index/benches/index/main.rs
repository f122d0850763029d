//! One million obligations: what a tick costs, against a full scan. `cargo xtask bench-index [--check]`.
//!
//! A *round* is a second of a falling market: interest for a second, a stable that moves by a basis point, a tick of SOL
//! that makes a thousandth of all obligations liquidatable, and the liquidations themselves, whose obligations come back
//! healthy, so that the next round finds the market as the last one did. Every benchmark runs whole rounds and counts one
//! part of them.

mod memory;
mod report;
mod round;
mod scene;

use std::hint::black_box;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use criterion::Criterion;
use report::Figures;
use round::{cpu_time, Part};
use scene::Market;

#[global_allocator]
static MEMORY: memory::Counting = memory::Counting;

const OBLIGATIONS: u32 = 1_000_000;

fn main() -> ExitCode {
    let is_check = std::env::args().any(|argument| argument == "--check");
    match run(is_check) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(is_check: bool) -> Result<()> {
    let before = memory::allocated();
    let mut market = Market::new(OBLIGATIONS);
    let bytes = memory::allocated() - before;
    market.settle_in();
    let worn = memory::allocated() - before;
    let mut figures = Figures::new(OBLIGATIONS, bytes.max(worn));

    let mut criterion = Criterion::default().sample_size(20);
    let mut group = criterion.benchmark_group("index of a million");
    for part in Part::ALL {
        group.bench_function(part.name(), |bencher| {
            bencher.iter_custom(|rounds| {
                let mut sum = Duration::ZERO;
                for _ in 0..rounds {
                    let round = market.round();
                    sum += round.time(part);
                    figures.add(&round);
                }
                sum
            });
        });
    }
    group.sample_size(10);
    group.bench_function("full scan", |bencher| {
        bencher.iter_custom(|scans| {
            let mut sum = Duration::ZERO;
            for _ in 0..scans {
                market.round();
                let (time, _) = cpu_time(|| black_box(market.index.full_scan()));
                sum += time;
                figures.add_scan(time);
            }
            sum
        });
    });
    group.finish();
    market.check()?;
    println!("{}", figures.table()?);
    figures.check()?;
    if !is_check {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../benches/index.md");
        std::fs::write(&path, figures.table()?)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
