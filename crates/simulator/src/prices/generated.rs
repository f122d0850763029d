//! Paths from a seed: what no record holds, or holds only once.

use anyhow::{ensure, Result};
use clap::ValueEnum;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha12Rng;
use rand_distr::StandardNormal;

use super::{Fault, FaultKind, PricePath, DOLLAR, POINTS_PER_BAR};

/// Unix time at which generated paths begin: midnight of a new year.
const START_TS: i64 = 1_767_225_600;
const BAR_SECONDS: i64 = 60;
/// Bars of a day.
const DAY_BARS: f64 = 1_440.0;
/// Daily volatility of the diffusion.
const VOLATILITY: f64 = 0.04;
/// Correlation of any two assets' moves.
const CORRELATION: f64 = 0.8;
/// Jumps a day, of all assets together.
const JUMPS_PER_DAY: f64 = 6.0;
/// Mean and deviation of a jump's logarithm.
const JUMP: (f64, f64) = (-0.025, 0.02);
/// Assets and what they cost at first.
const ASSETS: [(&str, f64); 3] = [("BTC", 110_000.0), ("ETH", 4_000.0), ("SOL", 200.0)];

/// What a generated path looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shape {
    /// Jump diffusion with correlated assets
    Jump,
    /// A fall of 15 to 25 % within a minute, and back
    Wick,
    /// A fall of 12 to 22 % between two points, and no way back
    Gap,
    /// A slow decline by a quarter
    Bleed,
    /// The oracle of the last asset falls silent during a fall, then prints one price that is 30 % too low
    OracleFailure,
}

/// A path of `bars` minutes. The same seed gives the same path.
///
/// Log prices are sums of a correlated normal diffusion (one common factor), and of what the shape adds (Merton's
/// jumps for [`Shape::Jump`]).
///
/// # Errors
/// Where `bars` is no sensible length.
pub fn generate(shape: Shape, bars: usize, seed: u64) -> Result<PricePath> {
    ensure!(
        (10..=1_000_000).contains(&bars),
        "--steps {bars}: a path has between 10 and 1000000 steps"
    );
    let mut random = ChaCha12Rng::seed_from_u64(seed);
    let points = bars * POINTS_PER_BAR;
    let width = ASSETS.len();
    let event = points / 4 + random.random_range(0..points / 4);
    let depth: f64 = match shape {
        Shape::Wick => random.random_range(0.15..0.25),
        Shape::Gap => random.random_range(0.12..0.22),
        Shape::Bleed => 0.25,
        Shape::Jump | Shape::OracleFailure => 0.0,
    };
    let quiet = if shape == Shape::Jump { 1.0 } else { 0.25 };
    let deviation = quiet * VOLATILITY / (DAY_BARS * POINTS_PER_BAR as f64).sqrt();
    let jump_chance = JUMPS_PER_DAY / (DAY_BARS * POINTS_PER_BAR as f64);

    let mut logs = ASSETS.map(|(_, price)| price.ln());
    let mut path = PricePath {
        name: format!("{} (seed {seed})", name(shape)),
        start_ts: START_TS,
        assets: ASSETS.iter().map(|(asset, _)| (*asset).into()).collect(),
        times_ms: Vec::with_capacity(points),
        prices: Vec::with_capacity(points * width),
        ends_bar: Vec::with_capacity(points),
        bar_seconds: BAR_SECONDS,
        faults: Vec::new(),
    };
    let normal = |random: &mut ChaCha12Rng| -> f64 { random.sample(StandardNormal) };
    let step_ms = BAR_SECONDS * 1_000 / POINTS_PER_BAR as i64;
    for at in 0..points {
        let common = normal(&mut random);
        let jumps = shape == Shape::Jump && random.random_bool(jump_chance);
        let jump = if jumps {
            JUMP.0 + JUMP.1 * normal(&mut random)
        } else {
            0.0
        };
        for log in &mut logs {
            let own = normal(&mut random);
            let mixed = CORRELATION.sqrt() * common + (1.0 - CORRELATION).sqrt() * own;
            *log += deviation * mixed + jump;
        }
        let added = shift(shape, depth, at, event, points);
        path.times_ms.push(at as i64 * step_ms);
        path.ends_bar.push((at + 1) % POINTS_PER_BAR == 0);
        let row = logs
            .iter()
            .map(|log| ((log + added).exp() * DOLLAR as f64).round() as u64);
        path.prices.extend(row.map(|price| price.max(10_000)));
    }
    if shape == Shape::OracleFailure {
        add_faults(&mut path, event);
    }
    Ok(path)
}

/// What the shape adds to the logarithm of every price at point `at`.
fn shift(shape: Shape, depth: f64, at: usize, event: usize, points: usize) -> f64 {
    let bottom = (1.0 - depth).ln();
    match shape {
        // Down within a minute, half of the way back in the next, all of it after ten.
        Shape::Wick => match at.checked_sub(event) {
            None => 0.0,
            Some(since @ 0..4) => bottom * (since + 1) as f64 / 4.0,
            Some(since @ 4..8) => bottom * (1.0 - 0.5 * (since - 3) as f64 / 4.0),
            Some(since @ 8..40) => bottom * 0.5 * (40 - since) as f64 / 32.0,
            Some(_) => 0.0,
        },
        Shape::Gap if at >= event => bottom,
        Shape::Bleed => bottom * at as f64 / points as f64,
        // A tenth within a quarter of an hour, while the oracle is silent.
        Shape::OracleFailure => {
            let since = at.saturating_sub(event).min(60);
            0.9f64.ln() * since as f64 / 60.0
        }
        Shape::Gap | Shape::Jump => 0.0,
    }
}

/// Silence for ten minutes from the beginning of the fall; later one wrong price for three seconds.
fn add_faults(path: &mut PricePath, event: usize) {
    let asset = path.assets.len() - 1;
    let from_ms = path.times_ms[event];
    path.faults.push(Fault {
        asset,
        from_ms,
        until_ms: from_ms + 600_000,
        kind: FaultKind::Silent,
    });
    let later = (event + path.len()) / 2;
    let wrong = path.row(later)[asset] / 10 * 7;
    path.faults.push(Fault {
        asset,
        from_ms: path.times_ms[later],
        until_ms: path.times_ms[later] + 3_000,
        kind: FaultKind::Prints(wrong),
    });
}

fn name(shape: Shape) -> &'static str {
    match shape {
        Shape::Jump => "jump diffusion",
        Shape::Wick => "wick",
        Shape::Gap => "gap",
        Shape::Bleed => "slow bleed",
        Shape::OracleFailure => "oracle failure",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_path_every_time() {
        for shape in Shape::value_variants() {
            let path = generate(*shape, 200, 7).unwrap();
            assert_eq!(path, generate(*shape, 200, 7).unwrap());
            assert_ne!(path.prices, generate(*shape, 200, 8).unwrap().prices);
            assert_eq!(path.prices.len(), 200 * 4 * 3);
        }
    }

    #[test]
    fn a_wick_comes_back_and_a_gap_does_not() {
        let fall = |shape| {
            let path = generate(shape, 400, 3).unwrap();
            let first = path.row(0)[2] as f64;
            let lowest = (0..path.len()).map(|at| path.row(at)[2]).min().unwrap() as f64;
            let last = path.row(path.len() - 1)[2] as f64;
            (lowest / first, last / first)
        };
        let (lowest, last) = fall(Shape::Wick);
        assert!(lowest < 0.88 && last > 0.95, "{lowest} {last}");
        let (lowest, last) = fall(Shape::Gap);
        assert!(lowest < 0.90 && last < 0.92, "{lowest} {last}");
    }

    #[test]
    fn absurd_lengths_are_refused() {
        assert!(generate(Shape::Jump, 0, 1).is_err());
        assert!(generate(Shape::Jump, 2_000_000, 1).is_err());
    }
}
